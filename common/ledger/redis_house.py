"""What concerns no single job: sweeps, publications, workers. A part of ``RedisLedger``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from common.ledger import reading
from common.ledger.census import Census, census_of
from common.ledger.records import ReadyNode, Reaped
from common.ledger.redis_link import RedisLink


class RedisHouse(RedisLink):
    """``Ledger`` without the life of a single job."""

    # -- keeping house ------------------------------------------------------------------
    def reap(self, limit: int = 100, *, leases: bool = True) -> Reaped:
        """See ``Ledger``."""
        answer = self._run("reap", limit, int(leases))
        again = reading.ready_nodes(answer["again"])
        return Reaped(answer["expired"], answer["dead"], again, answer["cancelled"])

    def overdue(
        self, queue: str, missing: int, patience_ms: int, limit: int = 100
    ) -> list[ReadyNode]:
        """See ``Ledger``."""
        answer = self._run("overdue", queue, limit, patience_ms, missing)
        return list(reading.ready_nodes(answer["due"]))

    def expire(self, limit: int = 100) -> int:
        """See ``Ledger``."""
        return int(self._run("expire", limit)["dropped"])

    def trash(self, grace_ms: int, limit: int = 100) -> list[tuple[str, str]]:
        """See ``Ledger``."""
        files = reading.rows(self._run("trash", grace_ms, limit)["files"])
        return [(file["owner"], file["sha256"]) for file in files]

    def emptied(self, owner: str, sha256: str, *, gone: bool = True) -> None:
        """See ``Ledger``."""
        self._run("emptied", owner, sha256, int(gone))

    def dead_letters(self, limit: int = 100) -> list[str]:
        """See ``Ledger``."""
        return list(self._call("zrevrange", f"{self._prefix}dead", 0, limit - 1))

    def settle_letter(self, job: str) -> None:
        """See ``Ledger``."""
        self._call("zrem", f"{self._prefix}dead", job)

    def discard(self, owner: str, hashes: Iterable[str]) -> None:
        """See ``Ledger``."""
        self._run("discard", owner, *hashes)

    def whole(self) -> bool:
        """See ``Ledger``."""
        return bool(self._call("exists", f"{self._prefix}whole"))

    def declare_whole(self) -> None:
        """See ``Ledger``."""
        self._call("set", f"{self._prefix}whole", 1)

    def lead(self, name: str, who: str, ttl_ms: int) -> bool:
        """See ``Ledger``."""
        return bool(self._run("lead", name, who, ttl_ms))

    def counted(self) -> str:
        """See ``Ledger``."""
        return self._call("get", f"{self._prefix}counted") or "$"

    def count_up_to(self, place: str) -> None:
        """See ``Ledger``."""
        self._call("set", f"{self._prefix}counted", place)

    # -- what the machines tell each other ----------------------------------------------
    def worker_up(self, queue: str, worker: str, slots: int = 1) -> None:
        """See ``Ledger``."""
        self._run("arrive", queue, worker, self._worker_ttl_ms, slots)

    def worker_down(self, queue: str, worker: str) -> None:
        """See ``Ledger``."""
        self._call("zrem", f"{self._prefix}up:{queue}", worker)
        self._call("hdel", f"{self._prefix}slots:{queue}", worker)

    def workers(self, queues: Iterable[str]) -> dict[str, list[str]]:
        """See ``Ledger``."""
        found = self._run("workers", *queues)
        return {queue: sorted(reading.rows(names)) for queue, names in found.items()}

    def slots(self, queues: Iterable[str]) -> dict[str, int]:
        """See ``Ledger``."""
        return dict(self._run("slots", *queues))

    def put_versions(self, versions: dict[str, str]) -> None:
        """See ``Ledger``."""
        self._call("hset", f"{self._prefix}versions", mapping=versions)

    def versions(self) -> dict[str, str]:
        """See ``Ledger``."""
        return cast("dict[str, str]", self._call("hgetall", f"{self._prefix}versions"))

    def census(self, queues: Iterable[str]) -> Census:
        """See ``Ledger``."""
        return census_of(self._run("census", *queues))

    def waits_ms(self, queue: str) -> list[float]:
        """See ``Ledger``."""
        return [float(ms) for ms in self._call("lrange", f"{self._prefix}waits:{queue}", 0, -1)]

    def ping(self) -> None:
        """See ``Ledger``."""
        self._call("ping")
