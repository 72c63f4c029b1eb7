"""Amounts read, scaled and printed."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common.contracts.recipe import Units
from recipe_service.domain.pantry.amounts import (
    MASS,
    NATURAL,
    VOLUME,
    Amount,
    add,
    grams_of,
    parse_amount,
    print_amount,
    scale,
)
from recipe_service.domain.pantry.knowledge import Food
from tests.recipe_lint import knowledge_that_reads

FOODS = knowledge_that_reads().foods
ALL_UNITS = (*MASS, *VOLUME, *NATURAL)
SMALL = {"g", "ml", "tsp", "tbsp", "piece", "clove", "can", "cup", "oz"}

amounts = st.builds(
    Amount,
    st.floats(0.25, 2000).map(lambda value: round(value, 2)),
    st.sampled_from(ALL_UNITS),
)


@pytest.mark.parametrize(
    ("text", "quantity", "unit"),
    [
        ("400 g", 400, "g"), ("0.5 tsp", 0.5, "tsp"), ("2 piece", 2, "piece"), ("2", 2, "piece"),
        ("1½ cups", 1.5, "cup"), ("1 1/2 cups", 1.5, "cup"), ("⅓ cup", 1 / 3, "cup"),
        ("2 leaves", 2, "leaf"), ("1,5 kg", 1.5, "kg"), ("2 bunches", 2, "bunch"),
        ("1 tin", 1, "can"), ("3 tablespoons", 3, "tbsp"), ("1 000 g", 1000, "g"),
        ("1,250 g", 1250, "g"), ("12 500 ml", 12_500, "ml"), ("1 kg 500 g", 1.5, "kg"),
        ("1,500 kg", 1.5, "kg"),
    ],
)  # fmt: skip
def test_an_amount_is_read(text: str, quantity: float, unit: str) -> None:
    amount = parse_amount(text)
    assert amount.quantity == pytest.approx(quantity)
    assert amount.unit == unit


@pytest.mark.parametrize("text", ["", "g", "0 g", "-1 g", "1/0 g", "some", "4 parsecs", "1 g 2"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "food", "metric", "us"),
    [
        ("400 g", "carrot", "400 g", "14 oz"),
        ("500 g", "minced-beef", "500 g", "1 lb"),
        ("1200 g", "potato", "1.2 kg", "2¾ lb"),
        ("240 ml", "milk", "240 ml", "1 cup"),
        ("80 ml", "milk", "80 ml", "⅓ cup"),
        ("1.5 tbsp", "olive-oil", "1½ tbsp", "1½ tbsp"),
        ("0.25 tsp", "salt", "¼ tsp", "¼ tsp"),
        ("5 ml", "milk", "5 ml", "1 tsp"),
        ("30 ml", "milk", "30 ml", "2 tbsp"),
        ("5 tbsp", "milk", "5 tbsp", "⅓ cup"),
        ("2 clove", "garlic", "2 cloves", "2 cloves"),
        ("1 can", "canned-tomatoes", "1 can", "1 can"),
        ("2 piece", "onion", "2", "2"),
        ("2 leaf", "bay-leaf", "2 leaves", "2 leaves"),
    ],
)
def test_an_amount_is_printed_as_in_a_cookbook(
    amount: str, food: str, metric: str, us: str
) -> None:
    assert print_amount(parse_amount(amount), FOODS[food], Units.METRIC) == metric
    assert print_amount(parse_amount(amount), FOODS[food], Units.US) == us


@given(amounts, st.sampled_from(sorted(FOODS)))
def test_what_is_printed_reads_as_what_was_meant(amount: Amount, food: str) -> None:
    printed = parse_amount(print_amount(amount, FOODS[food], Units.METRIC))
    for table in (MASS, VOLUME):
        if amount.unit in table:
            meant = amount.quantity * table[amount.unit]
            assert printed.quantity * table[printed.unit] == pytest.approx(meant, rel=0.02)
            return
    assert printed.unit == amount.unit
    assert printed.quantity == pytest.approx(amount.quantity, rel=0.02)


@given(st.floats(20, 2000), st.sampled_from(sorted(FOODS)))
def test_american_measures_weigh_about_the_same(grams: float, food: str) -> None:
    known = FOODS[food]
    printed = parse_amount(print_amount(Amount(grams, "g"), known, Units.US))
    weighed = grams_of(printed, known)
    assert weighed == pytest.approx(grams, rel=0.25, abs=8)


@given(amounts, st.floats(0.1, 10))
def test_scaling_stays_near_and_never_reaches_nothing(amount: Amount, factor: float) -> None:
    scaled = scale(amount, factor)
    assert scaled.quantity > 0
    if amount.unit in {"g", "ml"} and amount.quantity * factor >= 10:
        assert scaled.quantity == pytest.approx(amount.quantity * factor, rel=0.27)


@given(st.sampled_from(sorted(SMALL)), st.floats(0.25, 500), st.floats(0.2, 5), st.floats(1, 3))
def test_more_people_never_get_less(unit: str, quantity: float, less: float, more: float) -> None:
    amount, volumes = Amount(quantity, unit), {"tsp": 5.0, "tbsp": 15.0}
    small, large = scale(amount, less), scale(amount, less * more)
    first, second = (one.quantity * volumes.get(one.unit, 1) for one in (small, large))
    if 1 not in {less, less * more}:  # an author's number is kept as it is
        assert second >= first * 0.85


@given(amounts)
def test_scaling_by_one_changes_nothing(amount: Amount) -> None:
    assert scale(amount, 1) == amount


def test_spoons_change_their_size_and_not_what_they_hold() -> None:
    assert scale(Amount(1.5, "tsp"), 4) == Amount(2, "tbsp")
    assert scale(Amount(1, "tbsp"), 0.5) == Amount(1.5, "tsp")


def test_what_has_no_common_measure_is_not_added() -> None:
    bread = FOODS["bread"]  # has no density
    assert add(Amount(100, "g"), Amount(10, "ml"), bread) is None
    assert add(Amount(100, "ml"), Amount(1, "l"), bread) == Amount(1100, "ml")


def test_eggs_stay_whole() -> None:
    assert scale(Amount(3, "piece"), 0.5, FOODS["egg"]) == Amount(2, "piece")
    assert scale(Amount(1, "piece"), 0.25, FOODS["egg"]) == Amount(1, "piece")


@given(amounts, amounts, st.sampled_from(sorted(FOODS)))
@example(Amount(1, "pinch"), Amount(1, "dash"), "bread")  # bread has no density
@settings(max_examples=200)
def test_a_sum_weighs_what_its_parts_weigh(one: Amount, two: Amount, food: str) -> None:
    known: Food = FOODS[food]
    total = add(one, two, known)
    parts = [grams_of(part, known) for part in (one, two)]
    if total is not None and None not in parts:
        assert grams_of(total, known) == pytest.approx(sum(p for p in parts if p is not None))
