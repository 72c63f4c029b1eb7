"""What is answered about jobs, as bytes: kept for as long as nothing has changed.

The ledger gives the very same record where a job has not changed, so a job at rest is put into
words once a process. Of an unfinished job the estimate grows old: it is made anew after a moment,
by one of those who ask, and says itself when it was made.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from common.errors import LedgerUnavailable
from common.ledger.protocol import Ledger
from common.ledger.records import JobRecord
from common.lru import Lru
from gateway.domain.views import EtaView, JobView, job_view

ESTIMATE_S: Final = 1.0  # so long an estimate is good enough: it says when it was made
KEPT: Final = 512  # answers; some seven kilobytes each
TURNS: Final = 64  # jobs whose answers are made at the same time, at most


@dataclass(frozen=True)
class Answer:
    """A job in JSON, and its ETag, which changes with all but the estimated time."""

    body: bytes
    etag: str  # in quotation marks, weak while the job moves
    eta: EtaView | None = None  # as the body tells it


@dataclass(frozen=True)
class _Kept:
    record: JobRecord
    answer: Answer
    until: float


class Answers:
    """The answers of one process. Thread-safe."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: Lru[str, _Kept] = Lru(KEPT)
        self._turns = tuple(threading.Lock() for _ in range(TURNS))

    def of(self, record: JobRecord) -> Answer:
        """Show a job to its owner."""
        found = self._find(record)
        if found is not None:
            return found
        with self._turns[hash(record.id) % TURNS]:  # who asks meanwhile gets the same
            return self._find(record) or self._make(record)

    def forget(self, job: str) -> None:
        """Keep no word of a job."""
        with self._lock:
            self._kept.pop(job)

    def _find(self, record: JobRecord) -> Answer | None:
        with self._lock:
            kept = self._kept.get(record.id)
        if kept is None or kept.record is not record or kept.until < self._clock():
            return None
        return kept.answer

    def _make(self, record: JobRecord) -> Answer:
        resting = record.state.resting
        until = float("inf") if resting else self._clock() + ESTIMATE_S
        try:
            standing = None if resting else self._ledger.standing(record.id)
        except LedgerUnavailable:  # the record is the answer, this an addition
            standing, until = None, float("-inf")
        answer = _answer(job_view(record, standing), weak=not resting)
        with self._lock:
            self._kept.put(record.id, _Kept(record, answer, until))
        return answer


def _answer(view: JobView, *, weak: bool) -> Answer:
    body = told = _json(view)
    if view.eta is not None:
        told = _json(view.model_copy(update={"eta": None}))
    digest = hashlib.sha256(told).hexdigest()[:32]
    return Answer(body, f'W/"{digest}"' if weak else f'"{digest}"', view.eta)


def _json(view: JobView) -> bytes:
    # in ASCII: what somebody typed may hold characters that end a line of a script
    return view.model_dump_json(ensure_ascii=True).encode() + b"\n"
