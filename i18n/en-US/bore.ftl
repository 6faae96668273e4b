# What can be chosen at a bore server.

bore-server = Server
bore-secret = Secret of the server
bore-remote-port = Public port
