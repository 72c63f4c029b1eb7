"""Which diets a list of ingredients suits, and which allergens it holds: computed, never guessed.

Two facts of the knowledge base speak about a food, where it comes from (`animal`) and its
allergens. A diet looks at both, so that one slip in a file of facts harms nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from common.contracts.recipe import Diet
from recipe_service.domain.pantry.knowledge import Food

_FLESH = frozenset({"meat", "poultry", "pork"})
_SEA = frozenset({"fish", "seafood"})
_SEA_ALLERGENS = frozenset({"fish", "crustaceans", "molluscs"})
_BRED = frozenset({"milk", "egg", "honey"})


@dataclass(frozen=True)
class _Ban:
    animals: frozenset[str] = frozenset()
    allergens: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    alcohol: bool = False

    def hits(self, food: Food) -> bool:
        return (
            food.animal in self.animals
            or bool(food.allergens & self.allergens)
            or food.group in self.groups
            or (self.alcohol and food.alcohol)
        )


_MEAT = _Ban(_FLESH | {"gelatin"}, groups=frozenset({"meat", "poultry"}))
_NO_ANIMAL = _FLESH | {"gelatin"} | _SEA
_BEASTS = frozenset({"meat", "poultry", "fish", "seafood"})
_BANS = {
    Diet.VEGETARIAN: _Ban(_NO_ANIMAL, _SEA_ALLERGENS, _BEASTS),
    Diet.VEGAN: _Ban(
        _NO_ANIMAL | _BRED,
        _SEA_ALLERGENS | {"milk", "egg"},
        _BEASTS | {"dairy", "cheese", "egg"},
    ),
    Diet.PESCATARIAN: _MEAT,
    Diet.GLUTEN_FREE: _Ban(allergens=frozenset({"gluten"})),
    Diet.DAIRY_FREE: _Ban(frozenset({"milk"}), frozenset({"milk"})),
    Diet.EGG_FREE: _Ban(frozenset({"egg"}), frozenset({"egg"})),
    # who cannot eat nuts is seldom sure about peanuts
    Diet.NUT_FREE: _Ban(allergens=frozenset({"nuts", "peanut"})),
    Diet.SOY_FREE: _Ban(allergens=frozenset({"soy"})),
    # gelatin comes from pigs unless a packet says otherwise
    Diet.NO_PORK: _Ban(frozenset({"pork", "gelatin"})),
    Diet.NO_ALCOHOL: _Ban(alcohol=True, groups=frozenset({"alcohol"})),
}


def allergens_of(foods: Iterable[Food]) -> tuple[str, ...]:
    """Return the allergens (EU 1169/2011, annex II) of a list of foods, sorted."""
    return tuple(sorted({allergen for food in foods for allergen in food.allergens}))


def diets_of(foods: Iterable[Food]) -> tuple[Diet, ...]:
    """Return every diet that all of the foods suit."""
    foods = tuple(foods)
    return tuple(diet for diet in Diet if not any(_BANS[diet].hits(food) for food in foods))


def allows(food: Food, diets: Iterable[Diet], excluded_ids: Collection[str] = ()) -> bool:
    """Say whether a food suits every diet named and is not excluded."""
    return food.id not in excluded_ids and breaks(food, diets) is None


def breaks(food: Food, diets: Iterable[Diet]) -> Diet | None:
    """Return the first of the diets that a food breaks, or None."""
    return next((diet for diet in diets if _BANS[diet].hits(food)), None)


def contradictions(diets: Collection[Diet]) -> str | None:
    """Say in one sentence why no recipe can follow all of the diets; None when one can."""
    if Diet.PESCATARIAN in diets:
        for other in (Diet.VEGAN, Diet.VEGETARIAN):
            if other in diets:
                return f"{other} leaves out fish and pescatarian asks for it: choose one of them."
    return None
