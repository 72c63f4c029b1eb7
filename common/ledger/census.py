"""What the ledger counts in one moment, for whoever shows how the house is doing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class QueueCensus:
    """One queue: its stages, and who is there to run them."""

    ready: int
    running: int
    oldest_s: float  # age of the oldest ready stage
    workers: dict[str, int]  # how many stages each warm worker runs at once, by its name

    @property
    def slots(self) -> int:
        """How many stages all of them run at once."""
        return sum(self.workers.values())


@dataclass(frozen=True)
class Census:
    """The house."""

    queues: dict[str, QueueCensus]
    open: dict[str, int]  # by product: jobs that were accepted and have not ended
    dead: int  # dead letters


def census_of(answer: dict[str, Any]) -> Census:
    """Build a census from the script's answer."""
    queues = {
        queue: QueueCensus(row["ready"], row["running"], float(row["oldest_s"]), row["workers"])
        for queue, row in answer["queues"].items()
    }
    return Census(queues, answer["open"], answer["dead"])
