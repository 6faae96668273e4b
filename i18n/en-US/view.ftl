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
attempt = { $n ->
    [1] first
    [2] second
    [3] third
    [4] fourth
    [5] fifth
    [6] sixth
    [7] seventh
    [8] eighth
    [9] ninth
    [10] tenth
   *[other] attempt { $n }
}
# Which attempt, in a line of the terminal: a number, for it stands behind a time.
cli-attempt = attempt { $n }
next-in = Next try in { $span } ({ $attempt }).
next-now = Trying now ({ $attempt }).

## Why: the one sentence under the badge

why-creating = Creating…
why-stopped = Not hosted.
why-stopped-program = Not hosted. { $provider } needs a program that is not on this computer.
why-stopped-sign-in = Not hosted. Sign in to host it.
why-stopped-signing-in = Not hosted. The sign-in is under way.
why-too-often = Working. { $provider } limits requests ({ $ago }), so it is checked less often.
why-starting = Starting…
why-authorising = Authorising…
why-connecting = Connecting to the relay…
why-forwarding = { $count ->
    [one] Forwarding { $count } port…
   *[other] Forwarding { $count } ports…
}
why-port-awaited = Hosted. Waiting for the relay to take this port.
why-unproven = Connected. Waiting for the relay's first sign of life ({ $span }).
why-unrouted = Hosted. Waiting for the URL to answer ({ $span }).
why-working = Answered { $status } in { $latency }, { $ago }.
why-working-tcp = Accepted a connection in { $latency }, { $ago }.
why-working-plain = Working, checked { $ago }.
why-private = Working. Visitors must sign in.
why-slow = Working, slowly: the way out of this computer is full (probe after { $limit }).
why-full = { $count } visitors at once: more have to wait. The tunnel is fine.
why-unchecked = Hosted, and not checked.
why-unchecked-off = Hosted. Whether it works is not checked: checks are off for this port.
why-unchecked-relays-own = Hosted. Whether visitors get through cannot be checked from here: the URL only works on the relay’s own computer. Give the relay a --domain that others can reach.
why-unchecked-name = Hosted. Whether visitors get through cannot be checked from here: the name { $host } does not resolve on this computer. Open the URL from another network.

why-nothing-listens = Your side: nothing listens on { $target }. The tunnel is fine; start your service.
why-refused-once = Your side: { $target } refused the last request but accepts connections now. The tunnel is fine; check again.
why-not-http = Your side: { $target } answers, but not as http. Is it https?
why-not-https = Your side: { $target } answers, but not as https. Is it http?
why-not-web = Your side: { $target } answers, but neither as http nor as https. Is it tcp?
why-no-reaction = Your side: { $target } neither accepts nor refuses connections. The tunnel is fine; check your service and its firewall.
why-no-answer = Your side: { $target } accepts connections but does not answer in time. The tunnel is fine; check whether your service hangs.
why-unexpected = Your side: { $target } answers { $status }, expected { $expected }. The tunnel is fine; check your service, or what is expected under Health.
why-busy = Your side: { $target } is busy with another visitor and answers no one else until it is done. Wait, or run a server that answers several at once.
why-unknown-name = Your side: the name in { $target } does not resolve on this computer. Check its spelling, or use an address.
why-no-way = Your side: this computer has no way to { $target }. Check its address and your network.
why-untrusted-certificate = Your side: this computer does not trust the certificate of { $target } (SHA-256 { $fingerprint }). If it is the right one, host with --no-tls-verify.
why-changed-certificate = Your side: { $target } has another certificate than the one that was accepted first (now SHA-256 { $fingerprint }). If you changed it, stop hosting and start again.
why-tls-refused = Your side: { $target } speaks TLS but breaks it off with this computer. If it goes by another name, use that name as the target.
why-host-full = Your side: this computer holds as many connections as it may. Close some, or raise the limit of open files (ulimit -n).
why-not-permitted = Your side: this computer does not permit the connection to { $target }. Check its firewall.
why-name-refused = Your side: { $target } answers only who asks for a name that it knows, so visitors are refused. Host it with --host-header rewrite.
why-loop = Your side: { $target } is the tunnel’s own address, or leads back to it, so visitors go round in a circle. Use your service’s own port as the target.
why-service-down = Your side: { $target } cannot be reached. The tunnel is fine; check your service.

why-url-dead = Their side: the URL does not answer, your service does ({ $check }).
why-url-no-host = Their side: the relay says that nobody hosts this tunnel; your service answers ({ $check }).
why-url-unknown = Their side: the relay says that it does not know this tunnel; your service answers ({ $check }).
why-url-never = The network between: the URL does not answer from here, your service does. Visitors may reach it all the same: open it from another network.
why-both-refused = Both sides: nothing listens on { $target }, and the URL is dead.
why-both = Both sides: { $target } cannot be reached, and the URL is dead.
why-both-silent = Both sides: { $target } does not react, and the URL is dead.
check-of = check { $n } of { $of }, then we reconnect
check-many = dead for { $n } checks

why-held = { $lost } { $held }
held-for = { $count ->
    [0] No connection is open; the session is held for another { $span }.
    [one] { $count } open connection is held for another { $span }.
   *[other] { $count } open connections are held for another { $span }.
}
held-over = The time to hold it is up.
why-reconnecting = { $lost } { $next }
lost-link = The network between: the connection broke { $ago }.
lost-silent = The network between: the relay stopped answering { $ago }.
lost-shut-down = Their side: the relay shut down { $ago }.
lost-zombie = Their side: the URL was dead, so the connection was given up { $ago }.
lost-forced = Your side: you asked for a new connection { $ago }.
lost-woke = Your side: this computer woke up or changed networks { $ago }.
lost-fault = { $fault } No connection for { $span }.

why-sign-in = Your side: the relay refused this computer's token { $ago }. Hosting goes on by itself with a new join link.
why-taken-over = Their side: another machine has hosted this tunnel since { $at }.
why-elsewhere = Their side: another machine hosts this tunnel.
why-quota-next = { $fault } Next try in { $span }.
why-quota-now = { $fault } Trying now.

## What is wrong, one sentence a reason, with what to do where something helps

fault-offline = Your side: this computer is offline. Hosting goes on by itself when it is back.
fault-unknown-host = The network between: the name { $host } does not resolve.
fault-relay-unreachable = Their side: nothing answers at { $address }.
fault-proxy-failed = The network between: the proxy { $address } does not let the link through ({ $detail }). Check HTTPS_PROXY, or name the relay in NO_PROXY, and start again.
fault-not-a-relay = Their side: what answers at { $address } is no Underpass relay. Check the join link.
fault-certificate-mismatch = Their side: the relay at { $address } does not have the certificate that your join link names. Ask its owner for a new link.
fault-version-mismatch = Their side: the relay speaks version { $theirs } of the link, this program speaks { $ours }. Update the older of the two.
fault-token-refused = Your side: the relay does not accept this computer's token. Paste a new join link.
fault-name-taken = Their side: another account holds the name “{ $name }”. Make a tunnel with another name.
fault-name-reserved = Their side: the relay gives the name “{ $name }” to nobody. Make a tunnel with another name.
fault-too-many-names = { $limit ->
    [one] Their side: the relay keeps no more than { $limit } name for this account. Give this tunnel fewer ports, or ask the relay's owner.
   *[other] Their side: the relay keeps no more than { $limit } names for this account. Stop a tunnel, then try again.
}
fault-too-many-public-ports = { $limit ->
    [one] Their side: the relay gives this account no more than { $limit } public TCP port. Stop the tunnel that has it, then try again.
   *[other] Their side: the relay gives this account no more than { $limit } public TCP ports. Stop a tunnel that has one, then try again.
}
fault-hosted-elsewhere = Their side: another machine hosts this tunnel.
fault-hosted-here = Your side: Underpass hosts this tunnel on this computer already, as process { $process }. Stop it there, or take the tunnel over.
fault-hosted-here-too = Your side: Underpass hosts this tunnel on this computer already, in another process. Stop it there, or take the tunnel over.
fault-taken-over = Their side: another machine took this tunnel over.
fault-public-port-taken = Their side: public port { $port } is taken. Choose another public port.
fault-public-port-outside = Their side: the relay gives public ports { $first } to { $last }, not { $port }. Choose one of those.
fault-still-held = Their side: { $place } is still held, most likely by an earlier connection of this tunnel. Hosting goes on by itself when the server gives it up.
fault-no-public-ports = Their side: the relay has no public TCP port to give. Try again when one is free.
fault-too-many-tunnels = { $limit ->
    [one] Their side: the relay takes no more than { $limit } tunnel of this account. Stop it, then try again.
   *[other] Their side: the relay takes no more than { $limit } tunnels of this account. Stop one, then try again.
}
fault-too-many-sessions = Their side: your account has as many hosts online as its plan allows. Stop one of them.
fault-quota = Their side: the relay's limit is used up.
fault-quota-until = Their side: the relay's limit is used up until { $at }.
fault-link-lost = The network between: the connection broke.
fault-link-silent = The network between: the relay stopped answering.
fault-relay-shut-down = Their side: the relay shut down.
fault-timed-out = The network between: connecting took too long.
fault-zombie = Their side: the URL was dead although the connection seemed up.
fault-forced = Your side: you asked for a new connection.
fault-woke = Your side: this computer woke up or changed networks.
fault-embedded-relay = Your side: the relay in this program could not start ({ $detail }).
fault-other = Your side: an unexpected error ({ $detail }).
fault-token-missing = Your side: no token of your { $provider } account is kept here. Add it; hosting goes on by itself after it.
fault-token-invalid = Your side: { $provider } does not accept your account's token ({ $detail }). Set a new one; hosting goes on by itself after it.
fault-options-invalid = Your side: what is set for { $provider } does not work: { $detail }. Change it and host again.
fault-signed-out = Your side: you are not signed in, or no longer. Sign in; hosting goes on by itself after it.
fault-tunnel-gone = Their side: the provider no longer has this tunnel. It was deleted, or it expired.
fault-account-full = { $limit ->
    [one] Their side: the account has room for { $limit } tunnel. Delete it, then try again.
   *[other] Their side: the account has room for { $limit } tunnels. Delete one, then try again.
}
fault-refused = Their side: the provider would not have it ({ $detail }).
fault-service-trouble = Their side: the provider's service is in trouble. Hosting goes on by itself when it is back.
fault-service-status = Their side: the provider's service answered { $status }. Hosting goes on by itself when it is back.
fault-protocol = Their side: the provider's relay says what this program does not understand ({ $detail }). Look for an update.
fault-host-key-unknown = Your side: nobody here knows the key of { $address }, { $fingerprint }. Compare it with what its owner says, then accept it, or set it as “host-key” and host again.
fault-host-key-changed = Their side: { $address } shows another key than the one that is known, { $fingerprint }. Somebody may be in between: ask its owner before you take the old key out of known_hosts or set the new one as “host-key”.
fault-host-key-revoked = Their side: { $address } shows a key that was revoked, { $fingerprint }. Nothing was sent to it: ask its owner.
fault-keys-refused = Your side: { $address } does not let you in ({ $detail }). Set another key or password and host again.
fault-not-installed = Your side: the program { $program } is not on this computer. Install it, then try again.
fault-no-provider = Your side: this build of Underpass has no provider { $provider }. Take one that has it.
fault-program-failed = Your side: the program { $program } failed ({ $detail }). Run it in a terminal to see more; an update of it may help.
fault-program-exited = Your side: the program { $program } ended ({ $detail }). It is started again by itself.
fault-not-ready = Your side: { $provider } is not ready ({ $detail }). Hosting goes on by itself after it.

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
cause-process = another process here
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
act-leave-relay = Use the relay in this program
act-sign-in = Sign in
act-signing-in = Signing in…
act-cancel-sign-in = Cancel the sign-in
act-sign-in-by = Sign in with { $name }
act-sign-in-code = { $name }, with a code on another device
act-sign-out = Sign out
act-sign-out-ask = Sign out…
act-manage-account = Account…
act-install-help = Install devtunnel…
act-copy-command = Copy command
act-open-install-page = Open the instructions
act-copy-code = Copy code
act-open-code-page = Open the page
act-make-public = Make public…
act-make-private = Make private
act-renew = Renew expiry
act-forget = Remove from the list
act-refresh = Refresh the list
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
    [one] { $count } needs you
   *[other] { $count } need you
}
header-idle = nothing hosted
header-list = { $a }, { $b }
header-quitting = { $count ->
    [0] Quitting…
    [one] Saying goodbye to one relay…
   *[other] Saying goodbye to { $count } relays…
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

provider-relay = our relay
provider-joined = relay { $address }
provider-named = { $name }
provider-ours = Our relay
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

## Panel

fact-last-check = Last check
fact-local = Local service
fact-next-try = Next try
fact-held-for = Held for another
fact-hosted-for = Hosted for
fact-connections = Connections
fact-data = Data
fact-certificate = Certificate
certificate-accepted = accepted at first sight, SHA-256 { $fingerprint }
fact-remote-rate = At { $provider }
fact-remote-data = Data there
fact-remote-clients = Visitors there
clients-amount = { $count ->
    [one] { $count } connected
   *[other] { $count } connected
}
check-status = { $status } · { $latency } · { $ago }
check-relay-status = { $status } from the relay · { $latency } · { $ago }
check-accepted = accepted · { $latency } · { $ago }
check-not-asked = not asked · { $ago }
check-failed = no answer ({ $cause }) · { $ago }
local-accepts = { $target } accepts connections
local-refused = nothing listens on { $target }
local-not-asked = { $target } was not asked
local-failed = { $target } cannot be reached
local-silent = { $target } does not react
try-in = in { $span } ({ $attempt })
try-now = now ({ $attempt })
connections-amount = { $open } open, { $total } in all
data-amount = { $received } in, { $sent } out
uptime-share = { $share } % working over { $span }

## Timeline

log-starting = starting
log-started = started
log-hosting = hosting
log-renewed = connection renewed
log-lost = connection lost ({ $cause })
log-not-connected = could not connect ({ $cause })
log-held = connection lost, open connections held
log-resumed = resumed, nothing cut ({ $span })
log-held-lost = held connections cut ({ $cause })
log-reconnected = reconnected ({ $cause }, { $span })
log-sign-in = token refused
log-signed-out = signed out
log-taken-over = taken over by another machine
log-elsewhere = hosted by another machine
log-quota = limit used up
log-failed = failed ({ $cause })
log-stopped = stopped
log-working = working
log-working-again = working again (after { $span })
log-unchecked = cannot be checked from here
log-busy = local service busy
log-service-down = local service down
log-slow = slow: the way out of this computer is full
log-full = no room for another visitor
log-url-dead = URL dead
past-resumed = resumed, nothing cut
past-reconnected = reconnected
past-connected-anew = connected anew
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
    [0] It has no ports. This cannot be undone.
    [one] Its URL stops working at once. This cannot be undone.
   *[other] Its { $count } URLs stop working at once. This cannot be undone.
}
dialog-delete-confirm = Delete { $name }
dialog-remove-title = Remove port { $port } of { $name }?
dialog-remove-body = Its URL stops working at once. The tunnel stays.
dialog-remove-confirm = Remove port { $port }
dialog-protocol-title = Protocol of port { $port }
dialog-protocol-body = What does { $target } speak?
dialog-protocol-submit = Change
dialog-protocol-body-anew = What does { $target } speak? { $provider } deletes the port and makes it anew: its URL may change.
dialog-public-title = Make { $name } public?
dialog-public-body = Anyone who has the URL can visit then, without signing in. Whatever your service shows is on the internet.
dialog-public-confirm = Make public
dialog-sign-out-title = Sign out of { $provider }?
dialog-sign-out-body = Its tunnels leave this list, and what is hosted there stops. In the account they stay.
dialog-qr-title = { $name } : { $port }
dialog-qr-body = { $url }
dialog-qr-none = There is no URL yet. Host the tunnel first.
dialog-settings-title = Settings
dialog-about-title = About Underpass

error-empty = Type something here.
error-empty-name = Give it a name.
error-empty-target = Type the port your service listens on.
error-empty-link = Paste a join link.
error-not-a-port = “{ $typed }” is not a port. A port is a number from 1 to 65535.
error-not-a-target = “{ $typed }” is neither a port nor HOST:PORT.
error-two-ports = “{ $typed }” names two ports. Type the one that your service listens on.
error-target-has-path = A tunnel carries all paths. Type “{ $typed }” alone.
error-target-has-user = A target takes no user name or password. Type HOST:PORT; visitors sign in at your service.
error-own-listener = “{ $typed }” is Underpass itself: visitors would go round in a circle. Type the port that your service listens on.
error-unusable-name = “{ $typed }” cannot be a name. Use letters or digits, 64 characters at most.
error-name-exists = There is a tunnel “{ $id }” already.
error-port-exists = This tunnel has port { $port } already.
error-link-scheme = A join link begins with underpass://
error-link-token = This link has no token before the @.
error-link-address = This link has no HOST:PORT after the @.
error-link-fingerprint = The part behind # must be 64 hex digits. Was the link cut off?
error-not-carried = { $provider } takes { $carries }.
error-not-ready = It cannot be used yet.
error-public-port-needs-tcp = Only tcp has a public port.

## Settings

account-unknown = Not looked at yet.
account-not-installed = The program devtunnel is not on this computer.
account-signed-out = Nobody is signed in.
account-signing-in = The sign-in is under way.
account-ready = Signed in as { $user } ({ $via }).
account-install-body = { $provider } needs the program { $program }, which is not on this computer. Install it with this command, then check again.
account-sign-in-body = { $provider } carries tunnels for whoever signs in. Your browser opens for it.
account-browser-body = Finish the sign-in in your browser.
account-code-body = Open { $url } on any device and type this code.
shut-program = { $provider } needs the program { $program }, which is not on this computer.
shut-sign-in = To use { $provider }, sign in first.
field-token = Token
field-token-hint = From { $page }. It is kept in the keychain.
field-file-hint = The path of a file
field-account = Account
act-keep-token = Keep
act-forget-token = Forget
account-no-token = No token yet.
account-tokens = Tokens kept: { $names }
account-unnamed = Without a name
account-named = { $name }
error-not-a-token = This is no token. Copy the whole of it from { $page }
error-not-taken = This cannot be taken. It takes: { $takes }
why-stopped-watched = Not watched.
why-unrouted-watched = Watched. Waiting for the URL to answer ({ $span }).
act-watch = Watch
fact-watched-for = Watched for
provider-unencrypted = { $provider } does not encrypt: whoever is on the way can read and change what goes through the tunnel. Use it for nothing secret.
shut-token = To use { $provider }, add your account's token first.
why-stopped-token = Not hosted. { $provider } needs your account's token.
account-token = token kept
account-token-keychain = token kept in the keychain
account-token-file = token kept in a file that only you can read
account-with-probes = { $kept } · each tunnel is checked every { $minutes } min: { $probes } of a free account's { $all } requests a month
account-removed = token forgotten
shut-patience = To use { $provider }, finish the sign-in first.
relay-embedded = The relay in this program, for this computer only
relay-embedded-lan = The relay in this program, for this computer and the local network
relay-joined = { $address }
field-join-link = Join link of a relay
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
settings-health-line = How what is hosted is checked, and how it comes back
settings-health-provider = How its tunnels are checked, and how they come back
dialog-health-title = Health of { $name } : { $port }
act-health = Health…
health-of-tunnel = The whole tunnel
health-of-tunnel-line = All its ports share one connection, and wait for it together
health-probe = Check whether it works
health-probe-hint = Off: the URL is not asked, and nothing says that it works. Whether the local service is there is looked at all the same.
health-interval = Between two checks
health-timeout = A check is given up after
health-method = Asked by
health-path = Path
health-path-hint = What is asked for, as in /healthz. Without one, the URL as it is.
health-expect = Expected status
health-expect-hint = As in 200-299,401. Any other answer is your service's fault, never the tunnel's. any: every answer is fine.
health-watchdog = Dead checks before a new connection
health-watchdog-hint = So many in a row, while your local service answers
health-backoff-initial = First wait before another attempt
health-backoff-cap = Longest wait between attempts
health-on = On
health-off = Off
health-usual = As usual ({ $value })
health-method-named = { $method }
health-cost = As in 30s or 5m. At this pace { $probes } checks a month for each port, each a request to your service that counts as no visitor.
health-cost-counted = Every { $every }: { $probes } of the { $all } requests a month that a free account has, for each port
error-initial-above-cap = The first wait ({ $initial }) must not be longer than the longest ({ $cap }).

## Banners and the line at the bottom

banner-file-corrupt = { $file } could not be read. It was kept as { $kept-as }, and the defaults are in force.
banner-file-too-new = { $file } comes from a newer version of Underpass. It is left as it is: what you change here is not saved in it. Start the newer version again to use it.
banner-file-unreadable = { $file } could not be read.
banner-entries-unread = { $count ->
    [one] An entry of { $file } cannot be read and counts for nothing.
   *[other] { $count } entries of { $file } cannot be read and count for nothing.
}
banner-entries-dropped = { $count ->
    [one] An entry of { $file } could not be read and counts for nothing.
   *[other] { $count } entries of { $file } could not be read and count for nothing.
} The file as it was is kept as { $kept-as }.
banner-port-taken = Port { $wanted } could not be used ({ $detail }). The URLs of this computer have port { $port } now.
banner-nothing-saved = The folder for Underpass's files cannot be written ({ $detail }). What you change is not saved and is gone when Underpass ends.
banner-secret-not-kept = Your side: a token or password could not be kept ({ $detail }). It works until Underpass ends, and has to be given again after that.
banner-token-imported = The token in { $variable } is kept on this computer from now on, with or without the variable. To change it: underpass account add { $provider }
banner-token-ignored = { $variable } holds another token than the one that is kept. The kept one is used. To change it: underpass account add { $provider }
banner-file-not-saved = { $file } could not be saved ({ $detail }). What you see here is not on disk.
banner-settings-invalid = Some settings cannot be used ({ $detail }). Their defaults are in force.
banner-audit-not-written = The audit log could not be written ({ $detail }). Hosting goes on.
banner-no-tray-host = This desktop shows no tray icons. Closing the window minimises it.
banner-no-keychain = This computer has no keychain. Secrets are in a file that only you can read.
banner-crashed = Underpass ended unexpectedly the last time. What was hosted is hosted again.
banner-crashed-idle = Underpass ended unexpectedly the last time. Nothing was hosted.
banner-held-lost = { $count ->
    [one] { $name } · { $count } connection that was held is cut: the session could not be resumed. Hosting goes on by itself.
   *[other] { $name } · { $count } connections that were held are cut: the session could not be resumed. Hosting goes on by itself.
}
banner-not-created = { $name } · Not created. { $fault }
banner-not-deleted = { $name } · Not deleted. { $fault }
banner-not-changed = { $name } · Not changed. { $fault }
banner-account = { $provider } · { $fault }
banner-needs-you = { $name } · { $fault }
toast-copied = Copied { $url }
toast-deleted = Deleted { $name }
toast-renewed = Renewed { $name }
toast-desktop-refused = The desktop refused: { $detail }

## Start failures
start-failed = Underpass could not start
start-failed-close = Close
start-not-answering = Underpass is running already and does not answer. End it in the system monitor or sign out, then start it again.
start-folder = The folder for Underpass's files cannot be used: { $detail }
