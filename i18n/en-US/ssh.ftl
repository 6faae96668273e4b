# What can be chosen for tunnels over SSH.

ssh-server = Server
ssh-service = Service
ssh-service-server = Your own server
ssh-service-localhost-run = localhost.run
ssh-service-serveo = serveo
ssh-service-pinggy = Pinggy
ssh-service-srv-us = srv.us
ssh-service-tuns-sh = tuns.sh
ssh-service-sish = sish
ssh-service-ngrok = ngrok
ssh-service-frps = frps
ssh-identity = Private key file
ssh-passphrase = Key passphrase
ssh-password = Server password
ssh-host-key = Fingerprint of the server's key
ssh-accepted = Servers whose keys you've accepted
ssh-known-hosts = Known hosts file
ssh-remote-port = Port on the server
ssh-name = Name or address to request
ssh-jump = Jump hosts
ssh-socket = Socket on the server
ssh-command = Command in the session
ssh-token = Token in the command
ssh-domain = Domain for URLs

ssh-import-pattern = A pattern doesn't name a server. Add a separate Host to the file.
ssh-import-no-host = It applies to no server that the file names in a Host. Move it under the Host it is for.
ssh-import-match-exec = Its condition runs a command, which an import doesn't do, so this block is skipped.
ssh-import-proxy-command = The server is reached through a command (ProxyCommand), which Underpass doesn't run. ProxyJump works.
ssh-import-dynamic = Visitors would choose where they go (SOCKS), but a tunnel leads to one port.
ssh-import-include = { $detail } can't be read, or too much is included, so it is skipped.
ssh-import-not-told = ssh didn't report the settings for it, so it was read without ssh's help. Check it before you host it.
