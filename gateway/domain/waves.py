"""What comes before which stage of a job, counted from the open stages of the whole house.

A job goes through its queues in waves: all its nodes of one depth are a wave. Where queues are
served in the order of arrival, each other job goes through one wave of its own in the time of one
wave of this job. Of the other jobs only the number of open stages is known; a stage that is open
more often than the one before it belongs to jobs that have come that far.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Final

from common.contracts.plans import Node
from common.contracts.stages import BY_NAME, EVERYTHING, STAGES
from common.ledger.records import JobRecord, Standing

FIRST_GUESS: Final = 3  # jobs; so much weighs that, in the long run, as many come as end
UNFINISHED: Final = {"waiting", "ready", "running"}


class Waves:
    """The waves of one job, and those of the others.

    Attributes
    ----------
    ahead
        Share of the other jobs whose next stage comes before the job's own.
    """

    def __init__(
        self,
        record: JobRecord,
        nodes: list[Node],
        standing: Standing,
        mean_s: Callable[[str], float],
    ) -> None:
        self._nodes, self._levels = nodes, record.plan.trunk().levels()
        self._depth = _depths(record)
        own = Counter(node.stage for node in record.nodes if node.state in UNFINISHED)
        self._each = Counter(node.stage for node in record.plan.nodes)
        self._aside = {node.stage for node in record.plan.aside()}
        self._others = self._in_my_queues(standing.open, own)
        self._arrived = self._jobs_by_depth()
        self._share_shared_stages()
        mine = Counter(_queue(node.stage) for node in record.nodes if node.state == "ready")
        self._here = {queue: _share_ahead(standing, queue, mine[queue]) for queue in standing.ahead}
        # Of the jobs that come through a later wave together, the earlier accepted come first.
        self.ahead = standing.position / max(1, standing.active - 1)
        self._inflow = self._new_for_each_that_ends(record, standing, mean_s)

    def own(self) -> list[list[Node]]:
        """Nodes of the job that are left, wave by wave."""
        left = {node.id: node for node in self._nodes}
        aside = [node for node in self._nodes if node.stage in self._aside]
        waves = [[left[node.id] for node in level if node.id in left] for level in self._levels]
        first, *rest = [wave for wave in waves if wave] or [[]]
        return [aside + first, *rest]  # what is aside waits for nothing, however far the rest is

    def rivals(self, queue: str) -> int:
        """How many stages of others are open in a queue."""
        return sum(many for stage, many in self._others.items() if _queue(stage) == queue)

    def before(self, queue: str, wave: int) -> dict[str, float]:
        """How many stages of others come between the last wave of the job and this one."""
        stages = [stage for stage in self._others if _queue(stage) == queue]
        found = {stage: self._until(stage, wave) - self._until(stage, wave - 1) for stage in stages}
        return {stage: many for stage, many in found.items() if many > 0}

    def newcomers(self, queue: str, wave: int) -> dict[str, float]:
        """How many stages of jobs yet to come would come before this wave, in a full house.

        In a house that takes in a job for each that ends, one in so many waves as a plan has
        comes with each wave, begins behind this job, and has gone one wave less far.
        """
        a_wave = self._inflow * (1 + self._arrived[-1]) / max(1, len(self._arrived) - 1)
        return {
            stage: a_wave * each
            for stage, each in self._each.items()
            if _queue(stage) == queue and self._depth[stage] < wave
        }

    def _until(self, stage: str, wave: int) -> float:
        """How many come before this wave in all: of some jobs one wave more than of the rest."""
        if wave < 0:
            return 0.0
        each, depth, many = max(1, self._each[stage]), self._depth[stage], self._others[stage]
        if stage in self._aside:  # in the order of arrival, however far the jobs are otherwise
            return self._here.get(_queue(stage), 0.0) * many
        at = depth - wave
        certain = max(0.0, many - each * self._jobs(at))
        last = min(float(many), each * (self._jobs(at) - self._jobs(at - 1)))
        share = self.ahead if wave else self._here.get(_queue(stage), 0.0)
        return min(float(many), certain + share * last)

    def _jobs(self, depth: int) -> float:
        """How many other jobs have come to this depth or less far."""
        return self._arrived[min(depth, len(self._arrived) - 1)] if depth >= 0 else 0.0

    def _in_my_queues(self, opened: Mapping[str, int], own: Counter[str]) -> dict[str, int]:
        queues = {node.queue for node in self._nodes}
        return {
            stage: many - own[stage]
            for stage, many in opened.items()
            if stage in BY_NAME and many > own[stage] and _queue(stage) in queues
        }

    def _jobs_by_depth(self) -> list[float]:
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
        return not _shared(stage) and stage not in self._aside

    def _share_shared_stages(self) -> None:
        """Leave jobs of other products out: they come to a shared stage at other times."""
        most = round(self._arrived[-1])
        for stage in filter(_shared, self._others):
            self._others[stage] = min(self._others[stage], most)

    def _new_for_each_that_ends(
        self, record: JobRecord, standing: Standing, mean_s: Callable[[str], float]
    ) -> float:
        """Estimate how many jobs come for each that ends, from those that came after this one.

        For a job that is new itself this is one.
        """
        work_s: defaultdict[str, float] = defaultdict(float)
        for stage, each in self._each.items():
            work_s[_queue(stage)] += each * mean_s(stage) / standing.slots.get(_queue(stage), 1)
        age_s = max(0, standing.now_ms - record.created_ms) / 1000
        could_end = age_s / max(0.001, *work_s.values())
        mine = (1 + self._arrived[-1]) / max(1, standing.active)
        # a crowd that came at once says little about who comes later
        came = min(2 * could_end, mine * (standing.active - 1 - standing.position))
        return (FIRST_GUESS + came) / (FIRST_GUESS + could_end)


def _share_ahead(standing: Standing, queue: str, mine: int) -> float:
    """Share of what others have in a queue, or in hand, that comes before the job's own."""
    ahead, busy = standing.ahead[queue], standing.slots[queue]
    others = max(standing.ready[queue] - mine, ahead)
    return (ahead + busy) / (others + busy)


def _queue(stage: str) -> str:
    return BY_NAME[stage].queue


def _shared(stage: str) -> bool:
    """Whether jobs of every product end with it."""
    return BY_NAME[stage].reads == (EVERYTHING,)


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
