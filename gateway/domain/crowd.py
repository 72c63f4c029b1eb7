"""How many jobs are where, and beside how many stages a job runs, counted from what is open."""

from __future__ import annotations

from collections import defaultdict

from common.contracts.stages import BY_NAME, EVERYTHING
from common.ledger.records import Standing


def shared(stage: str) -> bool:
    """Whether jobs of every product end with it."""
    return BY_NAME[stage].reads == (EVERYTHING,)


def jobs_by_queue(standing: Standing) -> dict[str, int]:
    """Tell how many jobs have something to do in a queue; what all jobs end with is left out."""
    jobs: defaultdict[str, int] = defaultdict(int)
    for stage, many in standing.open.items():
        row = BY_NAME.get(stage)
        if row is None or shared(stage):
            continue
        if "slot" not in row.request.model_fields:  # else it comes several times in a job
            jobs[row.queue] = max(jobs[row.queue], many)
    return dict(jobs)


def beside(standing: Standing) -> int:
    """How many stages of other jobs run beside one of a job, as long as these jobs last."""
    jobs = jobs_by_queue(standing)
    slots = {queue: standing.slots.get(queue, 0) for queue in jobs}
    others = sum(min(many - 1, slots[queue]) for queue, many in jobs.items())
    one_is_its_own = max(0, sum(slots.values()) - 1)
    return min(max(standing.running, others), one_is_its_own)
