"""A recipe to plant faults in, against the real knowledge base."""

from __future__ import annotations

from functools import cache
from typing import Any

from common.contracts.recipe import Nutrition, Recipe, RecipeIngredient, Step
from recipe_service.domain.pantry.knowledge import Knowledge
from tests.recipe_lint import knowledge_that_reads


@cache
def knowledge() -> Knowledge:
    return knowledge_that_reads()


def line(name: str, quantity: float | None, unit: str | None, **facts: Any) -> RecipeIngredient:
    amount = "" if quantity is None else f"{quantity:g} {unit or ''}".strip()
    return RecipeIngredient(name=name, quantity=quantity, unit=unit, amount=amount, **facts)


SOUP = Recipe(
    title="Carrot and leek soup",
    summary="Sweet roots, a little sharpness.",
    kitchen="French",
    kind="soup",
    family="vegetable-soup",
    servings=2,
    prep_minutes=10,
    cook_minutes=25,
    ingredients=(
        line("carrots", 400, "g", id="carrot", grams=400, note="sliced"),
        line("leek", 1, None, id="leek", grams=150),
        line("olive oil", 1, "tbsp", id="olive-oil", grams=14, have="staple"),
        line("vegetable stock", 600, "ml", id="vegetable-stock", grams=600, have="missing"),
        line("salt", 0.5, "tsp", id="salt", grams=3, have="staple"),
    ),
    steps=(
        Step(text="Slice the carrots and the leek.", minutes=10, phase="prep"),
        Step(text="Sweat them in the olive oil for about 8 minutes.", minutes=8),
        Step(text="Add the vegetable stock and the salt and simmer for 17 minutes.", minutes=17),
    ),
    uses=("carrot", "leek"),
    missing=("vegetable-stock",),
    keywords=("one pot",),
    nutrition=Nutrition(
        kcal=180, protein=3.1, fat=7.5, saturated=1, carbs=24, sugar=11, fibre=6, sodium_mg=900
    ),
)


def soup(**changes: Any) -> Recipe:
    return SOUP.model_copy(update=changes)


def with_line(extra: RecipeIngredient, step: str = "") -> Recipe:
    steps = (*SOUP.steps, Step(text=step or f"Stir in the {extra.name}.", minutes=0))
    return soup(ingredients=(*SOUP.ingredients, extra), steps=steps)


def with_step(text: str, **facts: Any) -> Recipe:
    return soup(steps=(*SOUP.steps, Step(**{"text": text, "minutes": 0} | facts)))
