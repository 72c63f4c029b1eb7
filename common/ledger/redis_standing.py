"""How things stand, and the counters that tell it. A part of ``RedisLedger``."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import cast

import redis

from common.ledger import reading
from common.ledger.protocol import PROMISES
from common.ledger.records import Standing
from common.ledger.redis_house import RedisHouse
from common.ledger.scripts import within_reach

FILES_AT_ONCE = 500
REFERENCES_AT_ONCE = 1000  # no script keeps Redis busy for long
File = tuple[str, ...]  # owner, sha256


class RedisStanding(RedisHouse):
    """What ``Ledger`` tells of a job's turn, and of what is taken."""

    def standing(self, job: str) -> Standing | None:
        """See ``Ledger``.

        Most of it are the run times of a hundred jobs, which hardly change from one second to the
        next: they may be those that were told a moment ago.
        """
        if not job:
            return None
        known, read = self._runs
        if time.monotonic() - read < self.runs_for_s:
            found = reading.standing(self._run("standing", job, 0))
            if found is None:
                return None
            if found.runs.keys() <= known.keys():
                return replace(found, runs={stage: known[stage] for stage in found.runs})
        found = reading.standing(self._run("standing", job, 1))
        if found is not None:
            self._runs = found.runs, time.monotonic()
        return found

    def outlook(self, queues: Iterable[str], *, runs: bool = True) -> Standing:
        """See ``Ledger``."""
        return cast("Standing", reading.standing(self._run("standing", "", int(runs), *queues)))

    def bytes_of(self, owner: str | None = None) -> int:
        """See ``Ledger``."""
        return int(self._call("hget", f"{self._prefix}bytes", owner or "*") or 0)

    def filled(self) -> float:
        """See ``Ledger``."""
        try:
            told = self._call("info", "memory")
        except redis.exceptions.NoPermissionError:
            return 0.0  # a login that was made by an older version
        return float(told["used_memory"] / told["maxmemory"]) if told.get("maxmemory") else 0.0

    def recount(self) -> int:
        """See ``Ledger``."""
        with within_reach():
            referred = {tuple(name.rsplit(":", 1)) for name in self._names("refs")}
            owners = {*self._names("files"), *self._names("active_of")}
            counted = {(owner, sha) for owner in owners for sha in self._counted(owner)}
        files = sorted(referred | counted)
        off = sum(int(self._run("refile", *chain(*some))) for some in self._portions(files))
        owners.update(file[0] for file in files if file[0] != PROMISES)
        return off + len(reading.rows(self._run("recount", 1, *sorted(owners))["off"]))

    def _portions(self, files: Sequence[File]) -> Iterator[list[File]]:
        """Divide files so that no script reads many references: Redis stands still meanwhile."""
        portion: list[File] = []
        room = REFERENCES_AT_ONCE
        for at in range(0, len(files), FILES_AT_ONCE):
            some = files[at : at + FILES_AT_ONCE]
            for file, references in zip(some, self._references(some), strict=True):
                room -= 1 + references
                if portion and room < 0:
                    yield portion
                    portion, room = [], REFERENCES_AT_ONCE - 1 - references
                portion.append(file)
        if portion:
            yield portion

    def _references(self, files: Sequence[File]) -> list[int]:
        asked = self._redis.pipeline(transaction=False)
        for owner, sha256 in files:
            asked.scard(f"{self._prefix}refs:{owner}:{sha256}")
        with within_reach():
            return list(asked.execute())

    def _names(self, family: str) -> Iterator[str]:
        start = f"{self._prefix}{family}:"
        for key in self._redis.scan_iter(f"{start}*", count=1000):
            yield str(key).removeprefix(start)

    def _counted(self, owner: str) -> Iterator[str]:
        for sha256, _ in self._redis.hscan_iter(f"{self._prefix}files:{owner}", count=1000):
            yield str(sha256)
