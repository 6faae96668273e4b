# What can be chosen at a localtunnel server.

localtunnel-server = Server
localtunnel-subdomain = Subdomain
