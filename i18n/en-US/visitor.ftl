# What a visitor reads on the relay's own pages and on those of whoever hosts. It is for strangers:
# each page says what failed, whose side it is on, and what to do. One line each, plain text.

visitor-relay-title = This is an Underpass relay
visitor-relay-what = It gives programs on other computers an address that others can reach. Each one has its own name under this address; there is no list of them.
visitor-relay-side = The relay works.
visitor-relay-remedy = Ask the person who sent you here for the full address.

visitor-bad-host-title = No valid host name
visitor-bad-host-what = The relay finds a tunnel by the host name in the request, and this request has no valid one.
visitor-bad-host-remedy = Check the address for typos.

visitor-bad-method-title = Method not supported
visitor-bad-method-what = The relay doesn't support CONNECT and TRACE requests.
visitor-bad-method-remedy = Use the address directly, not as a proxy.

visitor-other-host-title = Not a name of this computer
visitor-other-host-what = This port only answers for the addresses and names of the computer it is on; otherwise, a page elsewhere could pretend to be it.
visitor-other-host-side = The problem is in the request, not in the tunnel.
visitor-other-host-remedy = Use the computer's address, or its name on this network.

visitor-hosts-only-title = This is where hosts connect
visitor-hosts-only-what = Programs that host tunnels connect here; web pages can't.
visitor-hosts-only-side = The problem is in the request, not in the relay.
visitor-hosts-only-remedy = Ask the person who sent you here for the full address of the tunnel.

visitor-malformed-title = Bad request
visitor-malformed-what = What arrived isn't a valid HTTP/1.1 request.
visitor-malformed-remedy = The makers of the program that sent it can fix it.

visitor-head-large-title = Request header too large
visitor-head-large-what = The request's address and header lines are larger than 64 KiB together.
visitor-head-large-remedy = In a browser, deleting this address's cookies usually helps.

visitor-coding-title = Transfer coding not supported
visitor-coding-what = The request's body uses a transfer coding other than chunked.
visitor-coding-remedy = Send it with Content-Encoding instead, or as it is.

visitor-body-late-title = The request's body didn't arrive
visitor-body-late-what = The request announced a body, but nothing of it arrived for too long.
visitor-body-late-remedy = Send it again, over a better connection if you have one.

visitor-displaced-title = Dropped in favor of another visitor
visitor-displaced-what = The request was passed on to the service, but another visitor needed its place before the answer came. It may have taken effect.
visitor-displaced-side = Nothing is broken: the tunnel has as many visitors as it can take.
visitor-displaced-remedy = Check whether it took effect before you send it again.

visitor-response-large-title = The service's response header is too large
visitor-response-large-what = The tunnel works and the service answers, but its response header is larger than 128 KiB.
visitor-response-large-remedy = Is it yours? Make it send fewer or shorter header lines; cookies are the usual cause.

visitor-response-coding-title = The service's response uses an unsupported transfer coding
visitor-response-coding-what = The tunnel works and the service answers, but its response uses a transfer coding other than chunked.
visitor-response-coding-remedy = Is it yours? Make it use Content-Encoding instead, or send the body as it is.

visitor-full-title = Too many visitors
visitor-full-what = The tunnel works, but it has no room for another connection right now.
visitor-full-side = Nothing is broken: the relay, the tunnel and the service are fine.
visitor-full-remedy = Try again in a moment: there will be room as soon as another visitor leaves.

visitor-offline-title = This tunnel is offline right now
visitor-offline-what = The relay knows this name, but the computer behind it isn't connected.
visitor-offline-side = The problem is on the host's side or on its network; the relay is fine.
visitor-offline-remedy = Is it yours? Start hosting it again. If not, try again in a moment.

visitor-unknown-title = No such tunnel
visitor-unknown-what = The relay doesn't know a tunnel with this name.
visitor-unknown-side = The address may be mistyped, or the tunnel no longer exists; the relay is fine.
visitor-unknown-remedy = Check the address, or ask the person who sent it to you.

# Whose side it is on, where several pages say the same.
visitor-side-request = The problem is in the request, not in the relay or the tunnel.
visitor-side-host = The problem is on the host's side; the relay and the tunnel are fine.
# $carrier is the provider that brought the visitor, such as bore.pub.
visitor-side-host-of = The problem is on the host's side; { $carrier } and the tunnel are fine.

# What is wrong with a service.
visitor-refused-title = Nothing is listening on the port
visitor-refused-what = The tunnel works, but nothing is listening on the port on the computer behind it.
visitor-refused-remedy = Is it yours? Start the local service, and this address works immediately. If not, try again later.

visitor-not-http-title = The service didn't send an HTTP response
visitor-not-http-what = The tunnel works and the service accepts connections, but it closes them or answers with something other than HTTP.
visitor-not-http-remedy = Is it yours? Check which protocol the port speaks. If it is https, change the port's protocol to https.

visitor-no-answer-title = The service doesn't answer
visitor-timed-out-what = The tunnel works, but the service on the computer behind it didn't accept the connection in time.
visitor-no-answer-what = The tunnel works and the service accepts connections, but it doesn't answer in time.
visitor-no-answer-remedy = Is it yours? Check whether the local service is stuck. If not, try again later.

visitor-busy-title = The service is busy
visitor-busy-what = The tunnel works and the service accepts connections, but it handles one request at a time and is busy with another one.
visitor-busy-remedy = Try again in a moment. Is it yours? Let the service handle several requests at once.

visitor-unknown-name-title = The service's name isn't known
visitor-unknown-name-what = The tunnel works, but on the computer behind it the name of the service doesn't resolve to an address.
visitor-unknown-name-remedy = Is it yours? Check the name for typos, or use the service's address.

visitor-unreachable-title = The service's computer can't be reached
visitor-unreachable-what = The tunnel works, but the computer behind it has no route to the network or the computer that the service is on.
visitor-unreachable-remedy = Is it yours? Check that network, and the target's address.

visitor-untrusted-title = The service's certificate isn't trusted
visitor-untrusted-what = The tunnel works and the service is running, but the computer behind the tunnel doesn't trust its certificate. Its SHA-256 is { $fingerprint }.
visitor-untrusted-remedy = Is it yours? Host it with --no-tls-verify to accept this certificate, or make that computer trust it.

visitor-changed-title = The service's certificate has changed
visitor-changed-what = The tunnel works and the service is running, but its certificate isn't the one that was accepted first. Its SHA-256 is { $fingerprint }.
visitor-changed-remedy = Is it yours, and did you change it? Host it again to accept the new one.

visitor-name-refused-title = The service refuses this name
visitor-name-refused-what = The tunnel works, but the service only answers requests for a name it knows.
visitor-name-refused-remedy = Is it yours? Host it with --host-header rewrite.

visitor-not-tls-title = The service doesn't speak TLS
visitor-not-tls-what = The tunnel works and the service accepts connections, but the port's protocol is https and the service doesn't speak TLS.
visitor-not-tls-remedy = Is it yours? Change the port's protocol to http.

visitor-tls-refused-title = The service rejects the TLS handshake
visitor-tls-refused-what = The tunnel works and the service speaks TLS, but it broke off the handshake.
visitor-tls-refused-remedy = Is it yours? It may know another name: use that name as the target.

visitor-host-full-title = The computer behind the tunnel has too many connections
visitor-host-full-what = The tunnel works, but the computer behind it has as many open connections as it allows.
visitor-host-full-remedy = Try again in a moment. Is it yours? Raise its limit of open files.

visitor-not-permitted-title = The connection to the service isn't allowed
visitor-not-permitted-what = The tunnel works, but the system of the computer behind it doesn't allow the connection to the service.
visitor-not-permitted-remedy = Is it yours? Check its firewall.

visitor-loop-title = The tunnel leads to itself
visitor-loop-what = What this tunnel leads to is the tunnel's own address, or passes requests on to it: this one would go in circles.
visitor-loop-remedy = Is it yours? Give the port of the service itself as the target, or make it pass on nothing meant for this address.

visitor-other-title = The service can't be reached
visitor-other-what = The tunnel works, but the computer behind it can't connect to its service.
visitor-other-remedy = Is it yours? See its log. If not, try again later.
