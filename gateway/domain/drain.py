"""How fast the house gets rid of its jobs, from what is open and how long it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final

from common.contracts.stages import BY_NAME
from common.ledger.records import Standing
from gateway.domain.crowd import jobs_by_queue
from gateway.domain.runs import Runs

# The queues of each plan, but for the last stage, which all share and which takes no time.
PRODUCTS: Final = (frozenset({"fusion", "stylize"}), frozenset({"recipe"}))
LEAST_S: Final = 0.02  # between the ends of two jobs; no house is faster than that


def seconds_a_job(standing: Standing, queues: Collection[str] | None = None) -> float | None:
    """Tell how long it takes, on the average, until the next job ends.

    Parameters
    ----------
    standing
        What the house is busy with.
    queues
        Only jobs that need one of these; of the whole house by default.

    Returns
    -------
    float
        None where nothing moves: no worker is there.
    """
    rates = [
        jobs / seconds
        for mine, jobs, seconds in _products(standing)
        if seconds and (queues is None or not mine.isdisjoint(queues))
    ]
    return max(LEAST_S, 1 / sum(rates)) if any(rates) else None


def _products(standing: Standing) -> Iterator[tuple[frozenset[str], float, float | None]]:
    """By product: its queues, how many jobs there are, and the time that they will take."""
    runs = Runs(standing)
    work_s: defaultdict[str, float] = defaultdict(float)
    jobs = jobs_by_queue(standing)
    for stage, many in standing.open.items():
        row = BY_NAME.get(stage)
        if row is None:
            continue
        work_s[row.queue] += many * runs.mean_s(stage)
    for mine in PRODUCTS:
        if busy := mine & work_s.keys():
            times = [work_s[q] / standing.slots[q] for q in busy if standing.slots.get(q)]
            stuck = len(times) < len(busy)
            yield mine, max(jobs.get(queue, 0) for queue in busy), None if stuck else max(times)
