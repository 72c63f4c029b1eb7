"""Circuit breaker: a server that keeps failing is left alone for a while."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason

State = Literal["closed", "open", "half_open"]

log = logging.getLogger(__name__)


class Breaker:
    """Opens after so many failures in a row, and after a rest lets one trial through.

    Parameters
    ----------
    failures : int
        Failures in a row that open it.
    rest_s : float
        How long it stays open before a trial.
    clock : callable
        Monotonic seconds.

    Notes
    -----
    M. Nygard, *Release It!*, chapter "Stability Patterns".
    """

    def __init__(
        self, failures: int = 5, rest_s: float = 30, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._rest_s = rest_s
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._opened_at: float | None = None
        self._on_trial = False

    @property
    def state(self) -> State:
        """``closed`` (normal), ``open`` (refuses), ``half_open`` (a trial may go or is going)."""
        if self._opened_at is None:
            return "closed"
        return "open" if self._clock() < self._opened_at + self._rest_s else "half_open"

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Guard one attempt and learn from how it ends.

        A failure that does not speak against the server, or an end from outside (the job was
        cancelled), changes nothing but lets the next trial go.

        Raises
        ------
        ModelUnavailable
            ``open_circuit``: not tried.
        """
        trial = self._enter()
        try:
            yield
        except ModelUnavailable as failure:
            if failure.ill:
                self._note_failure()
            elif failure.reason is not Reason.STATUS:  # 429 is no sign of health either
                self._note_success()
            raise
        else:
            self._note_success()
        finally:
            if trial:
                self._on_trial = False

    def _enter(self) -> bool:
        with self._lock:
            state = self.state
            if state == "closed":
                return False
            if state == "open" or self._on_trial:
                raise ModelUnavailable(
                    Reason.OPEN_CIRCUIT, "the language model failed too often just now"
                )
            self._on_trial = True
            return True

    def _note_failure(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= self._limit:
                if self._opened_at is None:
                    log.warning("model server left alone for %.0f s", self._rest_s)
                self._opened_at = self._clock()

    def _note_success(self) -> None:
        with self._lock:
            if self._opened_at is not None:
                log.info("model server is back")
            self._failed = 0
            self._opened_at = None
