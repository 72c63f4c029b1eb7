"""What the stages of a recipe job make, small enough to check by eye."""

from __future__ import annotations

from typing import Any

from common.contracts import recipe as r
from common.contracts.stages import INGREDIENTS, RECIPE_PAGES, RECIPES, RECIPES_TEXT
from recipe_service.domain.render.page import recipe_page

LEEK = r.Ingredient(name="leek", id="leek", coarse="Leek", confidence=0.7, source=r.Source.SEEN)
RICE = r.Ingredient(
    name="rice",
    confidence=0.9,
    source=r.Source.SEEN,
    box=r.Box(x=0.1, y=0.2, width=0.3, height=0.4),
)


def recipe(title: str = "Leek rice") -> r.Recipe:
    lines = (
        r.RecipeIngredient(name="leeks", id="leek", quantity=2, amount="2", note="sliced"),
        r.RecipeIngredient(name="rice", quantity=200, unit="g", amount="200 g"),
        r.RecipeIngredient(name="feta", amount="100 g", have="missing"),
    )
    steps = (
        r.Step(text="Slice the leeks.", minutes=5, phase="prep"),
        r.Step(text="Cook the rice.", minutes=15),
    )
    return r.Recipe(
        title=title,
        summary="Soft leeks in rice.",
        servings=2,
        prep_minutes=5,
        cook_minutes=15,
        ingredients=lines,
        steps=steps,
        uses=("leek", "rice"),
        missing=("feta",),
        diets=(r.Diet.VEGETARIAN, r.Diet.PESCATARIAN, r.Diet.NUT_FREE, r.Diet.NO_PORK),
        nutrition=r.Nutrition(
            kcal=412.4,
            protein=11,
            fat=9,
            saturated=4,
            carbs=70,
            sugar=3,
            fibre=2,
            sodium_mg=300,
        ),
    )


def made(stage: str, params: dict[str, Any]) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Files and facts of one stage."""
    if stage == "recipe.recognise":
        typed = [r.Ingredient(name=line) for line in params["ingredients"]]
        seen = r.IngredientList(ingredients=(LEEK, RICE, *typed), engine="builtin")
        names = [one.name for one in seen.ingredients]
        return _file(INGREDIENTS.name, seen), {"ingredients": names, "unsure": [], "unknown": []}
    if stage == "recipe.compose":
        slot = params["slot"]
        facts = {"title": f"Dinner {slot}", "minutes": 20, "note": ""}
        return _file(f"draft-{slot}.json", recipe(f"Dinner {slot}")), facts
    names = params.get("edited") or ["leek", "rice"]
    book = r.RecipeBook(
        ingredients=tuple(r.Ingredient(name=name) for name in names), recipes=(recipe(),)
    )
    files = _file(RECIPES.name, book) | {
        RECIPES_TEXT.name: b"# Leek rice\n",
        RECIPE_PAGES[0].name: recipe_page(recipe()).encode(),
    }
    return files, {"titles": ["Leek rice"], "missing": ["feta"]}


def _file(name: str, model: r.IngredientList | r.Recipe | r.RecipeBook) -> dict[str, bytes]:
    return {name: model.model_dump_json().encode()}
