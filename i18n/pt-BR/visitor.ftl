# O que um visitante lê nas páginas do próprio relay e nas de quem hospeda. É para desconhecidos: cada
# página diz o que falhou, de que lado está o problema e o que fazer. Uma linha cada, texto simples.

visitor-relay-title = Este é um relay do Underpass
visitor-relay-what = Ele dá a programas em outros computadores um endereço que outras pessoas podem acessar. Cada um tem o próprio nome sob este endereço; não há uma lista deles.
visitor-relay-side = O relay está funcionando.
visitor-relay-remedy = Peça o endereço completo a quem indicou esta página.

visitor-bad-host-title = Nenhum nome de host válido
visitor-bad-host-what = O relay encontra um túnel pelo nome de host da solicitação, e esta não tem um nome válido.
visitor-bad-host-remedy = Verifique se há erros de digitação no endereço.

visitor-bad-method-title = Método sem suporte
visitor-bad-method-what = O relay não dá suporte a solicitações CONNECT e TRACE.
visitor-bad-method-remedy = Use o endereço diretamente, não como proxy.

visitor-other-host-title = Este nome não é deste computador
visitor-other-host-what = Esta porta só responde pelos endereços e nomes do computador em que está; do contrário, uma página de outro lugar poderia se passar por ele.
visitor-other-host-side = O problema está na solicitação, não no túnel.
visitor-other-host-remedy = Use o endereço do computador ou o nome dele nesta rede.

visitor-hosts-only-title = Aqui é onde os hosts se conectam
visitor-hosts-only-what = Os programas que hospedam túneis se conectam aqui; páginas da Web não podem.
visitor-hosts-only-side = O problema está na solicitação, não no relay.
visitor-hosts-only-remedy = Peça o endereço completo do túnel a quem indicou esta página.

visitor-malformed-title = Solicitação inválida
visitor-malformed-what = O que chegou não é uma solicitação HTTP/1.1 válida.
visitor-malformed-remedy = Quem desenvolve o programa que a enviou pode corrigi-la.

visitor-head-large-title = Cabeçalho da solicitação grande demais
visitor-head-large-what = O endereço e as linhas de cabeçalho da solicitação somam mais de 64 KiB.
visitor-head-large-remedy = Em um navegador, excluir os cookies deste endereço costuma resolver.

visitor-coding-title = Codificação de transferência sem suporte
visitor-coding-what = O corpo da solicitação usa uma codificação de transferência diferente de chunked.
visitor-coding-remedy = Envie-o com Content-Encoding ou sem codificação.

visitor-body-late-title = O corpo da solicitação não chegou
visitor-body-late-what = A solicitação anunciou um corpo, mas nada dele chegou por tempo demais.
visitor-body-late-remedy = Envie-a novamente, por uma conexão melhor se possível.

visitor-displaced-title = Interrompida para dar lugar a outro visitante
visitor-displaced-what = A solicitação foi encaminhada ao serviço, mas outro visitante precisou do lugar dela antes da resposta. Ela pode ter tido efeito.
visitor-displaced-side = Nada está com defeito: o túnel tem tantos visitantes quantos comporta.
visitor-displaced-remedy = Verifique se ela teve efeito antes de enviá-la novamente.

visitor-response-large-title = O cabeçalho da resposta do serviço é grande demais
visitor-response-large-what = O túnel está funcionando e o serviço responde, mas o cabeçalho da resposta tem mais de 128 KiB.
visitor-response-large-remedy = O serviço é seu? Faça-o enviar linhas de cabeçalho em menor número ou mais curtas; a causa mais comum são os cookies.

visitor-response-coding-title = A resposta do serviço usa uma codificação de transferência sem suporte
visitor-response-coding-what = O túnel está funcionando e o serviço responde, mas a resposta usa uma codificação de transferência diferente de chunked.
visitor-response-coding-remedy = O serviço é seu? Faça-o usar Content-Encoding ou enviar o corpo sem codificação.

visitor-full-title = Visitantes demais
visitor-full-what = O túnel está funcionando, mas não comporta outra conexão no momento.
visitor-full-side = Nada está com defeito: o relay, o túnel e o serviço estão funcionando.
visitor-full-remedy = Tente novamente daqui a pouco: haverá lugar assim que outro visitante sair.

visitor-offline-title = Este túnel está offline no momento
visitor-offline-what = O relay conhece este nome, mas o computador por trás dele não está conectado.
visitor-offline-side = O problema está no lado de quem hospeda ou na rede dele; o relay está funcionando.
visitor-offline-remedy = O túnel é seu? Volte a hospedá-lo. Se não for, tente novamente daqui a pouco.

visitor-unknown-title = Este túnel não existe
visitor-unknown-what = O relay não conhece nenhum túnel com este nome.
visitor-unknown-side = O endereço pode ter sido digitado incorretamente, ou o túnel não existe mais; o relay está funcionando.
visitor-unknown-remedy = Verifique o endereço ou pergunte a quem o enviou.

# De que lado está o problema, onde várias páginas dizem o mesmo.
visitor-side-request = O problema está na solicitação, não no relay nem no túnel.
visitor-side-host = O problema está no lado de quem hospeda; o relay e o túnel estão funcionando.
# $carrier é o provedor que trouxe o visitante, como bore.pub.
visitor-side-host-of = O problema está no lado de quem hospeda; { $carrier } e o túnel estão funcionando.

# O que há de errado com um serviço.
visitor-refused-title = Nada escuta na porta
visitor-refused-what = O túnel está funcionando, mas nada escuta na porta do computador por trás dele.
visitor-refused-remedy = O serviço é seu? Inicie-o, e este endereço funcionará imediatamente. Se não for, tente novamente mais tarde.

visitor-not-http-title = O serviço não enviou uma resposta HTTP
visitor-not-http-what = O túnel está funcionando e o serviço aceita conexões, mas as fecha ou responde com algo que não é HTTP.
visitor-not-http-remedy = O serviço é seu? Verifique qual protocolo a porta usa. Se for https, altere o protocolo da porta para https.

visitor-no-answer-title = O serviço não responde
visitor-timed-out-what = O túnel está funcionando, mas o serviço no computador por trás dele não aceitou a conexão a tempo.
visitor-no-answer-what = O túnel está funcionando e o serviço aceita conexões, mas não responde a tempo.
visitor-no-answer-remedy = O serviço é seu? Verifique se ele travou. Se não for, tente novamente mais tarde.

visitor-busy-title = O serviço está ocupado
visitor-busy-what = O túnel está funcionando e o serviço aceita conexões, mas atende uma solicitação por vez e está ocupado com outra.
visitor-busy-remedy = Tente novamente daqui a pouco. O serviço é seu? Faça-o atender várias solicitações ao mesmo tempo.

visitor-unknown-name-title = O nome do serviço não é conhecido
visitor-unknown-name-what = O túnel está funcionando, mas o nome do serviço não é resolvido no computador por trás dele.
visitor-unknown-name-remedy = O serviço é seu? Verifique a grafia do nome ou use o endereço do serviço.

visitor-unreachable-title = O computador do serviço está inacessível
visitor-unreachable-what = O túnel está funcionando, mas o computador por trás dele não tem rota até a rede ou o computador em que o serviço está.
visitor-unreachable-remedy = O serviço é seu? Verifique essa rede e o endereço do destino.

visitor-untrusted-title = O certificado do serviço não é confiável
visitor-untrusted-what = O túnel está funcionando e o serviço está em execução, mas o computador por trás do túnel não confia no certificado dele. O SHA-256 é { $fingerprint }.
visitor-untrusted-remedy = O serviço é seu? Hospede-o com --no-tls-verify para aceitar este certificado ou faça o computador confiar nele.

visitor-changed-title = O certificado do serviço mudou
visitor-changed-what = O túnel está funcionando e o serviço está em execução, mas o certificado não é o que foi aceito primeiro. O SHA-256 é { $fingerprint }.
visitor-changed-remedy = O serviço é seu, e você trocou o certificado? Volte a hospedá-lo para aceitar o novo.

visitor-name-refused-title = O serviço recusa este nome
visitor-name-refused-what = O túnel está funcionando, mas o serviço só responde a solicitações para um nome que conhece.
visitor-name-refused-remedy = O serviço é seu? Hospede-o com --host-header rewrite.

visitor-not-tls-title = O serviço não usa TLS
visitor-not-tls-what = O túnel está funcionando e o serviço aceita conexões, mas o protocolo da porta é https e o serviço não usa TLS.
visitor-not-tls-remedy = O serviço é seu? Altere o protocolo da porta para http.

visitor-tls-refused-title = O serviço recusa a negociação TLS
visitor-tls-refused-what = O túnel está funcionando e o serviço usa TLS, mas interrompeu a negociação.
visitor-tls-refused-remedy = O serviço é seu? Talvez ele atenda por outro nome: use esse nome como destino.

visitor-host-full-title = O computador por trás do túnel tem conexões demais
visitor-host-full-what = O túnel está funcionando, mas o computador por trás dele já tem o máximo de conexões abertas que permite.
visitor-host-full-remedy = Tente novamente daqui a pouco. O computador é seu? Aumente o limite de arquivos abertos.

visitor-not-permitted-title = A conexão com o serviço não é permitida
visitor-not-permitted-what = O túnel está funcionando, mas o sistema do computador por trás dele não permite a conexão com o serviço.
visitor-not-permitted-remedy = O computador é seu? Verifique o firewall.

visitor-loop-title = O túnel leva a si mesmo
visitor-loop-what = O destino deste túnel é o endereço do próprio túnel, ou encaminha solicitações para ele: esta andaria em círculo.
visitor-loop-remedy = O túnel é seu? Use como destino a porta do próprio serviço, ou faça-o não encaminhar nada destinado a este endereço.

visitor-other-title = O serviço está inacessível
visitor-other-what = O túnel está funcionando, mas o computador por trás dele não consegue se conectar ao serviço.
visitor-other-remedy = O serviço é seu? Consulte o log. Se não for, tente novamente mais tarde.
