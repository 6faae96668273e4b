# O que se pode escolher no ngrok.

ngrok-protocol = Visitantes usam
ngrok-protocol-http = HTTP
ngrok-protocol-tcp = TCP
ngrok-protocol-tls = TLS até o serviço
ngrok-domain = Domínio
ngrok-address = Endereço TCP
ngrok-basic-auth = Nome de usuário e senha
ngrok-allow = Redes permitidas
ngrok-deny = Redes bloqueadas
ngrok-oauth = Visitantes entram com
ngrok-oauth-amazon = Amazon
ngrok-oauth-facebook = Facebook
ngrok-oauth-github = GitHub
ngrok-oauth-gitlab = GitLab
ngrok-oauth-google = Google
ngrok-oauth-linkedin = LinkedIn
ngrok-oauth-microsoft = Microsoft
ngrok-oauth-twitch = Twitch
ngrok-policy = Arquivo da política de tráfego
ngrok-pooling = Compartilhar a URL com outros agentes
ngrok-binding = Quem pode acessar
ngrok-binding-public = Todos
ngrok-binding-internal = Os endpoints da própria conta
ngrok-binding-kubernetes = Os clusters da própria conta
ngrok-server = Região ou servidor

ngrok-import-policy = Uma política decide quem entra. Coloque-a em um arquivo próprio e crie o túnel com --set policy=ARQUIVO.
