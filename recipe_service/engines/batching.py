"""Calls of several threads that share one run of an expensive function."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass
class _Ticket(Generic[Item, Answer]):
    items: Sequence[Item]
    answers: list[Answer] | None = None
    error: Exception | None = None
    done: bool = False


class Batcher(Generic[Item, Answer]):
    """Runs one batch at a time; what arrives meanwhile becomes the next batch.

    A lone call never waits. When others are on their way (announced by `expect`), the first waits
    for them, but no longer than the window.

    Parameters
    ----------
    run : callable
        Items to as many answers, in order.
    window : float
        Seconds that a batch waits for calls that were announced.
    most : int
        Items in a batch; a call with more is run alone.
    """

    def __init__(
        self, run: Callable[[list[Item]], list[Answer]], window: float = 0.005, most: int = 8
    ) -> None:
        self._run, self._window, self._most = run, window, most
        self._waiting: list[_Ticket[Item, Answer]] = []
        self._expected = 0
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def expect(self) -> None:
        """Announce a call of `answers`; every call must be announced."""
        with self._lock:
            self._expected += 1

    def give_up(self) -> None:
        """Take an announcement back: its call will not come."""
        with self._lock:
            self._expected -= 1

    def answers(self, items: Sequence[Item]) -> list[Answer]:
        """Answers for these items. An exception of ``run`` goes to every call in its batch."""
        ticket: _Ticket[Item, Answer] = _Ticket(items)
        with self._lock:
            self._expected -= 1
            self._waiting.append(ticket)
        while not ticket.done:
            with self._turn:
                if not ticket.done:
                    self._wait_for_others()
                    self._serve(self._next_batch())
        if ticket.error is not None:
            raise ticket.error
        assert ticket.answers is not None  # noqa: S101  set together with `done`
        return ticket.answers

    def _wait_for_others(self) -> None:
        end = time.monotonic() + self._window
        while time.monotonic() < end:
            with self._lock:
                if not self._expected or self._count() >= self._most:
                    return
            time.sleep(self._window / 10)

    def _count(self) -> int:
        return sum(len(ticket.items) for ticket in self._waiting)

    def _next_batch(self) -> list[_Ticket[Item, Answer]]:
        # Whoever has the turn takes the oldest tickets; its own may be left for another turn.
        with self._lock:
            batch = [self._waiting.pop(0)]
            size = len(batch[0].items)
            while self._waiting and size + len(self._waiting[0].items) <= self._most:
                batch.append(self._waiting.pop(0))
                size += len(batch[-1].items)
        return batch

    def _serve(self, batch: list[_Ticket[Item, Answer]]) -> None:
        items = [item for ticket in batch for item in ticket.items]
        try:
            answers = self._run(items)
        except Exception as error:  # noqa: BLE001  whoever asked must hear of it
            for ticket in batch:
                ticket.error = error
                ticket.done = True
            return
        for ticket in batch:
            ticket.answers, answers = answers[: len(ticket.items)], answers[len(ticket.items) :]
            ticket.done = True
