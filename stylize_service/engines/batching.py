"""Calls of many threads, run by one thread of the device, several in one go.

Each Celery task keeps its own receipt, retry and cancel; only the forward pass is shared.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")
Answer = TypeVar("Answer")

LOOK_UP_S = 0.2  # how often who waits for an answer asks whether it is still wanted


@dataclass(frozen=True)
class _Ticket(Generic[Key, Item, Answer]):
    key: Key
    item: Item
    future: Future[Answer]
    arrived: float = field(default_factory=time.monotonic)


class Batcher(Generic[Key, Item, Answer]):
    """Collects calls of one key for a moment and runs them together. May be shared by threads.

    Parameters
    ----------
    run : callable
        Key and items to as many answers, in order; called by one thread only.
    most : int
        Items in a batch.
    window_s : float
        How long the first call waits for others; what came during the last batch goes at once.
    ran : callable
        Told the key and the size of each batch.
    """

    def __init__(
        self,
        run: Callable[[Key, list[Item]], list[Answer]],
        most: int = 8,
        window_s: float = 0.005,
        ran: Callable[[Key, int], None] = lambda _, __: None,
    ) -> None:
        self._run, self._most, self._window_s, self._ran = run, most, window_s, ran
        self._waiting: list[_Ticket[Key, Item, Answer]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None  # begins with the first call
        self._closed = False

    def submit(self, key: Key, item: Item) -> Future[Answer]:
        """Queue a call; a future that is cancelled before its batch begins is left out of it."""
        future: Future[Answer] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("this batcher is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="device", daemon=True)
                self._thread.start()
            self._waiting.append(_Ticket(key, item, future))
            self._changed.notify_all()
        return future

    def answer(self, key: Key, item: Item, stop: Callable[[], None] = lambda: None) -> Answer:
        """Queue a call and wait; ``stop`` is called now and then and may raise to give up."""
        future = self.submit(key, item)
        try:
            while True:
                try:
                    return future.result(LOOK_UP_S)
                except NotYet:
                    if future.done():  # the call itself timed out somewhere
                        raise
                    stop()
        finally:
            future.cancel()

    def close(self) -> None:
        """End the thread after the batch that runs; calls that wait are cancelled."""
        with self._changed:
            self._closed = True
            for ticket in self._waiting:
                ticket.future.cancel()
            self._waiting.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _serve(self) -> None:
        while True:
            with self._changed:
                batch = self._next_batch()
            if batch is None:
                return
            wanted = [one for one in batch if one.future.set_running_or_notify_cancel()]
            if wanted:
                self._answer(wanted)

    def _next_batch(self) -> list[_Ticket[Key, Item, Answer]] | None:
        """Take the oldest call and those like it; None when there will be no more."""
        self._changed.wait_for(lambda: self._waiting or self._closed)
        while not self._closed and self._waiting:
            first = self._waiting[0]
            like_it = [one for one in self._waiting if one.key == first.key][: self._most]
            left = first.arrived + self._window_s - time.monotonic()
            if len(like_it) >= self._most or left <= 0:
                chosen = {id(one) for one in like_it}
                self._waiting = [one for one in self._waiting if id(one) not in chosen]
                return like_it
            self._changed.wait(left)
        return None

    def _answer(self, batch: list[_Ticket[Key, Item, Answer]]) -> None:
        key = batch[0].key
        try:
            answers = self._run(key, [one.item for one in batch])
            pairs = list(zip(batch, answers, strict=True))
        except Exception as error:  # noqa: BLE001  whoever asked must hear of it
            if len(batch) == 1:
                batch[0].future.set_exception(error)
                return
            for one in batch:  # one bad item must not spoil the others
                self._answer([one])
            return
        self._ran(key, len(batch))
        for one, answer in pairs:
            one.future.set_result(answer)
