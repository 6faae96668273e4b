# O que se pode escolher na Cloudflare.

cloudflared-token = Token do túnel
cloudflared-hostname = Nome de host
cloudflared-credentials = Arquivo de credenciais
cloudflared-protocol = Conexão com a Cloudflare
cloudflared-protocol-auto = Automático
cloudflared-protocol-quic = QUIC (UDP)
cloudflared-protocol-http2 = HTTP/2 (TCP)

cloudflared-import-many = Vários nomes de host levam a este túnel, mas um túnel aqui tem um só, e dois com as mesmas credenciais receberiam os visitantes um do outro. Crie um túnel para cada um na Cloudflare (cloudflared tunnel create NOME), cada um com o seu arquivo.
cloudflared-import-dashboard = Para onde vão os visitantes é definido no painel da Cloudflare. Crie aqui um túnel com o token que está no painel.
cloudflared-import-no-hostname = Nenhum nome de host leva a ele. Adicione um à regra, como em cloudflared tunnel route dns.
cloudflared-import-path = Um túnel aqui leva um nome de host inteiro, não um único caminho.
