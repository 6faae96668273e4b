"""A day with Dev Tunnels, on a real desktop: an account, a tunnel in it, and what a service does to both.

Run by `tests/desktop/run`. The service and its `devtunnel` program are stand-ins (`cloud.py`); the visitor is
Microsoft's own client.
"""

import hashlib
import json
import os
import re

from cloud import Cloud
from desktop import Desktop
from outside import Program, Service, fetch
from play import play
from waiting import Failed, wait_until

NAME = "shop"
SHOP, ADMIN = "hello from the shop", "hello from its back office"
FIELD = ("entry", "text", "password text")
STEPS = []


def step(function):
    STEPS.append(function)
    return function


class Day:
    """What one step leaves to the next."""

    def __init__(self, binary, out):
        self.desktop = Desktop(out)
        self.program = Program(self.desktop, binary)
        self.cloud = Cloud(out)
        self.shop, self.admin = Service(SHOP), Service(ADMIN)
        self.url = None

    def end(self):
        self.desktop.stop()
        self.cloud.stop()
        self.shop.stop()
        self.admin.stop()

    # The screen.

    def press(self, pattern, roles=None, on_top=False):
        self.desktop.press(self.program.pid, pattern, roles, on_top)

    def wait_text(self, pattern):
        return self.desktop.wait_text(self.program.pid, pattern)

    def texts(self, pattern):
        return [text for text in self.desktop.texts(self.program.pid) if re.search(pattern, text)]

    def wait_shape(self, shape):
        """In the tray, and in the window it is the badge's word that tells."""
        label = f"{shape} {NAME}"
        wait_until(f"the tray says {label!r}", lambda: label in self.desktop.tray_labels(self.program.pid))

    def wait_private(self):
        self.wait_shape("◐")
        self.wait_text(r"^Working\. Visitors must sign in\.$")

    # The service.

    def comes_back(self, happen, after):
        """Does what ends the session, waits until another one serves both ports, and `after` until the screen says
        so. Returns what the window said of authorising meanwhile."""
        hosts = self.cloud.hosts(NAME)
        happen()
        authorised = []
        def back():
            authorised.extend(self.texts(r"Authorizing"))
            return self.cloud.hosts(NAME) > hosts
        wait_until("another session", back)
        self.cloud.wait_forwarded(NAME, [self.shop.port, self.admin.port])
        after()
        return authorised

    def visit_as_client(self, version=2):
        for service in (self.shop, self.admin):
            told = self.cloud.visit_as_client(NAME, service.port, version)
            wanted = hashlib.sha256(service.body.encode()).hexdigest()
            if (told["status"], told["sha256"]) != (200, wanted):
                raise Failed(f"the client of version {version} gets {told} from port {service.port}")

    def drop(self):
        self.cloud.tell(f"drop/{NAME}")


def write_settings():
    """Probes once a second, so that nobody waits half a minute for a badge."""
    settings = {
        "language": "en-US",
        "theme": "light",
        "relay": {"http_port": 0, "tcp_ports": [0, 0]},
        "timing": {"probe_interval_ms": 1000, "probe_timeout_ms": 5000},
    }
    with open(os.path.join(os.environ["UNDERPASS_HOME"], "settings.json"), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "data": settings}, file)


@step
def dev_tunnels_asks_to_sign_in_before_it_can_be_chosen(day):
    write_settings()
    day.cloud.start()
    day.shop.start()
    day.admin.start()
    day.desktop.start()
    day.program.start()
    day.desktop.wait_window(day.program.pid)
    day.desktop.focus(day.program.pid)
    day.press(r"^New tunnel$")
    # The first window behind the dialog has the same choice.
    day.press(r"^The internet$", ("radio button",), on_top=True)
    day.wait_text(r"^To use Dev Tunnels, sign in first\.$")
    day.desktop.screenshot("not-signed-in")


@step
def sign_in_by_clicking(day):
    day.press(r"^Set up Dev Tunnels…$")
    day.desktop.find(day.program.pid, r"^Sign in with GitHub$")
    day.desktop.screenshot("ways-to-sign-in")
    day.press(r"^Sign in with Microsoft$")
    day.wait_text(r"^Finish signing in with your browser\.$")
    wait_until("the program waits for the browser", lambda: day.cloud.state()["loginsWaiting"] == 1)
    day.desktop.screenshot("signing-in")
    day.cloud.set("login", "done")
    day.wait_text(r"^Signed in as tester@example\.com")
    day.desktop.screenshot("signed-in")
    day.press(r"^Close$")


@step
def create_a_private_tunnel(day):
    desktop, pid = day.desktop, day.program.pid
    day.press(r"^New tunnel$")
    name = desktop.find(pid, r"^Name$", FIELD)
    wait_until("the name focused by itself", lambda: desktop.is_focused(name))
    desktop.type(NAME)
    day.press(r"^Local port$", FIELD)
    desktop.type(str(day.shop.port))
    # The first window behind the dialog has the same choice.
    day.press(r"^The internet$", ("radio button",), on_top=True)
    # By key, past localhost.run, bore and localtunnel: of a group that comes back the bus has no node.
    # Who may visit stands below, and is whoever signs in until somebody says otherwise.
    desktop.key("Tab", "Tab", "Tab", "Tab", "space")
    desktop.screenshot("new-tunnel")
    day.press(r"^Create and host$")
    desktop.find(pid, rf"\b{day.shop.port}\b", ("list item",))
    day.wait_shape("◐")
    day.press(rf"\b{day.shop.port}\b", ("list item",))
    day.wait_private()
    made = day.cloud.state()["tunnels"][f"{NAME}.usw2"]
    if made["anonymous"] or list(made["ports"]) != [str(day.shop.port)]:
        raise Failed(f"it made {made}")
    desktop.screenshot("created")


@step
def add_a_port(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.pick(pid, rf"^◐ {NAME}", r"^Stop$")
    day.wait_shape("○")
    wait_until("the relay has no host", lambda: day.cloud.seen(NAME)["hostConnections"] == 0)
    day.press(rf"^More, {NAME}$")
    desktop.find(pid, r"^Delete…$")
    desktop.screenshot("menu-of-the-tunnel")
    day.press(r"^Add port…$")
    field = desktop.find(pid, r"^Local port$", FIELD)
    wait_until("the field focused by itself", lambda: desktop.is_focused(field))
    desktop.type(str(day.admin.port))
    desktop.screenshot("add-port")
    day.press(r"^Add port$")
    wait_until("the account has the port", lambda: str(day.admin.port) in day.cloud.state()["tunnels"][f"{NAME}.usw2"]["ports"])
    desktop.find(pid, rf"\b{day.admin.port}\b", ("list item",))
    desktop.screenshot("two-ports")


@step
def host_it_from_the_tray(day):
    # Once the account has told of the new port, the tunnel can be hosted.
    wait_until("Host can be clicked", lambda: can_host(day))
    day.desktop.pick(day.program.pid, rf"^○ {NAME}", r"^Host$")
    day.cloud.wait_forwarded(NAME, [day.shop.port, day.admin.port])
    day.wait_private()
    day.desktop.screenshot("hosted-private")
    day.desktop.pick(day.program.pid, rf"^◐ {NAME}", r"^Stop$", click=False)
    day.desktop.screenshot("tray-menu")
    day.desktop.close_menu()


def can_host(day):
    below = next((below for label, _, below in day.desktop.tray_layout(day.program.pid) if label.endswith(NAME)), [])
    return any(label == "Host" and enabled for label, enabled, _ in below)


@step
def microsofts_client_reaches_both_ports(day):
    day.visit_as_client(version=2)
    day.visit_as_client(version=1)


@step
def the_public_url_lets_in_who_has_access(day):
    day.url = day.wait_text(r"^http://[0-9a-f]+-\d+\.localhost:\d+/$").group(0)
    status, _ = fetch(day.url)
    if status != 302:
        raise Failed(f"a stranger gets {status}")
    status, body = fetch(day.url, f"X-Tunnel-Authorization: tunnel {day.cloud.token_to_visit(NAME)}")
    if (status, body) != (200, SHOP):
        raise Failed(f"who has access gets {status}: {body}")


@step
def a_dropped_connection_comes_back_with_the_same_tokens(day):
    tokens = day.cloud.tokens()
    authorised = day.comes_back(day.drop, after=day.wait_private)
    day.wait_text(r"^reconnected \(the network")
    if authorised:
        raise Failed(f"the window says {authorised[0]!r}")
    if day.cloud.tokens() != tokens:
        raise Failed(f"tokens minted and asked for: {tokens} before it, {day.cloud.tokens()} after it")
    day.desktop.screenshot("after-a-drop")
    day.visit_as_client()


@step
def a_revoked_token_is_minted_anew(day):
    minted, _ = day.cloud.tokens()
    def revoke():
        day.cloud.standin("revoke")
        day.drop()
    day.comes_back(revoke, after=day.wait_private)
    if day.cloud.tokens()[0] <= minted:
        raise Failed("it minted no token")
    day.desktop.screenshot("after-a-revoked-token")
    day.visit_as_client()


@step
def a_sign_in_that_ends_shows_in_window_and_tray(day):
    desktop, pid = day.desktop, day.program.pid
    day.cloud.set("login", "wait")
    day.cloud.standin("inject", "expired", "--times", "1")
    day.cloud.standin("revoke")
    day.drop()
    day.wait_shape("⚷")
    day.wait_text(r"^Your side: you're signed out")
    day.wait_text(r"\bSign in\b")
    desktop.screenshot("sign-in-ended")
    desktop.pick(pid, rf"^⚷ {NAME}", r"^Sign in$", click=False)
    desktop.screenshot("sign-in-ended-tray")
    desktop.close_menu()


@step
def one_click_signs_in_and_hosting_goes_on(day):
    hosts, logins = day.cloud.hosts(NAME), len(day.cloud.calls("user", "login"))
    day.press(r"^Sign in$", ("button", "push button"))
    wait_until("the program waits for the browser", lambda: day.cloud.state()["loginsWaiting"] == 1)
    day.wait_text(r"^Signing in…$")
    day.desktop.screenshot("signing-in-again")
    day.cloud.set("login", "done")
    wait_until("another session", lambda: day.cloud.hosts(NAME) > hosts)
    day.cloud.wait_forwarded(NAME, [day.shop.port, day.admin.port])
    day.wait_private()
    if len(day.cloud.calls("user", "login")) != logins + 1:
        raise Failed(f"it signed in {len(day.cloud.calls('user', 'login')) - logins} times")
    day.desktop.screenshot("hosting-after-the-sign-in")
    day.visit_as_client()


@step
def another_host_takes_over_and_one_click_takes_it_back(day):
    hosts = day.cloud.hosts(NAME)
    day.cloud.tell(f"kick/{NAME}")
    day.wait_shape("⇄")
    day.wait_text(r"^Taken over$")
    day.desktop.screenshot("taken-over")
    if day.cloud.hosts(NAME) != hosts:
        raise Failed("it took the tunnel back by itself")
    day.press(r"^Take over$", ("button", "push button"))
    wait_until("another session", lambda: day.cloud.hosts(NAME) > hosts)
    day.cloud.wait_forwarded(NAME, [day.shop.port, day.admin.port])
    day.wait_private()
    day.desktop.screenshot("taken-back")
    day.visit_as_client()


@step
def made_public_by_clicking_anyone_can_visit(day):
    day.press(rf"^More, {NAME}$")
    # The panel has such a button too, behind the menu.
    day.press(r"^Make public…$", ("list item",))
    day.wait_text(r"^Anyone with the URL can then visit")
    day.desktop.screenshot("make-public")
    day.press(r"^Make public$")
    wait_until("the account lets in anyone", lambda: day.cloud.state()["tunnels"][f"{NAME}.usw2"]["anonymous"])
    wait_until(f"{day.url} answers anyone", lambda: fetch(day.url) == (200, SHOP))
    day.wait_shape("●")
    day.wait_text(r"^Answered 200 in ")
    day.desktop.screenshot("public")


@step
def a_session_that_only_seems_alive_is_given_up(day):
    def works():
        wait_until(f"{day.url} answers anyone", lambda: fetch(day.url) == (200, SHOP))
        day.wait_shape("●")
    day.comes_back(lambda: day.cloud.tell(f"forget/{NAME}"), after=works)
    day.wait_text(r"^reconnected \(dead URL")
    day.desktop.screenshot("after-a-zombie")


@step
def the_panel_tells_what_the_service_counts(day):
    counted = {"currentUploadRate": "0.5 MB/s", "currentDownloadRate": "0 MB/s", "uploadTotal": "5 MB", "downloadTotal": "2 MB"}
    day.cloud.set(f"tunnels/{NAME}.usw2/ports/{day.shop.port}/status", counted)
    # It is asked when somebody looks.
    day.press(r"^Close details$")
    day.press(rf"\b{day.shop.port}\b", ("list item",))
    day.wait_text(r"^Dev Tunnels data$")
    day.wait_text(r"^1\.9 MiB in, 4\.7 MiB out$")
    day.desktop.screenshot("what-the-service-counts")


@step
def quit_takes_the_host_off_the_register(day):
    day.desktop.pick(day.program.pid, r"^Quit")
    status = day.program.wait_end()
    if status != 0:
        raise Failed(f"it ended with {status}")
    seen = day.cloud.seen(NAME)
    if seen["hostConnections"] != 0 or seen["endpoint"] is not None:
        raise Failed(f"the service still has {seen}")


if __name__ == "__main__":
    play(Day, STEPS)
