"""The services behind the tunnel: HTTP with downloads and a WebSocket echo on one port, a raw echo on
another. Prints both ports.

    GET /                                       a word
    GET /download?bytes=N&seed=S&pace=B         N bytes of the seed's pattern, B a second or as fast as it goes
    GET /handed                                 how many bytes of each seed's download the network took so far
    GET /socket                                 WebSocket: each frame comes back as it is, a ping as its pong
"""

import http.server
import json
import socketserver
import threading
import time
import urllib.parse

import websocket
from pattern import blocks

# Handed over at a time.
CHUNK = 64 * 1024
# A paced download makes up for no more than this many seconds: after an outage it goes on at its pace.
BEHIND_AT_MOST = 0.2


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    handed = {}

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/download":
            self.download(int(query["bytes"]), query["seed"], int(query["pace"]))
        elif url.path == "/socket":
            self.socket_echo()
        elif url.path == "/handed":
            self.answer(json.dumps(self.handed).encode())
        else:
            self.answer(b"hello from behind the cable")

    def do_HEAD(self):
        self.answer(b"")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def download(self, length, seed, pace):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.handed[seed] = 0
        due = time.monotonic()
        for block in blocks(seed, length):
            for at in range(0, len(block), CHUNK):
                chunk = block[at : at + CHUNK]
                if pace:
                    now = time.monotonic()
                    due = max(due + len(chunk) / pace, now - BEHIND_AT_MOST)
                    time.sleep(max(0, due - now))
                self.wfile.write(chunk)
                self.handed[seed] += len(chunk)

    def socket_echo(self):
        self.close_connection = True
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", websocket.accept(key).decode())
        self.end_headers()
        opcode = None
        while opcode != websocket.CLOSE:
            opcode, payload = websocket.read(self.rfile)
            back = websocket.PONG if opcode == websocket.PING else opcode
            self.wfile.write(websocket.frame(back, payload, masked=False))

    def log_message(self, *_):
        pass


class Echo(socketserver.BaseRequestHandler):
    """All comes back as it is, and the end too."""

    def handle(self):
        while received := self.request.recv(CHUNK):
            self.request.sendall(received)


class Web(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


def main():
    web = Web(("127.0.0.1", 0), Service)
    echo = Web(("127.0.0.1", 0), Echo)
    threading.Thread(target=echo.serve_forever, daemon=True).start()
    print(json.dumps({"event": "listening", "http": web.server_address[1], "echo": echo.server_address[1]}), flush=True)
    web.serve_forever()


main()
