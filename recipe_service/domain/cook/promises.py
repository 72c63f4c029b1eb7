"""Words in a dish's texts that promise a food without naming it: buttered, cheesy, the meat."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from recipe_service.domain.cook.phrases import parse
from recipe_service.domain.pantry.knowledge import Food, Knowledge

if TYPE_CHECKING:  # dishes.py reads files by these rules
    from recipe_service.domain.cook.dishes import Dish

_FLESH = {"meat", "poultry", "pork"}


def _of(*groups: str) -> Callable[[Food], bool]:
    return lambda food: food.group in groups


def _of_animal(food: Food) -> bool:
    return food.animal in _FLESH


def _is(*ids: str) -> Callable[[Food], bool]:
    return lambda food: food.id in ids


_PROMISES: tuple[tuple[str, Callable[[Food], bool]], ...] = (
    (r"meats?|meaty|meatballs?|meatloaf|beefy|porky|hammy", _of_animal),
    (r"fish|fishes|fishy", lambda food: food.animal == "fish"),
    (r"seafood|shellfish", lambda food: food.animal in {"fish", "seafood"}),
    (r"poultry|bird", lambda food: food.animal == "poultry"),
    (r"butter|buttered|buttery|buttering", _is("butter", "ghee")),
    (r"cheese|cheeses|cheesy", _of("cheese")),
    (r"milk|dairy", _of("dairy", "plant-milk")),
    (r"egg|eggs|eggy|yolks?", _of("egg")),
    (r"honeyed", _is("honey")),
    (r"nuts?", _of("nut")),
    (r"boozy|winey|beery", lambda food: food.alcohol),
)
# What a step may look or smell like; in a title or a summary they promise a food.
_LOOKS: tuple[tuple[str, Callable[[Food], bool]], ...] = (
    (r"cream|creamed", _is("cream", "sour-cream", "creme-fraiche", "oat-cream", "coconut-milk")),
    (r"creamy|milky", _of("dairy", "plant-milk", "cheese")),
    (r"nutty", _of("nut")),
)


def broken_promises(
    text: str, dish: Dish, knowledge: Knowledge, filled: Iterable[str] | None = None
) -> Iterator[str]:
    """Find words that promise what some version of the dish does not hold.

    `filled` are the roles a step needs; a title and a summary have none.

    A word may stand where a role that is filled then has nothing but such foods to offer; in
    a bracket the roles of the bracket are filled.
    """
    sure = {role.name for role in dish.roles if role.must} | set(filled or ())
    for fragment in parse(text):
        roles = [role for role in dish.roles if role.name in sure | fragment.roles]
        said = " \0 ".join(fragment.pieces[::2])
        for words, holds in (*_PROMISES, *(_LOOKS if filled is None else ())):
            found = re.search(rf"\b(?:{words})\b", said, re.IGNORECASE)
            kept = any(all(holds(knowledge.foods[f]) for f in role.options) for role in roles)
            if found and not kept:
                yield f"{found[0]!r} is not in every version of the dish: say it without"
