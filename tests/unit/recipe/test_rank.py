"""The answer: best first, no two alike, one shopping list."""

from __future__ import annotations

from typing import Any

import pytest

from common.contracts.recipe import (
    Diet,
    Ingredient,
    IngredientList,
    RankRequest,
    Recipe,
    RecipeBook,
    Units,
)
from common.errors import NoRecipe
from recipe_service.domain.rank import rank
from tests.unit.recipe.recipes import SOUP, knowledge, line, soup

AT_HAND = IngredientList(
    ingredients=tuple(Ingredient(name=name, id=name) for name in ("carrot", "leek", "butter")),
    engine="test",
)


def ranked(*recipes: Recipe, excluded: frozenset[str] = frozenset(), **wanted: Any) -> RecipeBook:
    return rank(recipes, AT_HAND, RankRequest(**wanted), excluded, knowledge())


STEW = soup(
    title="Bean stew",
    family="stew",
    ingredients=(
        line("carrots", 200, "g", id="carrot", grams=200),
        line("white beans", 1, "can", id="canned-white-beans", grams=240, have="missing"),
        line("vegetable stock", 300, "ml", id="vegetable-stock", grams=300, have="missing"),
    ),
    uses=("carrot",),
    missing=("canned-white-beans", "vegetable-stock"),
)


def test_what_uses_most_stands_first_then_what_misses_least_then_the_quick() -> None:
    quick = soup(title="Quick fritters", family="fritters", cook_minutes=5, ingredients=())
    assert [r.title for r in ranked(STEW, SOUP, quick).recipes] == [
        "Quick fritters", SOUP.title, "Bean stew",
    ]  # fmt: skip


def test_of_one_family_the_better_one_stays() -> None:
    worse = soup(title="Something else entirely", uses=("carrot",))
    book = ranked(worse, SOUP, STEW)
    assert [r.title for r in book.recipes] == [SOUP.title, "Bean stew"]
    assert any("alike" in note for note in book.notes)


def test_dishes_of_two_families_are_two_however_much_they_share() -> None:
    other = soup(title="Carrot and leek bake", family="bake")
    assert len(ranked(SOUP, other).recipes) == 2


def test_the_same_dish_under_another_title_is_told_once() -> None:
    twin = soup(title="Leek and carrot soup", family="")
    assert len(ranked(SOUP, twin).recipes) == 1
    other = soup(title="Velvety orange bowl of winter", family="")
    assert len(ranked(SOUP, other).recipes) == 2


def test_the_shopping_list_adds_up_over_recipes() -> None:
    stock = next(item for item in ranked(SOUP, STEW).shopping if item.id == "vegetable-stock")
    assert stock.amount == "900 ml"
    assert stock.recipes == (0, 1)
    cups = next(i for i in ranked(SOUP, STEW, units=Units.US).shopping if i.id == stock.id)
    assert cups.amount == "4 cups"


def test_what_is_at_hand_or_a_staple_is_not_bought() -> None:
    assert {item.id for item in ranked(SOUP, STEW).shopping} == {
        "vegetable-stock", "canned-white-beans",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "unit", "bought"),
    [
        (50, "g", "150 g"),
        (190, "g", None),
        (500, "g", None),
        (None, None, None),
        (1, "bunch", None),
    ],
)
def test_what_runs_short_is_bought(
    quantity: float | None, unit: str | None, bought: str | None
) -> None:
    carrot = Ingredient(name="carrot", id="carrot", quantity=quantity, unit=unit)
    at_hand = IngredientList(ingredients=(carrot,), engine="test")
    book = rank([STEW], at_hand, RankRequest(), frozenset(), knowledge())
    amounts = {item.id: item.amount for item in book.shopping}
    assert amounts.get("carrot") == bought


def test_of_what_is_there_each_recipe_may_use_all() -> None:
    carrot = Ingredient(name="carrot", id="carrot", quantity=150, unit="g")
    at_hand = IngredientList(ingredients=(carrot,), engine="test")
    more = line("carrots", 300, "g", id="carrot", grams=300)
    other = soup(title="Carrot mash", family="mash", ingredients=(more,))
    book = rank([STEW, other], at_hand, RankRequest(), frozenset(), knowledge())
    amounts = {item.id: (item.amount, len(item.recipes)) for item in book.shopping}
    assert amounts["carrot"] == ("150 g", 2)


@pytest.mark.parametrize("by_weight_first", [True, False])
def test_what_is_bought_is_enough_for_the_recipe_that_needs_most(by_weight_first: bool) -> None:
    """One recipe counts its carrots, 5 of 2 that are there; the other weighs a kilogram."""
    carrot = Ingredient(name="carrot", id="carrot", quantity=2)
    at_hand = IngredientList(ingredients=(carrot,), engine="test")
    counted = soup(title="Sticks", family="a", ingredients=(line("carrots", 5, None, id="carrot"),))
    weighed = soup(title="Mash", family="b", ingredients=(line("carrots", 1, "kg", id="carrot"),))
    recipes = [weighed, counted] if by_weight_first else [counted, weighed]
    (item,) = rank(recipes, at_hand, RankRequest(), frozenset(), knowledge()).shopping
    assert (item.amount, item.recipes) == ("900 g", (0, 1))


@pytest.mark.parametrize(
    ("stock", "needs", "bought"),
    [
        ((2, None), [(250, "g")], ("1", "leek")),  # 72 g are one more
        ((1, None), [(250, "g")], ("2", "leeks")),
        ((100, "g"), [(3, None)], ("2", "leeks")),
        ((2, None), [(2.5, None)], ("1", "leek")),
        ((1, None), [(900, "g")], ("825 g", "leeks")),  # nobody counts ten
        ((100, "g"), [(172, "g")], ("80 g", "leek")),
        (None, [(0.5, None)], ("1", "leek")),
        (None, [(0.5, None), (0.5, None)], ("1", "leek")),  # of one, both recipes have half
        (None, [(1, None), (89, "g")], ("2", "leeks")),
        (None, [(75, "g")], ("75 g", "leek")),  # nobody counts here
    ],
)
def test_what_is_counted_is_bought_whole(
    stock: tuple[float, str | None] | None,
    needs: list[tuple[float, str | None]],
    bought: tuple[str, str],
) -> None:
    there = stock and Ingredient(name="leek", id="leek", quantity=stock[0], unit=stock[1])
    at_hand = IngredientList(ingredients=(there,) if there else (), engine="test")
    have = "have" if there else "missing"
    lines = [line("leek", *need, id="leek", have=have) for need in needs]
    recipes = [soup(family=str(number), ingredients=(one,)) for number, one in enumerate(lines)]
    (item,) = rank(recipes, at_hand, RankRequest(), frozenset(), knowledge()).shopping
    assert (item.amount, item.name) == bought


@pytest.mark.parametrize(
    ("name", "stock", "need", "bought"),
    [
        ("mushroom", (4, None), (250, "g"), "g"),  # too light to be counted
        ("parsley", (1, "bunch"), (60, "g"), "bunch"),
        ("basil", (3, "leaf"), (30, "g"), "g"),  # no shop sells leaves
        ("garlic", (1, "clove"), (4, "clove"), "cloves"),
    ],
)
def test_shops_sell_bunches_and_weights_but_no_leaves(
    name: str, stock: tuple[float, str | None], need: tuple[float, str], bought: str
) -> None:
    there = Ingredient(name=name, id=name, quantity=stock[0], unit=stock[1])
    at_hand = IngredientList(ingredients=(there,), engine="test")
    recipe = soup(ingredients=(line(name, *need, id=name),))
    (item,) = rank([recipe], at_hand, RankRequest(), frozenset(), knowledge()).shopping
    assert item.amount.partition(" ")[2] == bought


def test_what_nobody_knows_is_bought_by_its_name() -> None:
    strange = soup(ingredients=(line("moon dust", 2, "tsp", have="missing"),))
    (item,) = ranked(strange).shopping
    assert (item.name, item.id, item.amount) == ("moon dust", None, "2 tsp")


def test_what_nobody_knows_is_added_up_in_one_measure_only() -> None:
    dust = [line("moon dust", 2, unit, have="missing") for unit in ("tsp", "g", "tsp")]
    book = ranked(*(soup(family=str(i), ingredients=(one,)) for i, one in enumerate(dust)))
    assert [item.amount for item in book.shopping] == ["4 tsp + 2 g"]


def test_what_is_not_known_is_left_out_and_said() -> None:
    strange = IngredientList(ingredients=(Ingredient(name="moon dust"),), engine="test")
    book = rank([SOUP], strange, RankRequest(), frozenset(), knowledge())
    assert book.left_out == ("moon dust: not known here",)


def test_of_two_that_use_as_much_what_misses_less_stands_first() -> None:
    slow = soup(title="Bake", family="bake", cook_minutes=90, missing=())
    assert [recipe.title for recipe in ranked(SOUP, slow).recipes] == ["Bake", SOUP.title]


def test_a_pinch_without_a_weight_hides_no_nutrition() -> None:
    pinch = line("paprika", None, None, id="paprika")
    assert ranked(soup(ingredients=(*SOUP.ingredients, pinch))).recipes[0].nutrition is not None


def test_nutrition_is_told_only_when_every_weight_is_known() -> None:
    known = ranked(soup(nutrition=None)).recipes[0]
    assert known.nutrition is not None
    assert known.nutrition.kcal > 50
    strange = soup(ingredients=(*SOUP.ingredients, line("moon dust", 2, "tsp")))
    assert ranked(strange).recipes[0].nutrition is None


def test_what_breaks_a_diet_never_leaves_the_house() -> None:
    buttered = soup(
        title="Buttered beans", family="b", ingredients=(line("butter", 1, "tbsp", id="butter"),)
    )
    book = ranked(SOUP, buttered, diet=(Diet.VEGAN,))
    assert [recipe.title for recipe in book.recipes] == [SOUP.title]
    assert book.left_out == ("butter: not vegan",)
    assert "dropped" in " ".join(book.notes)
    with pytest.raises(NoRecipe):
        ranked(SOUP, excluded=frozenset({"leek"}))


def test_what_is_excluded_is_said() -> None:
    assert ranked(STEW, excluded=frozenset({"leek"})).left_out == ("leek: excluded",)


def test_without_recipes_there_is_no_answer() -> None:
    with pytest.raises(NoRecipe):
        ranked()
