"""How things stand: the part of ``MemoryLedger`` that counts what is open."""

from __future__ import annotations

from collections import Counter

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
            nodes = (node for one in active for node in one.nodes.values())
            unfinished = Counter(node.plan.stage for node in nodes if node.state in UNFINISHED)
            planned = entry.new.plan.nodes
            stages = unfinished.keys() | {node.stage for node in planned}
            return Standing(
                now_ms=self._now(),
                position=active.index(entry),
                active=len(active),
                open=dict(unfinished),
                runs_ms={stage: tuple(self._book.runs[stage]) for stage in stages},
                slots=self.slots({node.queue for node in planned}),
            )

    def bytes_of(self, owner: str | None = None) -> int:
        """See ``Ledger``."""
        with self._lock:
            return self._book.files.bytes_of(owner)

    def recount(self) -> int:
        """See ``Ledger``: nothing is kept as a counter here, so none is ever off."""
        return 0
