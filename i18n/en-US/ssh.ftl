# What can be chosen for tunnels over SSH.

ssh-server = Server
ssh-service = Service
ssh-service-server = A server of your own
ssh-service-localhost-run = localhost.run
ssh-service-serveo = serveo
ssh-service-pinggy = Pinggy
ssh-service-srv-us = srv.us
ssh-service-tuns-sh = tuns.sh
ssh-service-sish = sish
ssh-service-ngrok = ngrok
ssh-service-frps = frps
ssh-identity = File with your key
ssh-passphrase = Passphrase of the key
ssh-password = Password at the server
ssh-host-key = Fingerprint of the server's key
ssh-accepted = Servers whose keys you have accepted
ssh-known-hosts = File with known hosts
ssh-remote-port = Port at the server
ssh-name = Name or address to ask for
ssh-jump = Servers to go through
ssh-socket = Socket at the server
ssh-command = Command in the session
ssh-token = Token in the command
ssh-domain = Domain of the URLs
