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

ssh-import-pattern = A pattern names no server. Add a Host of its own to the file.
ssh-import-no-host = It holds for no server that the file has a Host with a name for. Put it under the Host that it is for.
ssh-import-match-exec = Its condition runs a command, which an import does not do: what is in this block is not looked at.
ssh-import-proxy-command = The server is reached through a command (ProxyCommand), which Underpass does not run. ProxyJump works.
ssh-import-dynamic = Visitors would choose where they go (SOCKS): a tunnel leads to one port.
ssh-import-include = { $detail } cannot be read, or too much is included: what is in there is not looked at.
ssh-import-not-told = ssh does not say what holds for it: it was read without ssh's help. Check it before you host it.
