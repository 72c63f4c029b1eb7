"""Following jobs: one reader thread per process, one queue per listener.

A listener subscribes first, then reads what its job has told so far, then takes from its queue
what is newer than that. So nothing is missed and nothing comes twice, and no listener holds a
connection to Redis. After Redis was away, listeners read their job's own stream again: the
stream of all jobs is short and may have lost what happened meanwhile.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from common import metrics
from common.errors import Busy, KilnError, LedgerUnavailable
from common.ledger.protocol import Ledger
from common.ledger.reading import position
from common.ledger.records import Event, JobRecord
from gateway.told import ToldEtas

BLOCK_MS = 1_000  # also how fast a leaving process is noticed
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
# Where many jobs are listened to, their events are read by the dozen: to wake for each one, in each
# process, would cost more than the moment that all of them wait.
REST_S, LONGEST_REST_S = 0.005, 0.1  # for each further job, and in all

log = logging.getLogger(__name__)


class Signal(Enum):
    """What a listener hears beside events."""

    READ_AGAIN = auto()  # Redis was away: the job's own stream knows what was missed
    CLOSE = auto()  # this process is leaving


Listener = queue.SimpleQueue[Event | Signal]


def order(event_id: str) -> tuple[int, int]:
    """Event ids as numbers: as text, ``9-0`` would come after ``10-0``."""
    milliseconds, _, number = position(event_id).partition("-")
    return int(milliseconds), int(number or 0)


class Hub:
    """All listeners of one process. Starts its reader with the first one, after any fork."""

    def __init__(self, ledger: Ledger, max_listeners: int) -> None:
        self._ledger = ledger
        self._told = ToldEtas()
        self._slots = threading.BoundedSemaphore(max_listeners)
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._reader: threading.Thread | None = None
        self._leaving: Callable[[], bool] = lambda: False

    def leave_when(self, leaving: Callable[[], bool]) -> None:
        """Close all streams as soon as this says so (asked once a second)."""
        self._leaving = leaving

    def expect(self, job: str, product: str, at_ms: float, by_ms: float) -> None:
        """Count whether a job rests by the moment that somebody was told just now."""
        try:
            self._ensure_reader()
        except LedgerUnavailable:
            return  # the job is accepted all the same
        self._told.note(job, product, at_ms, by_ms)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one of the places for answers that keep a thread for long.

        Raises
        ------
        Busy
            None is free in this process.
        """
        if not self._slots.acquire(blocking=False):
            metrics.REJECTED.labels("streams").inc()
            raise Busy("too many event streams, waiting requests and zips are open")
        try:
            yield
        finally:
            self._slots.release()

    @contextmanager
    def listening(self, job: str) -> Iterator[Listener]:
        """Hear what happens to a job from now on.

        Raises
        ------
        Busy
            Too many listeners in this process.
        LedgerUnavailable
            The position from which on to listen could not be read.
        """
        listener: Listener = queue.SimpleQueue()
        with self.place():
            try:
                self._ensure_reader()
                with self._lock:
                    self._listeners[job].add(listener)
                if self._leaving():
                    listener.put(Signal.CLOSE)  # the reader may have said so already
                yield listener
            finally:
                self._forget(job, listener)

    def events(self, job: str, after: str, tick_s: float) -> Generator[Event | None]:
        """Yield events of a job after an id, up to the terminal one.

        ``None`` comes first, when nothing can be missed any more, and whenever it was quiet for
        a tick. Ends without a terminal event when the process is leaving. Errors are raised
        before that first ``None``; later ones are waited out.
        """
        with self.listening(job) as listener:
            last, pending, missed = after, self._ledger.events(job, after), False
            yield None
            while True:
                for event in pending:
                    if order(event.id) > order(last):
                        last = event.id
                        yield event
                        if event.terminal:
                            return
                heard = _next(listener, tick_s)
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

    def wait_for_rest(self, job: str, seconds: float) -> JobRecord | None:
        """Read a job when it has ended or paused, or as it is after so many seconds."""
        give_up = time.monotonic() + seconds
        with self.listening(job) as listener:
            record = self._ledger.job(job)
            while record and not record.state.resting:
                heard = _next(listener, give_up - time.monotonic())
                if heard is Signal.CLOSE:
                    return record
                if not isinstance(heard, Event) or heard.resting:
                    record = self._ledger.job(job)
                if heard is None:
                    return record
            return record

    def _ensure_reader(self) -> None:
        with self._lock:
            if self._reader is None:
                start, _ = self._ledger.follow("$", 0)  # known before anybody reads its past
                self._reader = threading.Thread(
                    target=self._read, args=(start,), name="event-reader", daemon=True
                )
                self._reader.start()

    def _forget(self, job: str, listener: Listener) -> None:
        with self._lock:
            self._listeners[job].discard(listener)
            if not self._listeners[job]:
                del self._listeners[job]

    def _read(self, at: str) -> None:
        pause = FIRST_PAUSE_S
        failed = False
        while not self._leaving():
            try:
                at, events = self._ledger.follow(at, BLOCK_MS)
            except KilnError as exc:
                log.warning("cannot follow the jobs: %s", exc.detail)
            except Exception:
                log.exception("bug while following the jobs")
            else:
                if failed:
                    self._tell_all(Signal.READ_AGAIN)
                failed, pause = False, FIRST_PAUSE_S
                self._deliver(events)
                time.sleep(self._rest_s())
                continue
            failed = True
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        self._tell_all(Signal.CLOSE)

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            self._told.hear(event)
        with self._lock:
            for event in events:
                for listener in self._listeners.get(event.job, ()):
                    listener.put(event)

    def _rest_s(self) -> float:
        with self._lock:
            further = len(self._listeners) - 1
        return min(max(0.0, REST_S * further), LONGEST_REST_S)

    def _tell_all(self, signal: Signal) -> None:
        with self._lock:
            for listeners in self._listeners.values():
                for listener in listeners:
                    listener.put(signal)


def _next(listener: Listener, seconds: float) -> Event | Signal | None:
    try:
        return listener.get(timeout=max(0.0, seconds))
    except queue.Empty:
        return None
