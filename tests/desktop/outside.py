"""What stands around the desktop: the program under test, the person's own server, a visitor."""

import pathlib
import signal
import socket
import subprocess
import sys

from waiting import PATIENCE, Failed, wait_until


class Program:
    """The program under test, in the runs that a person gives it."""

    def __init__(self, desktop, binary):
        self.desktop = desktop
        self.binary = binary
        self.child = None

    @property
    def pid(self):
        return self.child.pid

    def start(self):
        self.child = self.desktop.spawn("underpass", self.binary)
        wait_until("the tray icon registered", lambda: self.alive() and self.desktop.tray_item(self.pid))

    def alive(self):
        if self.child.poll() is not None:
            raise Failed(f"the program ended with {self.child.returncode}; see underpass.log")
        return True

    def kill_hard(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(10)

    def wait_end(self):
        try:
            return self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"the program still runs after {PATIENCE} s") from late


def free_port():
    """A port that nothing listens on just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Service:
    """The person's own web server, on a free port that it keeps over a restart."""

    def __init__(self, body):
        self.body = body
        self.port = free_port()
        self.child = None

    def start(self):
        program = pathlib.Path(__file__).with_name("service.py")
        self.child = subprocess.Popen(
            [sys.executable, program, str(self.port), self.body], stdout=subprocess.PIPE, text=True
        )
        if self.child.stdout.readline().strip() != "listening":
            raise Failed("the person's own server did not start")

    def stop(self):
        if self.child is None:
            return
        self.child.kill()
        self.child.wait(10)
        self.child.stdout.close()
        self.child = None


def fetch(url, *headers):
    """Status and body that a visitor gets, as `curl` sees them."""
    more = [word for header in headers for word in ("--header", header)]
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "10", "--noproxy", "*",
         "--write-out", "\n%{http_code}", *more, url],
        capture_output=True, text=True, timeout=30, check=False,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body
