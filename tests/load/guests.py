"""A user, as Locust has them: thinks, asks, waits as long as it is told to."""

from __future__ import annotations

import locust  # first: it replaces the sockets of everything that comes after it

# isort: split
import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gevent
from locust.exception import StopUser

from gateway.client import JobEvent, parse_events
from tests.load.samples import FLOW, TOLD_TO_WAIT

MOST_WAITS = 20  # a house that is full for so many Retry-Afters has failed


class Evening:
    """What all users share: photos, the step that runs, what was seen."""

    def __init__(self, folder: Path, think_s: dict[str, float]) -> None:
        self.think_s = think_s
        self.users = 0
        self.ends = False
        self.began = time.monotonic()
        self.seen: list[dict[str, Any]] = []
        self.rng = random.Random()
        self.has = {
            kind: (folder / kind).is_dir() and any((folder / kind).iterdir()) for kind in think_s
        }
        self._next = {kind: self._photos(folder / kind) for kind in think_s}

    def photo(self, kind: str) -> bytes:
        """The next photo; each is used once, over all runs of this folder."""
        photo = next(self._next[kind], None)
        if photo is None:
            raise StopUser  # better no user than a remembered answer
        return photo

    @staticmethod
    def _photos(folder: Path) -> Iterator[bytes]:
        for path in sorted(folder.glob("*.jpg")):
            photo = path.read_bytes()
            path.unlink()
            yield photo


class Guest(locust.HttpUser):
    """Somebody who wants something, again and again."""

    abstract = True
    evening: Evening
    kind = ""  # of photos, and of patience

    def on_start(self) -> None:
        self.client.trust_env = False
        self.job = ""
        self.users = self.evening.users
        self.think(self.evening.rng.random())  # not all at once

    def think(self, share: float, *, hungry: bool = False) -> None:
        """Be a person for a while; who waits for a dinner does not hurry when others leave."""
        think_s = self.evening.think_s[self.kind]
        until = time.monotonic() + think_s * share * self.evening.rng.uniform(0.8, 1.2)
        while time.monotonic() < until and (hungry or not self.evening.ends):
            gevent.sleep(0.1)

    def begin(self) -> float:
        """Want something from now on, unless the evening is over."""
        if self.evening.ends:
            raise StopUser
        self.users, self.job = self.evening.users, ""
        return time.perf_counter()

    def photo(self) -> bytes:
        return self.evening.photo(self.kind)

    def ask(self, method: str, path: str, name: str, **sent: Any) -> Any:
        """Send a request; where the house is full, again when it says so and no sooner."""
        for _ in range(MOST_WAITS):
            sent |= {"context": self._context, "catch_response": True}
            with self.client.request(method, path, name=name, **sent) as answer:
                asked = answer.headers.get("Retry-After", "") if answer.headers else ""
                if answer.status_code not in {429, 503} or not asked.isdecimal():
                    return answer  # Locust counts it: an error where it is one
                answer.request_meta["name"] = TOLD_TO_WAIT
                answer.success()
            gevent.sleep(int(asked))
        raise RuntimeError(f"{name}: told to wait {MOST_WAITS} times")

    def follow(self, path: str) -> Iterator[JobEvent]:
        """Read a stream of events to its end."""
        stream = self.ask("GET", path, "follow by events", stream=True)
        with closing(stream):
            yield from parse_events(line.decode() for line in stream.iter_lines(64))

    def waited(self, what: str, since: float, error: str = "") -> None:
        """Note what a user has waited for."""
        self.environment.events.request.fire(
            request_type=FLOW,
            name=what,
            response_time=(time.perf_counter() - since) * 1000,
            response_length=0,
            exception=RuntimeError(error) if error else None,
            context=self._context,
        )

    @property
    def _context(self) -> dict[str, Any]:
        return {"users": self.users, "job": self.job}
