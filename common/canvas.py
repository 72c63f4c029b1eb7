"""From a plan to Celery's chains and flat chords of task names, and onto the broker.

Stages that only follow one another on one queue are one message: it names them all, and whoever
gets it runs one after the other. A message that stays with its worker would cost as much as one
that goes to another service.

A stage that could start at once and is not needed until late is no part of the chain: it gets a
message of its own, and whoever runs it publishes what only waited for it. So the last chord may
fire before that stage is done: its message is refused by the ledger, and nothing is lost.

The canvas is only the trigger: it carries ids, the ledger decides. A lost chord costs one
reconciler period, a doubled one is absorbed by ``claim``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from typing import Any

import kombu.exceptions
import redis
from celery import Celery, chain, group

from common.contracts.plans import Plan, Strand
from common.errors import LedgerUnavailable
from common.ledger.records import ReadyNode

REPUBLISHED = "kiln_republished"  # message header: whoever runs this publishes the successors
# A job that has begun comes before one that has not: else all jobs of a crowd end together, and a
# worker would read what it has just let go. kombu's Redis serves priority 0 first, and 9 last.
GOES_ON, BEGINS = 0, 9


def build(app: Celery, job: str, plan: Plan) -> Any:  # noqa: ANN401  Celery is untyped
    """Express a plan as ``chain(a, group(b, c), d)`` of its strands, run as flat chords.

    What is aside in the plan is left out.

    Raises
    ------
    ValueError
        Two levels in a row hold several strands: that would nest a chord in a chord.
    """
    levels = plan.trunk().strands()
    for above, below in pairwise(levels):
        if len(above) > 1 and len(below) > 1:
            ends = [strand[-1].id for strand in above]
            raise ValueError(f"{ends} needs one stage to join it before the next")
    first, *rest = (_level(app, job, level) for level in levels)
    return chain(first.set(priority=BEGINS), *rest)


def publish_plan(app: Celery, job: str, plan: Plan) -> None:
    """Put the first stages on the broker; Celery goes on from there, up to a pause."""
    first = plan.before_pause()
    _send(lambda: build(app, job, first).apply_async())
    for node in first.aside():
        _send_alone(app, job, node.stage, node.id, BEGINS)


def publish_again(app: Celery, nodes: Iterable[ReadyNode]) -> None:
    """Put single stages on the broker, outside of any chord."""
    for node in nodes:
        _send_alone(app, node.job, node.stage, node.id)


def _level(app: Celery, job: str, level: list[Strand]) -> Any:  # noqa: ANN401
    signatures = [
        _signature(app, job, strand[0].stage, *(node.id for node in strand)) for strand in level
    ]
    return signatures[0] if len(signatures) == 1 else group(signatures)


def _signature(app: Celery, job: str, stage: str, *nodes: str) -> Any:  # noqa: ANN401
    # no Celery result: the ledger has it, and each would cost a write to disk
    return app.signature(stage, args=(job, *nodes), immutable=True, ignore_result=True)


def _send_alone(app: Celery, job: str, stage: str, node: str, priority: int = GOES_ON) -> None:
    signature = _signature(app, job, stage, node)
    _send(partial(signature.apply_async, headers={REPUBLISHED: True}, priority=priority))


def _send(publish: Callable[[], object]) -> None:
    try:
        publish()
    except (kombu.exceptions.KombuError, redis.RedisError, OSError) as exc:
        raise LedgerUnavailable(f"the broker does not answer: {type(exc).__name__}") from exc
