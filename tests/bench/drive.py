"""The client of every measured system: one photo at a time, or many at once."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from gateway.client import Kiln
from tests.bench.cpu import Groups


class System(Protocol):
    """Something that makes figurines."""

    def make(self, photo: bytes) -> None:
        """Make one; returns when all of its files are there."""

    def pids(self) -> dict[str, list[int]]:
        """Its processes, by what they are."""


@dataclass(frozen=True)
class Crowd:
    """How it went with many clients."""

    clients: int
    rate: float  # jobs/s, from the first photo to the last file
    seconds: tuple[float, ...]  # of each job, as its client saw it

    @property
    def p95(self) -> float:
        """Seconds that 95 of 100 jobs stay below."""
        return percentile(self.seconds, 95)


class HttpSystem:
    """A system behind the house's API, used by the house's client."""

    def __init__(self, url: str, pids: Callable[[], Groups] = dict) -> None:
        self._url = url
        self._pids = pids
        self._mine = threading.local()

    def make(self, photo: bytes) -> None:
        """Send a photo and wait by long-poll, over one connection a client."""
        kiln = getattr(self._mine, "kiln", None)
        if kiln is None:
            kiln = self._mine.kiln = Kiln(self._url)
        job = kiln.wait(kiln.submit_figurine(photo)["id"], timeout_s=300)
        if job["state"] != "succeeded":
            raise RuntimeError(job)

    def pids(self) -> dict[str, list[int]]:
        """Its processes, by what they are."""
        return dict(self._pids())


def singles(system: System, photos: Sequence[bytes]) -> list[float]:
    """Milliseconds of jobs one at a time."""
    times = []
    for photo in photos:
        started = time.perf_counter()
        system.make(photo)
        times.append((time.perf_counter() - started) * 1000)
    return times


def crowd(system: System, photos: Sequence[bytes], clients: int) -> Crowd:
    """Let some clients each send, wait and send again, until the photos are used up."""

    def make(photo: bytes) -> float:
        started = time.perf_counter()
        system.make(photo)
        return time.perf_counter() - started

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        seconds = tuple(pool.map(make, photos))
    return Crowd(clients, len(photos) / (time.perf_counter() - started), seconds)


def percentile(values: Sequence[float], percent: int) -> float:
    """Interpolated between the two values beside it."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
