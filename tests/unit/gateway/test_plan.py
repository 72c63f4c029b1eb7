from __future__ import annotations

from itertools import chain, combinations

import pytest

from common import canvas
from common.celery_app import make_app
from common.contracts.stages import BY_NAME, EVERYTHING, PHOTO, PHOTOS
from common.settings import Settings
from gateway.plan import figurine_plan, portrait_plan, recipe_plan

FORMATS = ("glb", "stl", "3mf", "usdz")
EVERY_CHOICE = list(chain.from_iterable(combinations(FORMATS, n) for n in range(5)))


def _strands(*formats: str, **choices: bool) -> list[list[list[str]]]:
    """Ids of the nodes of each strand, level by level."""
    levels = figurine_plan(formats, **choices).trunk().strands()
    return [[[node.id for node in strand] for strand in level] for level in levels]


def test_a_whole_figurine_takes_nine_stages_and_five_messages() -> None:
    files = [["fusion.render"], ["fusion.print", "fusion.package", "fusion.ar"]]
    assert _strands(*FORMATS) == [
        [["fusion.measure", "fusion.sculpt", "fusion.paint"]],
        files,
        [["gateway.finish"]],
    ]
    assert [node.id for node in figurine_plan(FORMATS).aside()] == ["stylize.portrait"]
    assert _strands(*FORMATS, pause=True) == [
        [["stylize.portrait"], ["fusion.measure"]],
        [["fusion.sculpt", "fusion.paint"]],
        files,
        [["gateway.finish"]],
    ]


@pytest.mark.parametrize("formats", EVERY_CHOICE, ids="+".join)
def test_in_turn_all_that_one_service_makes_is_one_message(formats: tuple[str, ...]) -> None:
    side_by_side, in_turn = figurine_plan(formats), figurine_plan(formats, in_turn=True)
    made = [node.id for node in in_turn.nodes if node.queue == "fusion"]
    assert _strands(*formats, in_turn=True) == [[made], [["gateway.finish"]]]
    assert made[:4] == ["fusion.measure", "fusion.sculpt", "fusion.paint", "fusion.render"]
    assert {node.id for node in in_turn.nodes} == {node.id for node in side_by_side.nodes}
    assert in_turn.aside() == side_by_side.aside() != ()


def test_a_format_nobody_asked_for_is_not_made() -> None:
    body = ["fusion.measure", "fusion.sculpt", "fusion.paint"]
    assert _strands("glb") == [[[*body, "fusion.render"]], [["gateway.finish"]]]
    assert _strands("stl")[1] == [["fusion.render"], ["fusion.print"]]
    assert _strands("usdz", pause=True)[2] == [["fusion.render"], ["fusion.ar"]]


def test_a_portrait_that_is_waited_for_is_not_aside() -> None:
    assert figurine_plan(FORMATS, pause=True).aside() == ()
    assert figurine_plan(FORMATS, pause=True).before_pause().aside() == ()
    assert portrait_plan().aside() == ()


def test_a_portrait_alone_needs_no_body() -> None:
    levels = portrait_plan().levels()
    assert [[node.id for node in level] for level in levels] == [
        ["stylize.portrait"],
        ["gateway.finish"],
    ]


@pytest.mark.parametrize("formats", EVERY_CHOICE, ids="+".join)
def test_before_the_approval_there_is_the_portrait_and_what_was_measured(
    formats: tuple[str, ...],
) -> None:
    plan = figurine_plan(formats, pause=True)
    canvas.build(make_app(Settings()), "j1", plan.before_pause())
    assert {node.id for node in plan.before_pause().nodes} == {"stylize.portrait", "fusion.measure"}


@pytest.mark.parametrize("formats", EVERY_CHOICE, ids="+".join)
def test_every_choice_of_formats_is_something_celery_can_run(formats: tuple[str, ...]) -> None:
    canvas.build(make_app(Settings()), "j1", figurine_plan(formats))


@pytest.mark.parametrize("formats", EVERY_CHOICE, ids="+".join)
@pytest.mark.parametrize("choice", [{}, {"pause": True}, {"in_turn": True}], ids=str)
def test_every_stage_finds_its_inputs_made_by_a_stage_before_it(
    formats: tuple[str, ...], choice: dict[str, bool]
) -> None:
    made = {PHOTO, EVERYTHING}
    for level in figurine_plan(formats, **choice).levels():
        for node in level:
            assert made.issuperset(BY_NAME[node.stage].reads), node.id
        made |= {output.name for node in level for output in BY_NAME[node.stage].writes}


@pytest.mark.parametrize("formats", EVERY_CHOICE, ids="+".join)
@pytest.mark.parametrize("in_turn", [False, True])
def test_the_manifest_waits_for_everything_else(formats: tuple[str, ...], *, in_turn: bool) -> None:
    *others, finish = figurine_plan(formats, in_turn=in_turn).nodes
    needed = {parent for node in (*others, finish) for parent in node.after}
    assert needed == {node.id for node in others}


def test_every_node_goes_to_the_queue_of_its_row() -> None:
    for node in figurine_plan(FORMATS).nodes:
        assert node.queue == BY_NAME[node.stage].queue


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("pause", [False, True])
def test_recipes_are_written_side_by_side(count: int, *, pause: bool) -> None:
    plan = recipe_plan(count, pause=pause)
    assert [[node.id for node in level] for level in plan.levels()] == [
        ["recipe.recognise"],
        [f"recipe.compose#{slot}" for slot in range(count)],
        ["recipe.rank"],
        ["gateway.finish"],
    ]
    canvas.build(make_app(Settings()), "j1", plan.before_pause())
    assert len(plan.before_pause().nodes) == (1 if pause else count + 3)


def test_only_a_recipe_may_fail_without_ending_the_job() -> None:
    optional = {node.stage for node in recipe_plan(3).nodes if node.optional}
    assert optional == {"recipe.compose"}


def test_every_stage_of_a_recipe_finds_its_inputs() -> None:
    made = {*PHOTOS, EVERYTHING}
    for level in recipe_plan(5).levels():
        for node in level:
            row = BY_NAME[node.stage]
            assert made.issuperset({*row.reads, *row.may_read}), node.id
        made |= {output.name for node in level for output in BY_NAME[node.stage].writes}
