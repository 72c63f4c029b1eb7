"""The reconciler's eye on the promises: drops those of ended jobs, notices a lost ledger."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from common.ledger.protocol import Ledger
from common.ledger.records import Event
from common.stores import ArtifactStore
from gateway import promises, recover

FORGET_S: Final = 0.5  # in one period; the next one goes on
MOST_TO_FORGET: Final = 10_000  # the trash takes the others later
LOOK_S: Final = 5.0  # between two looks at the store
HINT_S: Final = 60.0

log = logging.getLogger(__name__)


class PromiseWatch:
    """One of a reconciler; only that of the leader acts."""

    def __init__(self, ledger: Ledger, store: ArtifactStore) -> None:
        self._ledger = ledger
        self._store = store
        self._ended: deque[str] = deque(maxlen=MOST_TO_FORGET)
        self._look_at = self._hint_at = 0.0  # by the monotonic clock: at once

    def note(self, ended: Iterable[Event]) -> None:
        """Take note of jobs that have just ended."""
        self._ended.extend(event.job for event in ended)

    def forget(self) -> None:
        """Delete the promises of those jobs, so that no recovery repeats them.

        Raises
        ------
        LedgerUnavailable
            Redis does not answer.
        """
        stop_at = time.monotonic() + FORGET_S
        while self._ended and time.monotonic() < stop_at:
            record = self._ledger.job(self._ended[0])
            self._ended.popleft()
            if record is not None and not promises.forget(self._store, record.promise):
                return  # a store that is away keeps nobody waiting twice in a period

    def look_for_loss(self) -> None:
        """Say so when all of Redis was lost: jobs were promised, and the ledger knows nothing.

        Raises
        ------
        LedgerUnavailable, StorageError
            Redis or the store does not answer.
        """
        now = time.monotonic()
        if now < self._look_at or self._ledger.whole():
            return
        self._look_at = now + LOOK_S
        missing, waiting = recover.forgotten(self._ledger, self._store)
        if missing and now >= self._hint_at:
            self._hint_at = now + HINT_S
            log.error(
                "Redis has lost %d jobs that were promised, such as %s: run `kiln recover`",
                len(missing),
                missing[0],
            )
        if not missing and not waiting:
            self._ledger.declare_whole()
