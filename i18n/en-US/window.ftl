# Fixed labels of the window: no arguments here.
window-title = Underpass

filter = Filter
filter-hint = Filter (Ctrl+K)
new-tunnel = New tunnel
to-light = Light theme
to-dark = Dark theme
menu = Menu
more = More
dismiss = Dismiss
back = Back
close = Close
close-panel = Close details
cancel = Cancel
no-ports = No ports yet. Add one from the menu of this tunnel.
no-match = Nothing matches the filter.

empty-title = Share a local port
empty-body = Type your app's port and press Enter to get a URL.
empty-field = Port to share
empty-share = Share
empty-import = Import from ssh, ngrok and others…
share-error = Enter a port from 1 to 65535, or HOST:PORT.

field-name = Name
field-name-example = frontend
field-provider = Provider
field-reach = Who can open it
field-access = Who can visit
access-private-choice = People who sign in
access-public-choice = Anyone
access-public-warning = Anyone who has the URL can visit. Whatever your service shows is on the internet.
field-target = Local port
field-target-hint = A port on this computer, or HOST:PORT on your network.
field-protocol = Protocol
field-public-port = Public port
field-public-port-example = any free port
field-public-port-hint = The TCP port that visitors connect to.
advanced = Advanced
qr-code = QR code

url = URL
lan-url = On this network
latency = Latency
traffic = Traffic
uptime = Uptime
history = History

code-to-copy = To copy

about-licence = MIT or Apache-2.0
about-body = Give a local port a URL and see at a glance whether it works. When the network drops, the tunnel reconnects by itself.
