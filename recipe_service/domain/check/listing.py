"""The list and the method speak of the same ingredients."""

from __future__ import annotations

from collections.abc import Iterator

from common.contracts.recipe import Language, Recipe
from recipe_service.domain.check.problem import Problem
from recipe_service.domain.check.reading import Reading, Row
from recipe_service.domain.pantry.tokens import tokens_of
from recipe_service.domain.pantry.words import fillers

_FROM_THE_TAP = {"water", "ice"}
# Words that use an ingredient without naming it.
_SEASONING = {"season", "seasoning", "приправ", "посол", "nêm", "調", "味"}
_SEASONINGS = {"salt", "black-pepper"}
# "all the vegetables", "the dry ingredients": any of the list is used.
_ALL = {
    "vegetable": {"vegetable", "mushroom"},
    "fruit": {"fruit"},
    "herb": {"herb"},
    "spice": {"spice"},
    "meat": {"meat", "poultry"},
    "seafood": {"seafood", "fish"},
}
_EVERYTHING = {"ingredient", "everything", "ингредиент", "все"}


def inconsistent(recipe: Recipe, reading: Reading) -> Iterator[Problem]:
    """Find what is used but not listed, and what is listed but never used."""
    if recipe.language is Language.ENGLISH:  # other languages decline and shorten too freely
        told: set[str] = set()
        for number, mention in reading.mentions():
            if mention.food.id not in _FROM_THE_TAP | told:
                told.add(mention.food.id)
                yield Problem(
                    "not_listed",
                    f'Step {number} uses "{mention.text}", which is not in the list: add it with'
                    " its amount or take it out of the step.",
                )
    used = _used(reading)
    for row in reading.rows:
        if recipe.steps and not _is_used(row, reading, used):
            yield Problem(
                "never_used",
                f'"{row.line.name}" is listed but no step uses it: use it or take it off the list.',
            )


def _used(reading: Reading) -> set[str]:
    return {token.exact for tokens in reading.steps for token in tokens}


def _is_used(row: Row, reading: Reading, used: set[str]) -> bool:
    ids = {mention.food.id for named in reading.named for mention in named}
    if ids & row.foods.keys() or used & _EVERYTHING:
        return True
    if row.food is not None:
        if row.food.id in _SEASONINGS and used & _SEASONING:
            return True
        if any(word in used and row.food.group in groups for word, groups in _ALL.items()):
            return True
    meaningful = {
        token.exact
        for token in tokens_of(row.line.name)
        if (token.exact,) not in fillers() and not token.text[0].isdigit()
    }
    language = "en" if row.line.name.isascii() else "vi"
    names = [tokens_of(name) for name in (row.food.names[language] if row.food else ())]
    if language == "en":
        names = [tokens[-1:] for tokens in names]  # browned is not the use of a brown onion
    known = {token.exact for tokens in names for token in tokens if len(token.exact) > 2}
    return bool((meaningful or {row.line.name.casefold()}) & used or known & used)
