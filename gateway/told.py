"""Whether jobs end when their 202 said they would: what was told is kept until the job rests.

It is kept by the process that told it, which hears of every job anyway (see ``gateway.follow``):
nothing is written and nobody is asked. A process that restarts forgets what it told.
"""

from __future__ import annotations

import threading
from typing import Final

from common import metrics
from common.ledger.records import Event
from common.lru import Lru

MOST: Final = 10_000  # jobs waited for; the oldest are given up
JUST_RESTED: Final = 1_000  # a job may rest before its 202 has left the house
EARLY: Final = frozenset({"failed", "cancelled"})  # no estimate is kept by that


class ToldEtas:
    """Those of one process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: Lru[str, tuple[str, float]] = Lru(MOST)  # product, ms
        self._rested: Lru[str, int] = Lru(JUST_RESTED)

    def note(self, job: str, product: str, at_ms: float, by_ms: float) -> None:
        """Somebody was told, at a moment, that nine jobs of ten like this one rest by another.

        What was told again, as after a pause, takes the place of what was told before.
        """
        with self._lock:
            rested_ms = self._rested.pop(job) or 0
            rests = rested_ms >= at_ms  # else it has been resumed since
            if not rests:
                self._told.put(job, (product, by_ms))
        if rests:
            _count(product, by_ms, rested_ms)

    def hear(self, event: Event) -> None:
        """Take note of what happens to any job."""
        if not event.resting:
            return
        rested_ms, counts = int(event.id.partition("-")[0]), event.type not in EARLY
        with self._lock:
            told = self._told.pop(event.job)
            if counts and told is None:
                self._rested.put(event.job, rested_ms)
        if counts and told is not None:
            _count(*told, rested_ms)


def _count(product: str, by_ms: float, rested_ms: int) -> None:
    metrics.ETAS.labels(product, "met" if rested_ms <= by_ms else "missed").inc()
