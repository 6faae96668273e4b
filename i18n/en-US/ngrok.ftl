# What can be chosen at ngrok.

ngrok-protocol = Visitors speak
ngrok-protocol-http = HTTP
ngrok-protocol-tcp = TCP
ngrok-protocol-tls = TLS to the service
ngrok-domain = Domain
ngrok-address = TCP address
ngrok-basic-auth = Name and password
ngrok-allow = Networks that may visit
ngrok-deny = Networks that may not visit
ngrok-oauth = Visitors sign in at
ngrok-oauth-amazon = Amazon
ngrok-oauth-facebook = Facebook
ngrok-oauth-github = GitHub
ngrok-oauth-gitlab = GitLab
ngrok-oauth-google = Google
ngrok-oauth-linkedin = LinkedIn
ngrok-oauth-microsoft = Microsoft
ngrok-oauth-twitch = Twitch
ngrok-policy = File with a traffic policy
ngrok-pooling = Share the URL with other agents
ngrok-binding = Who can reach it
ngrok-binding-public = Everybody
ngrok-binding-internal = The account's own endpoints
ngrok-binding-kubernetes = The account's own clusters
ngrok-server = Region or server

ngrok-import-policy = A policy decides who comes in. Put it into a file of its own, and make the tunnel with --set policy=FILE.
