"""How things stand: the part of ``MemoryLedger`` that counts what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from common.ledger.memory_entries import JobEntry
from common.ledger.memory_house import MemoryHouse
from common.ledger.records import Standing

UNFINISHED = {"waiting", "ready", "running"}


class MemoryStanding(MemoryHouse):
    """``Ledger.standing`` and ``Ledger.bytes_of``."""

    def standing(self, job: str) -> Standing | None:
        """See ``Ledger``."""
        with self._lock:
            entry, active = self._book.find(job), self._book.active()
            if entry is None or entry.state.resting:
                return None
            unfinished = self._open(active)
            planned = entry.new.plan.nodes
            stages = unfinished.keys() | {node.stage for node in planned}
            return Standing(
                now_ms=self._now(),
                position=active.index(entry),
                active=len(active),
                open=dict(unfinished),
                running=self._book.running_beside(entry),
                runs={stage: tuple(self._book.runs[stage]) for stage in stages},
                slots=self.slots({node.queue for node in planned}),
                ready=self._ready_in({node.queue for node in planned}),
                ahead=self._ahead(entry),
            )

    def outlook(self, queues: Iterable[str], *, runs: bool = True) -> Standing:
        """See ``Ledger``."""
        with self._lock:
            queues = tuple(queues)
            active = self._book.active()
            opened = self._open(active)
            return Standing(
                now_ms=self._now(),
                position=len(active),
                active=len(active),
                open=dict(opened),
                running=self._book.running_beside(None),
                runs={stage: tuple(self._book.runs[stage] if runs else ()) for stage in opened},
                slots=self.slots(queues),
                ready=self._ready_in(queues),
                ahead={},
            )

    def _ready_in(self, queues: Iterable[str]) -> dict[str, int]:
        ready = Counter(node.plan.queue for _, node in self._book.nodes("ready"))
        return {queue: ready[queue] for queue in queues}

    def _ahead(self, job: JobEntry) -> dict[str, int]:
        waiting = [(node.plan.queue, node.ready_ms or 0) for _, node in self._book.nodes("ready")]
        found: dict[str, int] = {}
        for node in job.nodes.values():
            if node.state == "ready":
                queue = node.plan.queue
                before = sum(q == queue and at < (node.ready_ms or 0) for q, at in waiting)
                found[queue] = min(before, found.get(queue, before))
        return found

    def _open(self, active: list[JobEntry]) -> Counter[str]:
        nodes = (node for one in active for node in one.nodes.values())
        return Counter(node.plan.stage for node in nodes if node.state in UNFINISHED)

    def bytes_of(self, owner: str | None = None) -> int:
        """See ``Ledger``."""
        with self._lock:
            return self._book.files.bytes_of(owner)

    def filled(self) -> float:
        """See ``Ledger``."""
        return 0.0

    def recount(self) -> int:
        """See ``Ledger``: nothing is kept as a counter here, so none is ever off."""
        return 0
