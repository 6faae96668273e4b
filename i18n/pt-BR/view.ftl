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
badge-held = Conexões mantidas
badge-held-full = Reconectando (conexões mantidas)
badge-no-network = Sem rede
badge-reconnecting = Reconectando
badge-service-down = Serviço fora do ar
badge-over-quota = Limite atingido
badge-unreachable = Inacessível
badge-taken-over = Assumido por outra
badge-sign-in = Login necessário
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
attempt = tentativa { $n }
next-in = Nova tentativa em { $span } ({ $attempt }).
next-now = Tentando novamente agora ({ $attempt }).

## Por quê: a frase abaixo do estado

why-creating = Criando…
why-stopped = Não está hospedado.
why-stopped-program = Não está hospedado. { $provider } precisa de um programa que não está instalado neste computador.
why-stopped-sign-in = Não está hospedado. Entre na sua conta para hospedá-lo.
why-stopped-signing-in = Não está hospedado. O login está em andamento.
why-too-often = Funcionando. { $provider } limitou as solicitações { $ago }; a verificação é menos frequente.
why-starting = Iniciando…
why-authorising = Autorizando…
why-connecting = Conectando ao relay…
why-forwarding = { $count ->
    [one] Encaminhando { $count } porta…
   *[other] Encaminhando { $count } portas…
}
why-port-awaited = Hospedado. Aguardando o relay aceitar esta porta.
why-unproven = Conectado. Aguardando a resposta do relay ({ $span }).
why-unrouted = Hospedado. Aguardando a URL responder ({ $span }).
why-working = Respondeu { $status } em { $latency }, { $ago }.
why-working-tcp = Aceitou uma conexão em { $latency }, { $ago }.
why-working-plain = Funcionando, verificado { $ago }.
why-private = Funcionando. Os visitantes precisam entrar com uma conta.
why-slow = Funcionando, mas lento: o upload deste computador está saturado (verificação após { $limit }).
why-full = { $count } visitantes ao mesmo tempo; os demais precisam esperar. O túnel está funcionando.
why-unchecked = Hospedado, mas sem verificação.
why-unchecked-off = Hospedado, mas sem verificação: as verificações desta porta estão desativadas.
why-unchecked-relays-own = Hospedado. Não é possível verificar daqui se os visitantes chegam: a URL só funciona no próprio computador do relay. Dê ao relay um --domain que os outros alcancem.
why-unchecked-name = Hospedado. Não é possível verificar daqui se os visitantes chegam: o nome { $host } não é resolvido neste computador. Abra a URL em outra rede.

why-nothing-listens = Do seu lado: nada escuta em { $target }. O túnel está funcionando; inicie o seu serviço.
why-refused-once = Do seu lado: { $target } recusou a última solicitação, mas agora aceita conexões. O túnel está funcionando; verifique novamente.
why-not-http = Do seu lado: { $target } responde, mas não em http. Seria https?
why-not-https = Do seu lado: { $target } responde, mas não em https. Seria http?
why-not-web = Do seu lado: { $target } responde, mas nem em http nem em https. Seria tcp?
why-no-reaction = Do seu lado: { $target } não aceita nem recusa conexões. O túnel está funcionando; verifique o serviço e o firewall.
why-no-answer = Do seu lado: { $target } aceita conexões, mas não responde a tempo. O túnel está funcionando; verifique se o serviço travou.
why-unexpected = Do seu lado: { $target } respondeu { $status }, mas o esperado era { $expected }. O túnel está funcionando; verifique o seu serviço ou o status esperado em Saúde.
why-busy = Do seu lado: { $target } está ocupado com outro visitante e não atende mais ninguém até terminar. Aguarde, ou use um servidor que atenda vários ao mesmo tempo.
why-unknown-name = Do seu lado: o nome em { $target } não é resolvido neste computador. Verifique a grafia ou use um endereço IP.
why-no-way = Do seu lado: este computador não tem rota até { $target }. Verifique o endereço e a sua rede.
why-untrusted-certificate = Do seu lado: este computador não confia no certificado de { $target } (SHA-256 { $fingerprint }). Se for o certo, hospede com --no-tls-verify.
why-changed-certificate = Do seu lado: { $target } não tem mais o certificado que foi aceito primeiro (agora SHA-256 { $fingerprint }). Se foi você que o trocou, pare de hospedar e inicie novamente.
why-tls-refused = Do seu lado: { $target } fala TLS, mas recusa a negociação com este computador. Se ele atende por outro nome, use esse nome como destino.
why-host-full = Do seu lado: este computador já tem o máximo de conexões abertas que permite. Feche algumas ou aumente o limite de arquivos abertos (ulimit -n).
why-not-permitted = Do seu lado: este computador não permite a conexão com { $target }. Verifique o firewall.
why-name-refused = Do seu lado: { $target } só responde a solicitações para um nome de host que conhece, e os visitantes são recusados. Hospede-o com --host-header rewrite.
why-loop = Do seu lado: { $target } é o endereço do próprio túnel, ou leva de volta a ele, e as solicitações andam em círculo. Use a porta do seu serviço como destino.
why-service-down = Do seu lado: { $target } está inacessível. O túnel está funcionando; verifique o seu serviço.

why-url-dead = Do outro lado: a URL pública não responde, o seu serviço sim ({ $check }).
why-url-no-host = Do outro lado: o relay diz que ninguém hospeda este túnel; o seu serviço responde ({ $check }).
why-url-unknown = Do outro lado: o relay diz que não conhece este túnel; o seu serviço responde ({ $check }).
why-url-never = Rede: a URL não responde daqui, mas o seu serviço sim. Talvez os visitantes cheguem mesmo assim: tente em outra rede.
why-both-refused = Dos dois lados: nada escuta em { $target }, e a URL não responde.
why-both = Dos dois lados: { $target } está inacessível, e a URL não responde.
why-both-silent = Dos dois lados: { $target } não responde, e a URL também não.
check-of = verificação { $n } de { $of } antes de reconectar
check-many = sem resposta em { $n } verificações

why-held = { $lost } { $held }
held-for = { $count ->
    [0] Nenhuma conexão aberta; a sessão é mantida por até { $span }.
    [one] Mantendo { $count } conexão aberta por até { $span }.
   *[other] Mantendo { $count } conexões abertas por até { $span }.
}
held-over = O tempo de espera acabou.
why-reconnecting = { $lost } { $next }
lost-link = Rede: a conexão caiu { $ago }.
lost-silent = Rede: o relay parou de responder { $ago }.
lost-shut-down = Do outro lado: o relay foi desligado { $ago }.
lost-zombie = Do outro lado: a URL não respondia, e a conexão foi abandonada { $ago }.
lost-forced = Do seu lado: você pediu uma nova conexão { $ago }.
lost-woke = Do seu lado: este computador saiu da suspensão ou mudou de rede { $ago }.
lost-fault = { $fault } Sem conexão há { $span }.

why-sign-in = Do seu lado: o relay recusou o link de convite deste computador { $ago }. Com um novo link de convite, a hospedagem será retomada automaticamente.
why-taken-over = Do outro lado: outra máquina hospeda este túnel desde { $at }.
why-elsewhere = Do outro lado: outra máquina hospeda este túnel.
why-quota-next = { $fault } Nova tentativa em { $span }.
why-quota-now = { $fault } Tentando novamente agora.

## O que há de errado, uma frase para cada motivo, com o que fazer quando algo ajuda

fault-offline = Do seu lado: este computador está sem rede. A hospedagem será retomada automaticamente.
fault-unknown-host = Rede: o nome { $host } não é resolvido.
fault-relay-unreachable = Do outro lado: nada responde em { $address }.
fault-proxy-failed = Rede: o proxy { $address } não deixa a conexão passar ({ $detail }). Verifique HTTPS_PROXY, ou adicione o relay a NO_PROXY, e inicie novamente.
fault-not-a-relay = Do outro lado: { $address } responde, mas não é um relay do Underpass. Verifique o link de convite.
fault-certificate-mismatch = Do outro lado: o relay em { $address } não tem o certificado indicado no seu link de convite. Peça um novo link a quem cuida dele.
fault-version-mismatch = Do outro lado: o relay fala a versão { $theirs } do protocolo, este programa fala a { $ours }. Atualize o mais antigo dos dois.
fault-token-refused = Do seu lado: o relay recusou o seu link de convite. Peça um novo a quem cuida do relay.
fault-name-taken = Do outro lado: outra conta já usa o nome “{ $name }”. Escolha outro nome.
fault-name-reserved = Do outro lado: o nome “{ $name }” é reservado neste relay. Escolha outro nome.
fault-too-many-names = { $limit ->
    [one] Do outro lado: o relay permite no máximo { $limit } nome para esta conta. Dê menos portas a este túnel, ou fale com quem cuida do relay.
   *[other] Do outro lado: o relay permite no máximo { $limit } nomes para esta conta. Pare um túnel e tente novamente.
}
fault-too-many-public-ports = { $limit ->
    [one] Do outro lado: o relay permite a esta conta no máximo { $limit } porta TCP pública. Pare o túnel que a tem e tente novamente.
   *[other] Do outro lado: o relay permite a esta conta no máximo { $limit } portas TCP públicas. Pare um túnel que tenha uma e tente novamente.
}
fault-hosted-elsewhere = Do outro lado: outra máquina hospeda este túnel.
fault-hosted-here = Do seu lado: outro Underpass neste computador já hospeda este túnel, em um terminal ou como serviço (processo { $process }). Pare-o lá ou assuma o túnel.
fault-hosted-here-desktop = Do seu lado: o Underpass com a janela já hospeda este túnel (processo { $process }). Pare-o lá ou assuma o túnel.
fault-hosted-here-too = Do seu lado: o Underpass já hospeda este túnel neste computador, em outro processo. Pare-o lá ou assuma o túnel.
fault-taken-over = Do outro lado: outra máquina assumiu este túnel.
fault-public-port-taken = Do outro lado: a porta pública { $port } já está em uso. Escolha outra porta pública.
fault-public-port-outside = Do outro lado: o relay atribui as portas públicas { $first } a { $last }, não a { $port }. Escolha uma dessas.
fault-still-held = Do outro lado: { $place } ainda está em uso, muito provavelmente por uma conexão anterior deste túnel. A hospedagem será retomada automaticamente quando o servidor liberar.
fault-no-public-ports = Do outro lado: o relay não tem mais portas TCP públicas. Tente novamente quando houver uma livre.
fault-too-many-tunnels = { $limit ->
    [one] Do outro lado: o relay permite no máximo { $limit } túnel para esta conta. Pare-o e tente novamente.
   *[other] Do outro lado: o relay permite no máximo { $limit } túneis para esta conta. Pare um deles e tente novamente.
}
fault-too-many-sessions = Do outro lado: sua conta já tem online todos os hosts que o plano permite. Pare um deles.
fault-quota = Do outro lado: a cota do relay foi atingida.
fault-quota-until = Do outro lado: a cota do relay foi atingida até { $at }.
fault-link-lost = Rede: a conexão caiu.
fault-link-silent = Rede: o relay parou de responder.
fault-relay-shut-down = Do outro lado: o relay foi desligado.
fault-timed-out = Rede: a conexão demorou demais.
fault-zombie = Do outro lado: a URL não respondia, embora a conexão parecesse ativa.
fault-forced = Do seu lado: você pediu uma nova conexão.
fault-woke = Do seu lado: este computador saiu da suspensão ou mudou de rede.
fault-embedded-relay = Do seu lado: não foi possível iniciar o relay embutido ({ $detail }).
fault-other = Do seu lado: um erro inesperado ({ $detail }).
fault-token-missing = Do seu lado: nenhum token da sua conta do { $provider } está salvo aqui. Adicione um e a hospedagem será retomada automaticamente.
fault-token-invalid = Do seu lado: o { $provider } recusou o token da sua conta ({ $detail }). Defina um novo e a hospedagem será retomada automaticamente.
fault-options-invalid = Do seu lado: as opções definidas para o { $provider } não funcionam: { $detail }. Altere-as e hospede novamente.
fault-signed-out = Do seu lado: sua sessão terminou. Entre novamente e a hospedagem será retomada automaticamente.
fault-tunnel-gone = Do outro lado: o provedor não tem mais este túnel. Ele foi excluído ou expirou.
fault-account-full = { $limit ->
    [one] Do outro lado: a conta permite no máximo { $limit } túnel. Exclua-o e tente novamente.
   *[other] Do outro lado: a conta permite no máximo { $limit } túneis. Exclua um e tente novamente.
}
fault-refused = Do outro lado: o provedor recusou a solicitação ({ $detail }).
fault-service-trouble = Do outro lado: o serviço do provedor está com problemas. A hospedagem será retomada automaticamente.
fault-service-status = Do outro lado: o serviço do provedor respondeu { $status }. A hospedagem será retomada automaticamente.
fault-protocol = Do outro lado: o relay do provedor enviou algo que este programa não entende ({ $detail }). Procure uma atualização.
fault-host-key-unknown = Do seu lado: a chave de host de { $address } não é conhecida aqui: { $fingerprint }. Compare-a com a que o dono informar e aceite-a, ou defina-a como “host-key” e hospede novamente.
fault-host-key-changed = Do outro lado: { $address } apresenta uma chave de host diferente da conhecida: { $fingerprint }. Alguém pode estar interceptando a conexão: pergunte ao dono antes de remover a chave antiga do known_hosts ou de definir a nova como “host-key”.
fault-host-key-revoked = Do outro lado: { $address } apresenta uma chave de host revogada, { $fingerprint }. Nada foi enviado a ele: pergunte ao dono.
fault-keys-refused = Do seu lado: { $address } negou o acesso ({ $detail }). Defina outra chave ou senha e hospede novamente.
fault-not-installed = Do seu lado: o programa { $program } não está instalado neste computador. Instale-o e tente novamente.
fault-no-provider = Do seu lado: esta versão do Underpass não inclui o provedor { $provider }. Use uma que o inclua.
fault-program-failed = Do seu lado: o programa { $program } falhou ({ $detail }). Execute-o em um terminal para ver mais detalhes; atualizá-lo pode ajudar.
fault-program-exited = Do seu lado: o programa { $program } foi encerrado ({ $detail }). Ele é reiniciado automaticamente.
fault-not-ready = Do seu lado: { $provider } não está pronto ({ $detail }). A hospedagem será retomada automaticamente quando estiver.

## Causas: o mesmo em uma ou duas palavras, para o histórico

cause-offline = sem rede
cause-network = a rede
cause-relay = o relay
cause-zombie = URL sem resposta
cause-forced = a pedido
cause-woke = saiu da suspensão ou mudou de rede
cause-here = este computador
cause-token = o token
cause-options = as opções
cause-host-key = a chave do servidor
cause-name = o nome
cause-machine = outra máquina
cause-process = outro processo neste computador
cause-limit = o limite
cause-sign-in = o login
cause-provider = o provedor

## Botões

act-host = Hospedar
act-stop = Parar
act-accept-key = Aceitar esta chave
act-try-again = Tentar novamente
act-reconnect = Reconectar agora
act-take-over = Assumir
act-check = Verificar novamente
act-checking = Verificando…
act-copy = Copiar URL
act-open = Abrir
act-details = Detalhes…
act-qr = Código QR…
act-change-protocol = Alterar protocolo…
act-remove-port = Remover porta…
act-add-port = Adicionar porta…
act-delete = Excluir…
act-paste-link = Colar um link de convite…
act-leave-relay = Usar o relay embutido
act-sign-in = Entrar
act-signing-in = Entrando…
act-cancel-sign-in = Cancelar login
act-sign-in-by = Entrar com { $name }
act-sign-in-code = { $name }, com um código em outro dispositivo
act-sign-out = Sair da conta
act-sign-out-ask = Sair da conta…
act-manage-account = Conta…
act-install-help = Instalar o devtunnel…
act-copy-command = Copiar comando
act-open-install-page = Abrir instruções
act-copy-code = Copiar código
act-open-code-page = Abrir página
act-make-public = Tornar público…
act-make-private = Tornar privado
act-renew = Renovar validade
act-forget = Remover da lista
act-refresh = Atualizar lista
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
    [one] { $count } exige atenção
   *[other] { $count } exigem atenção
}
header-idle = nenhum túnel hospedado
header-list = { $a }, { $b }
header-quitting = { $count ->
    [0] Saindo…
    [one] Desconectando de um relay…
   *[other] Desconectando de { $count } relays…
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

provider-relay = relay do Underpass
provider-joined = relay { $address }
provider-named = { $name }
provider-ours = Relay do Underpass
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
reach-choice-here = Este computador
reach-choice-network = Esta rede
reach-choice-internet = Internet
reach-hint-here = Só programas deste computador, como o seu navegador.
reach-hint-network = Qualquer pessoa nesta rede, como em um celular no mesmo Wi‑Fi, sem senha.
reach-hint-internet = Qualquer pessoa que tenha a URL, em qualquer lugar.
reach-hint-others = { $count ->
    [one] Seu outro túnel neste computador também poderá ser aberto nesta rede.
   *[other] Seus outros { $count } túneis neste computador também poderão ser abertos nesta rede.
}
reach-bar-lan = Indisponível só para este computador: “Acessível nesta rede” está ativado nas configurações.
reach-bar-joined = Somente pela internet: você se conectou ao relay { $address }. Para mudar isso, escolha “Usar o relay embutido” nas configurações.
reach-bar-no-way = A internet não está disponível: conecte-se primeiro a um relay nas configurações.

## Painel

fact-last-check = Última verificação
fact-local = Serviço local
fact-next-try = Próxima tentativa
fact-held-for = Mantido por até
fact-hosted-for = Hospedado há
fact-connections = Conexões
fact-data = Dados
fact-certificate = Certificado
certificate-accepted = confiado no primeiro uso, SHA-256 { $fingerprint }
fact-remote-rate = Taxa no { $provider }
fact-remote-data = Dados no { $provider }
fact-remote-clients = Visitantes no { $provider }
clients-amount = { $count ->
    [one] { $count } conectado
   *[other] { $count } conectados
}
check-status = { $status } · { $latency } · { $ago }
check-relay-status = { $status } do relay · { $latency } · { $ago }
check-accepted = aceitou · { $latency } · { $ago }
check-not-asked = não verificada · { $ago }
check-failed = sem resposta ({ $cause }) · { $ago }
local-accepts = { $target } aceita conexões
local-refused = nada escuta em { $target }
local-not-asked = { $target } não foi verificado
local-failed = { $target } está inacessível
local-silent = { $target } não responde
try-in = em { $span } ({ $attempt })
try-now = agora ({ $attempt })
connections-amount = { $open ->
    [0] nenhuma aberta, { $total } no total
    [one] { $open } aberta, { $total } no total
   *[other] { $open } abertas, { $total } no total
}
data-amount = { $received } de entrada, { $sent } de saída
uptime-share = { $share }% em { $span }

## Histórico

log-starting = iniciando
log-started = iniciado
log-hosting = hospedado
log-renewed = conexão renovada
log-lost = conexão perdida ({ $cause })
log-not-connected = não foi possível conectar ({ $cause })
log-held = conexão perdida, mantendo as conexões abertas
log-resumed = retomada, nada foi perdido ({ $span })
log-held-lost = conexões mantidas encerradas ({ $cause })
log-reconnected = reconectado ({ $cause }, { $span })
log-sign-in = token recusado
log-signed-out = sessão encerrada
log-taken-over = assumido por outra máquina
log-elsewhere = hospedado por outra máquina
log-quota = cota atingida
log-failed = falhou ({ $cause })
log-stopped = parado
log-working = funcionando
log-working-again = funcionando novamente (após { $span })
log-unchecked = não é possível verificar daqui
log-busy = serviço local ocupado
log-service-down = serviço local fora do ar
log-slow = lento: o upload deste computador está saturado
log-full = lotado: sem lugar para mais um visitante
log-url-dead = URL sem resposta
past-resumed = retomada, nada foi perdido
past-reconnected = reconectado
past-connected-anew = conectado novamente
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
    [one] A URL dele para de funcionar imediatamente. Isso não pode ser desfeito.
   *[other] As { $count } URLs dele param de funcionar imediatamente. Isso não pode ser desfeito.
}
dialog-delete-confirm = Excluir { $name }
dialog-remove-title = Remover a porta { $port } de { $name }?
dialog-remove-body = A URL dela para de funcionar imediatamente. O túnel é mantido.
dialog-remove-confirm = Remover a porta { $port }
dialog-protocol-title = Protocolo da porta { $port }
dialog-protocol-body = Qual protocolo { $target } usa?
dialog-protocol-submit = Alterar
dialog-protocol-body-anew = Qual protocolo { $target } usa? { $provider } excluirá e recriará a porta, e a URL pode mudar.
dialog-public-title = Tornar { $name } público?
dialog-public-body = Qualquer pessoa com a URL poderá visitar, sem entrar em uma conta. Tudo o que o seu serviço mostra fica na internet.
dialog-public-confirm = Tornar público
dialog-sign-out-title = Sair de { $provider }?
dialog-sign-out-body = Os túneis da conta sairão desta lista e deixarão de ser hospedados. Eles continuam na conta.
dialog-qr-title = { $name } : { $port }
dialog-qr-body = { $url }
dialog-qr-none = Ainda não há URL. Hospede o túnel primeiro.
dialog-settings-title = Configurações
dialog-about-title = Sobre o Underpass

error-empty = Este campo não pode ficar vazio.
error-empty-name = Digite um nome.
error-empty-target = Digite a porta em que o seu serviço escuta.
error-empty-link = Cole um link de convite.
error-not-a-port = “{ $typed }” não é uma porta. Uma porta é um número de 1 a 65535.
error-not-a-target = “{ $typed }” não é uma porta nem HOST:PORTA.
error-two-ports = “{ $typed }” tem duas portas. Digite aquela em que o seu serviço escuta.
error-target-has-path = Um túnel inclui todos os caminhos. Digite só “{ $typed }”.
error-target-has-user = Um destino não pode incluir nome de usuário nem senha. Digite HOST:PORTA; os visitantes entram no seu serviço.
error-own-listener = “{ $typed }” é o próprio Underpass, e as solicitações andariam em círculo. Digite a porta em que o seu serviço escuta.
error-unusable-name = “{ $typed }” não pode ser usado como nome. Use letras ou números, no máximo 64 caracteres.
error-name-exists = Já existe um túnel chamado “{ $id }”.
error-port-exists = Este túnel já tem a porta { $port }.
error-link-scheme = Um link de convite começa com underpass://
error-link-token = Este link não tem token antes do @.
error-link-address = Este link não tem HOST:PORTA depois do @.
error-link-fingerprint = A parte depois de # deve ter 64 dígitos hexadecimais. O link foi cortado?
error-not-carried = { $provider } só aceita { $carries }.
error-not-for-those = { $provider } não pode limitar a este computador ou a esta rede quem abre a URL.
error-no-way = Nada que funcione sem conta leva à internet a partir daqui. Conecte-se a um relay nas configurações ou escolha um provedor em que você tenha conta.
error-not-ready = Isto ainda não pode ser usado.
error-public-port-needs-tcp = Só túneis tcp têm porta pública.

## Configurações

account-unknown = Ainda não verificado.
account-not-installed = O programa devtunnel não está instalado neste computador.
account-signed-out = Nenhuma conta conectada.
account-signing-in = O login está em andamento.
account-ready = Conectado como { $user } ({ $via }).
account-install-body = { $provider } precisa do programa { $program }, que não está instalado neste computador. Instale-o com este comando e verifique novamente.
account-sign-in-body = { $provider } exige uma conta. Você entra pelo navegador.
account-browser-body = Conclua o login no navegador.
account-code-body = Abra { $url } em qualquer dispositivo e digite este código.
shut-program = { $provider } precisa do programa { $program }, que não está instalado neste computador.
shut-sign-in = Para usar { $provider }, entre primeiro na sua conta.
field-token = Token
field-token-hint = De { $page }. Ele é armazenado no chaveiro.
field-file-hint = Caminho de um arquivo
field-account = Conta
act-keep-token = Salvar
act-forget-token = Esquecer
account-no-token = Ainda sem token.
account-tokens = Tokens salvos: { $names }
account-unnamed = Sem nome
account-named = { $name }
error-not-a-token = Isso não é um token. Copie-o inteiro de { $page }
error-not-taken = Isto não pode ser usado. Esperado: { $takes }
why-stopped-watched = Não observado.
why-unrouted-watched = Observado. Aguardando a URL responder ({ $span }).
act-watch = Observar
fact-watched-for = Observado há
provider-note-way = { $name }, sem conta: { $encryption }, { $lasting }.
provider-note-joined = Pelo relay { $address }.
provider-unencrypted = O { $provider } não criptografa: quem estiver no caminho pode ler e alterar o que passa pelo túnel. Não o use para nada confidencial.
shut-token = Para usar { $provider }, adicione primeiro o token da sua conta.
why-stopped-token = Não está hospedado. { $provider } precisa do token da sua conta.
account-token = token salvo
account-token-keychain = token salvo no chaveiro
account-token-file = token salvo em um arquivo que só você pode ler
account-with-probes = { $kept } · cada túnel é verificado a cada { $minutes } min: { $probes } das { $all } solicitações mensais de uma conta gratuita
account-removed = token esquecido
shut-patience = Para usar { $provider }, conclua primeiro o login.
relay-embedded = O relay embutido, só para este computador
relay-embedded-lan = O relay embutido, para este computador e a rede local
relay-joined = { $address }
field-join-link = Link de convite do relay
join = Conectar
settings-theme = Tema
theme-system = Sistema
theme-light = Claro
theme-dark = Escuro
settings-language = Idioma
language-system = Sistema
language-named = { $language }
settings-autostart = Iniciar ao fazer login no computador
settings-lan = Acessível nesta rede
settings-lan-hint = O relay embutido também escuta na rede local.
settings-relay = Relay

## Saúde

settings-health = Saúde
settings-health-line = Como os túneis hospedados são verificados e reconectados
settings-health-provider = Como os túneis deste provedor são verificados e reconectados
dialog-health-title = Saúde de { $name } : { $port }
act-health = Saúde…
health-of-tunnel = O túnel inteiro
health-of-tunnel-line = Todas as portas dele usam a mesma conexão e se reconectam juntas
health-probe = Verificar se funciona
health-probe-hint = Desativado: a URL não é verificada, e nada indica se ela funciona. O serviço local continua sendo verificado.
health-interval = Intervalo entre verificações
health-timeout = Tempo limite da verificação
health-method = Método
health-path = Caminho
health-path-hint = O caminho a solicitar, como /healthz. Se vazio, a URL como está.
health-expect = Status esperado
health-expect-hint = Como 200-299,401. Qualquer outra resposta conta como falha do seu serviço, nunca do túnel. any: qualquer resposta serve.
health-watchdog = Verificações com falha antes de reconectar
health-watchdog-hint = Seguidas, enquanto o seu serviço local responde
health-backoff-initial = Primeira espera antes de tentar novamente
health-backoff-cap = Maior espera entre tentativas
health-on = Ativado
health-off = Desativado
health-usual = Padrão ({ $value })
health-method-named = { $method }
health-cost = Como 30s ou 5m. Neste ritmo, { $probes } verificações por mês para cada porta, cada uma uma solicitação ao seu serviço que não conta como visita.
health-cost-counted = A cada { $every }: { $probes } das { $all } solicitações mensais de uma conta gratuita, para cada porta
error-initial-above-cap = A primeira espera ({ $initial }) não pode ser maior que a espera máxima ({ $cap }).

## Avisos e a linha de baixo

banner-setting-unknown = { $file }: “{ $key }” não é uma configuração e não tem efeito.
banner-setting-unknown-meant = { $file }: “{ $key }” não é uma configuração e não tem efeito. Você quis dizer “{ $meant }”?
banner-setting-lost = { $unknown } Será removido quando uma configuração for alterada.
banner-setting-mistyped = { $file }: o valor de “{ $key }” não é do tipo certo, por isso o arquivo não pode ser usado.
banner-file-corrupt = Não foi possível ler { $file }. O arquivo foi renomeado para { $kept-as }, e são usados os valores padrão.
banner-file-too-new = { $file } é de uma versão mais nova do Underpass. O arquivo não é alterado: o que você mudar aqui não é salvo nele. Inicie a versão mais nova para usá-lo.
banner-file-unreadable = Não foi possível ler { $file }.
banner-entries-unread = { $count ->
    [one] Não é possível ler um item de { $file }, e ele é ignorado.
   *[other] Não é possível ler { $count } itens de { $file }, e eles são ignorados.
}
banner-entries-dropped = { $count ->
    [one] Não foi possível ler um item de { $file }, e ele é ignorado.
   *[other] Não foi possível ler { $count } itens de { $file }, e eles são ignorados.
} O arquivo original foi salvo como { $kept-as }.
banner-port-taken = Não foi possível usar a porta { $wanted } ({ $detail }). As URLs deste computador agora usam a porta { $port }.
banner-nothing-saved = Não é possível gravar na pasta de dados do Underpass ({ $detail }). Suas alterações não são salvas e serão perdidas quando o Underpass for encerrado.
banner-secret-not-kept = Do seu lado: não foi possível salvar um token ou uma senha ({ $detail }). Funciona até o Underpass ser encerrado; depois, será preciso digitar novamente.
banner-token-imported = O token em { $variable } agora está salvo neste computador e é usado mesmo sem a variável. Para alterá-lo: underpass account add { $provider }
banner-token-ignored = { $variable } tem um token diferente do que está salvo. O token salvo é usado. Para alterá-lo: underpass account add { $provider }
banner-file-not-saved = Não foi possível salvar { $file } ({ $detail }). O que você vê aqui não está no disco.
banner-settings-invalid = Algumas configurações não podem ser usadas ({ $detail }). São usados os valores padrão delas.
banner-audit-not-written = Não foi possível gravar o registro de auditoria ({ $detail }). A hospedagem continua.
banner-no-tray-host = Esta área de trabalho não tem bandeja do sistema. Ao fechar, a janela será minimizada.
banner-no-keychain = Este computador não tem chaveiro. Os segredos são armazenados em um arquivo que só você pode ler.
banner-crashed = O Underpass foi encerrado inesperadamente da última vez. Seus túneis estão sendo hospedados novamente.
banner-crashed-idle = O Underpass foi encerrado inesperadamente da última vez. Nenhum túnel estava hospedado.
banner-held-lost = { $count ->
    [one] { $name } · { $count } conexão mantida foi encerrada: não foi possível retomar a sessão. A hospedagem será retomada automaticamente.
   *[other] { $name } · { $count } conexões mantidas foram encerradas: não foi possível retomar a sessão. A hospedagem será retomada automaticamente.
}
banner-not-created = Não foi possível criar { $name }. { $fault }
banner-not-deleted = Não foi possível excluir { $name }. { $fault }
banner-not-changed = Não foi possível alterar { $name }. { $fault }
banner-account = { $provider } · { $fault }
banner-needs-you = { $name } · { $fault }
toast-copied = Copiado: { $url }
toast-deleted = Excluído: { $name }
toast-renewed = Validade renovada: { $name }
toast-desktop-refused = A área de trabalho não conseguiu fazer isto: { $detail }

## Falhas ao iniciar
start-failed = Não foi possível iniciar o Underpass
start-failed-close = Fechar
start-not-answering = O Underpass já está em execução e não responde. Encerre-o no monitor do sistema ou saia da sessão e depois inicie-o novamente.
start-folder = Não é possível usar a pasta de dados do Underpass: { $detail }
