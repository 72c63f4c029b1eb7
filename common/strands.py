"""What one message asks for: a stage, or several of one service that follow one another."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from common.contracts.plans import stage_of
from common.errors import LedgerUnavailable
from common.ledger.records import ReadyNode
from common.stage import Runtime, StageTask, run

LETS_GO_ON: Final = frozenset({"committed", "hit", "duplicate", "done", "skipped"})

log = logging.getLogger(__name__)


def strand_of(
    node: str, task: StageTask, then: Iterable[str], tasks: Mapping[str, StageTask]
) -> list[tuple[str, StageTask]]:
    """Say what runs each node that a message names."""
    return [(node, task), *((each, tasks[stage_of(each)]) for each in then)]


def run_in_turn(
    runtime: Runtime,
    job: str,
    strand: Iterable[tuple[str, StageTask]],
    lingers: Callable[[], bool] = lambda: False,
    *,
    republished: bool,
) -> str:
    """Run nodes that follow one another, as far as they get; say how it went with the last.

    A message that comes twice goes on behind what is done. What is left of one that stops half
    way is published by the reconciler, stage by stage; where the process should be gone by now,
    it publishes the next stage itself.
    """
    left = deque(strand)
    while left:
        node, task = left.popleft()
        status = run(runtime, task, job, node, republished=republished)
        if status not in LETS_GO_ON:
            break
        if left and lingers():
            _hand_over(runtime, job, *left[0])
            break
    return status


def _hand_over(runtime: Runtime, job: str, node: str, task: StageTask) -> None:
    try:
        runtime.publish((ReadyNode(job, node, task.row.name, task.row.queue),))
    except LedgerUnavailable as exc:
        log.warning("%s is left to the reconciler: %s", node, exc.detail)
