### Tudo o que a janela e a bandeja dizem: textos com argumentos, palavras dos estados e dos botões.

## Estados

badge-stopped = Parado
badge-creating = Criando
badge-elsewhere = Em outra máquina
badge-private = Privado
badge-working = Funcionando
badge-slow = Lento
badge-full = Lotado
badge-unchecked = Não verificado
badge-busy = Ocupado
badge-checking = Verificando
badge-connecting = Conectando
badge-held = Sessão mantida
badge-held-full = Reconectando (conexões mantidas)
badge-no-network = Sem rede
badge-reconnecting = Reconectando
badge-service-down = Serviço fora do ar
badge-over-quota = Limite atingido
badge-unreachable = Inacessível
badge-taken-over = Assumido
badge-sign-in = Entrar
badge-failed = Falhou

## Tempos e quantidades

span-below-second = menos de 1 s
span-seconds = { $n } s
span-minutes = { $n } min
span-minutes-seconds = { $minutes } min { $seconds } s
span-hours = { $n } h
span-days = { $n ->
    [one] { $n } dia
   *[other] { $n } dias
}
ago = há { $span }
ago-now = agora mesmo
moment = { $at }
latency-ms = { $n } ms
latency-s = { $n } s
size-b = { $n } B
size-kib = { $n } KiB
size-mib = { $n } MiB
size-gib = { $n } GiB
size-rate = { $size }/s
# Qual tentativa, entre parênteses depois do tempo da próxima.
attempt = { $n ->
    [1] primeira
    [2] segunda
    [3] terceira
    [4] quarta
    [5] quinta
    [6] sexta
    [7] sétima
    [8] oitava
    [9] nona
    [10] décima
   *[other] tentativa { $n }
}
# Qual tentativa, numa linha do terminal: um número, pois fica atrás de um tempo.
cli-attempt = tentativa { $n }
next-in = Próxima tentativa em { $span } ({ $attempt }).
next-now = Tentando agora ({ $attempt }).

## Por quê: a frase abaixo do estado

why-creating = Criando…
why-stopped = Não está hospedado.
why-stopped-program = Não está hospedado. { $provider } precisa de um programa que não está neste computador.
why-stopped-sign-in = Não está hospedado. Entre na sua conta para hospedá-lo.
why-stopped-signing-in = Não está hospedado. O login está em andamento.
why-too-often = Funcionando. { $provider } limita os pedidos ({ $ago }), e a verificação é menos frequente.
why-starting = Iniciando…
why-authorising = Autorizando…
why-connecting = Conectando ao relay…
why-forwarding = { $count ->
    [one] Encaminhando { $count } porta…
   *[other] Encaminhando { $count } portas…
}
why-port-awaited = Hospedado. Esperando o relay aceitar esta porta.
why-unproven = Conectado. Esperando o primeiro sinal de vida do relay ({ $span }).
why-unrouted = Hospedado. Esperando a URL responder ({ $span }).
why-working = Respondeu { $status } em { $latency }, { $ago }.
why-working-tcp = Aceitou uma conexão em { $latency }, { $ago }.
why-working-plain = Funcionando, verificado { $ago }.
why-private = Funcionando. Os visitantes precisam entrar com uma conta.
why-slow = Funciona, mas devagar: a saída deste computador está cheia (verificação após { $limit }).
why-full = { $count } visitantes ao mesmo tempo: os demais precisam esperar. O túnel está bem.
why-unchecked = Hospedado, sem verificação.
why-unchecked-off = Hospedado. Não se verifica se funciona: as verificações desta porta estão desligadas.
why-unchecked-relays-own = Hospedado. Daqui não dá para verificar se os visitantes chegam: a URL só funciona no próprio computador do relay. Dê ao relay um --domain que os outros alcancem.
why-unchecked-name = Hospedado. Daqui não dá para verificar se os visitantes chegam: o nome { $host } não é resolvido neste computador. Abra a URL de outra rede.

why-nothing-listens = Do seu lado: nada escuta em { $target }. O túnel está bem; inicie o seu serviço.
why-refused-once = Do seu lado: { $target } recusou o último pedido, mas agora aceita conexões. O túnel está bem; verifique de novo.
why-not-http = Do seu lado: { $target } responde, mas não em http. Será https?
why-not-https = Do seu lado: { $target } responde, mas não em https. Será http?
why-not-web = Do seu lado: { $target } responde, mas nem em http nem em https. Será tcp?
why-no-reaction = Do seu lado: { $target } não aceita nem recusa conexões. O túnel está bem; verifique o serviço e o firewall.
why-no-answer = Do seu lado: { $target } aceita conexões, mas não responde a tempo. O túnel está bem; veja se o serviço travou.
why-unexpected = Do seu lado: { $target } responde { $status }, esperado { $expected }. O túnel está bem; veja o seu serviço, ou o que se espera em Saúde.
why-busy = Do seu lado: { $target } está ocupado com outro visitante e não atende mais ninguém até terminar. Espere, ou use um servidor que atenda vários ao mesmo tempo.
why-unknown-name = Do seu lado: o nome em { $target } não é resolvido neste computador. Verifique a grafia ou use um endereço.
why-no-way = Do seu lado: este computador não tem caminho até { $target }. Verifique o endereço e a sua rede.
why-untrusted-certificate = Do seu lado: este computador não confia no certificado de { $target } (SHA-256 { $fingerprint }). Se for o certo, hospede com --no-tls-verify.
why-changed-certificate = Do seu lado: { $target } tem um certificado diferente do que foi aceito primeiro (agora SHA-256 { $fingerprint }). Se foi você que o trocou, pare de hospedar e comece de novo.
why-tls-refused = Do seu lado: { $target } fala TLS, mas o interrompe com este computador. Se ele atende por outro nome, use esse nome como destino.
why-host-full = Do seu lado: este computador já tem tantas conexões quantas pode. Feche algumas ou aumente o limite de arquivos abertos (ulimit -n).
why-not-permitted = Do seu lado: este computador não permite a conexão com { $target }. Verifique o firewall.
why-name-refused = Do seu lado: { $target } só responde a quem pede um nome que conhece, e os visitantes são recusados. Hospede-o com --host-header rewrite.
why-loop = Do seu lado: { $target } é o endereço do próprio túnel, ou leva de volta a ele, e os visitantes andam em círculo. Use a porta do seu serviço como destino.
why-service-down = Do seu lado: { $target } está inacessível. O túnel está bem; verifique o seu serviço.

why-url-dead = Do outro lado: a URL pública não responde, o seu serviço sim ({ $check }).
why-url-no-host = Do outro lado: o relay diz que ninguém hospeda este túnel; o seu serviço responde ({ $check }).
why-url-unknown = Do outro lado: o relay diz que não conhece este túnel; o seu serviço responde ({ $check }).
why-url-never = Na rede entre os dois: a URL não responde daqui, o seu serviço sim. Os visitantes podem chegar assim mesmo: abra-a de outra rede.
why-both-refused = Dos dois lados: nada escuta em { $target }, e a URL pública está morta.
why-both = Dos dois lados: { $target } está inacessível, e a URL pública está morta.
why-both-silent = Dos dois lados: { $target } não reage, e a URL pública está morta.
check-of = verificação { $n } de { $of }, depois reconectamos
check-many = morta há { $n } verificações

why-held = { $lost } { $held }
held-for = { $count ->
    [0] Nenhuma conexão está aberta; a sessão é mantida por mais { $span }.
    [one] { $count } conexão aberta é mantida por mais { $span }.
   *[other] { $count } conexões abertas são mantidas por mais { $span }.
}
held-over = O tempo de espera acabou.
why-reconnecting = { $lost } { $next }
lost-link = Na rede entre os dois: a conexão caiu { $ago }.
lost-silent = Na rede entre os dois: o relay parou de responder { $ago }.
lost-shut-down = Do outro lado: o relay foi desligado { $ago }.
lost-zombie = Do outro lado: a URL pública estava morta, e a conexão foi abandonada { $ago }.
lost-forced = Do seu lado: você pediu uma nova conexão { $ago }.
lost-woke = Do seu lado: este computador acordou ou mudou de rede { $ago }.
lost-fault = { $fault } Sem conexão há { $span }.

why-sign-in = Do seu lado: o relay recusou o token deste computador { $ago }. A hospedagem continua sozinha com um novo link de convite.
why-taken-over = Do outro lado: outra máquina hospeda este túnel desde { $at }.
why-elsewhere = Do outro lado: outra máquina hospeda este túnel.
why-quota-next = { $fault } Próxima tentativa em { $span }.
why-quota-now = { $fault } Tentando agora.

## O que há de errado, uma frase para cada motivo, com o que fazer quando algo ajuda

fault-offline = Do seu lado: este computador está sem rede. A hospedagem continua sozinha quando ela voltar.
fault-unknown-host = Na rede entre os dois: o nome { $host } não é encontrado.
fault-relay-unreachable = Do outro lado: nada responde em { $address }.
fault-proxy-failed = Na rede entre os dois: o proxy { $address } não deixa a conexão passar ({ $detail }). Confira HTTPS_PROXY, ou ponha o relay em NO_PROXY, e inicie de novo.
fault-not-a-relay = Do outro lado: o que responde em { $address } não é um relay do Underpass. Confira o link de convite.
fault-certificate-mismatch = Do outro lado: o relay em { $address } não tem o certificado indicado no seu link de convite. Peça um novo link a quem cuida dele.
fault-version-mismatch = Do outro lado: o relay fala a versão { $theirs } do protocolo, este programa fala a { $ours }. Atualize o mais antigo dos dois.
fault-token-refused = Do seu lado: o relay não aceita o token deste computador. Cole um novo link de convite.
fault-name-taken = Do outro lado: outra conta tem o nome “{ $name }”. Crie um túnel com outro nome.
fault-name-reserved = Do outro lado: o relay não dá o nome “{ $name }” a ninguém. Crie um túnel com outro nome.
fault-too-many-names = { $limit ->
    [one] Do outro lado: o relay guarda no máximo { $limit } nome para esta conta. Dê menos portas a este túnel, ou fale com quem cuida do relay.
   *[other] Do outro lado: o relay guarda no máximo { $limit } nomes para esta conta. Pare um túnel e tente de novo.
}
fault-too-many-public-ports = { $limit ->
    [one] Do outro lado: o relay dá no máximo { $limit } porta TCP pública a esta conta. Pare o túnel que a tem e tente de novo.
   *[other] Do outro lado: o relay dá no máximo { $limit } portas TCP públicas a esta conta. Pare um túnel que tem uma e tente de novo.
}
fault-hosted-elsewhere = Do outro lado: outra máquina hospeda este túnel.
fault-hosted-here = Do seu lado: o Underpass já hospeda este túnel neste computador, no processo { $process }. Pare-o lá ou assuma o túnel.
fault-hosted-here-too = Do seu lado: o Underpass já hospeda este túnel neste computador, em outro processo. Pare-o lá ou assuma o túnel.
fault-taken-over = Do outro lado: outra máquina assumiu este túnel.
fault-public-port-taken = Do outro lado: a porta pública { $port } está ocupada. Escolha outra porta pública.
fault-public-port-outside = Do outro lado: o relay dá as portas públicas { $first } a { $last }, não a { $port }. Escolha uma dessas.
fault-still-held = Do outro lado: { $place } ainda está em uso, muito provavelmente por uma conexão anterior deste túnel. A hospedagem continua sozinha quando o servidor liberar.
fault-no-public-ports = Do outro lado: o relay não tem porta TCP pública para dar. Tente de novo quando houver uma livre.
fault-too-many-tunnels = { $limit ->
    [one] Do outro lado: o relay aceita no máximo { $limit } túnel desta conta. Pare-o e tente de novo.
   *[other] Do outro lado: o relay aceita no máximo { $limit } túneis desta conta. Pare um deles e tente de novo.
}
fault-too-many-sessions = Do outro lado: sua conta já tem online todos os hosts que o plano permite. Pare um deles.
fault-quota = Do outro lado: o limite do relay foi atingido.
fault-quota-until = Do outro lado: o limite do relay foi atingido até { $at }.
fault-link-lost = Na rede entre os dois: a conexão caiu.
fault-link-silent = Na rede entre os dois: o relay parou de responder.
fault-relay-shut-down = Do outro lado: o relay foi desligado.
fault-timed-out = Na rede entre os dois: conectar demorou demais.
fault-zombie = Do outro lado: a URL pública estava morta, embora a conexão parecesse de pé.
fault-forced = Do seu lado: você pediu uma nova conexão.
fault-woke = Do seu lado: este computador acordou ou mudou de rede.
fault-embedded-relay = Do seu lado: o relay deste programa não pôde iniciar ({ $detail }).
fault-other = Do seu lado: um erro inesperado ({ $detail }).
fault-token-missing = Do seu lado: nenhum token da sua conta do { $provider } está guardado aqui. Adicione-o; a hospedagem continua sozinha depois disso.
fault-token-invalid = Do seu lado: o { $provider } não aceita o token da sua conta ({ $detail }). Defina um novo; a hospedagem continua sozinha depois disso.
fault-options-invalid = Do seu lado: o que está definido para o { $provider } não funciona: { $detail }. Mude e hospede de novo.
fault-signed-out = Do seu lado: você não está conectado à sua conta, ou não está mais. Entre; a hospedagem continua sozinha depois disso.
fault-tunnel-gone = Do outro lado: o provedor não tem mais este túnel. Ele foi excluído ou expirou.
fault-account-full = { $limit ->
    [one] Do outro lado: na conta cabe { $limit } túnel. Exclua-o e tente de novo.
   *[other] Do outro lado: na conta cabem { $limit } túneis. Exclua um e tente de novo.
}
fault-refused = Do outro lado: o provedor não aceitou ({ $detail }).
fault-service-trouble = Do outro lado: o serviço do provedor está com problemas. A hospedagem continua sozinha quando ele voltar.
fault-service-status = Do outro lado: o serviço do provedor respondeu { $status }. A hospedagem continua sozinha quando ele voltar.
fault-protocol = Do outro lado: o relay do provedor diz algo que este programa não entende ({ $detail }). Procure uma atualização.
fault-host-key-unknown = Do seu lado: ninguém aqui conhece a chave de { $address }, { $fingerprint }. Compare-a com o que o dono diz, depois aceite-a, ou defina-a como “host-key” e hospede de novo.
fault-host-key-changed = Do outro lado: { $address } mostra outra chave que não a conhecida, { $fingerprint }. Pode haver alguém no meio: pergunte ao dono antes de tirar a chave antiga do known_hosts ou de definir a nova como “host-key”.
fault-host-key-revoked = Do outro lado: { $address } mostra uma chave revogada, { $fingerprint }. Nada foi enviado a ele: pergunte ao dono.
fault-keys-refused = Do seu lado: { $address } não deixa você entrar ({ $detail }). Defina outra chave ou senha e hospede de novo.
fault-not-installed = Do seu lado: o programa { $program } não está neste computador. Instale-o e tente de novo.
fault-no-provider = Do seu lado: esta versão do Underpass não tem o provedor { $provider }. Use uma que o tenha.
fault-program-failed = Do seu lado: o programa { $program } falhou ({ $detail }). Execute-o em um terminal para ver mais; uma atualização dele pode ajudar.
fault-program-exited = Do seu lado: o programa { $program } terminou ({ $detail }). Ele é iniciado de novo automaticamente.
fault-not-ready = Do seu lado: { $provider } não está pronto ({ $detail }). A hospedagem continua sozinha depois disso.

## Causas: o mesmo em uma ou duas palavras, para o histórico

cause-offline = sem rede
cause-network = a rede
cause-relay = o relay
cause-zombie = URL morta
cause-forced = a pedido
cause-woke = acordou ou mudou de rede
cause-here = este computador
cause-token = o token
cause-options = as opções
cause-host-key = a chave do servidor
cause-name = o nome
cause-machine = outra máquina
cause-process = outro processo aqui
cause-limit = o limite
cause-sign-in = o login
cause-provider = o provedor

## Botões

act-host = Hospedar
act-stop = Parar
act-accept-key = Aceitar esta chave
act-try-again = Tentar de novo
act-reconnect = Reconectar agora
act-take-over = Assumir
act-check = Verificar de novo
act-checking = Verificando…
act-copy = Copiar URL
act-open = Abrir
act-details = Detalhes…
act-qr = Código QR…
act-change-protocol = Mudar protocolo…
act-remove-port = Remover porta…
act-add-port = Adicionar porta…
act-delete = Excluir…
act-paste-link = Colar um link de convite…
act-leave-relay = Usar o relay deste programa
act-sign-in = Entrar
act-signing-in = Entrando…
act-cancel-sign-in = Cancelar o login
act-sign-in-by = Entrar com { $name }
act-sign-in-code = { $name }, com um código em outro dispositivo
act-sign-out = Sair da conta
act-sign-out-ask = Sair da conta…
act-manage-account = Conta…
act-install-help = Instalar o devtunnel…
act-copy-command = Copiar comando
act-open-install-page = Abrir as instruções
act-copy-code = Copiar código
act-open-code-page = Abrir a página
act-make-public = Tornar público…
act-make-private = Tornar privado
act-renew = Renovar validade
act-forget = Tirar da lista
act-refresh = Atualizar a lista
act-new-tunnel = Novo túnel…
act-open-window = Abrir janela
act-stop-all = Parar todos
act-quit = Sair
menu-settings = Configurações…
menu-account = { $provider }…
menu-refresh = Atualizar contas
menu-about = Sobre o Underpass…

## Cabeçalho

header-working = { $count } funcionando
header-unchecked = { $count } sem verificação
header-starting = { $count } iniciando
header-held = { $count } retomando
header-held-full = { $count } reconectando (conexões mantidas)
header-recovering = { $count } em recuperação
header-needs-you = { $count ->
    [one] { $count } precisa de você
   *[other] { $count } precisam de você
}
header-idle = nada hospedado
header-list = { $a }, { $b }
header-quitting = { $count ->
    [0] Saindo…
    [one] Despedindo-se de um relay…
   *[other] Despedindo-se de { $count } relays…
}
header-line = Underpass: { $counts }

## Bandeja

tray-header = { $shape } { $line }
tray-tunnel = { $shape } { $name }
tray-tunnel-word = { $shape } { $name } · { $word }
tray-port = { $shape } { $port } · { $word }
tray-others = Outros túneis ({ $count })
tray-more = Mais { $count } na janela…

## Cartões

provider-relay = nosso relay
provider-joined = relay { $address }
provider-named = { $name }
provider-ours = Nosso relay
set-up = Configurar { $provider }…
access-private = privado
access-public = público
access-unencrypted = público, sem criptografia
access-only-unencrypted = sem criptografia
access-network = esta rede
access-here = este computador
expiry-left = expira em { $span }
expiry-over = expirado

## Quem pode abrir uma URL: ao lado dela, no painel, na bandeja e no terminal

reach-here = Só neste computador.
reach-network = Para esta rede.
reach-network-at = Para esta rede: { $url }
reach-internet = Para qualquer pessoa na internet.
reach-signed-in = Na internet, para quem entrar em uma conta.
act-widen = Abrir para esta rede

## Painel

fact-last-check = Última verificação
fact-local = Serviço local
fact-next-try = Próxima tentativa
fact-held-for = Mantido por mais
fact-hosted-for = Hospedado há
fact-connections = Conexões
fact-data = Dados
fact-certificate = Certificado
certificate-accepted = aceito à primeira vista, SHA-256 { $fingerprint }
fact-remote-rate = Em { $provider }
fact-remote-data = Dados lá
fact-remote-clients = Visitantes lá
clients-amount = { $count ->
    [one] { $count } conectado
   *[other] { $count } conectados
}
check-status = { $status } · { $latency } · { $ago }
check-relay-status = { $status } do relay · { $latency } · { $ago }
check-accepted = aceitou · { $latency } · { $ago }
check-not-asked = não consultada · { $ago }
check-failed = sem resposta ({ $cause }) · { $ago }
local-accepts = { $target } aceita conexões
local-refused = nada escuta em { $target }
local-not-asked = { $target } não foi consultado
local-failed = { $target } está inacessível
local-silent = { $target } não reage
try-in = em { $span } ({ $attempt })
try-now = agora ({ $attempt })
connections-amount = { $open ->
    [one] { $open } aberta, { $total } no total
   *[other] { $open } abertas, { $total } no total
}
data-amount = { $received } de entrada, { $sent } de saída
uptime-share = { $share } % funcionando em { $span }

## Histórico

log-starting = iniciando
log-started = iniciado
log-hosting = hospedado
log-renewed = conexão renovada
log-lost = conexão perdida ({ $cause })
log-not-connected = não conectou ({ $cause })
log-held = conexão perdida, conexões abertas mantidas
log-resumed = retomado, nada cortado ({ $span })
log-held-lost = conexões mantidas cortadas ({ $cause })
log-reconnected = reconectado ({ $cause }, { $span })
log-sign-in = token recusado
log-signed-out = sessão encerrada
log-taken-over = assumido por outra máquina
log-elsewhere = hospedado por outra máquina
log-quota = limite atingido
log-failed = falhou ({ $cause })
log-stopped = parado
log-working = funcionando
log-working-again = funcionando de novo (depois de { $span })
log-unchecked = não dá para verificar daqui
log-busy = serviço local ocupado
log-service-down = serviço local fora do ar
log-slow = lento: a saída deste computador está cheia
log-full = sem lugar para mais um visitante
log-url-dead = URL pública morta
past-resumed = retomada, nada foi cortado
past-reconnected = reconectado
past-connected-anew = conectado de novo
past-manual-reconnect = você pediu uma nova conexão
past-manual-stop = você parou
past-displaced = hospedado por { $cause }
past-word = { $word }
past-said = { $text }: { $said }

## Diálogos

dialog-create-title = Novo túnel
dialog-create-submit = Criar e hospedar
dialog-create-watched = Adicionar e observar
dialog-add-title = Adicionar uma porta a { $name }
dialog-add-submit = Adicionar porta
dialog-delete-title = Excluir { $name }?
dialog-delete-body = { $count ->
    [0] Ele não tem portas. Isso não pode ser desfeito.
    [one] A URL dele para de funcionar na hora. Isso não pode ser desfeito.
   *[other] As { $count } URLs dele param de funcionar na hora. Isso não pode ser desfeito.
}
dialog-delete-confirm = Excluir { $name }
dialog-remove-title = Remover a porta { $port } de { $name }?
dialog-remove-body = A URL dela para de funcionar na hora. O túnel fica.
dialog-remove-confirm = Remover a porta { $port }
dialog-protocol-title = Protocolo da porta { $port }
dialog-protocol-body = O que { $target } fala?
dialog-protocol-submit = Mudar
dialog-protocol-body-anew = O que { $target } fala? { $provider } exclui a porta e a cria de novo: a URL pode mudar.
dialog-public-title = Tornar { $name } público?
dialog-public-body = Qualquer pessoa com a URL poderá visitar, sem entrar em uma conta. Tudo o que o seu serviço mostra fica na internet.
dialog-public-confirm = Tornar público
dialog-sign-out-title = Sair de { $provider }?
dialog-sign-out-body = Os túneis dele saem desta lista, e o que está hospedado lá para. Na conta eles ficam.
dialog-qr-title = { $name } : { $port }
dialog-qr-body = { $url }
dialog-qr-none = Ainda não há URL. Hospede o túnel primeiro.
dialog-settings-title = Configurações
dialog-about-title = Sobre o Underpass

error-empty = Digite algo aqui.
error-empty-name = Dê um nome ao túnel.
error-empty-target = Digite a porta em que o seu serviço escuta.
error-empty-link = Cole um link de convite.
error-not-a-port = “{ $typed }” não é uma porta. Uma porta é um número de 1 a 65535.
error-not-a-target = “{ $typed }” não é uma porta nem HOST:PORTA.
error-two-ports = “{ $typed }” tem duas portas. Digite aquela em que o seu serviço escuta.
error-target-has-path = Um túnel leva todos os caminhos. Digite só “{ $typed }”.
error-target-has-user = Um destino não leva nome de usuário nem senha. Digite HOST:PORTA; os visitantes entram no seu serviço.
error-own-listener = “{ $typed }” é o próprio Underpass: os visitantes andariam em círculo. Digite a porta em que o seu serviço escuta.
error-unusable-name = “{ $typed }” não pode ser um nome. Use letras ou números, no máximo 64 caracteres.
error-name-exists = Já existe um túnel “{ $id }”.
error-port-exists = Este túnel já tem a porta { $port }.
error-link-scheme = Um link de convite começa com underpass://
error-link-token = Este link não tem token antes do @.
error-link-address = Este link não tem HOST:PORTA depois do @.
error-link-fingerprint = A parte depois de # deve ter 64 dígitos hexadecimais. O link foi cortado?
error-not-carried = { $provider } aceita { $carries }.
error-not-ready = Ainda não pode ser usado.
error-public-port-needs-tcp = Só tcp tem porta pública.

## Configurações

account-unknown = Ainda não verificado.
account-not-installed = O programa devtunnel não está neste computador.
account-signed-out = Ninguém entrou na conta.
account-signing-in = O login está em andamento.
account-ready = Conectado como { $user } ({ $via }).
account-install-body = { $provider } precisa do programa { $program }, que não está neste computador. Instale-o com este comando e verifique de novo.
account-sign-in-body = { $provider } leva túneis para quem entra com uma conta. O seu navegador abre para isso.
account-browser-body = Termine o login no seu navegador.
account-code-body = Abra { $url } em qualquer dispositivo e digite este código.
shut-program = { $provider } precisa do programa { $program }, que não está neste computador.
shut-sign-in = Para usar { $provider }, entre antes na sua conta.
field-token = Token
field-token-hint = De { $page }. Ele fica no chaveiro.
field-file-hint = O caminho de um arquivo
field-account = Conta
act-keep-token = Guardar
act-forget-token = Esquecer
account-no-token = Ainda sem token.
account-tokens = Tokens guardados: { $names }
account-unnamed = Sem nome
account-named = { $name }
error-not-a-token = Isso não é um token. Copie-o inteiro de { $page }
error-not-taken = Isso não pode ser usado. Aceita: { $takes }
why-stopped-watched = Não observado.
why-unrouted-watched = Observado. Aguardando a URL responder ({ $span }).
act-watch = Observar
fact-watched-for = Observado há
provider-unencrypted = O { $provider } não criptografa: quem estiver no caminho pode ler e alterar o que vai pelo túnel. Não o use para nada secreto.
shut-token = Para usar { $provider }, adicione antes o token da sua conta.
why-stopped-token = Não está hospedado. { $provider } precisa do token da sua conta.
account-token = token guardado
account-token-keychain = token guardado no chaveiro
account-token-file = token guardado em um arquivo que só você pode ler
account-with-probes = { $kept } · cada túnel é verificado a cada { $minutes } min: { $probes } das { $all } requisições mensais de uma conta gratuita
account-removed = token esquecido
shut-patience = Para usar { $provider }, termine antes o login.
relay-embedded = O relay deste programa, só para este computador
relay-embedded-lan = O relay deste programa, para este computador e a rede local
relay-joined = { $address }
field-join-link = Link de convite de um relay
join = Entrar
settings-theme = Tema
theme-system = Sistema
theme-light = Claro
theme-dark = Escuro
settings-language = Idioma
language-system = Sistema
language-named = { $language }
settings-autostart = Iniciar quando eu entrar no computador
settings-lan = Acessível nesta rede
settings-lan-hint = O relay embutido também escuta na rede local.
settings-relay = Relay

## Saúde

settings-health = Saúde
settings-health-line = Como se verifica o que está hospedado, e como ele volta
settings-health-provider = Como se verificam os seus túneis, e como eles voltam
dialog-health-title = Saúde de { $name } : { $port }
act-health = Saúde…
health-of-tunnel = O túnel inteiro
health-of-tunnel-line = Todas as suas portas dividem uma conexão e esperam por ela juntas
health-probe = Verificar se funciona
health-probe-hint = Desligado: a URL não é consultada, e nada diz que ela funciona. Mesmo assim se olha se o serviço local está lá.
health-interval = Entre duas verificações
health-timeout = Uma verificação é abandonada após
health-method = Método
health-path = Caminho
health-path-hint = O que se pede, como /healthz. Sem ele, a URL como está.
health-expect = Status esperado
health-expect-hint = Como 200-299,401. Qualquer outra resposta é falha do seu serviço, nunca do túnel. any: toda resposta serve.
health-watchdog = Verificações mortas antes de uma nova conexão
health-watchdog-hint = Tantas seguidas, enquanto o seu serviço local responde
health-backoff-initial = Primeira espera antes de outra tentativa
health-backoff-cap = Maior espera entre tentativas
health-on = Ligado
health-off = Desligado
health-usual = Como de costume ({ $value })
health-method-named = { $method }
health-cost = Como 30s ou 5m. Neste ritmo, { $probes } verificações por mês para cada porta, cada uma um pedido ao seu serviço que não conta como visita.
health-cost-counted = A cada { $every }: { $probes } das { $all } requisições mensais de uma conta gratuita, para cada porta
error-initial-above-cap = A primeira espera ({ $initial }) não pode ser maior que a maior ({ $cap }).

## Avisos e a linha de baixo

banner-file-corrupt = Não foi possível ler { $file }. O arquivo foi guardado como { $kept-as }, e valem os padrões.
banner-file-too-new = { $file } vem de uma versão mais nova do Underpass. O arquivo fica como está: o que você mudar aqui não é salvo nele. Inicie a versão mais nova para usá-lo.
banner-file-unreadable = Não foi possível ler { $file }.
banner-entries-unread = { $count ->
    [one] Não é possível ler um item de { $file }, e ele não vale.
   *[other] Não é possível ler { $count } itens de { $file }, e eles não valem.
}
banner-entries-dropped = { $count ->
    [one] Não foi possível ler um item de { $file }, e ele não vale.
   *[other] Não foi possível ler { $count } itens de { $file }, e eles não valem.
} O arquivo como estava foi guardado como { $kept-as }.
banner-port-taken = Não foi possível usar a porta { $wanted } ({ $detail }). As URLs deste computador têm agora a porta { $port }.
banner-nothing-saved = Não é possível gravar na pasta de arquivos do Underpass ({ $detail }). O que você mudar não é salvo e se perde quando o Underpass terminar.
banner-secret-not-kept = Do seu lado: não foi possível guardar um token ou uma senha ({ $detail }). Funciona até o Underpass ser encerrado; depois, é preciso informar de novo.
banner-token-imported = O token em { $variable } fica guardado neste computador a partir de agora, com ou sem a variável. Para trocá-lo: underpass account add { $provider }
banner-token-ignored = { $variable } tem outro token que não o guardado. O guardado é usado. Para trocá-lo: underpass account add { $provider }
banner-file-not-saved = Não foi possível salvar { $file } ({ $detail }). O que você vê aqui não está no disco.
banner-settings-invalid = Algumas configurações não podem ser usadas ({ $detail }). Valem os padrões delas.
banner-audit-not-written = Não foi possível gravar o registro de auditoria ({ $detail }). A hospedagem continua.
banner-no-tray-host = Esta área de trabalho não mostra ícones na bandeja. Fechar a janela a minimiza.
banner-no-keychain = Este computador não tem chaveiro. Os segredos estão em um arquivo que só você pode ler.
banner-crashed = O Underpass terminou de forma inesperada na última vez. O que estava hospedado volta a ser hospedado.
banner-crashed-idle = O Underpass terminou de forma inesperada na última vez. Nada estava hospedado.
banner-held-lost = { $count ->
    [one] { $name } · { $count } conexão mantida foi cortada: a sessão não pôde ser retomada. A hospedagem continua sozinha.
   *[other] { $name } · { $count } conexões mantidas foram cortadas: a sessão não pôde ser retomada. A hospedagem continua sozinha.
}
banner-not-created = { $name } · Não foi criado. { $fault }
banner-not-deleted = { $name } · Não foi excluído. { $fault }
banner-not-changed = { $name } · Não foi alterado. { $fault }
banner-account = { $provider } · { $fault }
banner-needs-you = { $name } · { $fault }
toast-copied = Copiado: { $url }
toast-deleted = Excluído: { $name }
toast-renewed = Validade renovada: { $name }
toast-desktop-refused = A área de trabalho recusou: { $detail }

## Falhas ao iniciar
start-failed = Não foi possível iniciar o Underpass
start-failed-close = Fechar
start-not-answering = O Underpass já está em execução e não responde. Encerre-o no monitor do sistema ou saia da sessão e depois inicie de novo.
start-folder = Não é possível usar a pasta de arquivos do Underpass: { $detail }
