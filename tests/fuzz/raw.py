"""Bytes to a port, and what comes back: no library between us and the server."""

from __future__ import annotations

import errno
import re
import socket

from tests.fuzz.messages import Message

LONGEST_S = 8.0  # until the server has answered or hung up
_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3}) ")


def wire(message: Message, framing: str, host: str) -> bytes:
    """Write a message as bytes; ``framing`` tells how the length of its body is declared."""
    query = b"?" + message.query if message.query else b""
    lines = [b"POST " + message.path.encode() + query + b" HTTP/1.1", b"Host: " + host.encode()]
    lines += [f"{name}: {text}".encode("latin-1", "replace") for name, text in message.headers]
    lines += [b"Content-Type: " + message.content_type.encode("latin-1", "replace")]
    lines += [b"Connection: close", *_framing(framing, len(message.body))]
    body = _chunked(message.body, framing) if "chunked" in framing else message.body
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _framing(framing: str, length: int) -> list[bytes]:
    right = b"Content-Length: %d" % length
    return {
        "right": [right],
        "short": [b"Content-Length: %d" % (length // 2)],
        "long": [b"Content-Length: %d" % (length + 10)],
        "none": [],
        "negative": [b"Content-Length: -1"],
        "twice": [right, b"Content-Length: 0"],
        "huge": [b"Content-Length: 99999999999999999999"],
        "chunked": [b"Transfer-Encoding: chunked"],
        "chunked and length": [b"Transfer-Encoding: chunked", right],
        "chunked, damaged": [b"Transfer-Encoding: chunked"],
        "unknown coding": [b"Transfer-Encoding: brotli, chunked"],
    }[framing]


FRAMINGS = (
    *("right", "short", "long", "none", "negative", "twice", "huge"),
    *("chunked", "chunked and length", "chunked, damaged", "unknown coding"),
)


def _chunked(body: bytes, framing: str) -> bytes:
    sizes = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in sizes) + b"0\r\n\r\n"
    return (
        chunks.replace(b"\r\n", b"\n", 1).replace(b"3e8", b"-3e8")
        if "damaged" in framing
        else chunks
    )


def exchange(address: tuple[str, int], data: bytes) -> int | None:
    """Send bytes, close our side, read the answer; None where the server just hung up."""
    with socket.create_connection(address, timeout=LONGEST_S) as line:
        try:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            answer = _read(line)
        except (ConnectionError, BrokenPipeError):
            return None
        except OSError as reason:
            if reason.errno != errno.ENOTCONN:  # it hung up before we had said all
                raise
            return None
    found = _STATUS.match(answer)
    return int(found[1]) if found else None


def _read(line: socket.socket) -> bytes:
    parts = []
    while part := line.recv(65536):
        parts.append(part)
    return b"".join(parts)
