# O que se pode escolher num servidor localtunnel.

localtunnel-server = Servidor
localtunnel-subdomain = Nome antes do domínio
