### Everything the fold says: texts with arguments, and the words of badges and buttons.
### $ago, $span, $latency, $size, $cause, $fault, $lost, $held, $next, $check and $attempt are messages of this file.

## Badges

badge-stopped = Stopped
badge-creating = Creating
badge-elsewhere = Elsewhere
badge-private = Private
badge-working = Working
badge-slow = Slow
badge-full = Full
badge-unchecked = Not checked
badge-busy = Busy
badge-checking = Checking
badge-connecting = Connecting
badge-held = Connections held
badge-held-full = Reconnecting (connections held)
badge-no-network = No network
badge-reconnecting = Reconnecting
badge-service-down = Service down
badge-over-quota = Over quota
badge-unreachable = Unreachable
badge-taken-over = Taken over
badge-sign-in = Sign in
badge-failed = Failed

## Times and amounts

span-below-second = less than 1 s
span-seconds = { $n } s
span-minutes = { $n } min
span-minutes-seconds = { $minutes } min { $seconds } s
span-hours = { $n } h
span-days = { $n } d
ago = { $span } ago
ago-now = just now
moment = { $at }
latency-ms = { $n } ms
latency-s = { $n } s
size-b = { $n } B
size-kib = { $n } KiB
size-mib = { $n } MiB
size-gib = { $n } GiB
size-rate = { $size }/s
# Which attempt, in brackets behind the time of the next one.
attempt = attempt { $n }
next-in = Retrying in { $span } ({ $attempt }).
next-now = Retrying now ({ $attempt }).

## Why: the one sentence under the badge

why-creating = Creating…
why-stopped = Not hosted.
why-stopped-program = Not hosted. { $provider } needs a program that isn't installed on this computer.
why-stopped-sign-in = Not hosted. Sign in to host it.
why-stopped-signing-in = Not hosted. Sign-in is in progress.
why-too-often = Working. { $provider } rate-limited requests { $ago }, so it's checked less often.
why-starting = Starting…
why-authorising = Authorizing…
why-connecting = Connecting to the relay…
why-forwarding = { $count ->
    [one] Forwarding { $count } port…
   *[other] Forwarding { $count } ports…
}
why-port-awaited = Hosted. Waiting for the relay to accept this port.
why-unproven = Connected. Waiting for the relay to respond ({ $span }).
why-unrouted = Hosted. Waiting for the URL to answer ({ $span }).
why-working = Answered { $status } in { $latency }, { $ago }.
why-working-tcp = Accepted a connection in { $latency }, { $ago }.
why-working-plain = Working, checked { $ago }.
why-private = Working. Visitors must sign in.
why-slow = Working, but slow: this computer's upload is saturated (check after { $limit }).
why-full = { $count } visitors at once; others have to wait. The tunnel is fine.
why-unchecked = Hosted, but not checked.
why-unchecked-off = Hosted, but not checked: checks are off for this port.
why-unchecked-relays-own = Hosted. Whether visitors get through can't be checked from here: the URL only works on the relay's own computer. Give the relay a --domain that others can reach.
why-unchecked-name = Hosted. Whether visitors get through can't be checked from here: the name { $host } doesn't resolve on this computer. Open the URL from another network.

why-nothing-listens = Your side: nothing listens on { $target }. The tunnel is fine; start your service.
why-refused-once = Your side: { $target } refused the last request but accepts connections now. The tunnel is fine; check again.
why-not-http = Your side: { $target } answers, but it doesn't speak http. Is it https?
why-not-https = Your side: { $target } answers, but it doesn't speak https. Is it http?
why-not-web = Your side: { $target } answers, but it speaks neither http nor https. Is it tcp?
why-no-reaction = Your side: { $target } neither accepts nor refuses connections. The tunnel is fine; check your service and its firewall.
why-no-answer = Your side: { $target } accepts connections but doesn't answer in time. The tunnel is fine; check whether your service is stuck.
why-unexpected = Your side: { $target } answered { $status }, but { $expected } was expected. The tunnel is fine; check your service, or the expected status under Health.
why-busy = Your side: { $target } is busy with another visitor and answers no one else until it's done. Wait, or run a server that handles several at once.
why-unknown-name = Your side: the name in { $target } doesn't resolve on this computer. Check its spelling, or use an IP address.
why-no-way = Your side: this computer has no route to { $target }. Check the address and your network.
why-untrusted-certificate = Your side: this computer doesn't trust the certificate of { $target } (SHA-256 { $fingerprint }). If it's the right one, host with --no-tls-verify.
why-changed-certificate = Your side: { $target } no longer has the certificate that was accepted first (now SHA-256 { $fingerprint }). If you changed it, stop hosting and start again.
why-tls-refused = Your side: { $target } speaks TLS but rejects the handshake with this computer. If it goes by another name, use that name as the target.
why-host-full = Your side: this computer has as many open connections as it allows. Close some, or raise the limit of open files (ulimit -n).
why-not-permitted = Your side: this computer doesn't allow the connection to { $target }. Check its firewall.
why-name-refused = Your side: { $target } only answers requests for a host name it knows, so visitors are refused. Host it with --host-header rewrite.
why-loop = Your side: { $target } is the tunnel's own address, or leads back to it, so requests go in circles. Use your service's own port as the target.
why-service-down = Your side: { $target } can't be reached. The tunnel is fine; check your service.

why-url-dead = Their side: the URL doesn't respond, but your service does ({ $check }).
why-url-no-host = Their side: the relay says nobody hosts this tunnel; your service answers ({ $check }).
why-url-unknown = Their side: the relay says it doesn't know this tunnel; your service answers ({ $check }).
why-url-never = Network: the URL doesn't answer from here, but your service does. Visitors may still reach it: try it from another network.
why-both-refused = Both sides: nothing listens on { $target }, and the URL doesn't respond.
why-both = Both sides: { $target } can't be reached, and the URL doesn't respond.
why-both-silent = Both sides: { $target } doesn't respond, and neither does the URL.
check-of = check { $n } of { $of } before reconnecting
check-many = no answer in { $n } checks

why-held = { $lost } { $held }
held-for = { $count ->
    [0] No open connections; keeping the session for up to { $span }.
    [one] Keeping { $count } open connection for up to { $span }.
   *[other] Keeping { $count } open connections for up to { $span }.
}
held-over = The hold time has run out.
why-reconnecting = { $lost } { $next }
lost-link = Network: the connection dropped { $ago }.
lost-silent = Network: the relay stopped responding { $ago }.
lost-shut-down = Their side: the relay shut down { $ago }.
lost-zombie = Their side: the URL was dead, so the connection was given up { $ago }.
lost-forced = Your side: you asked for a new connection { $ago }.
lost-woke = Your side: this computer woke up or changed networks { $ago }.
lost-fault = { $fault } No connection for { $span }.

why-sign-in = Your side: the relay rejected this computer's join link { $ago }. With a new join link, hosting resumes automatically.
why-taken-over = Their side: another machine has hosted this tunnel since { $at }.
why-elsewhere = Their side: another machine hosts this tunnel.
why-quota-next = { $fault } Retrying in { $span }.
why-quota-now = { $fault } Retrying now.

## What is wrong, one sentence a reason, with what to do where something helps

fault-offline = Your side: this computer is offline. Hosting resumes automatically.
fault-unknown-host = Network: the name { $host } doesn't resolve.
fault-relay-unreachable = Their side: nothing answers at { $address }.
fault-proxy-failed = Network: the proxy { $address } doesn't let the connection through ({ $detail }). Check HTTPS_PROXY, or add the relay to NO_PROXY, and start again.
fault-not-a-relay = Their side: { $address } answers, but it isn't an Underpass relay. Check the join link.
fault-certificate-mismatch = Their side: the relay at { $address } doesn't have the certificate in your join link. Ask its owner for a new link.
fault-version-mismatch = Their side: the relay speaks version { $theirs } of the protocol, this program speaks { $ours }. Update the older of the two.
fault-token-refused = Your side: the relay rejected your join link. Ask its owner for a new one.
fault-name-taken = Their side: another account already uses the name “{ $name }”. Choose another name.
fault-name-reserved = Their side: the name “{ $name }” is reserved on this relay. Choose another name.
fault-too-many-names = { $limit ->
    [one] Their side: the relay allows at most { $limit } name for this account. Give this tunnel fewer ports, or ask the relay's owner.
   *[other] Their side: the relay allows at most { $limit } names for this account. Stop a tunnel, then try again.
}
fault-too-many-public-ports = { $limit ->
    [one] Their side: the relay allows this account at most { $limit } public TCP port. Stop the tunnel that has it, then try again.
   *[other] Their side: the relay allows this account at most { $limit } public TCP ports. Stop a tunnel that has one, then try again.
}
fault-hosted-elsewhere = Their side: another machine hosts this tunnel.
fault-hosted-here = Your side: another Underpass on this computer already hosts this tunnel, in a terminal or as a service (process { $process }). Stop it there, or take the tunnel over.
fault-hosted-here-desktop = Your side: the Underpass with the window already hosts this tunnel (process { $process }). Stop it there, or take the tunnel over.
fault-hosted-here-too = Your side: Underpass already hosts this tunnel on this computer, in another process. Stop it there, or take the tunnel over.
fault-taken-over = Their side: another machine took this tunnel over.
fault-public-port-taken = Their side: public port { $port } is already in use. Choose another public port.
fault-public-port-outside = Their side: the relay assigns public ports { $first } to { $last }, not { $port }. Choose one of those.
fault-still-held = Their side: { $place } is still in use, most likely by an earlier connection of this tunnel. Hosting resumes automatically once the server releases it.
fault-no-public-ports = Their side: the relay has no public TCP port left. Try again when one is free.
fault-too-many-tunnels = { $limit ->
    [one] Their side: the relay allows at most { $limit } tunnel for this account. Stop it, then try again.
   *[other] Their side: the relay allows at most { $limit } tunnels for this account. Stop one, then try again.
}
fault-too-many-sessions = Their side: your account already has as many hosts online as its plan allows. Stop one of them.
fault-quota = Their side: the relay's quota is used up.
fault-quota-until = Their side: the relay's quota is used up until { $at }.
fault-link-lost = Network: the connection dropped.
fault-link-silent = Network: the relay stopped responding.
fault-relay-shut-down = Their side: the relay shut down.
fault-timed-out = Network: connecting took too long.
fault-zombie = Their side: the URL didn't respond although the connection seemed up.
fault-forced = Your side: you asked for a new connection.
fault-woke = Your side: this computer woke up or changed networks.
fault-embedded-relay = Your side: the built-in relay couldn't start ({ $detail }).
fault-other = Your side: an unexpected error ({ $detail }).
fault-token-missing = Your side: no token for your { $provider } account is saved here. Add one and hosting resumes automatically.
fault-token-invalid = Your side: { $provider } rejected your account's token ({ $detail }). Set a new one and hosting resumes automatically.
fault-options-invalid = Your side: the options set for { $provider } don't work: { $detail }. Change them and host again.
fault-signed-out = Your side: you're signed out. Sign in and hosting resumes automatically.
fault-tunnel-gone = Their side: the provider no longer has this tunnel. It was deleted, or it expired.
fault-account-full = { $limit ->
    [one] Their side: the account allows at most { $limit } tunnel. Delete it, then try again.
   *[other] Their side: the account allows at most { $limit } tunnels. Delete one, then try again.
}
fault-refused = Their side: the provider rejected the request ({ $detail }).
fault-service-trouble = Their side: the provider's service is having problems. Hosting resumes automatically.
fault-service-status = Their side: the provider's service answered { $status }. Hosting resumes automatically.
fault-protocol = Their side: the provider's relay sent something this program doesn't understand ({ $detail }). Check for an update.
fault-host-key-unknown = Your side: the host key of { $address } isn't known here: { $fingerprint }. Compare it with the one its owner gives you, then accept it, or set it as “host-key” and host again.
fault-host-key-changed = Their side: { $address } presents a different host key from the known one: { $fingerprint }. Someone may be intercepting the connection: ask its owner before you remove the old key from known_hosts or set the new one as “host-key”.
fault-host-key-revoked = Their side: { $address } presents a revoked host key, { $fingerprint }. Nothing was sent to it: ask its owner.
fault-keys-refused = Your side: { $address } denied access ({ $detail }). Set another key or password and host again.
fault-not-installed = Your side: the program { $program } isn't installed on this computer. Install it, then try again.
fault-no-provider = Your side: this build of Underpass doesn't include the provider { $provider }. Use one that does.
fault-program-failed = Your side: the program { $program } failed ({ $detail }). Run it in a terminal to see more; updating it may help.
fault-program-exited = Your side: the program { $program } exited ({ $detail }). It is restarted automatically.
fault-not-ready = Your side: { $provider } isn't ready ({ $detail }). Hosting resumes automatically once it is.

## Causes: the same in a word or two, for the timeline

cause-offline = offline
cause-network = the network
cause-relay = the relay
cause-zombie = dead URL
cause-forced = on request
cause-woke = woke up or changed networks
cause-here = this computer
cause-token = the token
cause-options = the options
cause-host-key = the server's key
cause-name = the name
cause-machine = another machine
cause-process = another process on this computer
cause-limit = the limit
cause-sign-in = the sign-in
cause-provider = the provider

## Buttons

act-host = Host
act-stop = Stop
act-accept-key = Accept this key
act-try-again = Try again
act-reconnect = Reconnect now
act-take-over = Take over
act-check = Check again
act-checking = Checking…
act-copy = Copy URL
act-open = Open
act-details = Details…
act-qr = QR code…
act-change-protocol = Change protocol…
act-remove-port = Remove port…
act-add-port = Add port…
act-delete = Delete…
act-paste-link = Paste a join link…
act-leave-relay = Use the built-in relay
act-sign-in = Sign in
act-signing-in = Signing in…
act-cancel-sign-in = Cancel sign-in
act-sign-in-by = Sign in with { $name }
act-sign-in-code = { $name }, with a code on another device
act-sign-out = Sign out
act-sign-out-ask = Sign out…
act-manage-account = Account…
act-install-help = Install devtunnel…
act-copy-command = Copy command
act-open-install-page = Open instructions
act-copy-code = Copy code
act-open-code-page = Open page
act-make-public = Make public…
act-make-private = Make private
act-renew = Renew expiration
act-forget = Remove from list
act-refresh = Refresh list
act-new-tunnel = New tunnel…
act-open-window = Open window
act-stop-all = Stop all
act-quit = Quit
menu-settings = Settings…
menu-account = { $provider }…
menu-refresh = Refresh accounts
menu-about = About Underpass…

## Header

header-working = { $count } working
header-unchecked = { $count } not checked
header-starting = { $count } starting
header-held = { $count } resuming
header-held-full = { $count } reconnecting (connections held)
header-recovering = { $count } recovering
header-needs-you = { $count ->
    [one] { $count } needs attention
   *[other] { $count } need attention
}
header-idle = nothing hosted
header-list = { $a }, { $b }
header-quitting = { $count ->
    [0] Quitting…
    [one] Disconnecting from one relay…
   *[other] Disconnecting from { $count } relays…
}
header-line = Underpass: { $counts }

## Tray

tray-header = { $shape } { $line }
tray-tunnel = { $shape } { $name }
tray-tunnel-word = { $shape } { $name } · { $word }
tray-port = { $shape } { $port } · { $word }
tray-others = Other tunnels ({ $count })
tray-more = { $count } more in the window…

## Cards

provider-relay = Underpass relay
provider-joined = relay { $address }
provider-named = { $name }
provider-ours = Underpass relay
set-up = Set up { $provider }…
access-private = private
access-public = public
access-unencrypted = public, not encrypted
access-only-unencrypted = not encrypted
access-network = this network
access-here = this computer
expiry-left = { $span } left
expiry-over = expired

## Who can open a URL: beside it, in the panel, the tray and the terminal

reach-here = Only on this computer.
reach-network = For this network.
reach-network-at = For this network: { $url }
reach-internet = For anybody on the internet.
reach-signed-in = On the internet, for people who sign in.
act-widen = Open to this network
reach-choice-here = This computer
reach-choice-network = This network
reach-choice-internet = The internet
reach-hint-here = Only programs on this computer, such as your browser.
reach-hint-network = Anyone in this network, such as a phone on the same Wi‑Fi, without a password.
reach-hint-internet = Anyone who has the URL, from anywhere.
reach-hint-others = { $count ->
    [one] Your other tunnel here can then be opened from this network too.
   *[other] Your { $count } other tunnels here can then be opened from this network too.
}
reach-bar-lan = Not available for this computer only: “Reachable from this network” is turned on in Settings.
reach-bar-joined = Only over the internet: you joined the relay { $address }. To change that, choose “Use the built-in relay” in Settings.
reach-bar-no-way = The internet isn't available: join a relay in Settings first.

## Panel

fact-last-check = Last check
fact-local = Local service
fact-next-try = Next try
fact-held-for = Held for up to
fact-hosted-for = Hosted for
fact-connections = Connections
fact-data = Data
fact-certificate = Certificate
certificate-accepted = trusted on first use, SHA-256 { $fingerprint }
fact-remote-rate = { $provider } rate
fact-remote-data = { $provider } data
fact-remote-clients = { $provider } visitors
clients-amount = { $count ->
    [one] { $count } connected
   *[other] { $count } connected
}
check-status = { $status } · { $latency } · { $ago }
check-relay-status = { $status } from the relay · { $latency } · { $ago }
check-accepted = accepted · { $latency } · { $ago }
check-not-asked = not checked · { $ago }
check-failed = no answer ({ $cause }) · { $ago }
local-accepts = { $target } accepts connections
local-refused = nothing listens on { $target }
local-not-asked = { $target } wasn't checked
local-failed = { $target } can't be reached
local-silent = { $target } doesn't respond
try-in = in { $span } ({ $attempt })
try-now = now ({ $attempt })
connections-amount = { $open } open, { $total } total
data-amount = { $received } in, { $sent } out
uptime-share = { $share }% of the last { $span }

## Timeline

log-starting = starting
log-started = started
log-hosting = hosting
log-renewed = connection renewed
log-lost = connection lost ({ $cause })
log-not-connected = couldn't connect ({ $cause })
log-held = connection lost, keeping open connections
log-resumed = resumed, nothing lost ({ $span })
log-held-lost = held connections dropped ({ $cause })
log-reconnected = reconnected ({ $cause }, { $span })
log-sign-in = token rejected
log-signed-out = signed out
log-taken-over = taken over by another machine
log-elsewhere = hosted by another machine
log-quota = quota used up
log-failed = failed ({ $cause })
log-stopped = stopped
log-working = working
log-working-again = working again (after { $span })
log-unchecked = can't be checked from here
log-busy = local service busy
log-service-down = local service down
log-slow = slow: this computer's upload is saturated
log-full = no room for another visitor
log-url-dead = URL not responding
past-resumed = resumed, nothing lost
past-reconnected = reconnected
past-connected-anew = connected again
past-manual-reconnect = you asked for a new connection
past-manual-stop = you stopped it
past-displaced = hosted by { $cause }
past-word = { $word }
past-said = { $text }: { $said }

## Dialogs

dialog-create-title = New tunnel
dialog-create-submit = Create and host
dialog-create-watched = Add and watch
dialog-add-title = Add a port to { $name }
dialog-add-submit = Add port
dialog-delete-title = Delete { $name }?
dialog-delete-body = { $count ->
    [0] It has no ports. This can't be undone.
    [one] Its URL stops working immediately. This can't be undone.
   *[other] Its { $count } URLs stop working immediately. This can't be undone.
}
dialog-delete-confirm = Delete { $name }
dialog-remove-title = Remove port { $port } of { $name }?
dialog-remove-body = Its URL stops working immediately. The tunnel stays.
dialog-remove-confirm = Remove port { $port }
dialog-protocol-title = Protocol of port { $port }
dialog-protocol-body = Which protocol does { $target } speak?
dialog-protocol-submit = Change
dialog-protocol-body-anew = Which protocol does { $target } speak? { $provider } will delete and recreate the port, so its URL may change.
dialog-public-title = Make { $name } public?
dialog-public-body = Anyone with the URL can then visit without signing in. Whatever your service shows is on the internet.
dialog-public-confirm = Make public
dialog-sign-out-title = Sign out of { $provider }?
dialog-sign-out-body = Its tunnels will leave this list and stop being hosted. They stay in your account.
dialog-qr-title = { $name } : { $port }
dialog-qr-body = { $url }
dialog-qr-none = There is no URL yet. Host the tunnel first.
dialog-settings-title = Settings
dialog-about-title = About Underpass

error-empty = This field can't be empty.
error-empty-name = Enter a name.
error-empty-target = Enter the port your service listens on.
error-empty-link = Paste a join link.
error-not-a-port = “{ $typed }” isn't a port. A port is a number from 1 to 65535.
error-not-a-target = “{ $typed }” isn't a port or HOST:PORT.
error-two-ports = “{ $typed }” has two ports. Enter the one your service listens on.
error-target-has-path = A tunnel covers all paths. Enter only “{ $typed }”.
error-target-has-user = A target can't include a user name or password. Enter HOST:PORT; visitors sign in at your service.
error-own-listener = “{ $typed }” is Underpass itself, so requests would go in circles. Enter the port your service listens on.
error-unusable-name = “{ $typed }” can't be used as a name. Use letters or digits, at most 64 characters.
error-name-exists = A tunnel named “{ $id }” already exists.
error-port-exists = This tunnel already has port { $port }.
error-link-scheme = A join link starts with underpass://
error-link-token = This link has no token before the @.
error-link-address = This link has no HOST:PORT after the @.
error-link-fingerprint = The part after # must be 64 hex digits. Was the link cut off?
error-not-carried = { $provider } only supports { $carries }.
error-not-for-those = { $provider } can't limit who opens the URL to this computer or this network.
error-no-way = Nothing that works without an account leads to the internet from here. Join a relay in Settings, or choose a provider that you have an account with.
error-not-ready = This can't be used yet.
error-public-port-needs-tcp = Only tcp tunnels have a public port.

## Settings

account-unknown = Not checked yet.
account-not-installed = The program devtunnel isn't installed on this computer.
account-signed-out = Not signed in.
account-signing-in = Sign-in is in progress.
account-ready = Signed in as { $user } ({ $via }).
account-install-body = { $provider } needs the program { $program }, which isn't installed on this computer. Install it with this command, then check again.
account-sign-in-body = { $provider } requires an account. You sign in with your browser.
account-browser-body = Finish signing in with your browser.
account-code-body = Open { $url } on any device and enter this code.
shut-program = { $provider } needs the program { $program }, which isn't installed on this computer.
shut-sign-in = To use { $provider }, sign in first.
field-token = Token
field-token-hint = From { $page }. It is stored in the keychain.
field-file-hint = Path of a file
field-account = Account
act-keep-token = Save
act-forget-token = Forget
account-no-token = No token yet.
account-tokens = Saved tokens: { $names }
account-unnamed = Unnamed
account-named = { $name }
error-not-a-token = This isn't a token. Copy all of it from { $page }
error-not-taken = This can't be used. Expected: { $takes }
why-stopped-watched = Not watched.
why-unrouted-watched = Watched. Waiting for the URL to answer ({ $span }).
act-watch = Watch
fact-watched-for = Watched for
provider-note-way = { $name }, without an account: { $encryption }, { $lasting }.
provider-note-joined = Through the relay { $address }.
provider-unencrypted = { $provider } doesn't encrypt: anyone on the way can read and change what goes through the tunnel. Don't use it for anything secret.
shut-token = To use { $provider }, add your account's token first.
why-stopped-token = Not hosted. { $provider } needs your account's token.
account-token = token saved
account-token-keychain = token saved in the keychain
account-token-file = token saved in a file that only you can read
account-with-probes = { $kept } · each tunnel is checked every { $minutes } min: { $probes } of a free account's { $all } requests a month
account-removed = token forgotten
shut-patience = To use { $provider }, finish signing in first.
relay-embedded = The built-in relay, for this computer only
relay-embedded-lan = The built-in relay, for this computer and the local network
relay-joined = { $address }
field-join-link = Relay join link
join = Join
settings-theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
settings-language = Language
language-system = System
language-named = { $language }
settings-autostart = Start when I sign in
settings-lan = Reachable from this network
settings-lan-hint = The built-in relay also listens on the local network.
settings-relay = Relay

## Health

settings-health = Health
settings-health-line = How hosted tunnels are checked and reconnected
settings-health-provider = How its tunnels are checked and reconnected
dialog-health-title = Health of { $name } : { $port }
act-health = Health…
health-of-tunnel = The whole tunnel
health-of-tunnel-line = All its ports share one connection and reconnect together
health-probe = Check whether it works
health-probe-hint = Off: the URL isn't checked, so nothing tells whether it works. The local service is still checked.
health-interval = Time between checks
health-timeout = Check timeout
health-method = Method
health-path = Path
health-path-hint = The path to request, such as /healthz. If empty, the URL as it is.
health-expect = Expected status
health-expect-hint = Such as 200-299,401. Any other answer counts as your service's fault, never the tunnel's. any: every answer is fine.
health-watchdog = Failed checks before reconnecting
health-watchdog-hint = In a row, while your local service answers
health-backoff-initial = First wait before retrying
health-backoff-cap = Longest wait between attempts
health-on = On
health-off = Off
health-usual = Default ({ $value })
health-method-named = { $method }
health-cost = Such as 30s or 5m. At this rate, { $probes } checks a month per port, each a request to your service that doesn't count as a visitor.
health-cost-counted = Every { $every }: { $probes } of a free account's { $all } requests a month, per port
error-initial-above-cap = The first wait ({ $initial }) can't be longer than the longest ({ $cap }).

## Banners and the line at the bottom

banner-setting-unknown = { $file }: “{ $key }” isn't a setting and has no effect.
banner-setting-unknown-meant = { $file }: “{ $key }” isn't a setting and has no effect. Did you mean “{ $meant }”?
banner-setting-lost = { $unknown } It is removed when a setting is changed.
banner-setting-mistyped = { $file }: the value of “{ $key }” isn't of its kind, so the file can't be used.
banner-file-corrupt = { $file } couldn't be read. It was renamed to { $kept-as }, and defaults are used instead.
banner-file-too-new = { $file } is from a newer version of Underpass. It's left unchanged: what you change here isn't saved to it. Start the newer version to use it.
banner-file-unreadable = { $file } couldn't be read.
banner-entries-unread = { $count ->
    [one] An entry in { $file } can't be read and is ignored.
   *[other] { $count } entries in { $file } can't be read and are ignored.
}
banner-entries-dropped = { $count ->
    [one] An entry in { $file } couldn't be read and is ignored.
   *[other] { $count } entries in { $file } couldn't be read and are ignored.
} The original file was saved as { $kept-as }.
banner-port-taken = Port { $wanted } couldn't be used ({ $detail }). This computer's URLs now use port { $port }.
banner-nothing-saved = Underpass can't write to its data folder ({ $detail }). Your changes aren't saved and will be lost when Underpass quits.
banner-secret-not-kept = Your side: a token or password couldn't be saved ({ $detail }). It works until Underpass quits; then you have to enter it again.
banner-token-imported = The token in { $variable } is now saved on this computer and is used even without the variable. To change it: underpass account add { $provider }
banner-token-ignored = { $variable } holds a different token from the saved one. The saved one is used. To change it: underpass account add { $provider }
banner-file-not-saved = { $file } couldn't be saved ({ $detail }). What you see here isn't on disk.
banner-settings-invalid = Some settings can't be used ({ $detail }). Their defaults are used instead.
banner-audit-not-written = The audit log couldn't be written ({ $detail }). Hosting continues.
banner-no-tray-host = This desktop has no system tray. Closing the window minimizes it.
banner-no-keychain = This computer has no keychain. Secrets are stored in a file that only you can read.
banner-crashed = Underpass quit unexpectedly last time. Your tunnels are being hosted again.
banner-crashed-idle = Underpass quit unexpectedly last time. Nothing was hosted.
banner-held-lost = { $count ->
    [one] { $name } · { $count } held connection was dropped: the session couldn't be resumed. Hosting resumes automatically.
   *[other] { $name } · { $count } held connections were dropped: the session couldn't be resumed. Hosting resumes automatically.
}
banner-not-created = Couldn't create { $name }. { $fault }
banner-not-deleted = Couldn't delete { $name }. { $fault }
banner-not-changed = Couldn't change { $name }. { $fault }
banner-account = { $provider } · { $fault }
banner-needs-you = { $name } · { $fault }
toast-copied = Copied { $url }
toast-deleted = Deleted { $name }
toast-renewed = Renewed { $name }
toast-desktop-refused = The desktop couldn't do this: { $detail }

## Start failures
start-failed = Underpass couldn't start
start-failed-close = Close
start-not-answering = Underpass is already running but isn't responding. End it in the system monitor or sign out, then start it again.
start-folder = Underpass can't use its data folder: { $detail }
