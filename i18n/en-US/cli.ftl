### What the command line says to a person.

## Hosting

cli-line = { $time }  { $tunnel }  { $text }
cli-working = Working. Ctrl-C stops it.
cli-detached = It goes on in the background, process { $process }. How it is: underpass status. To end it: underpass stop NAME
cli-detach-failed = Nothing is hosted in the background
cli-detach-no-channel = this needs the control channel, which there is none of on this system. Host in a terminal, without --detach
cli-detach-unsaved = this home cannot be written, so that nothing could find it again: { $detail }
cli-url = { $url } → { $target }
cli-lacking = { $target } isn't hosted. { $fault }
cli-works = working: { $status } in { $latency }
cli-accepts = working: accepted a connection in { $latency }
cli-slow = working, but slow: this computer's upload is saturated
cli-certificate = The certificate of { $target } is trusted on first use, as --no-tls-verify asks (SHA-256 { $fingerprint }).
cli-url-dead = Their side: the URL doesn't respond.
cli-displaced = { $fault } To host it here instead, add --take-over.
cli-protocol-alone = “{ $typed }” is a protocol, not a service. Add it with the port: underpass host 3000 --protocol { $protocol }
cli-no-such-saved = “{ $typed }” isn't a port, HOST:PORT or a saved tunnel. To list saved tunnels: underpass tunnels list
cli-not-in-time = It does not work after { $seconds } s (--timeout).
cli-reach-here = { $reach } For this network: --reach network. For anybody on the internet: --reach internet.
cli-reach-network = { $reach } For anybody on the internet: --reach internet.
cli-reach-network-at = For this network: { $url } (for anybody on the internet: --reach internet)
cli-reach-not-here = “{ $id }” uses { $provider }, which is not limited to this computer. Leave out --provider, or --reach here.
cli-reach-not-network = “{ $id }” uses { $provider }, which is not in this network. Leave out --provider, or --reach network.
cli-reach-not-internet = “{ $id }” uses { $provider }, which can't be reached from the internet. Join a relay (--relay or UNDERPASS_RELAY), or choose another --provider.
cli-reach-saved = A saved tunnel keeps its own provider. To use --reach internet without a joined relay, give a port instead.
cli-way-taken = Using { $name } to reach the internet, without an account: { $encryption }, { $lasting }.
cli-way-skipped = Not { $name }: { $why }
cli-way-unfit = It doesn't support this kind of tunnel.
cli-no-way = Nothing that works without an account leads to the internet from here. Join a relay (--relay or UNDERPASS_RELAY), or use an account. To list providers: underpass providers
way-encrypted = encrypted up to there
way-unencrypted = not encrypted
way-lasts-run = the URL is different at each start
way-lasts-hours = the URL changes after some hours
way-lasts-asked = the URL is different at each start, and requested again after a drop
cli-no-ports = { $name } has no ports. Add one: underpass tunnels port add { $id } PORT
cli-hosted-twice = A saved tunnel is already called “{ $name }”. Choose another name with --name.
cli-file-missing = There is no file “{ $file }”. Create it, or name another with --file.
cli-file-unread = “{ $file }” can't be read: { $detail }
cli-file-wrong = { $file }, line { $line }: { $what }
cli-file-not-utf8 = it is not UTF-8: save it as UTF-8
cli-file-too-large = it is larger than 1 MiB: split it into several files
cli-file-too-much = it has too many values: split it into several files
cli-file-syntax = this is not TOML, or a key is there twice: KEY = VALUE, text in quotes, each key once
cli-file-no-tunnel = no tunnel is in it: put one under [[tunnel]], as in port = 3000
cli-file-no-table = a tunnel is a table: write [[tunnel]], and its keys below
cli-file-join-link = a join link has a token, which does not belong into this file: join the relay by `underpass join`, or put the link into { $variable }; relay = "HOST:PORT" says which relay is meant
cli-file-relay-takes = relay takes HOST:PORT, as `underpass join` prints it
cli-file-relay-beside-reach = relay goes with reach = "internet": the others are the relay in this program
cli-file-secret-key = { $key } would be a secret, which does not belong into this file: `underpass account add PROVIDER` keeps a token
cli-file-secret-value = { $key } is a secret, which does not belong into this file: put it into a file of its own that only you can read, and write { $key } = "@THAT-FILE"
cli-file-of-whole = { $key } holds for the whole file: put it above the first [[tunnel]]
cli-file-of-tunnel = { $key } is a tunnel's: put it under [[tunnel]]
cli-file-unknown = the file has no key "{ $key }": it has { $keys }
cli-file-unknown-of-tunnel = a tunnel has no key "{ $key }": it has { $keys }
cli-file-unknown-meant = the file has no key "{ $key }": { $meant } is meant?
cli-file-unknown-meant-of-tunnel = a tunnel has no key "{ $key }": { $meant } is meant?
cli-file-one-value = { $key } takes one value, no list and no table
cli-file-switch = { $key } takes true or false
cli-file-takes-table = { $key } takes a table, as in { $key }.KEY = "VALUE"
cli-file-target = { $key } takes PORT or HOST:PORT
cli-file-saved = { $key } takes PORT or HOST:PORT: a saved tunnel is this computer's, and hosted by `underpass host NAME`
cli-file-empty = { $key } is empty: put a port into it
cli-file-beside = { $key } goes without the other: a tunnel has port, target or targets
cli-file-same-name = the tunnel of line { $before } is called "{ $id }" too: give each a name of its own, as in name = "shop"
cli-file-differs = { $key } holds for all tunnels of { $provider }: say the same as in the tunnel of line { $before }
cli-file-other-relay = It is for the relay { $meant }, but { $used } is used. Join that one with underpass join, or put its join link in UNDERPASS_RELAY.
cli-file-no-relay = It is for the relay { $meant }, which has not been joined. Join it with underpass join, or put its join link in UNDERPASS_RELAY.
cli-check-port = { $id }: { $target } ({ $protocol }), by { $provider }
cli-check-done = { $count ->
    [one] One tunnel would be hosted.
   *[other] { $count } tunnels would be hosted.
}
cli-unknown-command = “{ $typed }” isn't a command. Commands: host ID, stop ID, drop ID, reconnect ID, quit
cli-old-copy = “{ $id }” is hosted in a terminal (process { $process }), which keeps the old one until it is started again.
cli-line-too-long = That line is too long for a command.
cli-unknown-tunnel = There is no tunnel “{ $typed }” here.
cli-no-window = This build has no window. `underpass host PORT` hosts a port without one; a build with the default features has one.
cli-no-display = There is no display to open a window on. To host a port in the terminal: underpass host PORT
cli-failed = { $what }: { $detail }
cli-home-relative = UNDERPASS_HOME must be an absolute path: “{ $path }” would be another folder in each place a command is typed. Write it from the root on, such as "$PWD/{ $path }".
cli-home-failed = The data folder can't be used

## Relay

cli-relay-up = The relay is up.
cli-relay-link = Hosts connect to    { $address }
cli-relay-http = Visitors come to    { $address }
cli-relay-join = Join link           { $link }
cli-relay-join-said = Join link           shown at the first start; for a new one: underpass relay account rotate { $name }
cli-relay-secret = Anyone with the join link can host here: treat it like a password.
cli-relay-for-hosts = The listener for hosts
cli-relay-for-visitors = The listener for visitors
cli-relay-in-use = { $purpose } can't use { $address }: the address is in use. Stop what listens there, or choose another address with { $option }.
cli-relay-not-listening = { $purpose } can't use { $address }: { $error }. Choose another address with { $option }.
cli-relay-data = The relay can't keep its data in { $path }: { $error }. Make the folder writable, or choose another one with --data.
cli-relay-data-in-use = Another relay is using the data in { $path }. Stop it, or choose another folder with --data.
cli-relay-not-yours = { $path } belongs to user { $owner }, but this runs as user { $user }. Run it as that user (sudo -u '#{ $owner }' …), or choose another folder.
cli-relay-names-large = { $path } is too large ({ $size } bytes; a relay writes { $limit } at most). Move it away to start the relay. Names reserved for hosts that aren't connected will be forgotten.
cli-relay-names-new = { $path } was written by a newer version of Underpass; this one supports version { $version } of the file. Use a newer Underpass, or move the file away. Names reserved for hosts that aren't connected will then be forgotten.
cli-relay-identity = The relay's key and certificate in { $path } can't be used: { $error }. Restore them, or delete both files. Every host must then join again.
cli-relay-owner-only = { $path } couldn't be read as accounts, so only the owner can host. Restore the file, or move it away to start without other accounts.
cli-relay-accounts-io = The relay's accounts can't be stored in { $path }: { $error }. Make it readable and writable.
cli-relay-accounts-new = { $path } has version { $found }, which this version of Underpass doesn't support. Use a newer one.
cli-relay-accounts-corrupt = { $path } couldn't be read as accounts, so nothing was changed. Restore the file, or move it away to start again with only the account “{ $owner }”.
cli-relay-accounts-busy = Another program is changing the accounts in { $dir } and hasn't finished. Stop it, then try again.
cli-relay-owner-token = { $path } doesn't contain a token. Restore it, or delete it to get a new one.
cli-relay-none = No relay has used the data folder { $dir } yet. Start “underpass relay” first, or choose its folder with --data.
cli-relay-account-exists = An account named “{ $name }” already exists. For a new join link: underpass relay account rotate { $name }
cli-relay-account-missing = There is no account named “{ $name }”. To list accounts: underpass relay account list
cli-relay-account-owner = The account “{ $name }” can't be removed, because every relay has an owner. To make its old join link invalid: underpass relay account rotate { $name }
cli-relay-account-name = “{ $name }” isn't a valid account name. Use 1 to { $limit } letters, digits, “-”, “_” or “.”.
cli-relay-sockets = The service manager passed sockets that can't be used: LISTEN_FDS is invalid ({ $error }).
cli-relay-socket-deaf = The socket “{ $name }” isn't a listening TCP socket. In the socket unit, set Accept=no.
cli-relay-socket-unknown = Unknown socket “{ $name }”. In the socket unit, set FileDescriptorName= to link or http.
cli-relay-socket-twice = The service manager passed two sockets named “{ $name }”, but a relay listens on one. For IPv4 and IPv6, use [::]:PORT.
cli-account-added = Added account { $name }. This join link won't be shown again:
cli-account-rotated = Account { $name } has a new join link, and the old one no longer works. The new one won't be shown again:
cli-account-removed = Removed account { $name }. Its tunnels stop now.

## Saved tunnels

cli-tunnels-none = No saved tunnels. Create one: underpass tunnels create NAME PORT
cli-tunnel-line = { $id }  { $name }
cli-tunnel-url = { $target }  { $protocol }  { $url }
cli-tunnel-port = { $target }  { $protocol }
cli-tunnel-saved = Saved { $id }. Host it: underpass host { $id }
cli-tunnel-deleted = Deleted { $id }.
cli-no-such-tunnel = There is no tunnel “{ $typed }”.
cli-no-such-port = { $id } has no port { $port }.
cli-which-port = { $id } has several ports, or none: say which with --port.
cli-port-not-that = Port { $port } can't be { $protocol }: { $provider } doesn't carry that, or the port has a public port, which only tcp has.
cli-target-fixed = “{ $tunnel }” is a tunnel of { $provider }, where a port has the number of its service. Add the other port and remove this one: tunnels port add, tunnels port remove.
cli-provider = { $id }: { $name }
cli-provider-protocols = supports { $protocols }
cli-provider-program = needs the program { $program }
cli-provider-probes = is checked every { $minutes } minutes: { $probes } of a free account's { $all } requests a month
cli-provider-unencrypted = doesn't encrypt traffic between this computer and the provider
cli-provider-token = needs an account's token, from { $page }: underpass account add { $provider }
cli-provider-option-empty = --set { $key }=… takes { $takes }
cli-provider-secret = --set { $key }=@FILE takes a secret, as { $takes }
cli-accounts-none = There are no accounts.
cli-account-line = { $account }: { $state }
cli-token-ask = Token for { $provider } (from { $page }; what you type isn't shown):
cli-token-wrong = That isn't a token. Copy all of it from { $page }
cli-no-such-account = There is no account { $name } at { $provider }.
cli-other-provider = { $tunnel } is a tunnel of { $carrier }, not of { $asked }: host it with --provider { $carrier }, or give the port another --name.
cli-no-account-of = There is no account at { $provider }.
cli-file-too-new = { $file } was written by a newer version: it is left unchanged, and nothing is saved.
cli-which-account = There are several accounts at { $provider }. Choose one with --account ({ $names })
cli-device-code = Open { $url } and enter the code { $code }
cli-secret-unread = { $key } can't be read: { $detail }
cli-secret-wrong = { $key } takes { $takes }
cli-provider-option = --set { $key }=… takes { $takes }; { $default } by default
cli-account-none = The account has no tunnels. Create one: underpass host PORT --name NAME --provider { $provider }
cli-no-such-remote = The account has no tunnel “{ $typed }”. Create it: underpass host PORT --name { $typed } --provider { $provider }
cli-remote-no-ports = { $id } has no ports. Add one: underpass host PORT --name { $id } --provider { $provider }
cli-remote-protocol = Port { $port } of { $id } speaks { $protocol } at { $provider }. Omit --protocol, or change it in the app.
cli-remote-public = { $id } is public at { $provider }: anyone who has its URL can visit. To make it private, use the app.
cli-sign-in-first = Your side: you aren't signed in to { $provider }. Sign in with the app, or here: { $command }
cli-install-first = { $fault } { $command }
cli-not-saved-here = { $id } is in an account at { $provider }, not only here: change it in the app.
cli-app-runs = The Underpass app is running. Make this change in the app, or quit it first.

## What runs

cli-channel = The processes of Underpass cannot be asked
cli-process-silent = Process { $process } of Underpass is left out: { $detail }
cli-stop-unsure = An Underpass that doesn't answer may still host it. End that process, or try again.
cli-status-nobody = Nothing is hosted: no Underpass runs with this folder.
cli-nothing-hosted = Nothing is hosted.
cli-holder-desktop = desktop, process { $process }
cli-holder-terminal = terminal, process { $process }
cli-holder-background = background, process { $process }
cli-no-such-tunnel-meant = There is no tunnel “{ $typed }”. Did you mean “{ $meant }”?
cli-not-hosted = { $id } is not hosted.
cli-not-hosted-start = { $id } is not hosted. Host it: underpass host { $id }
cli-no-url = { $id } has no URL yet. How it is: underpass status { $id }
cli-hosted-by = { $id } is hosted already ({ $holder }). Stop it there: underpass stop { $id }
cli-stopped = { $id } is stopped ({ $holder }).
cli-stop-late = { $id } was told to stop and is still saying goodbye. How it is: underpass status { $id }
cli-stop-failed = { $id } is not stopped
cli-start-nobody = No Underpass with a window runs that could host { $id }. To host it in this terminal: underpass host { $id }
cli-start-late = { $id } was started and does not work yet. How it is: underpass status { $id }
cli-start-gone = The process that was to host { $id } has ended.
cli-start-failed = { $id } does not work
cli-open-failed = { $url } cannot be opened
cli-logs-none = Nothing was logged yet.
cli-joined = Joined { $address }: what is hosted from now on goes through it.
cli-left = The relay in this program is used from now on.
cli-join-what = Which relay? underpass join LINK, or the link in { $variable }
cli-join-wrong = That is not a join link: { $detail }
cli-desktop-late = The Underpass with the window was told and takes its time.
cli-desktop-failed = The Underpass with the window did not do it
cli-settings-failed = The settings were not saved
cli-no-such-setting = There is no setting “{ $key }”. “underpass config list” shows them.
cli-no-such-setting-meant = There is no setting “{ $key }”. Did you mean “{ $meant }”?
cli-setting-wrong = { $key } does not take “{ $typed }”
cli-setting-elsewhere = { $key } is changed by “{ $command }”.
cli-setting-at-rest = The Underpass with the window reads { $key } when it starts: quit it, then set it.
cli-setting-in-window = { $key } is changed in the window, or here while that runs.

## Audit log

cli-audit-none = The audit log is empty.
cli-audit-holds = { $count ->
    [one] The audit log is intact ({ $count } record).
   *[other] The audit log is intact ({ $count } records).
}
cli-audit-healed = { $count ->
    [one] A crash cut { $count } line short; the record after it says so.
   *[other] Crashes cut { $count } lines short; the records after them say so.
}
cli-audit-torn = The last line is incomplete: Underpass was stopped while writing it.
cli-audit-removed = { $count ->
    [one] An older record was removed when the log grew too large, and the log says so.
   *[other] { $count } older records were removed when the log grew too large, and the log says so.
}
cli-audit-last = Last hash: { $hash }. Keep it somewhere else, so that you can tell later whether records were cut off at the end.
cli-audit-exported = { $count ->
    [one] Exported { $count } record to { $file }.
   *[other] Exported { $count } records to { $file }.
}
cli-audit-line-unreadable = { $file }, line { $line } isn't a valid record. For details: underpass audit --verify

## Doctor: what was looked at

doctor-line = { $mark } { $name }: { $detail }
# The last line of the doctor.
doctor-sum = Checks: { $fine } fine, { $warnings } to look at, { $failed } failed.
doctor-home = files
doctor-ours = Underpass
doctor-settings = settings
doctor-kept-aside = put aside
doctor-logs = logs
doctor-audit = audit log
doctor-crash = last crash
doctor-files = open files
doctor-limits = a relay's limits
doctor-display = display
doctor-tray = tray
doctor-fonts = fonts
doctor-keychain = secrets
doctor-relay = built-in relay
doctor-http-port = HTTP port
doctor-tcp-ports = TCP ports
doctor-names = localhost names
doctor-joined = joined relay

## Doctor: what was found

doctor-writable = { $path } is writable
doctor-not-writable = { $path } isn't writable ({ $detail })
doctor-settings-fine = readable
doctor-kept-as = { $path } could not be read, and is not used
doctor-files-found = soft limit { $soft }, hard limit { $hard }
doctor-limits-found = { $visitors } visitors ({ $visitors-of-one } from one address), { $streams } requests to a tunnel ({ $streams-of-one } from one address), { $hosts } unauthenticated hosts ({ $hosts-of-one } from one address), { $tunnels } tunnels per account
doctor-audit-fine = { $count ->
    [one] intact ({ $count } record)
   *[other] intact ({ $count } records)
}
doctor-no-crash = none
doctor-crashed = there is a report in { $path }
doctor-display-there = found
doctor-display-missing = none found
doctor-tray-there = system tray found
doctor-tray-missing = no system tray found
doctor-fonts-there = { $count ->
    [one] { $count } family
   *[other] { $count } families
}
doctor-fonts-missing = none found
doctor-keychain-there = kept in the keychain
doctor-keychain-private = kept in a file in { $variable } that only you can read
doctor-keychain-missing = no keychain found; kept in a file that only you can read
doctor-relay-starts = starts
doctor-port-free = { $port } is free
doctor-port-ours = { $port } is in use by a running Underpass
doctor-port-taken = { $port } is in use by another program
doctor-port-any = any free port
doctor-tcp-free = { $free } of { $all } are free ({ $first } to { $last })
doctor-names-resolve = resolve to this computer
doctor-names-fail = { $name } doesn't resolve
doctor-joined-none = none; the built-in relay is used
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
doctor-service-silent = { $address } can't be reached ({ $detail })
doctor-nothing-needed = needs neither an account nor a program
doctor-token-of = token of { $name } saved
doctor-token-gone = the saved token is gone
doctor-token-of-gone = the token of { $name } is gone
doctor-token-in-variable = token in { $variable }
doctor-not-tried = not tried; --write creates a temporary tunnel, hosts it and deletes it
doctor-hosted = a temporary tunnel was created, hosted at { $url } and deleted
doctor-not-hosted = { $step }: { $fault }
doctor-left-behind = { $id } couldn't be deleted ({ $fault })
step-create = creating a tunnel
step-token = getting a token
step-connect = connecting
step-establish = waiting for the first response
doctor-found = { $detail }

## Doctor: what to do

advice-home = Make the folder writable, or choose another one with { $variable }.
advice-settings = Fix the file; until then, the defaults are used.
advice-setting-key = Use the keys of docs/json-lines.md (`underpass config list` shows them).
advice-kept-aside = Restore from it what you need, then delete it or move it away.
advice-logs = Make the folder writable. Hosting works without it.
advice-audit = Keep a copy of the file and find out who changed it. To see which line: underpass audit --verify
advice-crash = Please report it with this file, then delete the file.
advice-files = Raise the limit: LimitNOFILE= in a systemd unit, or nofile in /etc/security/limits.conf.
advice-display = The window needs one. “underpass host PORT” doesn't.
advice-tray = Start a system tray, or on GNOME install the AppIndicator extension. The window works without it.
advice-fonts = Install a font. On Debian: apt install fonts-dejavu-core
advice-keychain = Start a keychain such as GNOME Keyring or KWallet, if you want one.
advice-relay = You can't host through the built-in relay until this is fixed.
advice-port-taken = Underpass will use another port, so URLs will change. To choose one: underpass config set relay.http_port PORT
advice-tcp-taken = tcp tunnels get no public port. To choose other ports, set relay.tcp_ports in settings.json.
advice-names = Browsers resolve these names themselves; for other programs, use a resolver that does (nss-myhostname, systemd-resolved).
advice-build = Use a build of the program that includes it.
advice-program = Install it: { $command }
advice-sign-in = Sign in with the app, or in a terminal: { $command }
advice-token = Copy it from { $page } and enter it with: underpass account add { $provider }
advice-sign-in-app = Sign in with the app.
advice-mend = Fix that, then check again.
advice-service = Check the network, and HTTPS_PROXY if there is a proxy.
advice-write = For details, run it again with -vv.
advice-delete = It was created for this check: delete { $id } at { $provider }.
advice-joined = Check the network and the relay. Hosting resumes automatically.
advice-joined-token = Paste the join link in the app's settings again.

## Health settings

cli-health-line = { $key } = { $value }  ({ $from })
cli-health-from-default = default
cli-health-from-all = set for all tunnels
cli-health-from-provider = set for { $provider }
cli-health-from-tunnel = set for this tunnel
cli-health-from-port = set for this port
cli-health-from-least = the minimum at { $provider }; { $said } is set
cli-health-cost = { $probes } checks a month per port
cli-health-cost-counted = { $probes } checks a month per port, of a free account's { $all } requests

## Under systemd

cli-service-elsewhere = “underpass service” is for systemd, on Linux. Have the Task Scheduler (Windows) or launchd (macOS) run this when you log in: { $command }
cli-service-no-systemd = systemd doesn't run here. Have this system's service manager run: { $command }
cli-service-no-root = Only root writes the units of the whole system: run it with sudo.
cli-service-no-user = The relay runs as the user “underpass”, whom this system doesn't have: sudo useradd --system --no-create-home --shell /usr/sbin/nologin underpass
cli-service-hidden = The relay's unit lets it read no home folder and no temporary one, and { $path } is in one. Copy the program: sudo install -m 755 { $path } /usr/local/bin/underpass. Then run that one, or name it with --program.
cli-service-foreign = { $path } is there, and “underpass service” has not written it. To replace it: --force
cli-service-foreign-kept = { $path } was not written by “underpass service”, which leaves it alone. To stop it, use systemctl.
cli-service-no-file = { $path } isn't a file
cli-service-no-text = { $path } isn't UTF-8, as a unit has to be
cli-service-odd-program = systemd runs no program whose path has a quote, a backslash or a control character in it: { $path }
cli-service-unwritten = { $path } is not written
cli-service-written = Written: { $path }
cli-service-unchanged = Unchanged: { $path }
cli-service-removed = Removed: { $path }
cli-service-none = Nothing to remove: there is no { $path }.
cli-service-systemctl = “{ $command }” fails
cli-service-linger = It runs while you are logged in. To have it run from the computer's start on: loginctl enable-linger
cli-service-log = Log: { $command }
cli-service-status = { $unit }: { $words } ({ $path })
cli-service-status-foreign = { $unit }: { $words } ({ $path }, not written by “underpass service”)
cli-service-absent = { $unit }: not installed

## The line at the end of a terminal, while it hosts

# As in "Working for 5 min": the word is that of the badge.
progress-since = { $word } for { $span }
progress-several = { $works } of { $all } working
progress-connections = { $n ->
    [one] { $n } connection
   *[other] { $n } connections
}
progress-here = this computer only
progress-network = this network
progress-internet = the internet
progress-signed-in = the internet, with sign-in
progress-stop = Ctrl-C stops
