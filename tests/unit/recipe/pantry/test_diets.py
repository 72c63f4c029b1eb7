"""Diets, allergens and nutrition, computed from the list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.recipe import Diet
from recipe_service.domain.pantry.diets import allergens_of, allows, contradictions, diets_of
from recipe_service.domain.pantry.nutrition import per_serving
from tests.recipe_lint import knowledge_that_reads

KNOWLEDGE = knowledge_that_reads()
FOODS = KNOWLEDGE.foods
foods = st.lists(st.sampled_from(sorted(FOODS)), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("food", "broken"),
    [
        ("beef", {Diet.VEGETARIAN, Diet.VEGAN, Diet.PESCATARIAN}),
        ("salmon", {Diet.VEGETARIAN, Diet.VEGAN}),
        ("fish-sauce", {Diet.VEGETARIAN, Diet.VEGAN}),
        ("butter", {Diet.VEGAN, Diet.DAIRY_FREE}),
        ("honey", {Diet.VEGAN}),
        ("egg", {Diet.VEGAN, Diet.EGG_FREE}),
        ("peanut", {Diet.NUT_FREE}),
        ("almond", {Diet.NUT_FREE}),
        ("flour", {Diet.GLUTEN_FREE}),
        ("tofu", {Diet.SOY_FREE}),
        ("lard", {Diet.VEGETARIAN, Diet.VEGAN, Diet.PESCATARIAN, Diet.NO_PORK}),
        ("gelatin", {Diet.VEGETARIAN, Diet.VEGAN, Diet.PESCATARIAN, Diet.NO_PORK}),
        ("red-wine", {Diet.NO_ALCOHOL}),
        ("oat-milk", set()),
        ("carrot", set()),
        ("margarine", set()),
        ("table-margarine", {Diet.VEGAN, Diet.DAIRY_FREE}),
        ("beef-and-pork-mince", {Diet.VEGETARIAN, Diet.PESCATARIAN, Diet.NO_PORK}),
        ("clamato", {Diet.VEGETARIAN, Diet.VEGAN}),
        ("black-vinegar", {Diet.GLUTEN_FREE}),
        ("malt-vinegar", {Diet.GLUTEN_FREE}),
        ("shaoxing-wine", {Diet.GLUTEN_FREE, Diet.NO_ALCOHOL}),
        ("crab-stick", {Diet.VEGETARIAN, Diet.GLUTEN_FREE, Diet.EGG_FREE}),
    ],
)
def test_a_food_breaks_its_diets(food: str, broken: set[Diet]) -> None:
    assert broken <= set(Diet) - set(diets_of([FOODS[food]]))
    for diet in broken:
        assert not allows(FOODS[food], [diet])


@pytest.mark.parametrize("food", ["beef", "chicken-breast"])
def test_meat_that_a_slip_in_the_facts_calls_a_plant_is_still_meat(food: str) -> None:
    slip = replace(FOODS[food], animal=FOODS["carrot"].animal)
    assert not {Diet.VEGAN, Diet.VEGETARIAN, Diet.PESCATARIAN} & set(diets_of([slip]))


@given(foods)
def test_vegan_is_vegetarian_is_pescatarian(ids: list[str]) -> None:
    suited = diets_of(FOODS[one] for one in ids)
    assert Diet.VEGAN not in suited or {Diet.VEGETARIAN, Diet.DAIRY_FREE, Diet.EGG_FREE} <= set(
        suited
    )
    assert Diet.VEGETARIAN not in suited or Diet.PESCATARIAN in suited


@given(foods)
def test_a_recipe_suits_a_diet_when_each_food_does(ids: list[str]) -> None:
    known = [FOODS[one] for one in ids]
    assert set(diets_of(known)) == {
        diet for diet in Diet if all(allows(food, [diet]) for food in known)
    }
    assert set(allergens_of(known)) == {a for food in known for a in food.allergens}


def test_with_and_without_fish_cannot_both_be() -> None:
    assert contradictions([Diet.VEGAN, Diet.PESCATARIAN]) is not None
    assert contradictions([Diet.PESCATARIAN, Diet.VEGETARIAN]) is not None
    assert contradictions([Diet.VEGAN, Diet.GLUTEN_FREE, Diet.VEGETARIAN]) is None


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(FOODS)), st.floats(1, 1000)), min_size=1, max_size=12
    ),
    st.integers(1, 20),
)
def test_nutrition_stays_within_physics(items: list[tuple[str, float]], servings: int) -> None:
    eaten = per_serving([(FOODS[food], grams) for food, grams in items], servings)
    grams = sum(weight for _, weight in items) / servings
    assert 0 <= eaten.kcal <= 9.1 * grams + 1
    assert eaten.protein + eaten.fat + eaten.carbs <= 1.03 * grams + 0.5
    assert eaten.saturated <= eaten.fat + 0.5
    assert eaten.sugar <= eaten.carbs + 0.05 * grams + 0.5


def test_nutrition_is_shared_out() -> None:
    one = per_serving([(FOODS["carrot"], 200.0)], 1)
    four = per_serving([(FOODS["carrot"], 800.0)], 4)
    assert one == four
    assert one.kcal == pytest.approx(2 * FOODS["carrot"].nutrition.kcal, abs=1)
