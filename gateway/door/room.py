"""Room on the disks of this machine and in Redis: nothing is taken in when little is left.

What is free below the limit belongs to the jobs that are accepted already, and to Redis: one that
cannot write its log any more ends, and in one whose memory is full no stage can be committed and
nothing can expire, so that it would stay full.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from common import metrics
from common.errors import NoRoom, StorageError
from common.settings import Settings
from common.stores import ArtifactStore, free_bytes

PERIOD_S: Final = 1.0  # the disks are looked at so often at most
NEVER: Final = float("-inf")
MB: Final = 1_000_000
FILLED: Final = 0.9  # of its memory; a Redis that is full says itself that it takes nothing


class RoomGuard:
    """Looks at the disk of the artifacts, at that of this stack's own Redis, and into Redis.

    Parameters
    ----------
    settings, store
        Of the house.
    filled
        Tells which share of its memory Redis has taken.
    """

    def __init__(
        self, settings: Settings, store: ArtifactStore, filled: Callable[[], float]
    ) -> None:
        self._store = store
        self._filled = filled
        self._least = settings.min_free_mb * MB
        own = settings.redis_url is None
        self._redis: Path | None = settings.data_dir / "redis" if own else None
        self._looked = NEVER
        self._free: int | None = None
        self._taken = 0.0

    @contextmanager
    def taking_in(self, size: int) -> Iterator[None]:
        """Take in so many bytes, or refuse to.

        Raises
        ------
        NoRoom
            Before anything is stored, or when the disk was full in the middle of it.
        LedgerUnavailable
            Redis does not answer.
        """
        self._check(0, PERIOD_S)
        try:
            yield
        except StorageError:
            self._check(size, 0)
            raise

    def _check(self, size: int, seconds: float) -> None:
        now = time.monotonic()
        if now - self._looked >= seconds:
            self._looked, self._free, self._taken = now, self._look(), self._filled()
        if FILLED <= self._taken < 1:
            self._refuse(f"Redis has taken {self._taken:.0%} of its memory")
        if self._free is not None and self._free < max(self._least, size):
            self._refuse(f"{self._free // MB} MB are free on this machine")

    def _refuse(self, why: str) -> NoReturn:
        metrics.REJECTED.labels("no_room").inc()
        raise NoRoom(f"{why}; no more are taken in")

    def _look(self) -> int | None:
        """Find the fullest disk."""
        found = [self._store.room().free_bytes]
        if self._redis:
            found.append(free_bytes(self._redis))
        return min((free for free in found if free is not None), default=None)
