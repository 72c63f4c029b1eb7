"""How long an unfinished job will take: its own stages, and the work that comes before each.

The house goes on with jobs that have begun before it begins with others, and begins with these in
the order of arrival: who comes later changes nothing. ``waves`` counts what comes before which
stage; this module plays it through on the slots of the workers, some hundred times at once, each
time with run times drawn from those that were measured last, as they would be in a house that is
as busy as this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from common.contracts.plans import Node
from common.contracts.stages import BY_NAME
from common.ledger.records import JobRecord, Standing
from gateway.domain.runs import SAMPLES, Runs, Times
from gateway.domain.waves import Waves

# From a stage's end to the begin of the next, where a worker is free, it takes about as long as
# a stage that does hardly more than talk to the ledger and to the store.
HOP: Final = "gateway.finish"
HOPS: Final = 1.3
OVER: Final = {"done", "skipped"}


@dataclass(frozen=True)
class Eta:
    """Seconds until a job ends or pauses: half of all jobs, and nine of ten, are as fast."""

    p50_s: float
    p90_s: float


def estimate(record: JobRecord, standing: Standing, hops: float = HOPS) -> Eta | None:
    """Estimate when a job will end or pause; the same numbers give the same answer.

    Parameters
    ----------
    record
        An unfinished job.
    standing
        What the house is busy with, as the ledger told it in the same moment.
    hops
        What the house adds to each stage, as a multiple of its shortest one.

    Returns
    -------
    Eta
        None where a queue that the job needs has no worker (nobody knows when one comes), or a
        stage is one of another version of the house.
    """
    nodes = _to_do(record)
    if not all(standing.slots.get(node.queue) and node.stage in BY_NAME for node in nodes):
        return None
    ends = _Rehearsal(record, nodes, standing, hops).play() if nodes else np.zeros(1)
    p50, p90 = np.quantile(ends, (0.5, 0.9))
    return Eta(round(float(p50), 3), round(float(p90), 3))


def _to_do(record: JobRecord) -> list[Node]:
    """Nodes that are left until the job ends or pauses, parents first."""
    over = {node.id for node in record.nodes if node.state in OVER}
    # a hold that is over in a job that moves was approved
    pauses = any(node.hold and node.id not in over for node in record.plan.nodes)
    plan = record.plan.before_pause() if pauses else record.plan
    return [node for node in plan.nodes if node.id not in over]


class _Rehearsal:
    """One job played through, all samples side by side."""

    def __init__(
        self, record: JobRecord, nodes: list[Node], standing: Standing, hops: float
    ) -> None:
        self._nodes = nodes
        self._now_ms = standing.now_ms
        self._records = {node.id: node for node in record.nodes}
        self._runs = Runs(standing)
        self._hop_s = hops * self._runs.one_s(HOP)
        self._slots = standing.slots
        self._waves = Waves(record, nodes, standing)
        self._free = {queue: self._idle(queue) for queue in {node.queue for node in nodes}}

    def _idle(self, queue: str) -> Times:
        """No slot is taken. More slots than stages to come would change nothing."""
        rivals = self._waves.rivals(queue) + len(self._nodes)
        return np.zeros((SAMPLES, min(self._slots[queue], rivals)))

    def play(self) -> Times:
        ends: dict[str, Times] = {}
        began = entered = np.zeros(SAMPLES)
        for number, wave in enumerate(self._waves.own()):
            starts = [self._entry(node, ends) for node in wave]
            began, entered = entered, np.stack(starts).min(axis=0)
            for queue in self._free:
                self._let_pass(queue, number, began, entered)
            for node, start in zip(wave, starts, strict=True):
                ends[node.id] = self._serve(node, start)
        return _latest(list(ends.values())) + self._hop_s

    def _entry(self, node: Node, ends: dict[str, Times]) -> Times:
        """When a node enters its queue: after its parents; after a failed try it waits."""
        at = max(0.0, ((self._records[node.id].ready_ms or 0) - self._now_ms) / 1000)
        parents = [ends[parent] + self._hop_s for parent in node.after if parent in ends]
        return _latest([np.full(SAMPLES, at), *parents])

    def _let_pass(self, queue: str, number: int, began: Times, entered: Times) -> None:
        """Give the slots to the stages of others that come before this wave."""
        counts = self._waves.before(queue, number)
        many = round(sum(counts.values()))
        if not many:
            return
        free = self._free[queue]
        share = self._waves.ahead
        if number:  # they come while the wave before is under way
            np.maximum(free, (share * began + (1 - share) * entered)[:, None], out=free)
        free.sort(axis=1)
        slots = free.shape[1]
        each = (many + slots - 1 - np.arange(slots)) // slots
        # what runs in this moment has half of its time behind it, as a rule
        turns = each - 0.5 * ((number == 0) & (each > 0))
        free += turns * self._runs.block_s(counts)[:, None]

    def _serve(self, node: Node, start: Times) -> Times:
        free, record = self._free[node.queue], self._records[node.id]
        slot = free.argmin(axis=1)
        rows = np.arange(SAMPLES)
        if record.state == "running" and record.begin_ms is not None:
            end = self._runs.rest_s(node.stage, (self._now_ms - record.begin_ms) / 1000)
        else:
            end = np.maximum(start, free[rows, slot]) + self._runs.one_s(node.stage)
        free[rows, slot] = np.maximum(end, free[rows, slot])
        return end


def _latest(moments: list[Times]) -> Times:
    latest: Times = np.stack(moments).max(axis=0)
    return latest
