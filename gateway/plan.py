"""THE PLANS: the stages of each product as data, readable on one screen.

The edges of a plan are what a stage reads, and what it must not be ahead of.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from common.contracts.plans import Node, Plan, stage_of
from common.contracts.stages import BY_NAME

_FILES = {
    "fusion.print": {"stl", "3mf"},  # whatever is printed has a certificate
    "fusion.package": {"3mf"},
    "fusion.ar": {"usdz"},
}


def figurine_plan(formats: Collection[str], *, pause: bool = False, in_turn: bool = False) -> Plan:
    """Photo to figurine.

    ``measure → sculpt → paint → [ render ∥ print → package → ar ] → finish``, and beside all
    that, from the start, the portrait. The other files follow one another: together they take less
    time than the preview, and one message. A format nobody asked for is not made.

    With ``pause`` the job waits behind portrait and measuring until somebody approves. With
    ``in_turn`` the files follow the preview too: where every worker has enough to do, side by side
    ends no job earlier, and what one worker does in one go costs less.
    """
    seen = ("stylize.portrait", "fusion.measure")
    wanted = [stage for stage, files in _FILES.items() if not files.isdisjoint(formats)]
    files = ("fusion.render" if in_turn else "fusion.paint", *wanted)
    ends = files[-1:] if in_turn else ("fusion.render", *wanted[-1:])
    last = (*ends, *(() if pause else seen[:1]))
    return Plan(
        nodes=(
            *(_node(stage, hold=pause) for stage in seen),
            _node("fusion.sculpt", after=seen if pause else ("fusion.measure",)),
            _node("fusion.paint", after=("fusion.sculpt",)),
            _node("fusion.render", after=("fusion.paint",)),
            *(_node(stage, after=(above,)) for above, stage in pairwise(files)),
            _node("gateway.finish", after=last),
        )
    )


def portrait_plan() -> Plan:
    """Photo to portrait: ``portrait → finish``."""
    return Plan(
        nodes=(_node("stylize.portrait"), _node("gateway.finish", after=("stylize.portrait",)))
    )


def recipe_plan(count: int, *, pause: bool = False) -> Plan:
    """Photos or a list to recipes: ``recognise → [ compose#0 ∥ compose#1 … ] → rank → finish``.

    With ``pause`` the job waits behind ``recognise`` until somebody approves the list. A recipe
    that cannot be written is left out, the others go on.
    """
    written = tuple(f"recipe.compose#{slot}" for slot in range(count))
    return Plan(
        nodes=(
            _node("recipe.recognise", hold=pause),
            *(_node(each, after=("recipe.recognise",), optional=True) for each in written),
            _node("recipe.rank", after=written),
            _node("gateway.finish", after=("recipe.rank",)),
        )
    )


def _node(id_: str, after: tuple[str, ...] = (), **flags: bool) -> Node:
    stage = stage_of(id_)
    return Node(id=id_, stage=stage, queue=BY_NAME[stage].queue, after=after, **flags)
