"""A recipe in a model's words, tied to what the knowledge base knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from common.contracts.recipe import Recipe, RecipeIngredient
from recipe_service.domain.pantry.amounts import Amount, canonical_unit, grams_of
from recipe_service.domain.pantry.diets import allergens_of, diets_of
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.knowledge import Food, Knowledge
from recipe_service.domain.pantry.names import beside, parse_line
from recipe_service.domain.pantry.nutrition import per_serving


def identified(
    recipe: Recipe,
    at_hand: Collection[str],
    names: NameIndex,
    knowledge: Knowledge,
    served: Iterable[Food] = (),
) -> Recipe:
    """Give ingredients their ids and weights; compute allergens, diets and nutrition.

    What is served beside, unlisted, has allergens too.

    What is not known is not guessed: with one unknown ingredient the recipe claims no diet and
    no nutrition, and its note says whose allergens nobody knows.
    """
    foods = [parse_line(line.name, names).food for line in recipe.ingredients]
    pairs = zip(recipe.ingredients, foods, strict=True)
    lines = tuple(_line(line, food, at_hand, knowledge) for line, food in pairs)
    known = [food for food in foods if food]
    held = [
        *known,
        *served,
        *(one.food for line in lines for one in beside(line.name, line.note, names)),
    ]
    unknown = [line.name for line in lines if line.id is None]
    weighed = [
        (food, line.grams)
        for food, line in zip(foods, lines, strict=True)
        if food and line.grams is not None
    ]
    note = f"Not in the knowledge base, allergens unknown: {', '.join(unknown)}." if unknown else ""
    return recipe.model_copy(
        update={
            "ingredients": lines,
            "uses": _ids(lines, "have"),
            "missing": _ids(lines, "missing"),
            "allergens": allergens_of(held),
            "diets": () if unknown else diets_of(held),
            "nutrition": per_serving(weighed, recipe.servings) if not unknown else None,
            "note": note,
        }
    )


def _line(
    line: RecipeIngredient, food: Food | None, at_hand: Collection[str], knowledge: Knowledge
) -> RecipeIngredient:
    if food is None:
        return line.model_copy(update={"have": "missing"})
    staple = "staple" if food.id in knowledge.staples else "missing"
    have = "have" if food.id in at_hand else staple
    return line.model_copy(update={"id": food.id, "have": have, "grams": _grams(line, food)})


def _grams(line: RecipeIngredient, food: Food) -> float | None:
    if line.quantity is None:
        return None
    unit = canonical_unit(line.unit) if line.unit else "piece"
    return grams_of(Amount(line.quantity, unit), food) if unit else None


def _ids(lines: tuple[RecipeIngredient, ...], have: str) -> tuple[str, ...]:
    return tuple(line.id or line.name for line in lines if line.have == have)
