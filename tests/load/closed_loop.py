"""Some connections that each ask again as soon as they are answered: how much a server can do.

``python -m tests.load.closed_loop URL CONNECTIONS SECONDS`` writes JSON: requests a second and
the times in ms of the middle one and of the slowest hundredth. A process of its own, which costs
some 30 µs a request.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


def drive(url: str, connections: int, seconds: float) -> dict[str, float]:
    """Ask for one thing all the time.

    Raises
    ------
    RuntimeError
        Something else than a 200 came, or a connection was closed.
    """
    where = urlsplit(url)
    request = f"GET {where.path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode()
    sent: dict[socket.socket, float] = {}
    times: list[float] = []
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            line = socket.create_connection((where.hostname or "", where.port or 80))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line, selectors.EVENT_READ, bytearray())
            line.sendall(request)
            sent[line] = time.perf_counter()
        began = time.perf_counter()
        while (now := time.perf_counter()) < began + seconds:
            for key, _ in selector.select(1.0):
                line = key.fileobj  # type: ignore[assignment]  # we registered sockets
                if _is_whole(key.data, line.recv(1 << 16)):
                    now = time.perf_counter()
                    times.append((now - sent[line]) * 1000)
                    line.sendall(request)
                    sent[line] = now
        took = time.perf_counter() - began
        for line in sent:
            line.close()
    times.sort()
    middle, slow = times[len(times) // 2], times[len(times) * 99 // 100]
    return {"rate": len(times) / took, "count": len(times), "p50_ms": middle, "p99_ms": slow}


def _is_whole(read: bytearray, data: bytes) -> bool:
    """Add what has come; empty again once an answer is whole."""
    read += data
    end = read.find(HEAD_END)
    if not data or (end >= 0 and read[9:12] != b"200"):
        raise RuntimeError(bytes(read[:200]).decode(errors="replace") or "the server hung up")
    if end < 0:
        return False
    head = bytes(read[:end]).lower()
    length = int(head[head.index(LENGTH) + len(LENGTH) :].split(b"\r\n", 1)[0])
    if len(read) < end + len(HEAD_END) + length:
        return False
    read.clear()
    return True


if __name__ == "__main__":
    json.dump(drive(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])), sys.stdout)
