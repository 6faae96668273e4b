# What can be chosen at Cloudflare.

cloudflared-token = Tunnel token
cloudflared-hostname = Hostname
cloudflared-credentials = Credentials file
cloudflared-protocol = Connection to Cloudflare
cloudflared-protocol-auto = Automatic
cloudflared-protocol-quic = QUIC (UDP)
cloudflared-protocol-http2 = HTTP/2 (TCP)

cloudflared-import-many = Several hostnames lead to this tunnel, but a tunnel here carries one, and two with the same credentials would get each other's visitors. Create a tunnel for each at Cloudflare (cloudflared tunnel create NAME), each with its own file.
cloudflared-import-dashboard = Where its visitors go is set in Cloudflare's dashboard. Create a tunnel here with its token, which is in the dashboard.
cloudflared-import-no-hostname = No hostname leads to it. Add one to the rule, as with cloudflared tunnel route dns.
cloudflared-import-path = A tunnel here carries a whole hostname, not a single path.
