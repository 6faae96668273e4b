# O que se pode escolher no Tailscale Funnel.

tailscale-port = Porta pública
tailscale-port-auto = A primeira que estiver livre
tailscale-port-443 = 443
tailscale-port-8443 = 8443
tailscale-port-10000 = 10000
tailscale-tcp = TLS dos visitantes de TCP
tailscale-tcp-terminated = Termina no Tailscale
tailscale-tcp-raw = Vai até o serviço
