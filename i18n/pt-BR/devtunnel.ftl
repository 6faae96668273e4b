# What Dev Tunnels alone has.
devtunnel-offer = Protocolo
devtunnel-offer-both = Mais recente
devtunnel-offer-v1 = Só a versão 1
