# O que se pode escolher num servidor bore.

bore-server = Servidor
bore-secret = Segredo do servidor
bore-remote-port = Porta pública
