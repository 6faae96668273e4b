# What can be chosen at Cloudflare.

cloudflared-token = Tunnel token
cloudflared-hostname = Hostname
cloudflared-credentials = File with credentials
cloudflared-protocol = Way to Cloudflare
cloudflared-protocol-auto = Whichever works
cloudflared-protocol-quic = QUIC (UDP)
cloudflared-protocol-http2 = HTTP/2 (TCP)

cloudflared-import-many = Several hostnames lead to this tunnel, and one of ours carries one: two with the same credentials would get each other's visitors. Make a tunnel for each at Cloudflare (cloudflared tunnel create NAME), with a file of its own.
cloudflared-import-dashboard = Where its visitors go is said in Cloudflare's dashboard. Make a tunnel here with its token, from there.
cloudflared-import-no-hostname = No hostname leads to it. Add one to the rule, as in cloudflared tunnel route dns.
cloudflared-import-path = A tunnel of ours carries the whole of a hostname, not one path.
