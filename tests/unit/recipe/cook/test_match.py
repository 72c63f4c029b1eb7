"""Who plays which role."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from recipe_service.domain.cook.dishes import Dish
from recipe_service.domain.cook.match import Casting, cast
from tests.unit.recipe.cook.kitchen import KITCHEN, dish_of, role, step


def casting_of(dish: Dish, *at_hand: str, forbidden: str = "") -> Casting | None:
    return cast(dish, dict.fromkeys(at_hand, 1.0), KITCHEN.foods.keys() - {forbidden}, KITCHEN)


def played(casting: Casting | None) -> dict[str, list[str]]:
    assert casting is not None
    return {part.role.name: [food.id for food in part.foods] for part in casting.parts}


@pytest.fixture
def soup(tmp_path: Path) -> Dish:
    """Tomato can play both roles; potato only the second."""
    return dish_of(
        tmp_path,
        role("first", 'tomato = "1 piece", leek = "1 piece"'),
        role("second", 'tomato = "1 piece", potato = "1 piece"'),
        role("extra", '"@fruit" = "200 g"', need="may", more="pick = 2"),
        step("Cook the {first} and {second}[ with the {extra}]."),
    )


def test_the_best_assignment_is_found_where_a_greedy_one_would_buy(soup: Dish) -> None:
    casting = casting_of(soup, "tomato", "leek")
    assert played(casting) == {"salt": ["salt"], "first": ["leek"], "second": ["tomato"]}
    assert casting is not None
    assert casting.missing == ()


def test_what_nothing_at_hand_fills_is_bought(soup: Dish) -> None:
    casting = casting_of(soup, "potato")
    assert played(casting)["first"] == ["tomato"]
    assert casting is not None
    assert (casting.used, casting.missing) == (("potato",), ("tomato",))


def test_the_same_thing_is_not_bought_for_two_roles(soup: Dish) -> None:
    casting = casting_of(soup)
    assert casting is not None
    assert casting.missing == ("tomato", "potato")


def test_a_role_of_a_single_option_may_ask_for_the_same_again(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path,
        role("one", 'garlic = "1 clove"'),
        role("two", 'garlic = "2 clove"'),
        step("Cook the {one} and {two}."),
    )
    casting = casting_of(dish, "garlic")
    assert casting is not None
    assert (casting.used, casting.missing) == (("garlic",), ())


def test_a_staple_fills_a_role_before_a_purchase_does(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path, role("fat", 'cream = "50 ml", olive-oil = "1 tbsp"'), step("Warm the {fat}.")
    )
    assert played(casting_of(dish))["fat"] == ["olive-oil"]
    assert played(casting_of(dish, "cream"))["fat"] == ["cream"]


def test_what_is_forbidden_is_no_option(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path, role("rich", 'cream = "50 ml", oat-cream = "50 ml"'), step("Warm the {rich}.")
    )
    assert played(casting_of(dish, "cream", forbidden="cream"))["rich"] == ["oat-cream"]


def test_a_dish_without_an_allowed_option_is_out(tmp_path: Path) -> None:
    dish = dish_of(tmp_path, role("rich", 'cream = "50 ml"'), step("Warm the {rich}."))
    assert casting_of(dish, "cream", forbidden="cream") is None


def test_a_role_that_needs_two_buys_the_second(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path,
        role("mix", '"@root" = "400 g"', more="pick = 3\nat_least = 2"),
        step("Cook the {mix}."),
    )
    casting = casting_of(dish, "leek")
    assert played(casting)["mix"] == ["carrot", "leek"]
    assert casting is not None
    assert casting.missing == ("carrot",)


def test_optional_roles_stay_empty_unless_something_is_at_hand(soup: Dish) -> None:
    assert "extra" not in played(casting_of(soup, "tomato", "leek"))
    assert played(casting_of(soup, "pear", "apple", "lemon"))["extra"] == ["apple", "pear"]


def test_steps_that_need_an_empty_role_take_no_time(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path,
        role("main", 'potato = "2 piece"'),
        role("herb", 'bay-leaf = "1 leaf"', need="may"),
        step("Cook the {main}.", minutes=20),
        step("Fry the {herb}.", minutes=3, more='needs = ["herb"]'),
    )
    minutes = [made.minutes for made in (casting_of(dish), casting_of(dish, "bay-leaf")) if made]
    assert minutes == [21, 24]


def test_no_other_assignment_uses_more_or_buys_less(tmp_path: Path) -> None:
    """Compare with trying everything, over all pantries of the small kitchen's produce."""
    produce = ["carrot", "leek", "potato", "tomato", "apple"]
    dish = dish_of(
        tmp_path,
        role("one", 'carrot = "1 piece", leek = "1 piece"'),
        role("two", 'leek = "1 piece", potato = "1 piece", tomato = "1 piece"'),
        role("three", 'carrot = "1 piece", tomato = "1 piece"', need="may"),
        step("Cook the {one} and {two}[ with the {three}]."),
    )
    for size in range(1, 6):
        for pantry in itertools.combinations(produce, size):
            casting = casting_of(dish, *pantry)
            assert casting is not None
            assert (len(casting.missing), -len(casting.used)) == _by_trying(dish, pantry)


def _by_trying(dish: Dish, pantry: tuple[str, ...]) -> tuple[int, int]:
    roles = dish.roles[1:]
    best = (99, 0)
    for players in itertools.product((None, *pantry), repeat=len(roles)):
        named = [player for player in players if player]
        suits = all(
            player is None or player in part.options
            for part, player in zip(roles, players, strict=True)
        )
        if suits and len(set(named)) == len(named):
            bought = sum(
                part.must and player is None for part, player in zip(roles, players, strict=True)
            )
            best = min(best, (bought, -len(named)))
    return best
