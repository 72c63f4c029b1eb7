"""Following jobs: one reader thread per stream and process, one queue per listener.

A listener subscribes first, then reads what its job has told so far, then takes from its queue
what is newer than that. So nothing is missed and nothing comes twice, and no listener holds a
connection to Redis. After Redis was away, listeners read their job's own stream again: the
stream of all jobs is short and may have lost what happened meanwhile.

Who only waits for the end of a job listens to a stream that tells nothing else: the twenty other
events of each job of the house would wake every process for nobody.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from common import metrics
from common.errors import Busy, LedgerUnavailable, RateLimited
from common.ledger.protocol import Ledger
from common.ledger.reading import position
from common.ledger.records import Event, JobRecord
from gateway.reader import Reader, Signal, hear_next
from gateway.told import ToldEtas

LOOK_S = 5.0  # who waits looks for himself now and then: a version before told of no rests


def order(event_id: str) -> tuple[int, int]:
    """Event ids as numbers: as text, ``9-0`` would come after ``10-0``."""
    milliseconds, _, number = position(event_id).partition("-")
    return int(milliseconds), int(number or 0)


class Hub:
    """All listeners of one process.

    Parameters
    ----------
    ledger
        Of the house.
    max_listeners
        Places for answers that keep a thread for long.
    most_of_one
        How many of them one owner may have at a time; None where there is one owner only.
    """

    def __init__(self, ledger: Ledger, max_listeners: int, most_of_one: int | None = None) -> None:
        self._ledger = ledger
        self._told = ToldEtas()
        self._places = _Places(max_listeners, most_of_one)
        self._leaving: Callable[[], bool] = lambda: False
        self._all = Reader("event-reader", ledger.follow, self._leaves)
        self._rests = Reader("rest-reader", ledger.follow_rests, self._leaves, self._told.hear)

    def leave_when(self, leaving: Callable[[], bool]) -> None:
        """Close all streams as soon as this says so (asked once a second)."""
        self._leaving = leaving

    def expect(self, job: str, product: str, at_ms: float, by_ms: float) -> None:
        """Count whether a job rests by the moment that somebody was told just now."""
        try:
            self._rests.ensure()
        except LedgerUnavailable:
            return  # the job is accepted all the same
        self._told.note(job, product, at_ms, by_ms)

    @contextmanager
    def place(self, owner: str = "") -> Iterator[None]:
        """Take one of the places for answers that keep a thread for long.

        Raises
        ------
        Busy
            None is free in this process.
        RateLimited
            The owner has his share of them.
        """
        self._places.take(owner)
        try:
            yield
        finally:
            self._places.give_back(owner)

    def events(
        self, job: str, after: str, tick_s: float, owner: str = ""
    ) -> Generator[Event | None]:
        """Yield events of a job after an id, up to the terminal one.

        ``None`` comes first, when nothing can be missed any more, and whenever it was quiet for
        a tick. Ends without a terminal event when the process is leaving. Errors are raised
        before that first ``None``; later ones are waited out.

        Raises
        ------
        Busy, RateLimited
            Too many listeners in this process, or of this owner.
        LedgerUnavailable
            Redis is away.
        """
        with self.place(owner), self._all.listening(job) as listener:
            last, pending, missed = after, self._ledger.events(job, after), False
            yield None
            while True:
                for event in pending:
                    if order(event.id) > order(last):
                        last = event.id
                        yield event
                        if event.terminal:
                            return
                heard = hear_next(listener, tick_s)
                if heard is Signal.CLOSE:
                    return
                if heard is None:
                    yield None
                missed = missed or heard is Signal.READ_AGAIN
                pending = [heard] if isinstance(heard, Event) else []
                if missed:
                    try:
                        pending, missed = self._ledger.events(job, last), False
                    except LedgerUnavailable:
                        pending = []

    def wait_for_rest(self, job: str, seconds: float, owner: str = "") -> JobRecord | None:
        """Read a job when it has ended or paused, or as it is after so many seconds.

        Raises
        ------
        Busy, RateLimited
            Too many listeners in this process, or of this owner.
        LedgerUnavailable
            Redis is away.
        """
        give_up = time.monotonic() + seconds
        with self.place(owner), self._rests.listening(job) as listener:
            record = self._ledger.job(job)
            while record and not record.state.resting:
                left = give_up - time.monotonic()
                heard = hear_next(listener, min(left, LOOK_S))
                if heard is Signal.CLOSE:
                    return record
                record = self._ledger.job(job)
                if heard is None and left <= LOOK_S:
                    return record
            return record

    def _leaves(self) -> bool:
        return self._leaving()


class _Places:
    """Places of a process, counted by owner: nobody takes all of them from the others."""

    def __init__(self, most: int, most_of_one: int | None) -> None:
        self._most = most
        self._most_of_one = most if most_of_one is None else most_of_one
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, owner: str) -> None:
        with self._lock:
            full = self._taken.total() >= self._most
            has_share = self._taken[owner] >= self._most_of_one
            if not full and not has_share:
                self._taken[owner] += 1
                return
        metrics.REJECTED.labels("streams").inc()
        if full:
            raise Busy("too many event streams, waiting requests and zips are open")
        raise RateLimited(
            f"you have {self._most_of_one} event streams, waiting requests and zips open here,"
            " as many as one may",
            "Close some of them, or wait for Retry-After seconds and ask again.",
        )

    def give_back(self, owner: str) -> None:
        with self._lock:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
