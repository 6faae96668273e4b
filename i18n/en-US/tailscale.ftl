# What can be chosen at Tailscale Funnel.

tailscale-port = Public port
tailscale-port-auto = The first that is free
tailscale-port-443 = 443
tailscale-port-8443 = 8443
tailscale-port-10000 = 10000
tailscale-tcp = TLS of TCP visitors
tailscale-tcp-terminated = Ends at Tailscale
tailscale-tcp-raw = Goes to the service
