"""What holds for every recipe of the built-in composer, whatever is at hand and forbidden."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.recipe import ComposeRequest, Diet, Recipe, Units
from recipe_service.domain.check import check_recipe
from recipe_service.domain.cook.choose import Choice, Wish, choose
from recipe_service.domain.cook.dishes import Dish
from recipe_service.domain.cook.grammar import PLAIN_WORDS, named_in, names_in_print
from recipe_service.domain.cook.match import Casting
from recipe_service.domain.cook.write import write
from recipe_service.domain.pantry.diets import allows, contradictions
from recipe_service.domain.pantry.knowledge import Knowledge
from tests.extent import size
from tests.recipe_coverage import SEEN
from tests.recipe_lint import dishes_that_read, knowledge_that_reads


@cache
def kitchen() -> tuple[Knowledge, tuple[Dish, ...]]:
    knowledge = knowledge_that_reads()
    return knowledge, dishes_that_read(knowledge)


@dataclass(frozen=True)
class Order:
    """One random request."""

    wish: Wish
    servings: int
    units: Units

    @property
    def choice(self) -> Choice:
        knowledge, dishes = kitchen()
        return choose(dishes, self.wish, knowledge)

    def written(self, casting: Casting) -> Recipe:
        return write(casting, kitchen()[0], self.wish.at_hand, self.servings, self.units)

    @property
    def recipes(self) -> list[Recipe]:
        return [self.written(casting) for casting in self.choice.castings]


@st.composite
def orders(draw: st.DrawFn) -> Order:
    anything = st.sampled_from(sorted(kitchen()[0].foods))
    foods = st.one_of(anything, st.sampled_from(SEEN))
    diets = st.sets(st.sampled_from(Diet), max_size=3).filter(
        lambda chosen: contradictions(chosen) is None
    )
    servings = draw(st.sampled_from((1, 2, 3, 4, 6, 13, 20)))
    return Order(
        wish=Wish(
            at_hand=tuple(draw(st.lists(foods, min_size=1, max_size=9, unique=True))),
            diets=tuple(sorted(draw(diets))),
            servings=servings,
            excluded=draw(st.frozensets(foods, max_size=4)),
            max_minutes=draw(st.sampled_from((None, 20, 45, 120))),
        ),
        servings=servings,
        units=draw(st.sampled_from(Units)),
    )


random_orders = given(orders())
thoroughly = settings(max_examples=size(300, 60), deadline=None, derandomize=True, database=None)


@thoroughly
@random_orders
def test_nothing_forbidden_is_listed(order: Order) -> None:
    foods = kitchen()[0].foods
    for recipe in order.recipes:
        for line in recipe.ingredients:
            assert line.id is not None
            assert allows(foods[line.id], order.wish.diets, order.wish.excluded)
        assert set(order.wish.diets) <= set(recipe.diets)


@thoroughly
@random_orders
def test_steps_name_exactly_what_is_listed(order: Order) -> None:
    knowledge = kitchen()[0]
    for recipe in order.recipes:
        method = " ".join(step.text for step in recipe.steps).lower()
        ids = [line.id for line in recipe.ingredients]
        assert len(set(ids)) == len(ids)
        names = {name for food in ids for name in names_in_print(knowledge.foods[food or ""])}
        for line in recipe.ingredients:
            called = knowledge.foods[line.id or ""]
            spoken = {called.name, called.plural or called.name}
            assert any(name.lower() in method for name in spoken), (line.name, method)
        for word in named_in(method, knowledge):
            listed = re.compile(rf"\b{re.escape(word)}\b")
            assert any(listed.search(name) for name in names), (word, recipe.title)


@thoroughly
@random_orders
def test_english_is_tidy(order: Order) -> None:
    for recipe in order.recipes:
        for text in (recipe.title, recipe.summary, *(step.text for step in recipe.steps)):
            assert not re.search(r"[{}\[\]]|  | [,.;:]|,[,.;:]|\.\.", text), text
            assert not re.search(r"(^|[.!?] )[a-z]", text), text
        for step in recipe.steps:
            assert step.text.endswith((".", "!")), step.text
            assert re.search(r"\b(?:(?:and|or)\.|(?:with|the|of)[.,])", step.text) is None, (
                step.text
            )


@thoroughly
@random_orders
def test_times_add_up_and_nutrition_is_possible(order: Order) -> None:
    for recipe in order.recipes:
        assert recipe.total_minutes == sum(step.minutes or 0 for step in recipe.steps)
        assert 0 < recipe.total_minutes <= 24 * 60
        assert all(line.grams is not None and line.grams > 0 for line in recipe.ingredients)
        grams = sum(line.grams or 0 for line in recipe.ingredients) / recipe.servings
        eaten = recipe.nutrition
        assert eaten is not None
        assert 20 <= grams <= 2500
        assert 5 <= eaten.kcal <= min(9.1 * grams, 3000)
        assert eaten.protein + eaten.fat + eaten.carbs <= grams * 1.02 + 1
        assert eaten.saturated <= eaten.fat + 0.2
        assert eaten.sugar <= eaten.carbs + 0.2


@thoroughly
@random_orders
def test_amounts_grow_with_the_number_of_servings(order: Order) -> None:
    for casting in order.choice.castings:
        serves = casting.dish.serves
        small, large = (
            write(casting, kitchen()[0], order.wish.at_hand, serves * factor) for factor in (1, 3)
        )
        for less, more in zip(small.ingredients, large.ingredients, strict=True):
            assert less.id == more.id
            assert less.grams is not None
            assert more.grams is not None
            assert 0.6 <= more.grams / (3 * less.grams) <= 1.5, (less, more)


@thoroughly
@random_orders
def test_answers_keep_the_promise_or_say_so(order: Order) -> None:
    choice = order.choice
    families = [casting.dish.family for casting in choice.castings]
    assert len(set(families)) == len(families)
    for casting in choice.castings:
        assert set(casting.used) <= set(order.wish.at_hand)
        assert not set(casting.missing) & {*order.wish.at_hand, *kitchen()[0].staples}
        limit = order.wish.max_minutes
        assert limit is None or casting.minutes <= limit
        if not choice.notes:
            assert len(casting.missing) <= 2


@settings(thoroughly, max_examples=size(120, 25))
@random_orders
def test_the_rules_for_every_cook_hold(order: Order) -> None:
    """The rules a language model is checked by, too."""
    wanted = ComposeRequest(
        diet=order.wish.diets,
        servings=order.servings,
        units=order.units,
        max_minutes=order.wish.max_minutes,
    )
    for recipe in order.recipes:
        assert check_recipe(recipe, kitchen()[0], wanted) == ()


def test_plain_words_are_few() -> None:
    """Each is a hole in the rule that steps name only what is listed."""
    assert len(PLAIN_WORDS) < 30


@pytest.mark.parametrize("diet", Diet)
def test_every_dish_keeps_the_rules_of_every_diet_that_it_can_be_cooked_for(diet: Diet) -> None:
    """With all at hand that the diet allows: no text of a dish serves what breaks it."""
    knowledge, dishes = kitchen()
    wanted, cooked = ComposeRequest(diet=(diet,), servings=2), 0
    for dish in dishes:
        foods = dict.fromkeys(food for role in dish.roles for food in role.options)
        fitting = tuple(food for food in foods if allows(knowledge.foods[food], (diet,), ()))
        wish = Wish(at_hand=fitting, diets=(diet,), servings=2, count=1)
        for casting in choose((dish,), wish, knowledge).castings if fitting else ():
            recipe = write(casting, knowledge, fitting, 2, Units.METRIC)
            assert check_recipe(recipe, knowledge, wanted) == (), recipe.title
            cooked += 1
    assert cooked > len(dishes) / 3
