"""Whether jobs end when their 202 said they would: what was told is kept until the job rests.

It is kept by the process that told it, which hears of every job anyway (see ``gateway.follow``):
nothing is written and nobody is asked. A process that restarts forgets what it told.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, TypeVar

from common import metrics
from common.ledger.records import Event

MOST: Final = 10_000  # jobs waited for; the oldest are given up
JUST_RESTED: Final = 1_000  # a job may rest before its 202 has left the house
EARLY: Final = frozenset({"failed", "cancelled"})  # no estimate is kept by that

Kept = TypeVar("Kept")


class ToldEtas:
    """Those of one process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: OrderedDict[str, tuple[str, float]] = OrderedDict()  # product, ms
        self._rested: OrderedDict[str, int] = OrderedDict()

    def note(self, job: str, product: str, at_ms: float, by_ms: float) -> None:
        """Somebody was told, at a moment, that nine jobs of ten like this one rest by another.

        What was told again, as after a pause, takes the place of what was told before.
        """
        with self._lock:
            rested_ms = self._rested.pop(job, 0)
            rests = rested_ms >= at_ms  # else it has been resumed since
            if not rests:
                _keep(self._told, job, (product, by_ms), MOST)
        if rests:
            _count(product, by_ms, rested_ms)

    def hear(self, event: Event) -> None:
        """Take note of what happens to any job."""
        if not event.resting:
            return
        rested_ms, counts = int(event.id.partition("-")[0]), event.type not in EARLY
        with self._lock:
            told = self._told.pop(event.job, None)
            if counts and told is None:
                _keep(self._rested, event.job, rested_ms, JUST_RESTED)
        if counts and told is not None:
            _count(*told, rested_ms)


def _keep(kept: OrderedDict[str, Kept], job: str, what: Kept, most: int) -> None:
    kept[job] = what
    kept.move_to_end(job)
    if len(kept) > most:
        kept.popitem(last=False)


def _count(product: str, by_ms: float, rested_ms: int) -> None:
    metrics.ETAS.labels(product, "met" if rested_ms <= by_ms else "missed").inc()
