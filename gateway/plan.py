"""THE PLANS: the stages of each product as data, readable on one screen.

The edges of a plan say when a stage may start, not only what it reads: the portrait could
start at once, but on two cores it would slow down the way to the first viewable figurine.
"""

from __future__ import annotations

from collections.abc import Collection

from common.contracts.plans import Node, Plan
from common.contracts.stages import BY_NAME

_PRINTED = {"stl": "fusion.print", "3mf": "fusion.package"}


def figurine_plan(formats: Collection[str]) -> Plan:
    """Photo to figurine.

    ``measure → sculpt → [ render ∥ print ∥ package ∥ portrait ] → finish``; the longest stage
    of the parallel part comes first, so that a short queue never waits behind it. A format
    nobody asked for is not made.
    """
    sculpted = ("fusion.sculpt",)
    wanted = [stage for name, stage in _PRINTED.items() if name in formats]
    side_by_side = ("fusion.render", *wanted, "stylize.portrait")
    return Plan(
        nodes=(
            _node("fusion.measure"),
            _node("fusion.sculpt", after=("fusion.measure",)),
            *(_node(stage, after=sculpted) for stage in side_by_side),
            _node("gateway.finish", after=side_by_side),
        )
    )


def _node(stage: str, after: tuple[str, ...] = ()) -> Node:
    return Node(id=stage, stage=stage, queue=BY_NAME[stage].queue, after=after)
