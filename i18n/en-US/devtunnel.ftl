# What Dev Tunnels alone has.
devtunnel-offer = Protocol
devtunnel-offer-both = Newest
devtunnel-offer-v1 = Version 1 only
