"""The driver of `make arrival` counts from the moment at which a request was due."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.load.arrival_page import Step
from tests.load.open_loop import Driver, Kind, Plan, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.contract

OK = b'HTTP/1.1 200 OK\r\nETag: "t"\r\nContent-Length: 2\r\n\r\nhi'
KNOWN = b"HTTP/1.1 304 Not Modified\r\n\r\n"
STALL_S = 0.4


@contextmanager
def server(stall_at: int = -1, hang_up_at: int = -1) -> Iterator[int]:
    """Answer in a thread; one request holds all of them up, or ends its connection."""
    loop, ready, ports, count = asyncio.new_event_loop(), threading.Event(), list[int](), [0]
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                asked = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            count[0] += 1
            if count[0] == stall_at:
                time.sleep(STALL_S)  # noqa: ASYNC251  nobody else is served meanwhile
            if count[0] == hang_up_at:
                break
            writer.write(KNOWN if b"If-None-Match" in asked else OK)
        writer.close()

    async def listen() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
            ports.append(listening.sockets[0].getsockname()[1])
            ready.set()
            await over.wait()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))  # all hang up
        await asyncio.sleep(0)

    def run() -> None:
        loop.run_until_complete(listen())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


def drive(port: int, kind: Kind, rate: float = 100, seconds: float = 1) -> Seen:
    async def run() -> Seen:
        plan = Plan("127.0.0.1", port, rate, seconds, [kind])
        seen = await Driver(plan, asyncio.get_running_loop()).run()
        await asyncio.sleep(0.05)  # for the connections to close
        return seen

    return asyncio.run(run())


HEAD = "GET / HTTP/1.1\r\nHost: here"


def test_a_server_that_stalls_delays_all_that_was_due_meanwhile() -> None:
    with server(stall_at=20) as port:
        seen = drive(port, Kind("one", 1, [HEAD]))
    assert seen.statuses == {"200": 100}
    slow = [ms for ms in seen.latencies["one"] if ms > 100]
    assert len(slow) >= 20  # a closed loop would have one
    assert max(slow) >= STALL_S * 1000


def test_what_was_told_before_is_asked_for_with_its_tag() -> None:
    with server() as port:
        # long enough that a machine which pauses does not send all of them before the first answer
        seen = drive(port, Kind("known", 1, [HEAD], ask_again=True), seconds=2)
    assert set(seen.statuses) == {"200", "304"}
    assert sum(seen.statuses.values()) == 200


def test_a_connection_that_breaks_is_one_error() -> None:
    with server(hang_up_at=5) as port:
        seen = drive(port, Kind("one", 1, [HEAD]), seconds=0.2)
    assert sum(seen.statuses.values()) == 20
    assert seen.statuses["200"] == 19


def test_another_answer_than_expected_is_an_error() -> None:
    with server() as port:
        seen = drive(port, Kind("one", 1, [HEAD], expects="hello"), seconds=0.1)
    step = Step(100, 0.1, seen, {}, taken=0.0)
    assert (step.errors, step.good) == (1.0, False)
