"""What is answered about jobs, as bytes: kept for as long as nothing has changed.

The ledger gives the very same record where a job has not changed, so a job at rest is put into
words once a process. Of an unfinished job the estimate grows old: it says itself when it was made.
Who asks after a moment gets it all the same, and a thread makes it anew for those who come next.
Where a job has changed, or nobody has asked for it lately, one of those who ask makes it himself.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from common.errors import LedgerUnavailable
from common.ledger.protocol import Ledger
from common.ledger.records import JobRecord
from common.lru import Lru
from gateway.domain.views import EtaView, JobView, job_view

ESTIMATE_S: Final = 1.0  # so long an estimate is good enough
OLDEST_S: Final = 3.0  # older ones are not told while a new one is made
KEPT: Final = 512  # answers; some seven kilobytes each
TURNS: Final = 64  # jobs whose answers are made at the same time, at most

log = logging.getLogger(__name__)


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
    made_at: float  # its estimate; infinite where there is none to grow old


class Answers:
    """The answers of one process. Thread-safe."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], float] = time.monotonic,
        aside: Executor | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._aside = aside or ThreadPoolExecutor(1, "estimates")
        self._renewing: set[str] = set()
        self._lock = threading.Lock()
        self._kept: Lru[str, _Kept] = Lru(KEPT)
        self._turns = tuple(threading.Lock() for _ in range(TURNS))

    def of(self, record: JobRecord) -> Answer:
        """Show a job to its owner."""
        kept = self._find(record)
        if kept is None:
            with self._turns[hash(record.id) % TURNS]:  # who asks meanwhile gets the same
                kept = self._find(record) or self._keep(self._make(record))
        elif self._clock() - kept.made_at > ESTIMATE_S:
            self._renew_aside(kept)
        return kept.answer

    def forget(self, job: str) -> None:
        """Keep no word of a job."""
        with self._lock:
            self._kept.pop(job)

    def _find(self, record: JobRecord) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(record.id)
        if kept is None or kept.record is not record:
            return None
        return None if self._clock() - kept.made_at > OLDEST_S else kept

    def _keep(self, kept: _Kept) -> _Kept:
        with self._lock:
            self._kept.put(kept.record.id, kept)
        return kept

    def _renew_aside(self, old: _Kept) -> None:
        job = old.record.id
        with self._lock:
            if job in self._renewing:
                return
            self._renewing.add(job)
        with suppress(RuntimeError):  # this process is leaving: the old one is the last it tells
            self._aside.submit(self._renew, old)

    def _renew(self, old: _Kept) -> None:
        job = old.record.id
        try:
            new = self._make(old.record)
        except Exception:
            log.exception("the estimate of job %s is not renewed", job)
            new = old
        with self._lock:
            self._renewing.discard(job)
            if self._kept.get(job) is old:  # neither forgotten nor overtaken meanwhile
                self._kept.put(job, new)

    def _make(self, record: JobRecord) -> _Kept:
        resting = record.state.resting
        made_at = float("inf") if resting else self._clock()
        try:
            standing = None if resting else self._ledger.standing(record.id)
        except LedgerUnavailable:  # the record is the answer, this an addition
            standing, made_at = None, float("-inf")  # asked for again the next time
        answer = _answer(job_view(record, standing), weak=not resting)
        return _Kept(record, answer, made_at)


def _answer(view: JobView, *, weak: bool) -> Answer:
    body = told = _json(view)
    if view.eta is not None:
        told = _json(view.model_copy(update={"eta": None}))
    digest = hashlib.sha256(told).hexdigest()[:32]
    return Answer(body, f'W/"{digest}"' if weak else f'"{digest}"', view.eta)


def _json(view: JobView) -> bytes:
    # in ASCII: what somebody typed may hold characters that end a line of a script
    return view.model_dump_json(ensure_ascii=True).encode() + b"\n"
