### What the command line says to a person.

## Hosting

cli-line = { $time }  { $tunnel }  { $text }
cli-working = Working. Ctrl-C stops it.
cli-url = { $url } → { $target }
cli-lacking = { $target } is not served. { $fault }
cli-works = working: { $status } in { $latency }
cli-accepts = working: accepted a connection in { $latency }
cli-slow = working, slowly: the way out of this computer is full
cli-certificate = The certificate of { $target } is accepted at first sight, as --no-tls-verify asks (SHA-256 { $fingerprint }).
cli-url-dead = Their side: the public URL does not answer.
cli-displaced = { $fault } “--take-over” brings it here.
cli-no-such-saved = “{ $typed }” is neither a port, HOST:PORT nor a saved tunnel. “underpass tunnels list” shows those.
cli-not-in-time = It does not work after { $seconds } s (--timeout).
cli-no-ports = { $name } has no ports. Add one: underpass tunnels port add { $id } PORT
cli-hosted-twice = “{ $name }” is both a saved tunnel and the name of the ports. Give the ports another --name.
cli-unknown-command = “{ $typed }” is not a command. Commands: host ID, stop ID, drop ID, reconnect ID, quit
cli-line-too-long = That line is too long for a command.
cli-unknown-tunnel = There is no tunnel “{ $typed }” here.
cli-no-window = This build has no window. `underpass host PORT` serves a port without one; a build with its default features has one.
cli-no-display = There is no display to open a window on. To host a port in the terminal: underpass host PORT
cli-failed = { $what }: { $detail }
cli-home-failed = The folder for Underpass's files cannot be used

## Relay

cli-relay-up = The relay is up.
cli-relay-link = Hosts connect to    { $address }
cli-relay-http = Visitors come to    { $address }
cli-relay-join = Join link           { $link }
cli-relay-join-said = Join link           shown at the first start; a new one: underpass relay account rotate { $name }
cli-relay-secret = Whoever has the join link can host here: treat it as a password.
cli-account-added = Account { $name }. Its join link is shown this once:
cli-account-rotated = Account { $name } has a new join link, shown this once. The old one is good for nothing any more:
cli-account-removed = Account { $name } is removed, and what it hosts ends now.

## Saved tunnels

cli-tunnels-none = No saved tunnels. Make one: underpass tunnels create NAME PORT
cli-tunnel-line = { $id }  { $name }
cli-tunnel-url = { $target }  { $protocol }  { $url }
cli-tunnel-port = { $target }  { $protocol }
cli-tunnel-saved = Saved { $id }. Host it: underpass host { $id }
cli-tunnel-deleted = Deleted { $id }.
cli-no-such-tunnel = There is no tunnel “{ $typed }”.
cli-no-such-port = { $id } has no port { $port }.
cli-provider = { $id }: { $name }
cli-provider-protocols = carries { $protocols }
cli-provider-program = needs the program { $program }
cli-provider-probes = is checked every { $minutes } minutes: { $probes } requests a month, of the { $all } that a free account has
cli-provider-unencrypted = does not encrypt what goes between this computer and the provider
cli-provider-token = needs an account's token, from { $page }: underpass account add { $provider }
cli-provider-option-empty = --set { $key }=… takes { $takes }
cli-provider-secret = --set { $key }=@FILE takes a secret, as { $takes }
cli-accounts-none = There is no account.
cli-account-line = { $account }: { $state }
cli-token-ask = The token of { $provider } (from { $page }; it is not shown):
cli-token-wrong = That is not a token. Copy the whole of it from { $page }
cli-no-such-account = There is no account { $name } at { $provider }.
cli-other-provider = { $tunnel } is a tunnel of { $carrier }, not of { $asked }: host it with --provider { $carrier }, or give the port another --name.
cli-no-account-of = There is no account at { $provider }.
cli-file-too-new = { $file } was written by a newer version: it is left as it is, and nothing is saved.
cli-which-account = There are several accounts at { $provider }: say which with --account ({ $names })
cli-device-code = Open { $url } and type the code { $code }
cli-secret-unread = { $key } cannot be read: { $detail }
cli-secret-wrong = { $key } takes { $takes }
cli-provider-option = --set { $key }=… takes { $takes }; { $default } by default
cli-account-none = The account has no tunnels. Make one: underpass host PORT --name NAME --provider { $provider }
cli-no-such-remote = The account has no tunnel “{ $typed }”. Make it: underpass host PORT --name { $typed } --provider { $provider }
cli-remote-no-ports = { $id } has no ports. Add one: underpass host PORT --name { $id } --provider { $provider }
cli-remote-protocol = Port { $port } of { $id } speaks { $protocol } at { $provider }. Leave --protocol out, or change it in the app.
cli-remote-public = { $id } is public at { $provider }: anyone who has its URL can visit. To make it private, use the app.
cli-sign-in-first = Your side: nobody is signed in at { $provider }. Sign in with the app, or here: { $command }
cli-install-first = { $fault } { $command }
cli-not-saved-here = { $id } is in an account at { $provider } and not only here: change it in the app.
cli-app-runs = The Underpass app is running and would not see this change. Make it in the app, or quit the app first.

## Audit log

cli-audit-none = The audit log is empty.
cli-audit-holds = { $count ->
    [one] The audit log is as it was written: { $count } record.
   *[other] The audit log is as it was written: { $count } records.
}
cli-audit-healed = { $count ->
    [one] A crash cut { $count } line short; the record after it says so.
   *[other] Crashes cut { $count } lines short; the records after them say so.
}
cli-audit-torn = The last line is cut short: the program was ended while it wrote.
cli-audit-removed = { $count ->
    [one] An older record was removed when the log grew too large, and the log says so.
   *[other] { $count } older records were removed when the log grew too large, and the log says so.
}
cli-audit-last = Its last hash: { $hash }. Keep it elsewhere to tell later whether records were cut off at the end.
cli-audit-exported = { $count ->
    [one] { $count } record is in { $file }.
   *[other] { $count } records are in { $file }.
}
cli-audit-line-unreadable = { $file }, line { $line } is no record. “underpass audit --verify” says what is wrong.

## Doctor: what was looked at

doctor-line = { $mark } { $name }: { $detail }
doctor-home = files
doctor-settings = settings
doctor-logs = logs
doctor-audit = audit log
doctor-crash = last crash
doctor-files = open files
doctor-limits = a relay's limits
doctor-display = display
doctor-tray = tray
doctor-fonts = fonts
doctor-keychain = secrets
doctor-relay = relay in this program
doctor-http-port = HTTP port
doctor-tcp-ports = TCP ports
doctor-names = localhost names
doctor-joined = joined relay

## Doctor: what was found

doctor-writable = { $path } can be written
doctor-not-writable = { $path } cannot be written ({ $detail })
doctor-settings-fine = they can be read
doctor-files-found = { $soft } at once, { $hard } where the program asks for it
doctor-limits-found = { $visitors } visitors ({ $visitors-of-one } from one address), { $streams } requests to a tunnel ({ $streams-of-one } from one address), { $hosts } hosts before their token ({ $hosts-of-one } from one address), { $tunnels } tunnels an account
doctor-audit-fine = { $count ->
    [one] its chain holds ({ $count } record)
   *[other] its chain holds ({ $count } records)
}
doctor-no-crash = there was none
doctor-crashed = there is a report of one in { $path }
doctor-display-there = there is one
doctor-display-missing = there is none
doctor-tray-there = tray icons are shown
doctor-tray-missing = nobody shows tray icons
doctor-fonts-there = { $count ->
    [one] { $count } family
   *[other] { $count } families
}
doctor-fonts-missing = there are none
doctor-keychain-there = they go to the keychain
doctor-keychain-private = they go to a file in { $variable }, which only you can read
doctor-keychain-missing = there is no keychain; they go to a file that only you can read
doctor-relay-starts = it starts
doctor-port-free = { $port } is free
doctor-port-ours = { $port } is in use by an Underpass that runs now
doctor-port-taken = { $port } is taken by another program
doctor-port-any = any free one
doctor-tcp-free = { $free } of { $all } are free ({ $first } to { $last })
doctor-names-resolve = they resolve to this computer
doctor-names-fail = { $name } does not resolve
doctor-joined-none = none; the one in this program is used
doctor-joined-fine = { $address } answers and has the right certificate
doctor-joined-by-proxy = { $address } answers through the proxy { $proxy } and has the right certificate
doctor-joined-no-token = the token of { $address } is missing
doctor-program = program
doctor-account = account
doctor-list = tunnels
doctor-account-limits = limits
doctor-service = service
doctor-write = hosting
doctor-version = version { $version }
doctor-tunnels-found = { $count ->
    [one] { $count } tunnel in the account
   *[other] { $count } tunnels in the account
}
doctor-limit = { $name }: { $amount }
doctor-service-answers = { $address } accepts connections
doctor-service-silent = { $address } cannot be reached ({ $detail })
doctor-nothing-needed = it needs neither an account nor a program
doctor-token-of = token of { $name } kept
doctor-token-gone = the token that was kept is gone
doctor-token-of-gone = the token of { $name } is gone
doctor-token-in-variable = token in { $variable }
doctor-not-tried = not tried; --write makes a throw-away tunnel, hosts it and deletes it
doctor-hosted = a throw-away tunnel was made, hosted at { $url } and deleted
doctor-not-hosted = { $step }: { $fault }
doctor-left-behind = { $id } could not be deleted ({ $fault })
step-create = making a tunnel
step-token = getting a token
step-connect = connecting
step-establish = waiting for the first sign of life
doctor-found = { $detail }

## Doctor: what to do

advice-home = Make the folder writable, or name another one in { $variable }.
advice-settings = Correct the file; until then the defaults are in force.
advice-logs = Make the folder writable. Hosting works without it.
advice-audit = Keep a copy of the file and find out who changed it. underpass audit --verify names the line.
advice-crash = Please report it with this file, then delete the file.
advice-files = Allow more: LimitNOFILE= in a systemd unit, or nofile in /etc/security/limits.conf.
advice-display = The window needs one. “underpass host PORT” does not.
advice-tray = Start a tray, or for GNOME install the extension AppIndicator. The window works without.
advice-fonts = Install a font, on Debian: apt install fonts-dejavu-core
advice-keychain = Start a keychain such as GNOME Keyring or KWallet, if you want one.
advice-relay = Hosting without a joined relay does not work before this is mended.
advice-port-taken = Another port is used and URLs change. To choose: relay.http_port in settings.json
advice-tcp-taken = tcp tunnels get no public port. To choose others: relay.tcp_ports in settings.json
advice-names = Browsers resolve such names themselves; for other programs use a resolver that does (nss-myhostname, systemd-resolved).
advice-build = Take a build of the program that has it.
advice-program = Install it: { $command }
advice-sign-in = Sign in, in the app or in a terminal: { $command }
advice-token = Copy it from { $page } and give it to: underpass account add { $provider }
advice-sign-in-app = Sign in, in the app.
advice-mend = Mend that, then look again.
advice-service = Check the network, and HTTPS_PROXY where there is a proxy.
advice-write = The log says more: run it again with -vv.
advice-delete = It was made for this check: delete { $id } at { $provider }.
advice-joined = Check the network and the relay. Hosting goes on by itself when it is back.
advice-joined-token = Paste the join link in the app's settings again.

## Health settings

cli-health-line = { $key } = { $value }  ({ $from })
cli-health-from-default = by default
cli-health-from-all = set for all tunnels
cli-health-from-provider = set for { $provider }
cli-health-from-tunnel = set for this tunnel
cli-health-from-port = set for this port
cli-health-from-least = the least at { $provider }; { $said } is set
cli-health-cost = { $probes } checks a month for each port
cli-health-cost-counted = { $probes } checks a month for each port, of the { $all } requests that a free account has
