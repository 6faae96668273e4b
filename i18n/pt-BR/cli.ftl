### O que a linha de comando diz à pessoa.

## Hospedagem

cli-line = { $time }  { $tunnel }  { $text }
cli-working = Funcionando. Ctrl-C encerra.
cli-url = { $url } → { $target }
cli-lacking = { $target } não está no ar. { $fault }
cli-works = funcionando: { $status } em { $latency }
cli-accepts = funcionando: aceitou uma conexão em { $latency }
cli-slow = funciona, mas devagar: a saída deste computador está cheia
cli-certificate = O certificado de { $target } é aceito à primeira vista, como --no-tls-verify pede (SHA-256 { $fingerprint }).
cli-url-dead = Do outro lado: a URL pública não responde.
cli-displaced = { $fault } “--take-over” o traz para cá.
cli-no-such-saved = “{ $typed }” não é uma porta, nem HOST:PORTA, nem um túnel salvo. “underpass tunnels list” mostra os salvos.
cli-not-in-time = Não funciona depois de { $seconds } s (--timeout).
cli-no-ports = { $name } não tem portas. Adicione uma: underpass tunnels port add { $id } PORTA
cli-hosted-twice = “{ $name }” é um túnel salvo e também o nome das portas. Dê outro --name às portas.
cli-unknown-command = “{ $typed }” não é um comando. Comandos: host ID, stop ID, drop ID, reconnect ID, quit
cli-line-too-long = Essa linha é longa demais para um comando.
cli-unknown-tunnel = Não há um túnel “{ $typed }” aqui.
cli-no-window = Esta compilação não tem janela. `underpass host PORTA` serve uma porta sem janela; uma compilação com os recursos padrão tem uma.
cli-no-display = Não há uma tela onde abrir a janela. Para hospedar uma porta no terminal: underpass host PORTA
cli-failed = { $what }: { $detail }
cli-home-failed = A pasta dos arquivos do Underpass não pode ser usada

## Relay

cli-relay-up = O relay está no ar.
cli-relay-link = Hospedeiros conectam a    { $address }
cli-relay-http = Visitantes chegam por     { $address }
cli-relay-join = Link de convite           { $link }
cli-relay-join-said = Link de convite           mostrado na primeira vez; para um novo: underpass relay account rotate { $name }
cli-relay-secret = Quem tem o link de convite pode hospedar aqui: trate-o como uma senha.
cli-account-added = Conta { $name }. O link de convite só é mostrado desta vez:
cli-account-rotated = A conta { $name } tem um novo link de convite, mostrado só desta vez. O antigo não vale mais:
cli-account-removed = A conta { $name } foi removida, e o que ela hospeda termina agora.

## Túneis salvos

cli-tunnels-none = Nenhum túnel salvo. Crie um: underpass tunnels create NOME PORTA
cli-tunnel-line = { $id }  { $name }
cli-tunnel-url = { $target }  { $protocol }  { $url }
cli-tunnel-port = { $target }  { $protocol }
cli-tunnel-saved = { $id } foi salvo. Para hospedá-lo: underpass host { $id }
cli-tunnel-deleted = { $id } foi excluído.
cli-no-such-tunnel = Não há um túnel “{ $typed }”.
cli-no-such-port = { $id } não tem a porta { $port }.
cli-provider = { $id }: { $name }
cli-provider-protocols = aceita { $protocols }
cli-provider-program = precisa do programa { $program }
cli-provider-probes = é verificado a cada { $minutes } minutos: { $probes } pedidos por mês, dos { $all } de uma conta gratuita
cli-provider-unencrypted = não criptografa o que vai entre este computador e o provedor
cli-provider-token = precisa do token de uma conta, de { $page }: underpass account add { $provider }
cli-provider-option-empty = --set { $key }=… aceita { $takes }
cli-provider-secret = --set { $key }=@ARQUIVO aceita um segredo, como { $takes }
cli-accounts-none = Não há nenhuma conta.
cli-account-line = { $account }: { $state }
cli-token-ask = O token de { $provider } (de { $page }; ele não aparece):
cli-token-wrong = Isso não é um token. Copie-o inteiro de { $page }
cli-no-such-account = Não há uma conta { $name } em { $provider }.
cli-other-provider = { $tunnel } é um túnel de { $carrier }, não de { $asked }: hospede-o com --provider { $carrier }, ou dê outro --name à porta.
cli-no-account-of = Não há uma conta em { $provider }.
cli-file-too-new = { $file } foi escrito por uma versão mais nova: fica como está, e nada é salvo.
cli-which-account = Há várias contas em { $provider }: diga qual com --account ({ $names })
cli-device-code = Abra { $url } e digite o código { $code }
cli-secret-unread = Não foi possível ler { $key }: { $detail }
cli-secret-wrong = { $key } aceita { $takes }
cli-provider-option = --set { $key }=… aceita { $takes }; { $default } por padrão
cli-account-none = A conta não tem túneis. Crie um: underpass host PORTA --name NOME --provider { $provider }
cli-no-such-remote = A conta não tem um túnel “{ $typed }”. Para criá-lo: underpass host PORTA --name { $typed } --provider { $provider }
cli-remote-no-ports = { $id } não tem portas. Adicione uma: underpass host PORTA --name { $id } --provider { $provider }
cli-remote-protocol = A porta { $port } de { $id } fala { $protocol } em { $provider }. Deixe --protocol de fora, ou mude-o no app.
cli-remote-public = { $id } é público em { $provider }: qualquer pessoa que tenha a URL pode visitar. Para torná-lo privado, use o app.
cli-sign-in-first = Do seu lado: ninguém entrou em { $provider }. Entre pelo app, ou aqui: { $command }
cli-install-first = { $fault } { $command }
cli-not-saved-here = { $id } está em uma conta em { $provider }, e não só aqui: mude-o no app.
cli-app-runs = O aplicativo Underpass está aberto e não veria esta mudança. Faça-a no aplicativo, ou feche-o antes.

## Registro de auditoria

cli-audit-none = O registro de auditoria está vazio.
cli-audit-holds = { $count ->
    [one] O registro de auditoria está como foi escrito: { $count } entrada.
   *[other] O registro de auditoria está como foi escrito: { $count } entradas.
}
cli-audit-healed = { $count ->
    [one] Uma queda cortou { $count } linha; a entrada seguinte o registra.
   *[other] Quedas cortaram { $count } linhas; as entradas seguintes o registram.
}
cli-audit-torn = A última linha está cortada: o programa foi encerrado enquanto escrevia.
cli-audit-removed = { $count ->
    [one] Uma entrada mais antiga foi removida quando o registro ficou grande demais, e o registro diz isso.
   *[other] { $count } entradas mais antigas foram removidas quando o registro ficou grande demais, e o registro diz isso.
}
cli-audit-last = O último hash: { $hash }. Guarde-o em outro lugar para saber depois se entradas foram cortadas do fim.
cli-audit-exported = { $count ->
    [one] { $count } entrada está em { $file }.
   *[other] { $count } entradas estão em { $file }.
}
cli-audit-line-unreadable = { $file }: a linha { $line } não é uma entrada. “underpass audit --verify” diz o que há de errado.

## Diagnóstico: o que foi examinado

doctor-line = { $mark } { $name }: { $detail }
doctor-home = arquivos
doctor-settings = configurações
doctor-logs = logs
doctor-audit = registro de auditoria
doctor-crash = última queda
doctor-files = arquivos abertos
doctor-limits = limites de um relay
doctor-display = tela
doctor-tray = bandeja
doctor-fonts = fontes
doctor-keychain = segredos
doctor-relay = relay deste programa
doctor-http-port = porta HTTP
doctor-tcp-ports = portas TCP
doctor-names = nomes localhost
doctor-joined = relay externo

## Diagnóstico: o que foi encontrado

doctor-writable = é possível gravar em { $path }
doctor-not-writable = não é possível gravar em { $path } ({ $detail })
doctor-settings-fine = podem ser lidas
doctor-files-found = { $soft } ao mesmo tempo, { $hard } quando o programa pede
doctor-limits-found = { $visitors } visitantes ({ $visitors-of-one } de um endereço), { $streams } pedidos a um túnel ({ $streams-of-one } de um endereço), { $hosts } conexões de hospedeiros antes do token ({ $hosts-of-one } de um endereço), { $tunnels } túneis por conta
doctor-audit-fine = { $count ->
    [one] a cadeia está íntegra ({ $count } entrada)
   *[other] a cadeia está íntegra ({ $count } entradas)
}
doctor-no-crash = não houve
doctor-crashed = há um relatório em { $path }
doctor-display-there = há uma
doctor-display-missing = não há nenhuma
doctor-tray-there = os ícones da bandeja são mostrados
doctor-tray-missing = ninguém mostra ícones da bandeja
doctor-fonts-there = { $count ->
    [one] { $count } família
   *[other] { $count } famílias
}
doctor-fonts-missing = não há nenhuma
doctor-keychain-there = vão para o chaveiro
doctor-keychain-private = vão para um arquivo em { $variable } que só você pode ler
doctor-keychain-missing = não há chaveiro; vão para um arquivo que só você pode ler
doctor-relay-starts = inicia
doctor-port-free = { $port } está livre
doctor-port-ours = { $port } está em uso por um Underpass em execução
doctor-port-taken = { $port } está ocupada por outro programa
doctor-port-any = qualquer uma livre
doctor-tcp-free = { $free } de { $all } estão livres ({ $first } a { $last })
doctor-names-resolve = apontam para este computador
doctor-names-fail = { $name } não pode ser resolvido
doctor-joined-none = nenhum; o deste programa é usado
doctor-joined-fine = { $address } responde e tem o certificado certo
doctor-joined-by-proxy = { $address } responde pelo proxy { $proxy } e tem o certificado certo
doctor-joined-no-token = falta o token de { $address }
doctor-program = programa
doctor-account = conta
doctor-list = túneis
doctor-account-limits = limites
doctor-service = serviço
doctor-write = hospedagem
doctor-version = versão { $version }
doctor-tunnels-found = { $count ->
    [one] { $count } túnel na conta
   *[other] { $count } túneis na conta
}
doctor-limit = { $name }: { $amount }
doctor-service-answers = { $address } aceita conexões
doctor-service-silent = { $address } está inacessível ({ $detail })
doctor-nothing-needed = não precisa de conta nem de programa
doctor-token-of = token de { $name } guardado
doctor-token-gone = o token que estava guardado sumiu
doctor-token-of-gone = o token de { $name } sumiu
doctor-token-in-variable = token em { $variable }
doctor-not-tried = não testada; --write cria um túnel descartável, hospeda-o e o exclui
doctor-hosted = um túnel descartável foi criado, hospedado em { $url } e excluído
doctor-not-hosted = { $step }: { $fault }
doctor-left-behind = { $id } não pôde ser excluído ({ $fault })
step-create = criar um túnel
step-token = obter um token
step-connect = conectar
step-establish = esperar o primeiro sinal de vida
doctor-found = { $detail }

## Diagnóstico: o que fazer

advice-home = Permita a gravação na pasta, ou indique outra em { $variable }.
advice-settings = Corrija o arquivo; até lá valem os padrões.
advice-logs = Permita a gravação na pasta. A hospedagem funciona sem isso.
advice-audit = Guarde uma cópia do arquivo e descubra quem o alterou. underpass audit --verify indica a linha.
advice-crash = Por favor, relate a queda com este arquivo e depois exclua-o.
advice-files = Permita mais: LimitNOFILE= em uma unit do systemd, ou nofile em /etc/security/limits.conf.
advice-display = A janela precisa de uma. “underpass host PORTA” não.
advice-tray = Inicie uma bandeja, ou no GNOME instale a extensão AppIndicator. A janela funciona sem ela.
advice-fonts = Instale uma fonte, no Debian: apt install fonts-dejavu-core
advice-keychain = Inicie um chaveiro como o GNOME Keyring ou o KWallet, se quiser um.
advice-relay = Sem um relay externo, não é possível hospedar enquanto isto não for resolvido.
advice-port-taken = Outra porta é usada e as URLs mudam. Para escolher: relay.http_port em settings.json
advice-tcp-taken = Túneis tcp ficam sem porta pública. Para escolher outras: relay.tcp_ports em settings.json
advice-names = Os navegadores resolvem esses nomes sozinhos; para outros programas, use um resolvedor que o faça (nss-myhostname, systemd-resolved).
advice-build = Use uma compilação do programa que o inclua.
advice-program = Instale-o: { $command }
advice-sign-in = Entre na conta, no app ou no terminal: { $command }
advice-token = Copie-o de { $page } e passe-o a: underpass account add { $provider }
advice-sign-in-app = Entre na conta, no app.
advice-mend = Corrija isso e verifique de novo.
advice-service = Confira a rede, e HTTPS_PROXY se houver um proxy.
advice-write = O registro diz mais: execute de novo com -vv.
advice-delete = Foi criado para esta verificação: exclua { $id } em { $provider }.
advice-joined = Verifique a rede e o relay. A hospedagem continua sozinha quando ele voltar.
advice-joined-token = Cole de novo o link de convite nas configurações do aplicativo.

## Configurações de saúde

cli-health-line = { $key } = { $value }  ({ $from })
cli-health-from-default = por padrão
cli-health-from-all = para todos os túneis
cli-health-from-provider = para { $provider }
cli-health-from-tunnel = para este túnel
cli-health-from-port = para esta porta
cli-health-from-least = o mínimo em { $provider }; está definido { $said }
cli-health-cost = { $probes } verificações por mês para cada porta
cli-health-cost-counted = { $probes } verificações por mês para cada porta, das { $all } requisições de uma conta gratuita
