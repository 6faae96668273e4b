"""WebSocket frames (RFC 6455) as far as an echo needs them: nothing in parts, nothing long."""

import base64
import hashlib
import os

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MAX_PAYLOAD = 0xFFFF


def accept(key):
    """The server's answer to a client's key."""
    magic = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(key + magic).digest())


def new_key():
    return base64.b64encode(os.urandom(16))


def frame(opcode, payload, masked):
    """One frame; a client masks, a server does not."""
    mark = 0x80 if masked else 0
    if len(payload) < 126:
        head = bytes([0x80 | opcode, mark | len(payload)])
    elif len(payload) <= MAX_PAYLOAD:
        head = bytes([0x80 | opcode, mark | 126]) + len(payload).to_bytes(2, "big")
    else:
        raise ValueError("too long a payload")
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + unmask(mask, payload)


def read(stream):
    """The next frame's opcode and payload; `EOFError` where the stream ends."""
    first, second = exactly(stream, 2)
    if not first & 0x80 or first & 0x70:
        raise ValueError(f"a frame in parts, or of an extension: {first:#x}")
    length = second & 0x7F
    if length == 126:
        length = int.from_bytes(exactly(stream, 2), "big")
    elif length == 127:
        raise ValueError("too long a payload")
    mask = exactly(stream, 4) if second & 0x80 else bytes(4)
    return first & 0x0F, unmask(mask, exactly(stream, length))


def unmask(mask, payload):
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def exactly(stream, count):
    read_bytes = stream.read(count)
    if len(read_bytes) < count:
        raise EOFError("the stream ends within a frame" if read_bytes else "the stream ends")
    return read_bytes
