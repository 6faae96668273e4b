### O que a linha de comando diz à pessoa.

## Hospedagem

cli-line = { $time }  { $tunnel }  { $text }
cli-working = Funcionando. Ctrl-C encerra.
cli-detached = A hospedagem continua em segundo plano, processo { $process }. Para ver como está: underpass status. Para encerrar: underpass stop NOME
cli-detach-failed = Nada é hospedado em segundo plano
cli-detach-no-channel = isso requer o canal de controle, que não existe neste sistema. Hospede em um terminal, sem --detach
cli-detach-unsaved = não é possível gravar nesta pasta, e nada o encontraria depois: { $detail }
cli-url = { $url } → { $target }
cli-lacking = { $target } não está hospedado. { $fault }
cli-reach-here = { $reach } Para esta rede: --reach network. Para qualquer pessoa na internet: --reach internet.
cli-reach-network = { $reach } Para qualquer pessoa na internet: --reach internet.
cli-reach-network-at = Para esta rede: { $url } (para qualquer pessoa na internet: --reach internet)
cli-reach-not-here = “{ $id }” usa { $provider }, que não se limita a este computador. Omita --provider ou --reach here.
cli-reach-not-network = “{ $id }” usa { $provider }, que não fica nesta rede. Omita --provider ou --reach network.
cli-reach-not-internet = “{ $id }” usa { $provider }, que não pode ser alcançado pela internet. Conecte a um relay (--relay ou UNDERPASS_RELAY) ou escolha outro --provider.
cli-reach-saved = Um túnel salvo mantém o próprio provedor. Para usar --reach internet sem um relay, indique uma porta.
cli-way-taken = Para a internet é usado { $name }, sem conta: { $encryption }, { $lasting }.
cli-way-skipped = Sem { $name }: { $why }
cli-way-unfit = Ele não aceita esse tipo de túnel.
cli-no-way = Daqui, nada que funcione sem conta chega à internet. Conecte a um relay (--relay ou UNDERPASS_RELAY) ou use uma conta. Para listar os provedores: underpass providers
way-encrypted = criptografado até lá
way-unencrypted = sem criptografia
way-lasts-run = a cada início a URL é outra
way-lasts-hours = a URL muda depois de algumas horas
way-lasts-asked = a cada início a URL é outra, e depois de uma queda a mesma é pedida de novo
cli-works = funcionando: { $status } em { $latency }
cli-accepts = funcionando: aceitou uma conexão em { $latency }
cli-slow = funcionando, mas lento: o upload deste computador está saturado
cli-certificate = O certificado de { $target } é confiado no primeiro uso, como --no-tls-verify pede (SHA-256 { $fingerprint }).
cli-url-dead = Do outro lado: a URL não responde.
cli-displaced = { $fault } Para hospedá-lo aqui, use --take-over.
cli-protocol-alone = “{ $typed }” é um protocolo, não um serviço. Use-o com a porta: underpass host 3000 --protocol { $protocol }
cli-no-such-saved = “{ $typed }” não é uma porta, HOST:PORTA nem um túnel salvo. Para listar os túneis salvos: underpass tunnels list
cli-not-in-time = Não funciona depois de { $seconds } s (--timeout).
cli-no-ports = { $name } não tem portas. Adicione uma: underpass tunnels port add { $id } PORTA
cli-hosted-twice = Já existe um túnel salvo chamado “{ $name }”. Escolha outro nome com --name.
cli-file-missing = O arquivo “{ $file }” não existe. Crie-o ou indique outro com --file.
cli-file-unread = Não é possível ler “{ $file }”: { $detail }
cli-file-wrong = { $file }, linha { $line }: { $what }
cli-file-not-utf8 = não está em UTF-8: salve-o em UTF-8
cli-file-too-large = é maior que 1 MiB: divida-o em vários arquivos
cli-file-too-much = tem valores demais: divida-o em vários arquivos
cli-file-syntax = isto não é TOML ou uma chave se repete: CHAVE = VALOR, texto entre aspas, cada chave uma vez
cli-file-no-tunnel = não contém nenhum túnel: inclua um em [[tunnel]], como em port = 3000
cli-file-no-table = um túnel é uma tabela: escreva [[tunnel]] e, abaixo, suas chaves
cli-file-join-link = um link de ingresso contém um token, que não deve ficar neste arquivo: conecte ao relay com `underpass join` ou coloque o link em { $variable }; relay = "HOST:PORTA" indica qual é o relay
cli-file-relay-takes = relay aceita HOST:PORTA, como `underpass join` mostra
cli-file-relay-beside-reach = relay só vale com reach = "internet": os outros usam o relay deste programa
cli-file-secret-key = { $key } seria um segredo, que não deve ficar neste arquivo: `underpass account add PROVEDOR` guarda um token
cli-file-secret-value = { $key } é um segredo, que não deve ficar neste arquivo: coloque-o em um arquivo próprio que só você possa ler e escreva { $key } = "@ARQUIVO"
cli-file-of-whole = { $key } vale para o arquivo inteiro: coloque-o acima do primeiro [[tunnel]]
cli-file-of-tunnel = { $key } é de um túnel: coloque-o em [[tunnel]]
cli-file-unknown = o arquivo não tem a chave "{ $key }": tem { $keys }
cli-file-unknown-of-tunnel = um túnel não tem a chave "{ $key }": tem { $keys }
cli-file-unknown-meant = o arquivo não tem a chave "{ $key }": seria { $meant }?
cli-file-unknown-meant-of-tunnel = um túnel não tem a chave "{ $key }": seria { $meant }?
cli-file-one-value = { $key } aceita um só valor, nem lista nem tabela
cli-file-switch = { $key } aceita true ou false
cli-file-takes-table = { $key } aceita uma tabela, como em { $key }.CHAVE = "VALOR"
cli-file-target = { $key } aceita PORTA ou HOST:PORTA
cli-file-saved = { $key } aceita PORTA ou HOST:PORTA: um túnel salvo é deste computador e se hospeda com `underpass host NOME`
cli-file-empty = { $key } está vazio: inclua uma porta
cli-file-beside = { $key } não pode estar com o outro: um túnel tem port, target ou targets
cli-file-same-name = o túnel da linha { $before } também se chama "{ $id }": dê a cada um seu próprio nome, como em name = "shop"
cli-file-differs = { $key } vale para todos os túneis de { $provider }: escreva o mesmo que no túnel da linha { $before }
cli-file-other-relay = É para o relay { $meant }, mas o usado é { $used }. Entre naquele com underpass join ou ponha o link de convite em UNDERPASS_RELAY.
cli-file-no-relay = É para o relay { $meant }, no qual este computador não entrou. Entre nele com underpass join ou ponha o link de convite em UNDERPASS_RELAY.
cli-check-port = { $id }: { $target } ({ $protocol }), por { $provider }
cli-check-done = { $count ->
    [one] Um túnel seria hospedado.
   *[other] { $count } túneis seriam hospedados.
}
cli-unknown-command = “{ $typed }” não é um comando. Comandos: host ID, stop ID, drop ID, reconnect ID, quit
cli-old-copy = “{ $id }” está hospedado em um terminal (processo { $process }), que continua com o que tinha até ser iniciado de novo.
cli-line-too-long = Essa linha é longa demais para um comando.
cli-unknown-tunnel = Não há um túnel “{ $typed }” aqui.
cli-no-window = Esta compilação não tem janela. `underpass host PORTA` hospeda uma porta sem janela; uma compilação com os recursos padrão tem uma.
cli-no-display = Não há uma tela onde abrir a janela. Para hospedar uma porta no terminal: underpass host PORTA
cli-failed = { $what }: { $detail }
cli-home-relative = UNDERPASS_HOME deve ser um caminho absoluto: “{ $path }” seria outra pasta em cada lugar onde um comando é digitado. Escreva-o desde a raiz, como "$PWD/{ $path }".
cli-home-failed = Não é possível usar a pasta de dados do Underpass

## Relay

cli-relay-up = O relay está no ar.
cli-relay-link = Hosts se conectam a       { $address }
cli-relay-http = Visitantes chegam por     { $address }
cli-relay-join = Link de convite           { $link }
cli-relay-join-said = Link de convite           mostrado na primeira vez; para um novo: underpass relay account rotate { $name }
cli-relay-secret = Quem tem o link de convite pode hospedar aqui: trate-o como uma senha.
cli-relay-for-hosts = A escuta para hosts
cli-relay-for-visitors = A escuta para visitantes
cli-relay-in-use = { $purpose } não pode usar { $address }: o endereço está em uso. Pare o que escuta nele ou escolha outro endereço com { $option }.
cli-relay-not-listening = { $purpose } não pode usar { $address }: { $error }. Escolha outro endereço com { $option }.
cli-relay-data = O relay não consegue guardar seus dados em { $path }: { $error }. Permita a gravação na pasta ou escolha outra com --data.
cli-relay-data-in-use = Outro relay está usando os dados em { $path }. Pare-o ou escolha outra pasta com --data.
cli-relay-not-yours = { $path } pertence ao usuário { $owner }, mas este comando é executado como o usuário { $user }. Execute-o como aquele usuário (sudo -u '#{ $owner }' …) ou escolha outra pasta.
cli-relay-names-large = { $path } é grande demais ({ $size } bytes; um relay grava no máximo { $limit }). Mova-o para outro lugar para iniciar o relay. Os nomes reservados para hosts que não estão conectados serão esquecidos.
cli-relay-names-new = { $path } foi gravado por uma versão mais recente do Underpass; esta dá suporte à versão { $version } do arquivo. Use um Underpass mais recente ou mova o arquivo para outro lugar. Nesse caso, os nomes reservados para hosts que não estão conectados serão esquecidos.
cli-relay-identity = Não é possível usar a chave e o certificado do relay em { $path }: { $error }. Restaure-os ou exclua os dois arquivos. Nesse caso, todos os hosts precisarão de um novo link de convite.
cli-relay-owner-only = Não foi possível ler as contas em { $path }, por isso apenas o dono pode hospedar. Restaure o arquivo ou mova-o para outro lugar para começar sem outras contas.
cli-relay-accounts-io = Não é possível guardar as contas do relay em { $path }: { $error }. Permita a leitura e a gravação.
cli-relay-accounts-new = { $path } tem a versão { $found }, sem suporte nesta versão do Underpass. Use uma mais recente.
cli-relay-accounts-corrupt = Não foi possível ler as contas em { $path }, por isso nada foi alterado. Restaure o arquivo ou mova-o para outro lugar para recomeçar apenas com a conta “{ $owner }”.
cli-relay-accounts-busy = Outro programa está alterando as contas em { $dir } e ainda não terminou. Pare-o e tente novamente.
cli-relay-owner-token = { $path } não contém um token. Restaure-o ou exclua-o para obter um novo.
cli-relay-none = Nenhum relay usou a pasta de dados { $dir } ainda. Inicie “underpass relay” antes ou escolha a pasta dele com --data.
cli-relay-account-exists = Já existe uma conta “{ $name }”. Para um novo link de convite: underpass relay account rotate { $name }
cli-relay-account-missing = Não existe uma conta “{ $name }”. Para listar as contas: underpass relay account list
cli-relay-account-owner = Não é possível remover a conta “{ $name }”, pois todo relay tem um dono. Para invalidar o link de convite antigo dela: underpass relay account rotate { $name }
cli-relay-account-name = “{ $name }” não é um nome de conta válido. Use de 1 a { $limit } letras, dígitos, “-”, “_” ou “.”.
cli-relay-sockets = O gerenciador de serviços passou soquetes que não podem ser usados: LISTEN_FDS é inválida ({ $error }).
cli-relay-socket-deaf = O soquete “{ $name }” não é um soquete TCP de escuta. Na unidade de soquete, defina Accept=no.
cli-relay-socket-unknown = Soquete “{ $name }” desconhecido. Na unidade de soquete, defina FileDescriptorName= como link ou http.
cli-relay-socket-twice = O gerenciador de serviços passou dois soquetes “{ $name }”, mas um relay escuta em um só. Para IPv4 e IPv6, use [::]:PORTA.
cli-account-added = Conta { $name } adicionada. Este link de convite não será mostrado novamente:
cli-account-rotated = A conta { $name } tem um novo link de convite, e o antigo não funciona mais. O novo não será mostrado novamente:
cli-account-removed = Conta { $name } removida. Os túneis dela param agora.

## Túneis salvos

cli-tunnels-none = Nenhum túnel salvo. Crie um: underpass tunnels create NOME PORTA
cli-tunnel-line = { $id }  { $name }
cli-tunnel-url = { $target }  { $protocol }  { $url }
cli-tunnel-port = { $target }  { $protocol }
cli-tunnel-saved = { $id } foi salvo. Para hospedá-lo: underpass host { $id }
cli-tunnel-deleted = { $id } foi excluído.
cli-no-such-tunnel = Não há um túnel “{ $typed }”.
cli-no-such-port = { $id } não tem a porta { $port }.
cli-which-port = { $id } tem várias portas, ou nenhuma: diga qual com --port.
cli-port-not-that = A porta { $port } não pode ser { $protocol }: { $provider } não oferece isso, ou ela tem uma porta pública, o que só tcp tem.
cli-target-fixed = “{ $tunnel }” é um túnel de { $provider }, em que uma porta tem o número do serviço dela. Adicione a outra porta e remova esta: tunnels port add, tunnels port remove.
cli-provider = { $id }: { $name }
cli-provider-protocols = aceita { $protocols }
cli-provider-program = precisa do programa { $program }
cli-provider-probes = é verificado a cada { $minutes } minutos: { $probes } das { $all } solicitações mensais de uma conta gratuita
cli-provider-unencrypted = não criptografa o tráfego entre este computador e o provedor
cli-provider-token = precisa do token de uma conta, de { $page }: underpass account add { $provider }
cli-provider-option-empty = --set { $key }=… aceita { $takes }
cli-provider-secret = --set { $key }=@ARQUIVO aceita um segredo, como { $takes }
cli-accounts-none = Não há nenhuma conta.
cli-account-line = { $account }: { $state }
cli-token-ask = Token de { $provider } (de { $page }; o que você digita não aparece):
cli-token-wrong = Isso não é um token. Copie-o inteiro de { $page }
cli-no-such-account = Não há uma conta { $name } em { $provider }.
cli-other-provider = { $tunnel } é um túnel de { $carrier }, não de { $asked }: hospede-o com --provider { $carrier }, ou dê outro --name à porta.
cli-no-account-of = Não há uma conta em { $provider }.
cli-file-too-new = { $file } foi gravado por uma versão mais nova: não é alterado, e nada é salvo.
cli-which-account = Há várias contas em { $provider }. Escolha uma com --account ({ $names })
cli-device-code = Abra { $url } e digite o código { $code }
cli-secret-unread = Não foi possível ler { $key }: { $detail }
cli-secret-wrong = { $key } aceita { $takes }
cli-provider-option = --set { $key }=… aceita { $takes }; { $default } por padrão
cli-account-none = A conta não tem túneis. Crie um: underpass host PORTA --name NOME --provider { $provider }
cli-no-such-remote = A conta não tem um túnel “{ $typed }”. Para criá-lo: underpass host PORTA --name { $typed } --provider { $provider }
cli-remote-no-ports = { $id } não tem portas. Adicione uma: underpass host PORTA --name { $id } --provider { $provider }
cli-remote-protocol = A porta { $port } de { $id } usa { $protocol } em { $provider }. Omita --protocol, ou altere-o no aplicativo.
cli-remote-public = { $id } é público em { $provider }: qualquer pessoa que tenha a URL pode visitar. Para torná-lo privado, use o aplicativo.
cli-sign-in-first = Do seu lado: nenhuma conta conectada em { $provider }. Entre pelo aplicativo, ou aqui: { $command }
cli-install-first = { $fault } { $command }
cli-not-saved-here = { $id } está em uma conta em { $provider }, e não só aqui: altere-o no aplicativo.
cli-app-runs = O aplicativo Underpass está aberto. Faça esta alteração no aplicativo, ou feche-o antes.

## What runs

cli-channel = Não é possível consultar os processos do Underpass
cli-process-silent = O processo { $process } do Underpass fica de fora: { $detail }
cli-stop-unsure = Um Underpass que não responde talvez ainda o hospede. Encerre esse processo ou tente novamente.
cli-status-nobody = Nada está hospedado: nenhum Underpass está em execução com esta pasta.
cli-nothing-hosted = Nada está hospedado.
cli-holder-desktop = desktop, processo { $process }
cli-holder-terminal = terminal, processo { $process }
cli-holder-background = segundo plano, processo { $process }
cli-no-such-tunnel-meant = Não há nenhum túnel “{ $typed }”. Você quis dizer “{ $meant }”?
cli-not-hosted = { $id } não está hospedado.
cli-not-hosted-start = { $id } não está hospedado. Para hospedá-lo: underpass host { $id }
cli-no-url = { $id } ainda não tem URL. Veja como está: underpass status { $id }
cli-hosted-by = { $id } já está hospedado ({ $holder }). Para pará-lo: underpass stop { $id }
cli-stopped = { $id } foi parado ({ $holder }).
cli-stop-late = { $id } recebeu a ordem de parar e ainda está encerrando. Veja como está: underpass status { $id }
cli-stop-failed = { $id } não foi parado
cli-start-nobody = Nenhum Underpass com janela está em execução para hospedar { $id }. Para hospedá-lo neste terminal: underpass host { $id }
cli-start-late = { $id } foi iniciado e ainda não funciona. Veja como está: underpass status { $id }
cli-start-gone = O processo que hospedaria { $id } foi encerrado.
cli-start-failed = { $id } não funciona
cli-open-failed = Não é possível abrir { $url }
cli-logs-none = Nada foi registrado ainda.
cli-joined = Conectado a { $address }: o que for hospedado a partir de agora passa por ele.
cli-left = A partir de agora é usado o relay deste programa.
cli-join-what = Qual relay? underpass join LINK, ou o link em { $variable }
cli-join-wrong = Isso não é um link de convite: { $detail }
cli-desktop-late = O Underpass com a janela recebeu o pedido e está demorando.
cli-desktop-failed = O Underpass com a janela não fez o que foi pedido
cli-settings-failed = As configurações não foram salvas
cli-no-such-setting = Não há nenhuma configuração “{ $key }”. “underpass config list” mostra todas.
cli-no-such-setting-meant = Não há nenhuma configuração “{ $key }”. Você quis dizer “{ $meant }”?
cli-setting-wrong = { $key } não aceita “{ $typed }”
cli-setting-elsewhere = { $key } se muda com “{ $command }”.
cli-setting-at-rest = O Underpass com a janela lê { $key } ao iniciar: saia dele e depois mude o valor.
cli-setting-in-window = { $key } se muda na janela, ou aqui enquanto ela estiver aberta.

## Registro de auditoria

cli-audit-none = O registro de auditoria está vazio.
cli-audit-holds = { $count ->
    [one] O registro de auditoria está íntegro ({ $count } entrada).
   *[other] O registro de auditoria está íntegro ({ $count } entradas).
}
cli-audit-healed = { $count ->
    [one] Uma falha cortou { $count } linha; a entrada seguinte registra isso.
   *[other] Falhas cortaram { $count } linhas; as entradas seguintes registram isso.
}
cli-audit-torn = A última linha está incompleta: o Underpass foi encerrado enquanto a escrevia.
cli-audit-removed = { $count ->
    [one] Uma entrada mais antiga foi removida quando o registro ficou grande demais, e o registro diz isso.
   *[other] { $count } entradas mais antigas foram removidas quando o registro ficou grande demais, e o registro diz isso.
}
cli-audit-last = Último hash: { $hash }. Guarde-o em outro lugar para saber depois se entradas foram cortadas do fim.
cli-audit-exported = { $count ->
    [one] { $count } entrada exportada para { $file }.
   *[other] { $count } entradas exportadas para { $file }.
}
cli-audit-line-unreadable = { $file }, linha { $line }: a entrada não é válida. Para ver detalhes: underpass audit --verify

## Diagnóstico: o que foi examinado

doctor-line = { $mark } { $name }: { $detail }
# The last line of the doctor.
doctor-sum = Verificações: { $fine } em ordem, { $warnings } com aviso, { $failed } com falha.
doctor-home = arquivos
doctor-ours = Underpass
doctor-settings = configurações
doctor-kept-aside = separado
doctor-logs = logs
doctor-audit = registro de auditoria
doctor-crash = última falha
doctor-files = arquivos abertos
doctor-limits = limites de um relay
doctor-display = tela
doctor-tray = bandeja
doctor-fonts = fontes
doctor-keychain = segredos
doctor-relay = relay embutido
doctor-http-port = porta HTTP
doctor-tcp-ports = portas TCP
doctor-names = nomes localhost
doctor-joined = relay externo

## Diagnóstico: o que foi encontrado

doctor-writable = é possível gravar em { $path }
doctor-not-writable = não é possível gravar em { $path } ({ $detail })
doctor-settings-fine = legíveis
doctor-kept-as = não foi possível ler { $path }, que não é usado
doctor-files-found = limite flexível { $soft }, limite rígido { $hard }
doctor-limits-found = { $visitors } visitantes ({ $visitors-of-one } de um endereço), { $streams } solicitações a um túnel ({ $streams-of-one } de um endereço), { $hosts } hosts não autenticados ({ $hosts-of-one } de um endereço), { $tunnels } túneis por conta
doctor-audit-fine = { $count ->
    [one] íntegro ({ $count } entrada)
   *[other] íntegro ({ $count } entradas)
}
doctor-no-crash = nenhuma
doctor-crashed = há um relatório em { $path }
doctor-display-there = encontrada
doctor-display-missing = nenhuma encontrada
doctor-tray-there = bandeja do sistema encontrada
doctor-tray-missing = nenhuma bandeja do sistema encontrada
doctor-fonts-there = { $count ->
    [one] { $count } família
   *[other] { $count } famílias
}
doctor-fonts-missing = nenhuma encontrada
doctor-keychain-there = guardados no chaveiro
doctor-keychain-private = guardados em um arquivo em { $variable } que só você pode ler
doctor-keychain-missing = nenhum chaveiro encontrado; guardados em um arquivo que só você pode ler
doctor-relay-starts = inicia
doctor-port-free = { $port } está livre
doctor-port-ours = { $port } está em uso por um Underpass em execução
doctor-port-taken = { $port } está em uso por outro programa
doctor-port-any = qualquer porta livre
doctor-tcp-free = { $free } de { $all } estão livres ({ $first } a { $last })
doctor-names-resolve = apontam para este computador
doctor-names-fail = { $name } não é resolvido
doctor-joined-none = nenhum; o relay embutido é usado
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
doctor-token-of = token de { $name } salvo
doctor-token-gone = o token salvo não existe mais
doctor-token-of-gone = o token de { $name } não existe mais
doctor-token-in-variable = token em { $variable }
doctor-not-tried = não testada; --write cria um túnel temporário, hospeda-o e o exclui
doctor-hosted = um túnel temporário foi criado, hospedado em { $url } e excluído
doctor-not-hosted = { $step }: { $fault }
doctor-left-behind = { $id } não pôde ser excluído ({ $fault })
step-create = criar um túnel
step-token = obter um token
step-connect = conectar
step-establish = aguardar a primeira resposta
doctor-found = { $detail }

## Diagnóstico: o que fazer

advice-home = Permita a gravação na pasta, ou indique outra em { $variable }.
advice-settings = Corrija o arquivo; até lá, são usados os valores padrão.
advice-setting-key = Use as chaves de docs/json-lines.md (`underpass config list` as mostra).
advice-kept-aside = Recupere dele o que for preciso e depois exclua-o ou mova-o para outro lugar.
advice-logs = Permita a gravação na pasta. A hospedagem funciona sem isso.
advice-audit = Guarde uma cópia do arquivo e descubra quem o alterou. Para ver a linha: underpass audit --verify
advice-crash = Relate a falha com este arquivo e depois exclua-o.
advice-files = Aumente o limite: LimitNOFILE= em uma unit do systemd, ou nofile em /etc/security/limits.conf.
advice-display = A janela precisa de uma. “underpass host PORTA” não.
advice-tray = Inicie uma bandeja do sistema, ou no GNOME instale a extensão AppIndicator. A janela funciona sem ela.
advice-fonts = Instale uma fonte. No Debian: apt install fonts-dejavu-core
advice-keychain = Inicie um chaveiro como o GNOME Keyring ou o KWallet, se quiser um.
advice-relay = Não é possível hospedar pelo relay embutido enquanto isto não for corrigido.
advice-port-taken = O Underpass usará outra porta, e as URLs mudarão. Para escolher uma: underpass config set relay.http_port PORTA
advice-tcp-taken = Túneis tcp ficam sem porta pública. Para escolher outras portas, defina relay.tcp_ports em settings.json.
advice-names = Os navegadores resolvem esses nomes sozinhos; para outros programas, use um resolvedor que o faça (nss-myhostname, systemd-resolved).
advice-build = Use uma compilação do programa que o inclua.
advice-program = Instale-o: { $command }
advice-sign-in = Entre na conta pelo aplicativo ou em um terminal: { $command }
advice-token = Copie-o de { $page } e informe-o com: underpass account add { $provider }
advice-sign-in-app = Entre na conta pelo aplicativo.
advice-mend = Corrija isso e verifique novamente.
advice-service = Verifique a rede, e HTTPS_PROXY se houver um proxy.
advice-write = Para ver detalhes, execute novamente com -vv.
advice-delete = Foi criado para esta verificação: exclua { $id } em { $provider }.
advice-joined = Verifique a rede e o relay. A hospedagem será retomada automaticamente.
advice-joined-token = Cole novamente o link de convite nas configurações do aplicativo.

## Configurações de saúde

cli-health-line = { $key } = { $value }  ({ $from })
cli-health-from-default = padrão
cli-health-from-all = para todos os túneis
cli-health-from-provider = para { $provider }
cli-health-from-tunnel = para este túnel
cli-health-from-port = para esta porta
cli-health-from-least = o mínimo em { $provider }; está definido { $said }
cli-health-cost = { $probes } verificações por mês para cada porta
cli-health-cost-counted = { $probes } verificações por mês para cada porta, das { $all } solicitações de uma conta gratuita

## Com o systemd

cli-service-elsewhere = “underpass service” é para o systemd, no Linux. Configure o Agendador de Tarefas (Windows) ou o launchd (macOS) para executar isto quando você entrar: { $command }
cli-service-no-systemd = O systemd não está em execução aqui. Configure o gerenciador de serviços deste sistema para executar: { $command }
cli-service-no-root = Só o root grava as unidades do sistema inteiro: execute com sudo.
cli-service-no-user = O relay é executado como o usuário “underpass”, que não existe neste sistema: sudo useradd --system --no-create-home --shell /usr/sbin/nologin underpass
cli-service-hidden = A unidade do relay não permite que ele leia pastas pessoais nem temporárias, e { $path } está em uma delas. Copie o programa: sudo install -m 755 { $path } /usr/local/bin/underpass. Depois execute esse ou indique-o com --program.
cli-service-foreign = { $path } já existe e não foi gravado por “underpass service”. Para substituí-lo: --force
cli-service-foreign-kept = { $path } não foi gravado por “underpass service”, que não mexe nele. Para parar o serviço, use systemctl.
cli-service-no-file = { $path } não é um arquivo
cli-service-no-text = { $path } não é UTF-8, como uma unidade precisa ser
cli-service-odd-program = O systemd não executa programas cujo caminho tem aspas, barra invertida ou caractere de controle: { $path }
cli-service-unwritten = { $path } não foi gravado
cli-service-written = Gravado: { $path }
cli-service-unchanged = Sem alterações: { $path }
cli-service-removed = Removido: { $path }
cli-service-none = Nada a remover: { $path } não existe.
cli-service-systemctl = “{ $command }” falha
cli-service-linger = O serviço é executado enquanto você está conectado. Para que seja executado desde a inicialização do computador: loginctl enable-linger
cli-service-log = Log: { $command }
cli-service-status = { $unit }: { $words } ({ $path })
cli-service-status-foreign = { $unit }: { $words } ({ $path }, não gravado por “underpass service”)
cli-service-absent = { $unit }: não instalado

## The line at the end of a terminal, while it hosts

# As in "Working for 5 min": the word is that of the badge.
progress-since = { $word } há { $span }
progress-several = { $works } de { $all } funcionando
progress-connections = { $n ->
    [one] { $n } conexão
   *[other] { $n } conexões
}
progress-here = só este computador
progress-network = esta rede
progress-internet = a internet
progress-signed-in = a internet, com login
progress-stop = Ctrl-C encerra
