"""Energy and nutrients of a dish, from the weights of what goes into it."""

from __future__ import annotations

from collections.abc import Iterable

from common.contracts.recipe import Nutrition
from recipe_service.domain.pantry.knowledge import Food

_FIELDS = ("kcal", "protein", "fat", "saturated", "carbs", "sugar", "fibre", "sodium_mg")
_DIGITS = {"kcal": 0, "sodium_mg": 0}


def per_serving(items: Iterable[tuple[Food, float]], servings: int) -> Nutrition:
    """Sum the nutrients of foods (with grams) and share them out.

    Values are those of the raw ingredients: what cooking destroys or leaves in the pan is
    not known. kcal and sodium are rounded to 1, grams to 0.1.
    """
    totals = dict.fromkeys(_FIELDS, 0.0)
    for food, grams in items:
        for field in _FIELDS:
            totals[field] += getattr(food.nutrition, field) * grams / 100
    shares = {name: round(total / servings, _DIGITS.get(name, 1)) for name, total in totals.items()}
    return Nutrition(**shares)
