"""What stands around the desktop: the program under test, the person's own server, a visitor."""

import functools
import http.server
import signal
import socket
import subprocess
import threading

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
        self.server = None

    def start(self):
        handler = functools.partial(_Answer, self.body)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class _Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, body, *rest):
        self.body = body.encode()
        super().__init__(*rest)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()

    def log_message(self, *_):
        pass


def fetch(url):
    """Status and body that a visitor gets, as `curl` sees them."""
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "10", "--noproxy", "*",
         "--write-out", "\n%{http_code}", url],
        capture_output=True, text=True, timeout=30, check=False,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status or 0), body
