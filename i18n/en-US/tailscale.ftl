# What can be chosen at Tailscale Funnel.

tailscale-port = Public port
tailscale-port-auto = First free port
tailscale-port-443 = 443
tailscale-port-8443 = 8443
tailscale-port-10000 = 10000
tailscale-tcp = TLS for TCP visitors
tailscale-tcp-terminated = Terminated by Tailscale
tailscale-tcp-raw = Passed through to the service
