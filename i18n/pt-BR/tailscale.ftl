# O que se pode escolher no Tailscale Funnel.

tailscale-port = Porta pública
tailscale-port-auto = Primeira porta livre
tailscale-port-443 = 443
tailscale-port-8443 = 8443
tailscale-port-10000 = 10000
tailscale-tcp = TLS dos visitantes de TCP
tailscale-tcp-terminated = Encerrado no Tailscale
tailscale-tcp-raw = Repassado ao serviço
