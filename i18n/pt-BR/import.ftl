### Importar de outros programas, e backups.

## Por que algo não é importado

import-unreadable = Não é possível ler como está ({ $detail }), e nada dele é importado. Verifique-o com o programa a que pertence.
import-too-much = É grande demais: só os primeiros { $detail } são lidos.
import-no-port = Leva a “{ $detail }”, mas um túnel leva a uma porta. Inicie um servidor para isso e crie um túnel para ele.
import-not-carried = Nenhum provedor aqui aceita “{ $detail }”.
import-restricts = { $detail } impede a entrada de visitantes, e nada aqui faz isso do mesmo modo. Crie o túnel manualmente quando souber quem pode entrar.
import-unknown = “{ $detail }” não é conhecido aqui e pode impedir a entrada de visitantes. Crie o túnel manualmente.
import-left-out = Não há equivalente aqui: o túnel fica sem isso.
import-invalid = Esperado: { $detail }.
import-template = O valor é preenchido pelo outro programa. Coloque o próprio valor no arquivo.
import-for-all = É definido para todos os túneis ao mesmo tempo, nas Configurações ({ $detail }).
import-no-provider = Esta versão não inclui o provedor “{ $detail }”.
import-frp-server = O Underpass não fala o protocolo do frp: túneis para portas são importados para o próprio relay. Um frps com gateway SSH pode ser usado com o provedor ssh, serviço frps.
import-frp-port = Os visitantes usarão outra porta, atribuída pelo relay do Underpass. Para pedir uma: --public-port.
import-frp-name = Os visitantes usarão outro nome, no relay do Underpass.
import-frp-includes = Arquivos incluídos não são lidos. Importe cada um por si: underpass import ARQUIVO.
import-frp-token = Serve apenas para o servidor frp, que não é usado, e por isso não é salvo.

## O diálogo

menu-import = Importar…
import-title = Importar de outros programas
import-looking = Procurando arquivos de outros programas…
import-nothing = Nada foi encontrado onde ssh, ngrok, cloudflared e frp guardam seus arquivos. Escolha um arquivo abaixo.
import-body = O que você selecionar se torna túneis aqui, que ainda não são hospedados. Os arquivos não são alterados.
import-submit = { $count ->
    [0] Importar
    [one] Importar 1 túnel
   *[other] Importar { $count } túneis
}
import-file = { $file }
import-format = { $format }
import-tunnel = { $name } → { $target }
import-there = “{ $name }” já leva a { $target }.
import-token = O token de { $name } é armazenado como segredo.
import-token-there = { $name } já tem um token, que é mantido.
import-skipped = Não importado: { $what }
import-skipped-at = Não importado, linha { $line }: { $what }
import-other = Outro arquivo
import-look = Ler
import-listed = Os túneis da sua conta { $name } aparecem na lista quando você entra, seja qual for o programa que os criou.
toast-imported = { $count ->
    [one] 1 túnel importado
   *[other] { $count } túneis importados
}

settings-backup = Backup
settings-backup-line = Todas as configurações e túneis em um arquivo, sem segredos. Para restaurar: underpass restore ARQUIVO
settings-backup-file = Arquivo
settings-backup-save = Salvar
toast-backup = Salvo em { $file }
toast-backup-failed = Não foi salvo. { $detail }

## Arquivos que a pessoa indica

file-unread = Não é possível ler { $file }: { $detail }
file-of-no-kind = Não é possível importar { $file }. Formatos aceitos: { $kinds }.
file-there = { $file } já existe. Escolha outro arquivo.
file-no-home = Não foi possível determinar a sua pasta pessoal. Defina HOME e inicie o Underpass novamente.
file-late = O disco não responde. Tente novamente quando ele responder.
file-busy = O que foi pedido antes ainda está sendo lido: o disco não responde. Tente novamente quando ele responder, ou reinicie o Underpass.
file-broken-off = A leitura foi interrompida. Tente novamente.
file-not-whole = Faltaria no backup o que não foi possível ler de { $file }. Corrija esse arquivo e inicie o Underpass novamente; ou dispense a notificação sobre ele e salve o restante.

## O que há de errado com um arquivo

file-absent = O arquivo não existe.
file-not-permitted = Você não tem permissão para usá-lo.
file-no-file = Não é um arquivo, mas uma pasta, um pipe ou um dispositivo.
file-no-text = Não é texto.
file-too-long = Tem mais de { $detail } bytes.
file-disk-full = O disco está cheio.
file-read-only = O disco é somente leitura.
file-system-says = O sistema diz: { $detail }

## A linha de comando

import-in-account = Os túneis da sua conta { $name } não precisam ser importados, seja qual for o programa que os criou: aparecem na lista quando você entra (underpass account sign-in { $provider }).
cli-import-file = { $file } ({ $format })
cli-import-tunnel = + { $tunnel }  { $protocol }  { $target }  { $provider }
cli-import-there = = “{ $name }” já leva a { $target }
cli-import-skipped = - linha { $text }
cli-import-skipped-whole = - { $text }
cli-import-token = + token de { $name }: armazenado como segredo
cli-import-token-would = + token de { $name }: seria armazenado como segredo
cli-import-token-there = = { $name } já tem um token, que é mantido; este não é salvo
cli-import-none = Não há nada para importar.
cli-import-would = Túneis que seriam criados: { $count }. Para importar um arquivo: underpass import ARQUIVO. Para importar tudo isto: underpass import --all
cli-import-done = Túneis criados: { $count }. Nada está hospedado ainda: underpass tunnels list

## Backups

backup-done = { $count ->
    [one] { $count } túnel e as configurações foram salvos em { $file }, sem segredos.
   *[other] { $count } túneis e as configurações foram salvos em { $file }, sem segredos.
}
backup-there = { $file } já existe. Escolha outro arquivo, ou use --force.
backup-not-written = Não é possível gravar { $file }: { $detail }
backup-lacks = Faltaria no backup o que não é possível ler de { $file }: nenhum foi feito, e nada foi alterado. Corrija esse arquivo; ou inicie o Underpass, que guarda uma cópia dele e continua com o restante.
restore-too-new = { $file } foi gravado por uma versão mais nova do Underpass. Atualize esta primeiro; nada foi alterado.
restore-unreadable = { $file } não é um backup utilizável: { $detail }. Nada foi alterado.
restore-not-taken = Não foi possível restaurar o backup ({ $detail }): tudo está como antes.
restore-half-taken = Não foi possível restaurar o backup ({ $detail }), nem desfazer o que já tinha sido restaurado ({ $undo }): alguns túneis dele podem estar na lista agora. O que havia antes está em { $before }.
restore-added = + { $name }
restore-kept = = { $name } já existe e fica como está
restore-settings = As configurações do backup foram restauradas.
restore-settings-would = As configurações do backup seriam restauradas.
restore-before = O que havia antes está em { $file }.
restore-done = Túneis restaurados: { $count }. Nada está hospedado ainda.
restore-would = Túneis que seriam restaurados: { $count }.
restore-secret-of = Falta: { $key } de “{ $name }”. Backups não contêm segredos: crie o túnel novamente com ele, ou use --set { $key }=@ARQUIVO ao hospedá-lo.
restore-secret-token = Falta: o token de { $account }. Adicione-o: underpass account add { $provider }
restore-secret-relay = Falta: o token do relay { $address }. Cole novamente o link de convite nas Configurações, ou peça um novo a quem cuida do relay.
