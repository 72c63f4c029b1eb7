"""A recipe as schema.org JSON-LD, with the fields search engines and recipe managers read.

https://schema.org/Recipe, https://developers.google.com/search/docs/appearance/structured-data/recipe
"""

from __future__ import annotations

import json
from typing import Any

from common.contracts.recipe import Diet, Nutrition, Recipe, Step
from recipe_service.domain.render.labels import ingredient_line, language_tag, plain

_KINDS = {
    "main": "Main course", "soup": "Soup", "salad": "Salad", "side": "Side dish",
    "breakfast": "Breakfast", "dessert": "Dessert", "drink": "Drink", "snack": "Snack",
    "sauce": "Sauce",
}  # fmt: skip
_DIETS = {
    Diet.VEGETARIAN: "VegetarianDiet",
    Diet.VEGAN: "VeganDiet",
    Diet.GLUTEN_FREE: "GlutenFreeDiet",
    Diet.DAIRY_FREE: "LowLactoseDiet",
}


def to_jsonld(recipe: Recipe) -> dict[str, Any]:
    """Return the recipe as a JSON-LD object; resting time counts in ``totalTime`` alone.

    The steps are one flat list: recipe managers make a step of their own out of the name of a
    ``HowToSection``, and a step that reads "Cooking" would have to be taken out by hand.
    """
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Recipe",
        "name": recipe.title,
        "description": recipe.summary,
        "author": {"@type": "Organization", "name": "Kiln"},
        "inLanguage": language_tag(recipe),
        "recipeYield": [str(recipe.servings), f"{recipe.servings} servings"],
        "prepTime": duration(recipe.prep_minutes),
        "cookTime": duration(recipe.cook_minutes),
        "totalTime": duration(recipe.total_minutes),
        "recipeCategory": _KINDS.get(recipe.kind, recipe.kind),
        "recipeCuisine": recipe.kitchen,
        "keywords": ", ".join((*recipe.keywords, *(plain(diet) for diet in recipe.diets))),
        "recipeIngredient": [ingredient_line(line) for line in recipe.ingredients],
        "recipeInstructions": [_step(step) for step in recipe.steps],
        "suitableForDiet": [
            f"https://schema.org/{_DIETS[diet]}" for diet in recipe.diets if diet in _DIETS
        ],
        "nutrition": _nutrition(recipe.nutrition) if recipe.nutrition else None,
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def to_script(recipe: Recipe) -> str:
    """Return the JSON-LD for a ``script`` element: no sign in it can end the element."""
    text = json.dumps(to_jsonld(recipe), ensure_ascii=False, indent=1)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def duration(minutes: int) -> str:
    """Return minutes as an ISO 8601 duration: ``PT1H20M``."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")


def _step(step: Step) -> dict[str, Any]:
    known = {"@type": "HowToStep", "text": step.text}
    return known | ({"timeRequired": duration(round(step.minutes))} if step.minutes else {})


def _nutrition(eaten: Nutrition) -> dict[str, str]:
    return {
        "@type": "NutritionInformation",
        "servingSize": "1 serving",
        "calories": f"{eaten.kcal:.0f} kcal",
        "proteinContent": f"{eaten.protein:g} g",
        "fatContent": f"{eaten.fat:g} g",
        "saturatedFatContent": f"{eaten.saturated:g} g",
        "carbohydrateContent": f"{eaten.carbs:g} g",
        "sugarContent": f"{eaten.sugar:g} g",
        "fiberContent": f"{eaten.fibre:g} g",
        "sodiumContent": f"{eaten.sodium_mg:.0f} mg",
    }
