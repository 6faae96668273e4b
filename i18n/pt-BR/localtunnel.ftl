# O que se pode escolher num servidor localtunnel.

localtunnel-server = Servidor
localtunnel-subdomain = Subdomínio
