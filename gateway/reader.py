"""One stream of the ledger, read by one thread for all who listen to it in this process."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto

from common.errors import KilnError
from common.ledger.records import Event

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


class Reader:
    """Starts with its first listener, after any fork, and ends with its last: but see ``hear``.

    Parameters
    ----------
    name
        Of the thread.
    follow
        Reads on behind a position, as ``Ledger.follow`` does.
    leaving
        Whether the process leaves, asked once a second.
    hear
        Is told of every event; a reader that has one stays, once it has started.
    """

    def __init__(
        self,
        name: str,
        follow: Callable[[str, int], tuple[str, list[Event]]],
        leaving: Callable[[], bool],
        hear: Callable[[Event], None] | None = None,
    ) -> None:
        self._name = name
        self._follow = follow
        self._leaving = leaving
        self._hear = hear
        self._lock = threading.Lock()
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._thread: threading.Thread | None = None

    @contextmanager
    def listening(self, job: str) -> Iterator[Listener]:
        """Hear what is told of a job from now on.

        Raises
        ------
        LedgerUnavailable
            The position from which on to listen could not be read.
        """
        listener: Listener = queue.SimpleQueue()
        with self._lock:
            self._start()
            self._listeners[job].add(listener)
        try:
            if self._leaving():
                listener.put(Signal.CLOSE)  # the reader may have said so already
            yield listener
        finally:
            self._forget(job, listener)

    def ensure(self) -> None:
        """Read from now on, whether or not somebody listens.

        Raises
        ------
        LedgerUnavailable
            The position from which on to read could not be read.
        """
        with self._lock:
            self._start()

    def _start(self) -> None:
        if self._thread is None:
            start, _ = self._follow("$", 0)  # known before anybody reads its past
            self._thread = threading.Thread(
                target=self._read, args=(start,), name=self._name, daemon=True
            )
            self._thread.start()

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
                at, events = self._follow(at, BLOCK_MS)
            except KilnError as exc:
                log.warning("cannot follow the jobs: %s", exc.detail)
            except Exception:
                log.exception("bug while following the jobs")
            else:
                if failed:
                    self._tell_all(Signal.READ_AGAIN)
                failed, pause = False, FIRST_PAUSE_S
                self._deliver(events)
                if self._ends():
                    return
                time.sleep(self._rest_s())
                continue
            failed = True
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
        self._tell_all(Signal.CLOSE)

    def _deliver(self, events: list[Event]) -> None:
        if self._hear:
            for event in events:
                self._hear(event)
        with self._lock:
            for event in events:
                for listener in self._listeners.get(event.job, ()):
                    listener.put(event)

    def _ends(self) -> bool:
        """Whether nobody listens any more; whoever comes next starts the reader again."""
        with self._lock:
            if self._hear or self._listeners:
                return False
            self._thread = None
            return True

    def _rest_s(self) -> float:
        with self._lock:
            further = len(self._listeners) - 1
        return min(max(0.0, REST_S * further), LONGEST_REST_S)

    def _tell_all(self, signal: Signal) -> None:
        with self._lock:
            for listeners in self._listeners.values():
                for listener in listeners:
                    listener.put(signal)


def hear_next(listener: Listener, seconds: float) -> Event | Signal | None:
    """Take what a listener hears within so many seconds."""
    try:
        return listener.get(timeout=max(0.0, seconds))
    except queue.Empty:
        return None
