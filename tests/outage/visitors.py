"""The visitors: each has a connection that is to live through it all, and notes when something came."""

import collections
import hashlib
import http.client
import queue
import random
import socket
import threading
import time

import websocket
from pattern import blocks
from waiting import PATIENCE, Failed, wait_until

# A line, or a frame, is sent this often.
BEAT = 0.2
# Every so many beats the WebSocket sends a ping as well.
BEATS_A_PING = 5
# What lives through a black-out waits longer than it lasts, and not for ever.
SILENCE = 150
# A stream flows when for so long no pause of a second was in it.
FLOWING_FOR = 2.0


class Stream:
    """A connection under watch, and the thread that listens to it."""

    # A pause that is shorter, in seconds, may be a busy machine's.
    shortest_pause = 0.05

    def __init__(self, name):
        self.name = name
        # (when, how much until then)
        self.arrivals = [(time.monotonic(), 0)]
        self.broken = None
        self.over = threading.Event()
        self.thread = None

    def start(self):
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()
        return self

    def watch(self):
        try:
            self.listen()
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what the visitor saw)
            self.broken = self.broken or f"{type(error).__name__}: {error}"[:300]
        self.socket.close()
        self.over.set()

    def note(self, amount):
        self.arrivals.append((time.monotonic(), self.arrivals[-1][1] + amount))

    @property
    def amount(self):
        return self.arrivals[-1][1]

    def check(self):
        if self.broken:
            raise Failed(f"{self.name} broke after {self.amount}: {self.broken}")
        return True

    def flows(self, since):
        """Whether it has flowed for a while, all of it since then."""
        self.check()
        begin = time.monotonic() - FLOWING_FOR
        times = [begin, *(at for at, _ in self.tail(begin)), time.monotonic()]
        return self.over.is_set() or (begin > since and max(b - a for a, b in zip(times, times[1:])) < 1)

    def resumed(self, since):
        """Seconds from then to the end of the longest pause that was not over before; 0 when none was
        long enough to be seen."""
        times = [at for at, _ in self.arrivals]
        pauses = [(b - a, b) for a, b in zip(times, times[1:]) if b > since]
        length, end = max(pauses, default=(0, since))
        return end - since if length > self.shortest_pause else 0.0

    def rate(self, seconds):
        """What comes in a second, from now on for so many seconds."""
        began, before = time.monotonic(), self.amount
        time.sleep(seconds)
        self.check()
        return (self.amount - before) / (time.monotonic() - began)

    def tail(self, since):
        return [arrival for arrival in self.arrivals[-100_000:] if arrival[0] >= since]

    def join(self, seconds):
        wait_until(f"the end of {self.name}", self.over.is_set, seconds)
        self.check()


class Download(Stream):
    """Reads a pattern to its end and compares each byte; stalls first, when it is told to."""

    def __init__(self, name, web, length, seed, pace, stalls=False):
        super().__init__(name)
        self.length, self.seed = length, seed
        self.go_on = threading.Event()
        if not stalls:
            self.go_on.set()
        self.digest = hashlib.sha256()
        self.expected = hashlib.sha256()
        self.socket = web.connect(f"GET /download?bytes={length}&seed={seed}&pace={pace} HTTP/1.1",
                                  receive_buffer=64 * 1024 if stalls else None)

    def listen(self):
        self.go_on.wait()
        with self.socket.makefile("rb") as stream:
            read_head(stream, 200)
            for block in blocks(self.seed, self.length):
                self.read_block(stream, block)
                self.expected.update(block)
            if stream.read(1):
                raise ValueError("a byte after the last")

    def read_block(self, stream, block):
        at = 0
        while at < len(block):
            received = stream.read1(min(256 * 1024, len(block) - at))
            if not received:
                raise EOFError("it ends early")
            if received != block[at : at + len(received)]:
                raise ValueError("other bytes than were sent")
            self.digest.update(received)
            self.note(len(received))
            at += len(received)

    def sums(self):
        """SHA-256 of what came, and of what the seed stands for."""
        return self.digest.hexdigest(), self.expected.hexdigest()


class Conversation(Stream):
    """Says something each beat, whatever comes back, as one who types; all comes back in its order."""

    shortest_pause = 2 * BEAT

    def __init__(self, name):
        super().__init__(name)
        self.waiting = collections.deque()
        self.round_trips = []
        self.stopped = threading.Event()
        self.speaker = threading.Thread(target=self.talk, daemon=True)

    def start(self):
        self.speaker.start()
        return super().start()

    def talk(self):
        number = 0
        try:
            while not self.stopped.wait(BEAT):
                for said, sent in self.words(number):
                    # Before it is sent: the answer may be quicker than this thread.
                    self.waiting.append((said, time.monotonic()))
                    self.socket.sendall(sent)
                number += 1
            self.say_goodbye()
        except OSError as error:
            self.broken = self.broken or f"it cannot speak: {error}"

    def hear(self, answer):
        if not self.waiting:
            raise ValueError(f"an answer to nothing: {answer!r}")
        said, at = self.waiting.popleft()
        if answer != said:
            raise ValueError(f"{said!r} was next, and {answer!r} came")
        self.round_trips.append((at, time.monotonic() - at))
        self.note(1)

    def slowest(self, since):
        """The longest round trip, in seconds, of what was said since then."""
        return max((took for at, took in self.round_trips if at >= since), default=0.0)

    def finish(self):
        """Stops talking, hears the rest and the end: how many answers came."""
        self.stopped.set()
        self.speaker.join(PATIENCE)
        self.join(PATIENCE)
        if self.waiting:
            raise Failed(f"{self.name}: {len(self.waiting)} were never answered")
        return self.amount


class Echo(Conversation):
    """Like a session of SSH: lines over a raw connection."""

    def __init__(self, port):
        super().__init__("the echo session")
        self.port = port
        self.random = random.Random("echo")
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.settimeout(SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def words(self, number):
        line = b"%06d %s\n" % (number, self.random.randbytes(24).hex().encode())
        yield line, line

    def say_goodbye(self):
        self.socket.shutdown(socket.SHUT_WR)

    def listen(self):
        with self.socket.makefile("rb") as stream:
            for line in stream:
                self.hear(line)
        if not self.stopped.is_set():
            raise EOFError("it ends early")


class WebSocket(Conversation):
    """Text and binary frames in turn, and pings between them."""

    def __init__(self, web):
        super().__init__("the WebSocket")
        self.random = random.Random("websocket")
        self.pongs = 0
        key = websocket.new_key()
        self.socket = web.connect("GET /socket HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket",
                                  "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key.decode()}")
        self.stream = self.socket.makefile("rb")
        headers = read_head(self.stream, 101)
        if headers["Sec-WebSocket-Accept"].encode() != websocket.accept(key):
            raise Failed("not the answer to this WebSocket's key")

    def words(self, number):
        if number % 2:
            yield self.frame(websocket.BINARY, self.random.randbytes(300))
        else:
            yield self.frame(websocket.TEXT, f"{number} is spoken across the cable, olá".encode())
        if number % BEATS_A_PING == 0:
            yield self.frame(websocket.PING, str(number).encode())

    def frame(self, opcode, payload):
        back = websocket.PONG if opcode == websocket.PING else opcode
        return (back, payload), websocket.frame(opcode, payload, masked=True)

    def say_goodbye(self):
        said, sent = self.frame(websocket.CLOSE, (1000).to_bytes(2, "big"))
        self.waiting.append((said, time.monotonic()))
        self.socket.sendall(sent)

    def listen(self):
        with self.stream as stream:
            opcode = None
            while opcode != websocket.CLOSE:
                opcode, payload = websocket.read(stream)
                self.hear((opcode, payload))
                self.pongs += opcode == websocket.PONG
            if stream.read(1):
                raise ValueError("a byte after the closing frame")


class Visit:
    """One request, as a browser makes it, in a thread of its own."""

    def __init__(self, web, path="/"):
        self.result = queue.Queue()
        threading.Thread(target=self.fetch, args=(web, path), daemon=True).start()

    def fetch(self, web, path):
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": web.name})
            answer = connection.getresponse()
            body = answer.read()
            self.result.put((answer.status, answer.headers, body, time.monotonic() - began))
        except (OSError, http.client.HTTPException) as error:
            self.result.put(error)
        finally:
            connection.close()

    def answer(self):
        """Status, headers, body and the seconds it took."""
        try:
            result = self.result.get(timeout=2 * PATIENCE)
        except queue.Empty as late:
            raise Failed(f"a visitor has no answer within {2 * PATIENCE} s") from late
        if isinstance(result, Exception):
            raise Failed(f"a visitor has no answer: {result}")
        return result


class Web:
    """The tunnel's URL: visitors sit next to the relay."""

    def __init__(self, authority):
        self.name = authority
        self.port = int(authority.rpartition(":")[2])

    def connect(self, first_line, *headers, receive_buffer=None):
        """A connection with a request on its way."""
        stream = socket.socket()
        if receive_buffer:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        stream.settimeout(SILENCE)
        stream.connect(("127.0.0.1", self.port))
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        close = () if any(header.startswith("Connection:") for header in headers) else ("Connection: close",)
        head = [first_line, f"Host: {self.name}", *close, *headers, "", ""]
        stream.sendall("\r\n".join(head).encode())
        return stream


def read_head(stream, status):
    """The headers of an answer with this status."""
    first = stream.readline()
    headers = http.client.parse_headers(stream)
    if first.split()[1:2] != [str(status).encode()]:
        raise Failed(f"{status} was expected, and {first!r} came")
    return headers
