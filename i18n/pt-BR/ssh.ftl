# O que se pode escolher para túneis por SSH.

ssh-server = Servidor
ssh-service = Serviço
ssh-service-server = Seu próprio servidor
ssh-service-localhost-run = localhost.run
ssh-service-serveo = serveo
ssh-service-pinggy = Pinggy
ssh-service-srv-us = srv.us
ssh-service-tuns-sh = tuns.sh
ssh-service-sish = sish
ssh-service-ngrok = ngrok
ssh-service-frps = frps
ssh-identity = Arquivo da chave privada
ssh-passphrase = Frase-senha da chave
ssh-password = Senha do servidor
ssh-host-key = Impressão digital da chave do servidor
ssh-accepted = Servidores cujas chaves você aceitou
ssh-known-hosts = Arquivo de hosts conhecidos
ssh-remote-port = Porta no servidor
ssh-name = Nome ou endereço a solicitar
ssh-jump = Hosts de salto
ssh-socket = Soquete no servidor
ssh-command = Comando na sessão
ssh-token = Token no comando
ssh-domain = Domínio das URLs

ssh-import-pattern = Um padrão não indica um servidor. Adicione ao arquivo um Host separado.
ssh-import-no-host = Não vale para nenhum servidor que tenha no arquivo um Host com nome. Coloque-o sob o Host a que se destina.
ssh-import-match-exec = A condição executa um comando, o que uma importação não faz: este bloco é ignorado.
ssh-import-proxy-command = O servidor é alcançado por um comando (ProxyCommand), que o Underpass não executa. ProxyJump funciona.
ssh-import-dynamic = Os visitantes escolheriam para onde vão (SOCKS), mas um túnel leva a uma só porta.
ssh-import-include = { $detail } não pode ser lido, ou há inclusões demais: é ignorado.
ssh-import-not-told = O ssh não informou as configurações dele: foi lido sem a ajuda do ssh. Verifique-o antes de hospedar.
