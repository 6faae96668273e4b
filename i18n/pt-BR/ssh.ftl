# O que se pode escolher para túneis por SSH.

ssh-server = Servidor
ssh-service = Serviço
ssh-service-server = Um servidor seu
ssh-service-localhost-run = localhost.run
ssh-service-serveo = serveo
ssh-service-pinggy = Pinggy
ssh-service-srv-us = srv.us
ssh-service-tuns-sh = tuns.sh
ssh-service-sish = sish
ssh-service-ngrok = ngrok
ssh-service-frps = frps
ssh-identity = Arquivo com a sua chave
ssh-passphrase = Frase-senha da chave
ssh-password = Senha no servidor
ssh-host-key = Impressão digital da chave do servidor
ssh-accepted = Servidores cujas chaves você aceitou
ssh-known-hosts = Arquivo de hosts conhecidos
ssh-remote-port = Porta no servidor
ssh-name = Nome ou endereço a pedir
ssh-jump = Servidores por onde passar
ssh-socket = Soquete no servidor
ssh-command = Comando na sessão
ssh-token = Token no comando
ssh-domain = Domínio das URLs

ssh-import-pattern = Um padrão não nomeia servidor nenhum. Adicione ao arquivo um Host próprio.
ssh-import-no-host = Não vale para nenhum servidor que tenha no arquivo um Host com nome. Coloque-o sob o Host a que se destina.
ssh-import-match-exec = A condição executa um comando, o que uma importação não faz: o que há neste bloco não é considerado.
ssh-import-proxy-command = O servidor é alcançado por um comando (ProxyCommand), que o Underpass não executa. ProxyJump funciona.
ssh-import-dynamic = Os visitantes escolheriam para onde vão (SOCKS): um túnel leva a uma porta.
ssh-import-include = { $detail } não pode ser lido, ou há inclusões demais: o que há ali não é considerado.
ssh-import-not-told = O ssh não diz o que vale para ele: foi lido sem a ajuda do ssh. Verifique antes de hospedar.
