"""What a model says, read as a recipe: bounds, forgiveness, and half of it as a draft."""

from __future__ import annotations

import json
from typing import Any

import pytest

from common.contracts.recipe import Language
from recipe_service.engines.openai import answer
from recipe_service.engines.openai.draft import readable
from tests.unit.recipe.openai.samples import recipe, step


def test_other_ways_to_say_nothing_are_understood() -> None:
    said = recipe(
        kind="Main",
        ingredients=[{"name": "salt", "quantity": 0, "unit": ""}],
        steps=[step("Salt it to taste.", 1, temperature_c=0)] * 2,
    )
    written = answer.read_answer(json.dumps(said), Language.ENGLISH, "openai:cook")
    assert (written.ingredients[0].quantity, written.ingredients[0].unit) == (None, None)
    assert written.steps[0].temperature_c is None


def test_the_schema_asks_for_what_is_read() -> None:
    asked = answer.schema()
    parts = (
        (asked, answer.Answer),
        (asked["properties"]["ingredients"]["items"], answer.Ingredient),
        (asked["properties"]["steps"]["items"], answer.Step),
    )
    for part, model in parts:
        assert part["required"] == list(part["properties"]) == list(model.model_fields)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 200},
        {"title": "\u200b\u200b\u200b"},
        {"servings": 10**400},
        {"steps": [step("Roast until charcoal.", 10, temperature_c=900)] * 2},
        {"steps": [step("Wait a little.", 10_000)] * 2},
        {"steps": [step("Wait a little.", float("nan"))] * 2},
        {"ingredients": []},
        {"ingredients": [{"name": "leek", "quantity": -2}]},
        {"ingredients": [{"name": "leek", "quantity": [2]}]},
        {"ingredients": [{"name": "<script>alert(1)</script>"}]},
        {"ingredients": [{"name": "leek"}] * 500},
    ],
)
def test_bounds_hold(changes: dict[str, Any]) -> None:
    with pytest.raises(answer.WrongAnswer) as caught:
        answer.read_answer(json.dumps(recipe(**changes)), Language.ENGLISH, "openai:cook")
    assert caught.value.complaints


def test_half_a_recipe_can_be_read_and_half_of_anything_else_is_silent() -> None:
    half = (
        '{"title": "Leek omelette", "ingredients": [{"name": "leeks", "quantity": 2, "unit": "pie'
    )
    assert readable(half) == "Leek omelette\n\n- 2 pie leeks"
    for nothing in ("", "Sure!", "{", "[1, 2]", '{"title": 3, "steps": "fry"}', "{" * 5000):
        assert readable(nothing) == ""
    every = json.dumps(recipe())
    for end in range(len(every)):
        readable(every[:end])
