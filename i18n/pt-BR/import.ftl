### Importar de outros programas, e cópias de segurança.

## Por que algo não é importado

import-unreadable = Não dá para ler como está ({ $detail }): nada dele é importado. Verifique-o com o programa a que pertence.
import-too-much = Há mais do que se lê: os primeiros { $detail } são lidos.
import-no-port = Leva a “{ $detail }”. Um túnel leva a uma porta: inicie um servidor para isso e crie um túnel para ele.
import-not-carried = Ninguém aqui transporta “{ $detail }”.
import-restricts = { $detail } impede a entrada de visitantes, e nada aqui faria isso do mesmo modo. Crie o túnel à mão quando souber quem pode entrar.
import-unknown = “{ $detail }” não é conhecido aqui e pode impedir a entrada de visitantes. Crie o túnel à mão.
import-left-out = Não há nada parecido aqui: o túnel fica sem isso.
import-invalid = Aceita { $detail }.
import-template = O valor é preenchido pelo outro programa. Escreva o próprio valor ali.
import-for-all = É definido para todos os túneis juntos, aqui nas Configurações ({ $detail }).
import-no-provider = Esta versão não tem o provedor “{ $detail }”.
import-frp-server = O Underpass não fala o protocolo do frp: o que leva a uma porta é importado para o próprio relay. Um frps com gateway SSH pode ser usado pelo provedor ssh, serviço frps.
import-frp-port = Os visitantes chegam por outra porta, dada pelo relay do Underpass. Para pedir uma: --public-port.
import-frp-name = Os visitantes chegam por outro nome, no relay do Underpass.
import-frp-includes = Arquivos incluídos não são lidos. Importe cada um por si: underpass import ARQUIVO.
import-frp-token = Abre apenas o servidor frp, que não é usado: não é guardado.

## O diálogo

menu-import = Importar…
import-title = Importar de outros programas
import-looking = Procurando arquivos de outros programas…
import-nothing = Nada foi encontrado onde ssh, ngrok, cloudflared e frp guardam seus arquivos. Indique um arquivo abaixo.
import-body = O que está marcado vira túneis aqui, que ainda não vão ao ar. Os arquivos ficam como estão.
import-submit = { $count ->
    [0] Importar
    [one] Importar 1 túnel
   *[other] Importar { $count } túneis
}
import-file = { $file }
import-format = { $format }
import-tunnel = { $name } → { $target }
import-there = “{ $name }” já leva a { $target }.
import-token = O token de { $name } vai para onde ninguém o vê.
import-token-there = { $name } já tem um token: esse fica.
import-skipped = Não importado: { $what }
import-skipped-at = Não importado, linha { $line }: { $what }
import-other = Outro arquivo
import-look = Procurar
import-listed = O que { $name } tem na sua conta, seja qual for o programa que o criou, aparece na lista quando você entra.
toast-imported = { $count ->
    [one] 1 túnel importado
   *[other] { $count } túneis importados
}

settings-backup = Cópia de segurança
settings-backup-line = Todas as configurações e túneis em um arquivo, sem segredos. Para restaurar: underpass restore ARQUIVO
settings-backup-file = Arquivo
settings-backup-save = Salvar
toast-backup = Salvo em { $file }
toast-backup-failed = Não foi salvo. { $detail }

## Arquivos que a pessoa indica

file-unread = Não é possível ler { $file }: { $detail }
file-of-no-kind = { $file } não é de nenhum dos tipos que podem ser importados: { $kinds }.
file-there = { $file } já existe. Indique outro arquivo.
file-no-home = Não se sabe qual é a sua pasta pessoal. Defina HOME e inicie o Underpass de novo.
file-late = O disco não responde. Tente de novo quando ele responder.
file-busy = O que foi pedido antes ainda está sendo lido: o disco não responde. Tente de novo quando ele responder, ou inicie o Underpass outra vez.
file-broken-off = A leitura foi interrompida. Tente de novo.
file-not-whole = Faltaria o que não se pôde ler de { $file }. Corrija esse arquivo e inicie o Underpass de novo; ou dispense o aviso sobre ele, e salve o que há.

## O que há de errado com um arquivo

file-absent = Ele não existe.
file-not-permitted = Você não tem permissão para isso.
file-no-file = Não é um arquivo, mas uma pasta, um pipe ou um dispositivo.
file-no-text = Não é texto.
file-too-long = Tem mais de { $detail } bytes.
file-disk-full = O disco está cheio.
file-read-only = O disco não aceita alterações.
file-system-says = O sistema diz: { $detail }

## A linha de comando

import-in-account = O que { $name } tem na sua conta, seja qual for o programa que o criou, não precisa ser importado: aparece na lista quando você entra (underpass account sign-in { $provider }).
cli-import-file = { $file } ({ $format })
cli-import-tunnel = + { $tunnel }  { $protocol }  { $target }  { $provider }
cli-import-there = = “{ $name }” já leva a { $target }
cli-import-skipped = - linha { $text }
cli-import-skipped-whole = - { $text }
cli-import-token = + token de { $name }: guardado onde ninguém o vê
cli-import-token-would = + token de { $name }: seria guardado onde ninguém o vê
cli-import-token-there = = { $name } já tem um token: esse fica, e este não é guardado
cli-import-none = Não há nada para importar.
cli-import-would = Túneis que seriam criados: { $count }. “underpass import ARQUIVO” importa um arquivo, “underpass import --all” tudo isto.
cli-import-done = Túneis criados: { $count }. Nada está no ar ainda: underpass tunnels list

## Cópias de segurança

backup-done = { $count ->
    [one] { $file } tem { $count } túnel e as configurações, e nenhum segredo.
   *[other] { $file } tem { $count } túneis e as configurações, e nenhum segredo.
}
backup-there = { $file } já existe. Indique outro arquivo, ou use --force.
backup-not-written = { $file } não pode ser gravado: { $detail }
backup-lacks = Uma cópia não teria o que não se pode ler de { $file }: nenhuma foi feita, e nada foi mudado. Corrija esse arquivo; ou inicie o Underpass, que guarda uma cópia dele e segue com o resto.
restore-too-new = { $file } foi gravado por uma versão mais nova do Underpass. Atualize esta primeiro; nada foi mudado.
restore-unreadable = { $file } não é uma cópia de segurança que se possa usar: { $detail }. Nada foi mudado.
restore-not-taken = A cópia não pôde ser restaurada ({ $detail }): tudo está como antes.
restore-half-taken = A cópia não pôde ser restaurada ({ $detail }), e o que já tinha sido restaurado não pôde ser desfeito ({ $undo }): pode haver túneis dela agora. O que havia antes está em { $before }.
restore-added = + { $name }
restore-kept = = { $name } já existe e fica como está
restore-settings = As configurações são as da cópia.
restore-settings-would = As configurações seriam as da cópia.
restore-before = O que havia antes está em { $file }.
restore-done = Túneis restaurados: { $count }. Nada está no ar ainda.
restore-would = Túneis que seriam restaurados: { $count }.
restore-secret-of = Falta: { $key } de “{ $name }”. É um segredo, que nenhuma cópia tem: crie o túnel de novo com ele, ou use --set { $key }=@ARQUIVO ao hospedá-lo.
restore-secret-token = Falta: o token de { $account }. Adicione-o: underpass account add { $provider }
restore-secret-relay = Falta: o token do relay { $address }. Cole de novo o link de entrada nas Configurações, ou peça um novo a quem o opera.
