# O que se pode escolher na Cloudflare.

cloudflared-token = Token do túnel
cloudflared-hostname = Nome de host
cloudflared-credentials = Arquivo com credenciais
cloudflared-protocol = Caminho até a Cloudflare
cloudflared-protocol-auto = O que funcionar
cloudflared-protocol-quic = QUIC (UDP)
cloudflared-protocol-http2 = HTTP/2 (TCP)
