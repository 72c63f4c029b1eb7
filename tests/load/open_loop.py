"""Requests at a constant rate, whatever the server does: an open loop in a process of its own.

Each request has a moment at which it is due, and its time is counted from there: a server that
stalls for a second delays a second's worth of requests, and all of them show it (no coordinated
omission). How late the driver itself was is noted apart.

``python -m tests.load.open_loop`` reads a plan from standard input (see ``Plan``) and writes what
was seen to standard output, both as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import secrets
import selectors
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

PATIENCE_S = 10.0  # then a request has failed
HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Kind:
    """One kind of request, and the requests of that kind: one of them is drawn each time."""

    name: str
    share: float
    heads: list[str]  # request line and headers without the empty line
    body_path: str = ""
    own_key: bool = False  # each one has an Idempotency-Key of its own
    ask_again: bool = False  # with the ETag that came with the answer before
    expects: str = ""  # a good answer has this in its body


@dataclass(frozen=True)
class Plan:
    """What to send where, and how fast."""

    host: str
    port: int
    rate: float  # requests a second
    seconds: float
    kinds: list[Kind]
    connections: int = 256
    seed: int = 7


@dataclass
class Seen:
    """What was seen. Times in ms from the moment at which a request was due."""

    latencies: dict[str, list[float]] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)  # status, or what went wrong
    late: list[float] = field(default_factory=list)  # of the driver itself
    took_s: float = 0.0  # from the first moment to the last answer
    cpu_s: float = 0.0
    connections: int = 0


@dataclass
class Shot:
    """One request."""

    due: float
    kind: Kind
    which: int
    timeout: asyncio.TimerHandle | None = None


class Line(asyncio.Protocol):
    """One kept-alive connection; carries one request at a time."""

    def __init__(self, driver: Driver, shot: Shot) -> None:
        self._driver = driver
        self._shot: Shot | None = shot
        self._read = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what was waiting for this connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._shot:
            self.send(self._shot)

    def send(self, shot: Shot) -> None:
        """Send one request."""
        assert self._transport is not None
        self._shot = shot
        shot.timeout = self._driver.loop.call_later(PATIENCE_S, self._give_up)
        self._transport.write(self._driver.words(shot))

    def data_received(self, data: bytes) -> None:
        """Read an answer; it is whole when its body is."""
        self._read += data
        end = self._read.find(HEAD_END)
        if end < 0 or self._shot is None:
            return
        head = bytes(self._read[:end])
        status = head[9:12].decode()
        length = 0 if status in {"204", "304"} else int(_header(head, b"content-length") or b"0")
        if len(self._read) < end + len(HEAD_END) + length:
            return
        body = bytes(self._read[end:]) if self._shot.kind.expects else b""
        self._read.clear()
        shot, self._shot = self._shot, None
        if shot.kind.expects and shot.kind.expects.encode() not in body:
            status = f"{status}, but another answer"
        self._driver.answered(shot, status, _header(head, b"etag"))
        if b"connection: close" not in head.lower():
            self._driver.is_free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count the request that was under way."""
        shot, self._shot = self._shot, None
        self._driver.is_gone(self)
        if shot:
            self._driver.failed(shot, "timeout" if exc is None else "broken off")

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.close()

    def _give_up(self) -> None:
        assert self._transport is not None
        self._transport.abort()


class Driver:
    """Sends what is due, on as many connections as it takes."""

    def __init__(self, plan: Plan, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._plan = plan
        self._rng = random.Random(plan.seed)
        self._bodies = {kind.name: _body(kind) for kind in plan.kinds}
        self._tags: dict[tuple[str, int], bytes] = {}
        self._free: list[Line] = []
        self._waiting: deque[Shot] = deque()
        self._open = self._begun = self._ended = 0
        self._start = self._last = 0.0
        self._count = round(plan.rate * plan.seconds)
        self._over = loop.create_future()
        self._connecting: set[asyncio.Task[object]] = set()
        self.seen = Seen()

    async def run(self) -> Seen:
        """Send everything and wait for the last answer."""
        cpu = time.process_time()
        self._start = self.loop.time() + 0.05
        self.loop.call_at(self._start, self._tick)
        await self._over
        for line in self._free:
            line.close()
        self.seen.took_s = self._last - self._start
        self.seen.cpu_s = time.process_time() - cpu
        return self.seen

    def _tick(self) -> None:
        """Send all that is due by now; come back for the next."""
        while self._begun < self._count:
            due = self._start + self._begun / self._plan.rate
            now = self.loop.time()
            if due > now:
                self.loop.call_at(due, self._tick)
                return
            self._begun += 1
            self.seen.late.append((now - due) * 1000)
            self._shoot(due)

    def _shoot(self, due: float) -> None:
        (kind,) = self._rng.choices(self._plan.kinds, [one.share for one in self._plan.kinds])
        shot = Shot(due, kind, self._rng.randrange(len(kind.heads)))
        if self._free:
            self._free.pop().send(shot)
        elif self._open < self._plan.connections:
            self._connect(shot)
        else:
            self._waiting.append(shot)

    def _connect(self, shot: Shot) -> None:
        self._open += 1
        self.seen.connections = max(self.seen.connections, self._open)
        task = asyncio.ensure_future(self._connected(shot))
        self._connecting.add(task)
        task.add_done_callback(self._is_connected)

    def _is_connected(self, task: asyncio.Task[object]) -> None:
        self._connecting.discard(task)
        if (bug := task.exception()) and not self._over.done():
            self._over.set_exception(bug)

    async def _connected(self, shot: Shot) -> None:
        try:
            address = (self._plan.host, self._plan.port)
            await self.loop.create_connection(lambda: Line(self, shot), *address)
        except OSError:
            self._open -= 1
            self.failed(shot, "refused")

    def words(self, shot: Shot) -> bytes:
        """Put a request into bytes."""
        head = shot.kind.heads[shot.which].encode()
        if shot.kind.own_key:
            head += b"\r\nIdempotency-Key: " + secrets.token_hex(16).encode()
        if shot.kind.ask_again and (tag := self._tags.get((shot.kind.name, shot.which))):
            head += b"\r\nIf-None-Match: " + tag
        return head + HEAD_END + self._bodies[shot.kind.name]

    def answered(self, shot: Shot, status: str, etag: bytes) -> None:
        """Note an answer."""
        if etag:
            self._tags[shot.kind.name, shot.which] = etag
        self._note(shot, status)

    def failed(self, shot: Shot, why: str) -> None:
        """Note that there was none."""
        self._note(shot, why)

    def _note(self, shot: Shot, outcome: str) -> None:
        if shot.timeout:
            shot.timeout.cancel()
        self._last = self.loop.time()
        self.seen.statuses[outcome] = self.seen.statuses.get(outcome, 0) + 1
        times = self.seen.latencies.setdefault(shot.kind.name, [])
        times.append(round((self._last - shot.due) * 1000, 3))
        self._ended += 1
        if self._ended == self._count:
            self._over.set_result(None)

    def is_free(self, line: Line) -> None:
        """Take a connection back, or send at once what has waited for one."""
        if self._waiting:
            line.send(self._waiting.popleft())
        else:
            self._free.append(line)

    def is_gone(self, line: Line) -> None:
        """Forget a connection, and replace it where requests wait."""
        self._open -= 1
        self._free = [one for one in self._free if one is not line]
        if self._waiting:
            self._connect(self._waiting.popleft())


def _header(head: bytes, name: bytes) -> bytes:
    found = head.lower().find(b"\r\n" + name + b":")
    return b"" if found < 0 else head[found + len(name) + 3 :].split(b"\r\n", 1)[0].strip()


def _body(kind: Kind) -> bytes:
    return Path(kind.body_path).read_bytes() if kind.body_path else b""


def main() -> None:
    """Read the plan, drive, tell what was seen."""
    given = json.load(sys.stdin)
    plan = Plan(**given | {"kinds": [Kind(**kind) for kind in given["kinds"]]})
    gc.disable()  # a pause of the driver would look like one of the server
    with suppress(PermissionError):
        os.nice(-10)  # real clients do not wait for the cores of the server
    # select() waits to the microsecond, epoll to the millisecond
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        loop = runner.get_loop()
        seen = runner.run(Driver(plan, loop).run())
    json.dump(asdict(seen), sys.stdout)


if __name__ == "__main__":
    main()
