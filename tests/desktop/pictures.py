"""A second home with several tunnels, each in another state, and the README's pictures of it.

It knows what the pictures shall show and how they are cut; the steps that the person takes for them
are in `scenario.py`.
"""

import contextlib
import json
import os
import re
import socket
import subprocess

from desktop import geometry
from outside import Service, fetch, free_port
from waiting import Failed, run, wait_until

# The ground around a menu that stays in its picture.
MARGIN = 8
EDGE = ("-bordercolor", "#98A2B1", "-border", "1")
# Enough for the panel to have traffic to show.
VISITS = 24


class Office:
    """What somebody has who shares a web site, its API and a database."""

    def __init__(self, day):
        self.day = day
        self.services = [Service("<h1>frontend</h1>" * 600), Service("hooks")]
        self.frontend, self.hooks = self.services
        self.frontend.port, self.hooks.port = usual_port(3000), usual_port(8787)
        # Nothing listens there, and no other program can: its connections are refused for sure.
        self.api = held_port(4000)
        self.ports = {
            "frontend": self.frontend.port,
            "webhooks": self.hooks.port,
            "api": self.api.getsockname()[1],
            "db": usual_port(5432),
        }

    def move_in(self):
        """Starts the services, and the program in a home of its own that knows the tunnels."""
        for service in self.services:
            service.start()
        home = os.path.join(os.path.dirname(os.environ["UNDERPASS_HOME"]), "underpass-office")
        os.mkdir(home, mode=0o700)
        os.environ["UNDERPASS_HOME"] = home
        keep(home, "settings.json", {
            "language": "en-US",
            "theme": "light",
            "relay": {"http_port": usual_port(7480), "tcp_ports": [0, 0]},
            "timing": {"probe_interval_ms": 1000, "probe_timeout_ms": 5000},
        })
        keep(home, "tunnels.json", [self.tunnel(name) for name in self.ports])
        keep(home, "hosted.json", [name for name in self.ports if name != "db"])
        self.day.program.start()
        self.day.desktop.wait_window(self.day.program.pid)

    def tunnel(self, name):
        port = self.ports[name]
        protocol = "tcp" if name == "db" else "http"
        return {
            "id": name,
            "name": name,
            "ports": [{
                "number": port,
                "protocol": protocol,
                "target": {"host": "localhost", "port": port},
                "label": name,
            }],
            "created_at": 1790000000000,
        }

    def select(self, name):
        """Opens the detail panel of a tunnel's port, as a screen reader would."""
        node = self.day.desktop.find(self.day.program.pid, rf"\b{name}\b", roles=("list item",))
        node.do_action(0)

    def visit(self, name):
        def find():
            texts = self.day.desktop.texts(self.day.program.pid)
            return next((found for found in (re.search(rf"{name}\.localhost:\d+", text) for text in texts) if found), None)
        url = f"http://{wait_until(f'the URL of {name}', find).group(0)}/"
        for _ in range(VISITS):
            status, _ = fetch(url)
            if status != 200:
                raise Failed(f"{url} answers {status}")

    def move_out(self):
        for service in self.services:
            service.stop()
        self.api.close()


def keep(home, name, data):
    with open(os.path.join(home, name), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "data": data}, file)


def usual_port(number):
    """The port that a reader knows such a service by, or any other where it is taken."""
    with contextlib.suppress(OSError), socket.socket() as wanted:
        wanted.bind(("127.0.0.1", number))
        return number
    return free_port()


def held_port(number):
    held = socket.socket()
    held.bind(("127.0.0.1", usual_port(number)))
    return held


def take_window(desktop, pid, name):
    """Keeps what is inside the window's frame as `NAME.png`, with an edge to stand out from a page."""
    window = desktop.focus(pid)
    shot = desktop.screenshot(name)
    box = run("xwininfo", "-id", window)
    corner = [int(at) for at in re.findall(r"Absolute upper-left [XY]: +(\d+)", box)]
    size = [int(long) for long in re.findall(r"(?:Width|Height): +(\d+)", box)]
    cut(desktop, shot, name, *corner, *size)


def take_menus(desktop, name):
    """Keeps the open menus and the tray icon above them as `NAME.png`."""
    shot = desktop.screenshot(name)
    boxes = [geometry(window) for window in desktop.menus]
    left = min(x for x, _, _, _ in boxes) - MARGIN
    right = max(x + width for x, _, width, _ in boxes)
    bottom = max(y + height for _, y, _, height in boxes) + MARGIN
    cut(desktop, shot, name, left, 0, right - left, bottom)


def cut(desktop, shot, name, x, y, width, height):
    kept = os.path.join(desktop.out, f"{name}.png")
    place = f"{width}x{height}+{max(x, 0)}+{max(y, 0)}"
    subprocess.run(["convert", shot, "-crop", place, "+repage", *EDGE, "-strip", kept], check=True, timeout=30)
    os.remove(shot)
