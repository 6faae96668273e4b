# What can be chosen at ngrok.

ngrok-protocol = Visitors use
ngrok-protocol-http = HTTP
ngrok-protocol-tcp = TCP
ngrok-protocol-tls = TLS to the service
ngrok-domain = Domain
ngrok-address = TCP address
ngrok-basic-auth = User name and password
ngrok-allow = Allowed networks
ngrok-deny = Blocked networks
ngrok-oauth = Visitors sign in at
ngrok-oauth-amazon = Amazon
ngrok-oauth-facebook = Facebook
ngrok-oauth-github = GitHub
ngrok-oauth-gitlab = GitLab
ngrok-oauth-google = Google
ngrok-oauth-linkedin = LinkedIn
ngrok-oauth-microsoft = Microsoft
ngrok-oauth-twitch = Twitch
ngrok-policy = Traffic policy file
ngrok-pooling = Share the URL with other agents
ngrok-binding = Who can reach it
ngrok-binding-public = Everyone
ngrok-binding-internal = The account's own endpoints
ngrok-binding-kubernetes = The account's own clusters
ngrok-server = Region or server

ngrok-import-policy = A policy decides who gets in. Put it in its own file, and create the tunnel with --set policy=FILE.
