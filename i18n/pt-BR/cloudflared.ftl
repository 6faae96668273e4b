# O que se pode escolher na Cloudflare.

cloudflared-token = Token do túnel
cloudflared-hostname = Nome de host
cloudflared-credentials = Arquivo com credenciais
cloudflared-protocol = Caminho até a Cloudflare
cloudflared-protocol-auto = O que funcionar
cloudflared-protocol-quic = QUIC (UDP)
cloudflared-protocol-http2 = HTTP/2 (TCP)

cloudflared-import-many = Vários nomes levam a este túnel, e um dos nossos leva um só: dois com as mesmas credenciais receberiam os visitantes um do outro. Crie um túnel para cada um na Cloudflare (cloudflared tunnel create NOME), com um arquivo próprio.
cloudflared-import-dashboard = Para onde vão os visitantes está no painel da Cloudflare. Crie aqui um túnel com o token que está lá.
cloudflared-import-no-hostname = Nenhum nome leva a ele. Adicione um à regra, como em cloudflared tunnel route dns.
cloudflared-import-path = Um túnel nosso leva um nome inteiro, não um só caminho.
