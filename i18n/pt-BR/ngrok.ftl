# O que se pode escolher no ngrok.

ngrok-protocol = Visitantes usam
ngrok-protocol-http = HTTP
ngrok-protocol-tcp = TCP
ngrok-protocol-tls = TLS até o serviço
ngrok-domain = Domínio
ngrok-address = Endereço TCP
ngrok-basic-auth = Nome e senha
ngrok-allow = Redes que podem visitar
ngrok-deny = Redes que não podem visitar
ngrok-oauth = Visitantes entram com
ngrok-oauth-amazon = Amazon
ngrok-oauth-facebook = Facebook
ngrok-oauth-github = GitHub
ngrok-oauth-gitlab = GitLab
ngrok-oauth-google = Google
ngrok-oauth-linkedin = LinkedIn
ngrok-oauth-microsoft = Microsoft
ngrok-oauth-twitch = Twitch
ngrok-policy = Arquivo com uma política de tráfego
ngrok-pooling = Dividir a URL com outros agentes
ngrok-binding = Quem pode acessar
ngrok-binding-public = Todos
ngrok-binding-internal = Os endpoints da própria conta
ngrok-binding-kubernetes = Os clusters da própria conta
ngrok-server = Região ou servidor

ngrok-import-policy = Uma política decide quem entra. Coloque-a em um arquivo próprio e crie o túnel com --set policy=ARQUIVO.
