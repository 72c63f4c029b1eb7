from __future__ import annotations

import pytest
from pydantic import ValidationError

from common.contracts.plans import Node, Plan


def _plan(**parents: str) -> Plan:
    nodes = (
        Node(id=id_, stage=id_, queue="fusion", after=tuple(after.split()))
        for id_, after in parents.items()
    )
    return Plan(nodes=tuple(nodes))


def _levels(plan: Plan) -> list[str]:
    return ["".join(node.id for node in level) for level in plan.levels()]


@pytest.mark.parametrize(
    ("plan", "levels"),
    [
        (_plan(a=""), ["a"]),
        (_plan(a="", b="a", c="b"), ["a", "b", "c"]),
        (_plan(a="", b="a", c="a", d="b c"), ["a", "bc", "d"]),
        (_plan(a="", b="", c="b", d="a c"), ["ab", "c", "d"]),
        (_plan(a="", b="a", c="b", d="a"), ["a", "bd", "c"]),
    ],
    ids=["one", "chain", "diamond", "two roots", "a late sibling"],
)
def test_a_level_needs_only_the_levels_before_it(plan: Plan, levels: list[str]) -> None:
    assert _levels(plan) == levels


@pytest.mark.parametrize(
    ("plan", "strands"),
    [
        (_plan(a=""), ["a"]),
        (_plan(a="", b="a", c="b"), ["abc"]),
        (_plan(a="", b="a", c="a", d="c", e="b d"), ["a", "b cd", "e"]),
        (_plan(a="", b="", c="b", d="a c"), ["a bc", "d"]),
        (_plan(a="", b="", c="a b", d="c", e="d", f="c"), ["a b", "c", "de f"]),
        (_plan(a="", b="", c="a b", d="c", e="b"), ["a b", "cd e"]),
    ],
    ids=["one", "chain", "two ways", "two roots", "both", "one parent leads elsewhere"],
)
def test_what_only_follows_one_another_is_one_strand(plan: Plan, strands: list[str]) -> None:
    found = [[[node.id for node in strand] for strand in level] for level in plan.strands()]
    assert [" ".join("".join(ids) for ids in level) for level in found] == strands


def test_a_node_whose_id_does_not_tell_its_stage_comes_alone() -> None:
    nodes = (Node(id="a", stage="s", queue="q"), Node(id="b", stage="s", queue="q", after=("a",)))
    levels = Plan(nodes=nodes).strands()
    assert [[len(strand) for strand in level] for level in levels] == [[1], [1]]


def test_a_strand_ends_with_its_queue() -> None:
    queues = {"a": "x", "b": "x", "c": "y", "d": "y", "e": "x"}
    parents = {"b": ("a",), "c": ("b",), "d": ("c",), "e": ("d",)}
    nodes = [
        Node(id=id_, stage=id_, queue=queue, after=parents.get(id_, ()))
        for id_, queue in queues.items()
    ]
    levels = Plan(nodes=tuple(nodes)).strands()
    assert [[len(strand) for strand in level] for level in levels] == [[2], [2], [1]]


@pytest.mark.parametrize(
    ("parents", "culprit"),
    [({"a": "b", "b": ""}, "a"), ({"a": "a"}, "a"), ({"a": "", "b": "x"}, "b")],
    ids=["child first", "cycle", "unknown parent"],
)
def test_a_parent_that_does_not_come_first_is_refused(
    parents: dict[str, str], culprit: str
) -> None:
    with pytest.raises(ValidationError, match=f"plan node {culprit}: its parents must come before"):
        _plan(**parents)


def test_an_id_twice_is_refused() -> None:
    node = Node(id="a", stage="fusion.measure", queue="fusion")
    with pytest.raises(ValidationError, match="each id once"):
        Plan(nodes=(node, node))


def test_a_plan_survives_its_way_through_json() -> None:
    plan = _plan(a="", b="a")
    assert Plan.model_validate_json(plan.model_dump_json()) == plan


def test_a_field_that_a_newer_release_adds_is_ignored() -> None:
    node = {"id": "a", "stage": "fusion.measure", "queue": "fusion", "colour": "red"}
    assert Plan.model_validate({"nodes": [node]}).nodes[0].id == "a"


def test_before_a_pause_comes_only_what_no_hold_comes_before() -> None:
    held = [node.model_copy(update={"hold": node.id in "ab"}) for node in _plan(a="", b="").nodes]
    behind = _plan(a="", b="", c="a b", d="c").nodes[2:]
    plan = Plan(nodes=(*held, *behind))
    assert [node.id for node in plan.before_pause().nodes] == ["a", "b"]
    assert plan.closure({"b"}) == {"b", "c", "d"}
