"""Jobs that were read lately: what has not changed since is neither parsed nor sent again."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from common.ledger import reading
from common.ledger.records import JobRecord
from common.lru import Lru

KEPT: Final = 512  # jobs; some thirty kilobytes each
# All that still happens to a job that has ended: its files expire, it is erased; or the ledger was
# lost and the job was made anew.
SEAL: Final = (
    "owner",
    "state",
    "finished",
    "photo_expired_at",
    "artifacts_expired_at",
    "erased_at",
)


@dataclass(frozen=True)
class _Read:
    record: JobRecord
    fields: Mapping[str, str]  # none of a job that has ended: its seal says as much
    seal: tuple[str | None, ...]


class RecentJobs:
    """The records that were read last. Thread-safe."""

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._read: Lru[str, _Read] = Lru(kept)

    def ended(self, job: str) -> bool:
        """Whether the job had ended when it was read last: then its seal is worth a look."""
        with self._lock:
            before = self._read.get(job)
        return before is not None and before.record.state.terminal

    def sealed(self, job: str, seal: Sequence[str | None]) -> JobRecord | None:
        """Find the record of a job that had ended, if it still looks like this."""
        with self._lock:
            before = self._read.get(job)
        return before.record if before is not None and before.seal == tuple(seal) else None

    def record(self, job: str, fields: Mapping[str, str]) -> JobRecord | None:
        """Make a record of what was read; the very one of before where nothing has changed."""
        if not fields:
            self.forget(job)
            return None
        with self._lock:
            before = self._read.get(job)
        if before is not None and before.fields == fields:
            return before.record
        record = reading.job_record(dict(fields))
        self._keep(job, record, fields)
        return record

    def forget(self, job: str) -> None:
        """Keep no word of a job."""
        with self._lock:
            self._read.pop(job)

    def _keep(self, job: str, record: JobRecord, fields: Mapping[str, str]) -> None:
        ended = record.state.terminal
        seal = tuple(fields.get(name) for name in SEAL)
        with self._lock:
            self._read.put(job, _Read(record, {} if ended else fields, seal))
