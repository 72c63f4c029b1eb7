"""What comes before which stage of a job, counted from the open stages of the whole house.

A job goes through its queues in waves: all its nodes of one depth are a wave. A queue serves jobs
that have begun before those that have not, and these in the order of arrival. So all that is left
of the jobs ahead comes before the first wave of a job that waits, but for the last few: with
them it shares the workers, wave by wave, as it does with the other jobs once it has begun. Of
the other jobs only the number of open stages is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from common.contracts.plans import Node
from common.contracts.stages import BY_NAME, STAGES
from common.ledger.records import JobRecord, Standing
from gateway.domain.crowd import shared

UNFINISHED = {"waiting", "ready", "running"}


class Waves:
    """The waves of one job, and those of the others.

    Attributes
    ----------
    ahead
        Share of the other jobs that were accepted before this one.
    """

    def __init__(self, record: JobRecord, nodes: list[Node], standing: Standing) -> None:
        self._nodes, self._levels = nodes, record.plan.trunk().levels()
        self._depth = _depths(record)
        self._each = Counter(node.stage for node in record.plan.nodes)
        self._aside = {node.stage for node in record.plan.aside()}
        self.ahead = standing.position / max(1, standing.active - 1)
        own = Counter(node.stage for node in record.nodes if node.state in UNFINISHED)
        self._others = self._in_my_queues(standing.open, own)
        mine = Counter(_queue(node.stage) for node in record.nodes if node.state == "ready")
        self._here = {queue: _share_ahead(standing, queue, mine[queue]) for queue in standing.ahead}
        self._arrived = self._jobs_by_depth()
        self._share_shared_stages()
        self._at = [self._depth[wave[0].stage] for wave in self._own_levels()]
        self._began = not self._at or self._at[0] > 0
        self._behind = self._jobs_behind()
        self._beside = self._jobs_beside(standing)

    def own(self) -> list[list[Node]]:
        """Nodes of the job that are left, wave by wave."""
        aside = [node for node in self._nodes if node.stage in self._aside]
        first, *rest = self._own_levels() or [[]]
        return [aside + first, *rest]  # what is aside waits for nothing, however far the rest is

    def rivals(self, queue: str) -> int:
        """How many stages of others are open in a queue."""
        return sum(many for stage, many in self._others.items() if _queue(stage) == queue)

    def before(self, queue: str, wave: int) -> dict[str, float]:
        """How many stages of others come between the last wave of the job and this one."""
        stages = [stage for stage in self._others if _queue(stage) == queue]
        found = {stage: self._until(stage, wave) - self._until(stage, wave - 1) for stage in stages}
        return {stage: many for stage, many in found.items() if many > 0}

    def _until(self, stage: str, wave: int) -> float:
        """How many come before this wave in all."""
        if wave < 0:
            return 0.0
        each, many = max(1, self._each[stage]), self._others[stage]
        if stage in self._aside:  # each of them begins a job
            return self._here.get(_queue(stage), 0.0) * many
        before = max(0.0, many - each * self._behind)
        beside = min(before, each * self._beside)
        depth, at = self._depth[stage], self._at[wave] if self._at else 0
        if depth < at:
            return before
        if depth > at:
            return before - beside
        # those beside a job that has begun may be ahead of it or not; else they are
        return before - (1 - self.ahead) * beside if self._began or not wave else before

    def _jobs_behind(self) -> float:
        """How many other jobs begin later than this one."""
        waiting, jobs = self._arrived[0], self._arrived[-1]
        return waiting if self._began else min(waiting, (1 - self.ahead) * jobs)

    def _jobs_beside(self, standing: Standing) -> float:
        """How many of the rest are under way together with this one."""
        rest = self._arrived[-1] - self._behind
        if self._began:
            return rest
        return min(rest, min(standing.slots[node.queue] for node in self._levels[0]) - 1)

    def _own_levels(self) -> list[list[Node]]:
        left = {node.id: node for node in self._nodes}
        waves = [[left[node.id] for node in level if node.id in left] for level in self._levels]
        return [wave for wave in waves if wave]

    def _in_my_queues(self, opened: Mapping[str, int], own: Counter[str]) -> dict[str, int]:
        queues = {node.queue for node in self._nodes}
        return {
            stage: many - own[stage]
            for stage, many in opened.items()
            if stage in BY_NAME and many > own[stage] and _queue(stage) in queues
        }

    def _jobs_by_depth(self) -> list[float]:
        """How many other jobs have come to each depth or less far; by the last, all of them."""
        found, most = [], 0.0
        for depth in range(1 + max(self._depth.values())):
            here = [
                many / max(1, self._each[stage])
                for stage, many in self._others.items()
                if self._depth[stage] == depth and self._tells_how_far(stage)
            ]
            most = max([most, *here])
            found.append(most)
        return found

    def _tells_how_far(self, stage: str) -> bool:
        """Whether jobs come to it when their other stages of that depth are due."""
        return not shared(stage) and stage not in self._aside

    def _share_shared_stages(self) -> None:
        """Leave jobs of other products out: they come to a shared stage at other times."""
        most = round(self._arrived[-1])
        for stage in filter(shared, self._others):
            self._others[stage] = min(self._others[stage], most)


def _share_ahead(standing: Standing, queue: str, mine: int) -> float:
    """Share of what others have in a queue, or in hand, that comes before the job's own."""
    ahead, busy = standing.ahead[queue], standing.slots[queue]
    others = max(standing.ready[queue] - mine, ahead)
    return (ahead + busy) / (others + busy)


def _queue(stage: str) -> str:
    return BY_NAME[stage].queue


def _depths(record: JobRecord) -> dict[str, int]:
    """How deep in its plan a stage is; for what this job leaves out, by what it reads."""
    found: dict[str, int] = {}
    maker = {output.name: row.name for row in STAGES for output in row.writes}
    for row in STAGES:  # makers come before readers
        read = (*row.reads, *row.may_read)
        parents = [found[maker[name]] for name in read if maker.get(name) in found]
        found[row.name] = 1 + max(parents, default=-1)
    planned = {
        node.stage: depth for depth, level in enumerate(record.plan.levels()) for node in level
    }
    return found | planned
