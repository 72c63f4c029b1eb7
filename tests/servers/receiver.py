"""Receivers of webhooks that behave as a script says, on a port of this machine."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@dataclass
class Request:
    """What came in, as it came in."""

    line: str
    headers: dict[str, str]
    body: bytes
    at: float


Act = Callable[[socket.socket, "Receiver"], None]


@dataclass
class Receiver:
    """A server of raw sockets: what it answers is up to the test, byte by byte."""

    act: Act | None = None  # instead of reading a request and answering it
    answers: list[bytes] = field(default_factory=list)  # in turn; then 204
    roots: ssl.SSLContext | None = None  # speaks TLS
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @contextmanager
    def running(self) -> Iterator[Receiver]:
        with socket.create_server(("127.0.0.1", self.port)) as server:
            self.port = server.getsockname()[1]
            server.settimeout(0.05)
            thread = threading.Thread(target=self._serve, args=(server,))
            thread.start()
            try:
                yield self
            finally:
                self.closing.set()
                thread.join()

    def _serve(self, server: socket.socket) -> None:
        threads = []
        while not self.closing.is_set():
            with suppress(TimeoutError):
                connection, _ = server.accept()
                self.connections += 1
                threads.append(threading.Thread(target=self._talk, args=(connection,)))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with suppress(OSError), connection:
            if self.act is not None:
                self.act(connection, self)
                return
            if self.roots is not None:
                connection = self.roots.wrap_socket(connection, server_side=True)
            with connection:
                self.read(connection)
                connection.sendall(self.answers.pop(0) if self.answers else ANSWER)

    def read(self, connection: socket.socket) -> None:
        """Take a request in."""
        file = connection.makefile("rb")
        line = file.readline().decode("latin-1").strip()
        headers = {}
        while text := file.readline().decode("latin-1").strip():
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        body = file.read(int(headers.get("content-length", 0)))
        self.requests.append(Request(line, headers, body, time.monotonic()))


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """Bytes of an answer."""
    lines = [f"HTTP/1.1 {status} Whatever", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body
