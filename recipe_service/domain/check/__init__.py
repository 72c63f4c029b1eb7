"""The rules every recipe must pass, whoever wrote it: a composer or a language model."""

from __future__ import annotations

from common.contracts.recipe import ComposeRequest, RankRequest, Recipe
from recipe_service.domain.check.forbidden import ban_of, forbidden
from recipe_service.domain.check.listing import inconsistent
from recipe_service.domain.check.plausible import implausible
from recipe_service.domain.check.problem import Problem
from recipe_service.domain.check.reading import read
from recipe_service.domain.check.texts import unfit
from recipe_service.domain.pantry.index import NameIndex, index_of
from recipe_service.domain.pantry.knowledge import Food, Knowledge

__all__ = ["Problem", "check_recipe", "served_ready"]


def check_recipe(
    recipe: Recipe, knowledge: Knowledge, wanted: ComposeRequest | RankRequest
) -> tuple[Problem, ...]:
    """Return every rule a recipe breaks, worst first; empty when it may be cooked.

    Diets and exclusions are judged strictly: by id and by every known name in list and
    method, and what nobody knows is refused. Everything else is judged with the tolerance
    of a cook.
    """
    index = index_of(knowledge)
    reading = read(recipe, index)
    found = [
        *forbidden(recipe, reading, ban_of(wanted.diet, wanted.exclude, index)),
        *unfit(recipe, wanted.language),
        *_unwanted(recipe, wanted),
        *implausible(recipe, reading),
        *inconsistent(recipe, reading),
    ]
    return tuple(dict.fromkeys(found))


def served_ready(recipe: Recipe, names: NameIndex) -> tuple[Food, ...]:
    """Return what the steps bring to the table ready made, custard or naan: no line holds it."""
    mentions = read(recipe, names).mentions(surely=True)
    return tuple(one.food for _, one in mentions if one.food.id not in names.foods)


def _unwanted(recipe: Recipe, wanted: ComposeRequest | RankRequest) -> list[Problem]:
    problems = []
    if recipe.servings != wanted.servings:
        sentence = f"The recipe serves {recipe.servings}: it must serve {wanted.servings}."
        problems.append(Problem("wrong_servings", sentence))
    if wanted.max_minutes is not None and recipe.total_minutes > wanted.max_minutes:
        sentence = f"It takes {recipe.total_minutes} minutes: at most {wanted.max_minutes}."
        problems.append(Problem("too_long", sentence))
    return problems
