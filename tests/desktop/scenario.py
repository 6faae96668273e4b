"""What a person does on a day with Underpass, step by step, on a real desktop.

Run by `tests/desktop/run`. Each step says what the person wants; `desktop.py` has hands and eyes,
`outside.py` the program, the person's own server and a visitor.
"""

import json
import os
import re

from desktop import Desktop
from outside import Program, Service, fetch, free_port
from notices import Notices
from pictures import Office, take_menus, take_window
from play import play
from waiting import Failed, run, wait_until

GREETING = "hello from the local service"
URL = r"(?:http://)?([a-z0-9-]+\.localhost:\d+)"
STEPS = []


def step(function):
    STEPS.append(function)
    return function


class Day:
    """What one step leaves to the next."""

    def __init__(self, binary, out):
        self.desktop = Desktop(out)
        self.program = Program(self.desktop, binary)
        self.service = Service(GREETING)
        self.office = Office(self)
        self.notices = Notices(self.desktop)
        self.url = None

    def end(self):
        """Ends what the day has started."""
        self.service.stop()
        self.office.move_out()
        self.desktop.stop()

    def public_url(self):
        """The URL as the window shows it, or the tray's menu where the window shortens it."""
        def find():
            shown = [*self.desktop.texts(self.program.pid), *self.desktop.tray_labels(self.program.pid)]
            return next((found for found in (re.search(URL, text) for text in shown) if found), None)
        return f"http://{wait_until('the public URL on the screen', find).group(1)}/"

    def wait_answer(self, status, body=None):
        def answers():
            got, text = fetch(self.url)
            return got == status and (body is None or body in text)
        wait_until(f"{self.url} answers {status}", answers)

    def wait_badge(self, word):
        """The word of the badge; "1 working" in the header is another text."""
        self.desktop.wait_text(self.program.pid, rf"\b{word}\b")


def write_settings():
    """A port of its own for the embedded relay, so that two runs on one machine do not meet, and
    probes once a second, so that nobody waits half a minute for a badge."""
    settings = {
        "language": "en-US",
        "relay": {"http_port": free_port(), "tcp_ports": [0, 0]},
        "timing": {"probe_interval_ms": 1000, "probe_timeout_ms": 5000},
    }
    with open(os.path.join(os.environ["UNDERPASS_HOME"], "settings.json"), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "data": settings}, file)


@step
def the_program_starts_with_a_window_and_a_tray_icon(day):
    write_settings()
    day.service.start()
    day.desktop.start()
    day.notices.start()
    day.program.start()
    day.desktop.wait_window(day.program.pid)
    day.desktop.tray_icon_at()
    day.desktop.screenshot("first-run")


@step
def the_first_tunnel_takes_one_field_and_one_key(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.focus(pid)
    field = desktop.find(pid, r"^Port to share", roles=("entry", "text", "password text"))
    wait_until("the field focused by itself", lambda: desktop.is_focused(field))
    desktop.type(str(day.service.port))
    desktop.key("Return")
    day.wait_badge("Working")
    day.url = day.public_url()
    desktop.screenshot("working")


@step
def a_visitor_reaches_the_service_through_the_public_url(day):
    day.wait_answer(200, GREETING)


@step
def the_tray_menu_names_the_tunnel_and_its_state(day):
    desktop, pid = day.desktop, day.program.pid
    wait_until("the tray says 1 working", lambda: any("1 working" in label for label in desktop.tray_labels(pid)))
    labels = desktop.tray_labels(pid)
    for expected in (r"^● port-", r"^Stop", r"^Copy", r"^Open", r"^New tunnel", r"^Open window", r"^Quit"):
        if not any(re.search(expected, label) for label in labels):
            raise Failed(f"no entry {expected!r} in {labels}")
    desktop.pick(pid, r"^● port-", r"^Stop", click=False)
    desktop.screenshot("tray-menu")
    desktop.close_menu()


@step
def stop_and_host_from_the_tray(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.pick(pid, r"^● port-", r"^Stop")
    day.wait_badge("Stopped")
    wait_until("the URL is not served", lambda: fetch(day.url)[0] != 200)
    desktop.screenshot("stopped")
    wait_until("the tray's shape", lambda: any(label.startswith("○ port-") for label in desktop.tray_labels(pid)))
    desktop.pick(pid, r"^○ port-", r"^Host")
    day.wait_badge("Working")
    day.url = day.public_url()
    day.wait_answer(200, GREETING)
    wait_until("the tray's shape", lambda: any(label.startswith("● port-") for label in desktop.tray_labels(pid)))


@step
def a_dead_service_is_named_and_nothing_is_torn_down(day):
    day.service.stop()
    day.wait_badge("Service down")
    wait_until("the tray's shape", lambda: any(label.startswith("▲ port-") for label in day.desktop.tray_labels(day.program.pid)))
    day.wait_answer(502)
    day.desktop.screenshot("service-down")


@step
def the_service_comes_back_and_so_does_the_badge(day):
    day.service.start()
    day.wait_badge("Working")
    day.wait_answer(200, GREETING)


@step
def close_hides_the_window_and_the_tunnel_stays(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.focus(pid)
    desktop.key("alt+F4")
    desktop.wait_window(pid, shown=False)
    day.program.alive()
    day.wait_answer(200, GREETING)
    desktop.screenshot("closed-to-tray")


@step
def what_stays_down_while_nobody_looks_is_told_and_a_click_leads_to_it(day):
    desktop, pid, notices = day.desktop, day.program.pid, day.notices
    day.service.stop()
    told = notices.wait(r" is down$", seconds=120)
    if not re.search(rf"nothing listens on localhost:{day.service.port}", told["body"]):
        raise Failed(f"it does not say why: {told}")
    notices.click(told, "Show")
    desktop.wait_window(pid)
    day.wait_badge("Service down")
    desktop.screenshot("led-by-a-notice")
    day.service.start()
    day.wait_badge("Working")
    notices.wait_closed(told)
    desktop.focus(pid)
    desktop.key("alt+F4")
    desktop.wait_window(pid, shown=False)


@step
def a_left_click_at_the_icon_brings_the_window_back(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.click(*desktop.tray_icon_at())
    desktop.wait_window(pid)
    day.wait_badge("Working")
    desktop.screenshot("reopened")


@step
def without_a_tray_close_minimises(day):
    """A hidden window could not be brought back by anyone."""
    desktop, pid = day.desktop, day.program.pid
    desktop.stop_panel()
    window = desktop.focus(pid)
    desktop.key("alt+F4")
    wait_until("the window minimised", lambda: desktop.is_minimised(window))
    day.program.alive()
    run("xdotool", "windowactivate", window)
    desktop.wait_window(pid)
    desktop.screenshot("no-tray")


@step
def the_icon_comes_back_with_a_new_panel(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.start_panel()
    wait_until("the tray icon registered", lambda: desktop.tray_item(pid))
    desktop.tray_icon_at()


@step
def after_kill_9_and_a_new_start_the_tunnel_is_hosted_again(day):
    desktop = day.desktop
    before = day.url
    day.program.kill_hard()
    wait_until("the killed program's URL dead", lambda: fetch(before)[0] == 0)
    day.program.start()
    desktop.wait_window(day.program.pid)
    day.wait_badge("Working")
    day.url = day.public_url()
    if day.url != before:
        raise Failed(f"the URL was {before} and is {day.url}")
    day.wait_answer(200, GREETING)
    desktop.screenshot("after-kill-9")


@step
def quit_in_the_menu_ends_the_program(day):
    day.desktop.pick(day.program.pid, r"^Quit")
    status = day.program.wait_end()
    if status != 0:
        raise Failed(f"it ended with {status}")
    wait_until("the URL dead", lambda: fetch(day.url)[0] == 0)
    day.desktop.screenshot("after-quit")


@step
def each_of_several_tunnels_shows_its_own_state(day):
    """Here and below: another home with other tunnels, which the README's pictures show."""
    day.office.move_in()
    for word in ("2 working", "1 needs attention", "Service down", "Stopped"):
        day.desktop.wait_text(day.program.pid, word)


@step
def the_panel_tells_what_happened_to_one_port(day):
    desktop, pid, office = day.desktop, day.program.pid, day.office
    office.select("frontend")
    desktop.wait_text(pid, r"accepts connections")
    office.frontend.stop()
    desktop.wait_text(pid, r"^Your side: nothing listens on ")
    office.frontend.start()
    desktop.wait_text(pid, r"^Answered ")
    # On a screen as low as this one the history is below.
    desktop.wheel(pid, r"^Uptime$")
    desktop.wait_text(pid, r"^working again")
    desktop.wheel(pid, r"^History$", down=False)
    office.visit("frontend")
    desktop.wait_text(pid, r" total$")
    take_window(desktop, pid, "readme-window")


@step
def the_tray_menu_lists_every_tunnel_and_shows_the_worst(day):
    desktop, pid = day.desktop, day.program.pid
    labels = desktop.tray_labels(pid)
    for expected in ("● frontend", "▲ api", "○ db"):
        if expected not in labels:
            raise Failed(f"no entry {expected!r} in {labels}")
    desktop.pick(pid, r"^● frontend$", r"^Copy", click=False)
    take_menus(desktop, "readme-tray")
    desktop.close_menu()


@step
def the_window_turns_dark(day):
    desktop, pid = day.desktop, day.program.pid
    desktop.find(pid, r"^Dark theme$").do_action(0)
    desktop.find(pid, r"^Light theme$")
    take_window(desktop, pid, "readme-window-dark")
    desktop.pick(pid, r"^Quit")
    day.program.wait_end()


if __name__ == "__main__":
    play(Day, STEPS)
