# What can be chosen at Cloudflare.

cloudflared-token = Tunnel token
cloudflared-hostname = Hostname
cloudflared-credentials = File with credentials
cloudflared-protocol = Way to Cloudflare
cloudflared-protocol-auto = Whichever works
cloudflared-protocol-quic = QUIC (UDP)
cloudflared-protocol-http2 = HTTP/2 (TCP)
