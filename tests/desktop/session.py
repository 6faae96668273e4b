"""What the person's session does to Underpass between log-in and log-out, on a real desktop.

Run by `tests/desktop/run`: a tray host that hangs, other windows, a second workspace, a panel that comes
late, and a display that goes away under the program.
"""

import json
import os
import signal
import time

from desktop import Desktop
from outside import Program, Service, free_port
from play import play
from waiting import Failed, run, wait_until

# Seconds within which the program takes two clicks for one double click, and a little more.
DOUBLE_CLICK = 0.5

STEPS = []


def step(function):
    STEPS.append(function)
    return function


class Session:
    """What one step leaves to the next."""

    def __init__(self, binary, out):
        self.desktop = Desktop(out)
        self.program = Program(self.desktop, binary)
        self.service = Service("hello")
        self.other = None
        self.geometry = None

    def end(self):
        self.service.stop()
        self.desktop.stop()

    def start(self, *words):
        self.program.child = self.desktop.spawn("underpass", self.program.binary, *words)

    def pause(self):
        """A click that comes sooner after another is the second half of a double click."""
        time.sleep(DOUBLE_CLICK)

    def click_icon(self):
        self.pause()
        self.desktop.click(*self.desktop.tray_icon_at())

    def is_active(self):
        return run("xdotool", "getactivewindow") in self.desktop.windows(self.program.pid)

    def place(self):
        window = self.desktop.window(self.program.pid)
        found = run("xdotool", "getwindowgeometry", window).split()
        return found[found.index("Position:") + 1], found[found.index("Geometry:") + 1]


def home(name):
    return os.path.join(os.environ["UNDERPASS_HOME"], name)


def write(name, data):
    with open(home(name), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "data": data}, file)


@step
def a_tray_host_that_hangs_holds_up_no_window(session):
    desktop = session.desktop
    write("settings.json", {"language": "en-US", "relay": {"http_port": free_port(), "tcp_ports": [0, 0]}})
    desktop.start()
    host = int(
        desktop.bus.get_object("org.freedesktop.DBus", "/org/freedesktop/DBus").GetConnectionUnixProcessID(
            "org.kde.StatusNotifierWatcher"
        )
    )
    os.kill(host, signal.SIGSTOP)
    try:
        session.start()
        desktop.wait_window(session.program.pid)
    finally:
        os.kill(host, signal.SIGCONT)
    wait_until("the icon, once its host answers", lambda: desktop.tray_item(session.program.pid))


@step
def a_click_raises_what_is_behind_and_hides_what_is_in_front(session):
    desktop, pid = session.desktop, session.program.pid
    desktop.focus(pid)
    session.other = desktop.spawn("other", "xmessage", "-geometry", "900x500+60+60", "in the way")
    wait_until("another window in front", lambda: run("xdotool", "getactivewindow") and not session.is_active())
    desktop.screenshot("behind")
    session.click_icon()
    wait_until("the window in front", session.is_active)
    desktop.screenshot("raised")
    session.click_icon()
    desktop.wait_window(pid, shown=False)


@step
def a_double_click_shows_and_no_more(session):
    desktop, pid = session.desktop, session.program.pid
    desktop.point(*desktop.tray_icon_at())
    session.pause()
    run("xdotool", "click", "--repeat", "2", "--delay", "80", "1")
    desktop.wait_window(pid)
    # A second answer would come as fast as the first.
    wait_until("the window stays in front", session.is_active)


@step
def it_comes_to_the_workspace_where_the_person_is(session):
    desktop, pid = session.desktop, session.program.pid
    run("xdotool", "set_num_desktops", "2")
    run("xdotool", "set_desktop", "1")
    desktop.wait_window(pid, shown=False)
    session.click_icon()
    desktop.wait_window(pid)
    wait_until("the window in front there", session.is_active)
    run("xdotool", "set_desktop", "0")
    desktop.wait_window(pid, shown=False)
    second = desktop.spawn("second", session.program.binary)
    desktop.wait_window(pid)
    if second.wait(45) != 0:
        raise Failed("the second start failed")


@step
def it_comes_back_where_it_was_left_after_a_quit(session):
    desktop, pid = session.desktop, session.program.pid
    window = desktop.window(pid)
    run("xdotool", "windowsize", "--sync", window, "700", "500")
    run("xdotool", "windowmove", "--sync", window, "60", "120")
    before = session.place()
    session.program.child.terminate()
    if session.program.wait_end() != 0:
        raise Failed("it did not end well")
    session.start()
    desktop.wait_window(session.program.pid)
    wait_until(f"the window at {before}", lambda: session.place() == before)


@step
def at_a_log_in_it_waits_for_the_panel(session):
    desktop = session.desktop
    session.program.child.terminate()
    session.program.wait_end()
    desktop.stop_panel()
    session.start("--minimized")
    pid = session.program.pid
    wait_until("the program on the accessibility bus", lambda: desktop.application_of(pid))
    if desktop.windows(pid):
        raise Failed("the window popped up")
    desktop.start_panel()
    wait_until("the icon", lambda: desktop.tray_item(pid))
    session.click_icon()
    desktop.wait_window(pid)
    wait_until("no note about the tray", lambda: not any("no system tray" in text for text in desktop.texts(pid)))


@step
def the_note_about_the_tray_goes_when_a_panel_comes(session):
    desktop, pid = session.desktop, session.program.pid
    desktop.stop_panel()
    desktop.wait_text(pid, "no system tray")
    desktop.start_panel()
    wait_until("no note about the tray", lambda: not any("no system tray" in text for text in desktop.texts(pid)))


@step
def a_display_that_goes_away_is_a_quit(session):
    desktop, pid = session.desktop, session.program.pid
    session.service.start()
    desktop.focus(pid)
    desktop.type(str(session.service.port))
    desktop.key("Return")
    desktop.wait_text(pid, r"\bWorking\b")
    os.kill(int(os.environ["UNDERPASS_XVFB"]), signal.SIGKILL)
    status = session.program.wait_end()
    if status != 0:
        raise Failed(f"it ended with {status}")
    if os.path.exists(home("running")):
        raise Failed("the next start would find a crash")
    if os.path.exists(home("crash.txt")):
        raise Failed("a crash was noted")
    with open(home("audit.jsonl"), encoding="utf-8") as log:
        kinds = [json.loads(line)["kind"] for line in log]
    if kinds[-1] != "tunnel.down":
        raise Failed(f"the audit log ends with {kinds}")


if __name__ == "__main__":
    play(Session, STEPS)
