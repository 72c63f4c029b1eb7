"""Room on the disks of this machine: nothing is taken in when little is left.

What is free below the limit belongs to the jobs that are accepted already, and to Redis: one that
cannot write its log any more ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from common import metrics
from common.errors import NoRoom, StorageError
from common.settings import Settings
from common.stores import ArtifactStore, free_bytes

PERIOD_S: Final = 1.0  # the disks are looked at so often at most
NEVER: Final = float("-inf")
MB: Final = 1_000_000


class RoomGuard:
    """Looks at the disk of the artifacts, and at that of Redis where it is this stack's own."""

    def __init__(self, settings: Settings, store: ArtifactStore) -> None:
        self._store = store
        self._least = settings.min_free_mb * MB
        own = settings.redis_url is None
        self._redis: Path | None = settings.data_dir / "redis" if own else None
        self._looked = NEVER
        self._free: int | None = None

    @contextmanager
    def taking_in(self, size: int) -> Iterator[None]:
        """Take in so many bytes, or refuse to.

        Raises
        ------
        NoRoom
            Before anything is stored, or when the disk was full in the middle of it.
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
            self._looked, self._free = now, self._look()
        if self._free is not None and self._free < max(self._least, size):
            metrics.REJECTED.labels("no_room").inc()
            raise NoRoom(f"{self._free // MB} MB are free on this machine; no more are taken in")

    def _look(self) -> int | None:
        """Find the fullest disk."""
        found = [self._store.room().free_bytes]
        if self._redis:
            found.append(free_bytes(self._redis))
        return min((free for free in found if free is not None), default=None)
