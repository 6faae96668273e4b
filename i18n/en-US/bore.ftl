# What can be chosen at a bore server.

bore-server = Server
bore-secret = Server secret
bore-remote-port = Public port
