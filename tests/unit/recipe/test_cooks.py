"""Who writes a recipe, what happens when a model does not, and what is known of its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.contracts.recipe import (
    ComposeRequest,
    Diet,
    IngredientList,
    Recipe,
    RecipeIngredient,
    Step,
)
from common.errors import BadParameter, NoRecipe
from recipe_service.domain.cook.dishes import load_dishes
from recipe_service.domain.pantry.at_hand import Sight, gather
from recipe_service.domain.pantry.identify import identified
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.knowledge import load_knowledge
from recipe_service.engines.cooks import Cooks

KNOWLEDGE = Path(__file__).parents[3] / "recipe_service" / "knowledge"
LIST = "tomato, 3 eggs, onion, bell pepper, potatoes"


@pytest.fixture(scope="module")
def cooks() -> Cooks:
    knowledge = load_knowledge(KNOWLEDGE)
    return Cooks(knowledge, load_dishes(KNOWLEDGE, knowledge), NameIndex(knowledge))


def at_hand(cooks: Cooks, text: str = LIST) -> IngredientList:
    return gather(Sight(), [text], cooks.names)


def test_each_slot_writes_a_dish_of_another_family(cooks: Cooks) -> None:
    recipes = [cooks.cook(at_hand(cooks), ComposeRequest(slot=slot)) for slot in range(3)]
    assert len({recipe.family for recipe in recipes}) == 3
    assert {recipe.engine for recipe in recipes} == {"builtin"}


def test_the_same_slot_writes_the_same_recipe(cooks: Cooks) -> None:
    wanted = ComposeRequest(slot=1, servings=3)
    assert cooks.cook(at_hand(cooks), wanted) == cooks.cook(at_hand(cooks), wanted)


def test_where_nothing_may_be_cooked_there_is_no_recipe(cooks: Cooks) -> None:
    with pytest.raises(NoRecipe):
        cooks.cook(at_hand(cooks, "beef"), ComposeRequest(diet=(Diet.VEGAN,)))


def test_an_exclusion_nobody_understands_is_refused_not_ignored(cooks: Cooks) -> None:
    with pytest.raises(BadParameter, match="qwertz"):
        cooks.cook(at_hand(cooks), ComposeRequest(exclude=("qwertz",)))


def test_an_exclusion_spelled_like_another_food_is_asked_back(cooks: Cooks) -> None:
    with pytest.raises(BadParameter, match=r"'custard' \(did you mean mustard\?\)"):
        cooks.cook(at_hand(cooks), ComposeRequest(exclude=("custard",)))


def test_what_is_excluded_is_in_no_recipe(cooks: Cooks) -> None:
    for slot in range(5):
        recipe = cooks.cook(at_hand(cooks), ComposeRequest(slot=slot, exclude=("eggs", "cheese")))
        foods = [cooks.knowledge.foods[line.id] for line in recipe.ingredients if line.id]
        assert not [food.id for food in foods if "egg" in food.allergens]
        assert not [food.id for food in foods if food.group == "cheese"]


def by_model(*names: str) -> Recipe:
    return Recipe(
        title="Supper",
        servings=2,
        prep_minutes=5,
        cook_minutes=10,
        ingredients=tuple(
            RecipeIngredient(name=name, quantity=200, unit="g", amount="200 g") for name in names
        ),
        steps=(Step(text="Cook everything.", minutes=10),),
        engine="openai:chef",
    )


def test_what_is_known_of_a_models_recipe_is_computed(cooks: Cooks) -> None:
    known = identified(by_model("tomatoes", "feta"), {"tomato"}, cooks.names, cooks.knowledge)
    assert [line.id for line in known.ingredients] == ["tomato", "feta"]
    assert (known.uses, known.missing) == (("tomato",), ("feta",))
    assert known.allergens == ("milk",)
    assert Diet.VEGETARIAN in known.diets
    assert Diet.VEGAN not in known.diets
    assert known.nutrition is not None


def test_what_stands_in_brackets_or_in_a_note_has_its_allergens_told(cooks: Cooks) -> None:
    recipe = by_model("rice (with almonds)", "carrots")
    rice, carrots = recipe.ingredients
    buttered = carrots.model_copy(update={"note": "fried in butter"})
    recipe = recipe.model_copy(update={"ingredients": (rice, buttered)})
    known = identified(recipe, set(), cooks.names, cooks.knowledge)
    assert known.allergens == ("milk", "nuts")
    assert not {Diet.VEGAN, Diet.NUT_FREE} & set(known.diets)
    assert [line.id for line in known.ingredients] == ["rice", "carrot"]


def test_of_an_unknown_ingredient_nothing_is_claimed(cooks: Cooks) -> None:
    known = identified(by_model("tomatoes", "moon dust"), set(), cooks.names, cooks.knowledge)
    assert known.diets == ()
    assert known.nutrition is None
    assert "moon dust" in known.note
