# Rótulos fixos da janela: sem argumentos aqui.
window-title = Underpass

filter = Filtrar
filter-hint = Filtrar (Ctrl+K)
new-tunnel = Novo túnel
to-light = Tema claro
to-dark = Tema escuro
menu = Menu
more = Mais
dismiss = Dispensar
back = Voltar
close = Fechar
close-panel = Fechar detalhes
cancel = Cancelar
no-ports = Nenhuma porta ainda. Adicione uma pelo menu deste túnel.
no-match = Nada corresponde ao filtro.

empty-title = Compartilhe uma porta local
empty-body = Digite a porta do aplicativo e pressione Enter para obter uma URL.
empty-field = Porta a compartilhar
empty-share = Compartilhar
empty-import = Importar do ssh, ngrok e outros…
share-error = Digite uma porta de 1 a 65535, ou HOST:PORTA.

field-name = Nome
field-name-example = frontend
field-provider = Provedor
field-reach = Quem pode abrir
field-access = Quem pode visitar
access-private-choice = Pessoas que entram na conta
access-public-choice = Qualquer pessoa
access-public-warning = Qualquer pessoa com a URL pode visitar. Tudo o que o seu serviço mostra fica na internet.
field-target = Porta local
field-target-hint = Uma porta deste computador, ou HOST:PORTA na sua rede.
field-protocol = Protocolo
field-public-port = Porta pública
field-public-port-example = qualquer porta livre
field-public-port-hint = A porta TCP em que os visitantes se conectam.
advanced = Avançado
qr-code = Código QR

url = URL
lan-url = Nesta rede
latency = Latência
traffic = Tráfego
uptime = Disponibilidade
history = Histórico

code-to-copy = Para copiar

about-licence = MIT ou Apache-2.0
about-body = Dê uma URL a uma porta local e veja se ela funciona. Quando a rede cai, o túnel volta sozinho.
