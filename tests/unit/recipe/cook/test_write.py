"""A casting written out: the list, the steps, the facts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from common.contracts.recipe import Diet, Recipe, Units
from recipe_service.domain.cook.dishes import Dish
from recipe_service.domain.cook.match import cast
from recipe_service.domain.cook.write import write
from tests.recipe_lint import dishes_that_read, knowledge_that_reads
from tests.unit.recipe.cook.kitchen import HEAD, KITCHEN, dish_of, role, step


def written(dish: Dish, *at_hand: str, servings: int = 2, units: Units = Units.METRIC) -> Recipe:
    casting = cast(dish, dict.fromkeys(at_hand, 1.0), KITCHEN.foods.keys(), KITCHEN)
    assert casting is not None
    return write(casting, KITCHEN, at_hand, servings, units)


def listed(recipe: Recipe) -> list[str]:
    return [
        " ".join(filter(None, (line.amount, line.name, f"({line.note})" if line.note else "")))
        for line in recipe.ingredients
        if line.id != "salt"
    ]


@pytest.fixture
def tray(tmp_path: Path) -> Dish:
    head = HEAD.replace('"Stew"', '"{mix} from the tray"')
    return dish_of(
        tmp_path,
        role("mix", '"@root" = "600 g"', more='pick = 3\ncut = "in wedges"'),
        role("fat", 'olive-oil = "2 tbsp", butter = "30 g"'),
        role("garlic", 'garlic = "2 clove"', need="may"),
        step("Cut the {mix} into wedges.", phase="prep", minutes=10),
        step("Toss the {mix} with the {fat}.", phase="prep", minutes=2),
        step("Roast at {temperature} for 30 minutes[ with the {garlic}].", 30,
             more="temperature_c = 200"),
        head=head,
    )  # fmt: skip


def test_a_mixture_is_shared_and_counted_where_a_count_is_near(tray: Dish) -> None:
    recipe = written(tray, "carrot", "leek", "potato")
    assert listed(recipe)[:2] == [
        "3 carrots (about 180 g, in wedges)",
        "200 g potatoes (in wedges)",
    ]
    assert listed(recipe)[2] == "2 leeks (about 200 g, in wedges)"


def test_a_strong_ingredient_does_not_get_an_equal_share(tmp_path: Path) -> None:
    options = 'potato = "600 g", garlic = "600 g"'
    dish = dish_of(tmp_path, role("mix", options, more="pick = 2"), step("Cook the {mix}."))
    grams = {line.id: line.grams for line in written(dish, "potato", "garlic").ingredients}
    assert grams["garlic"] == pytest.approx(15)
    assert grams["potato"] == pytest.approx(600, abs=25)


def test_a_mixture_is_named_once_and_then_called_what_it_is(tray: Dish) -> None:
    steps = [found.text for found in written(tray, "carrot", "leek", "potato").steps]
    assert steps[0] == "Cut the carrots, potatoes and leeks into wedges."
    assert steps[1] == "Toss the vegetables with the olive oil."


@pytest.mark.parametrize(
    ("title", "spoken"),
    [
        ("{mix} soup", "Carrot and leek soup"),
        ("{mix} from the tray", "Carrots and leeks from the tray"),
        ("Rice with {mix}", "Rice with carrots and leeks"),
    ],
)
def test_a_title_is_singular_where_a_noun_follows(tmp_path: Path, title: str, spoken: str) -> None:
    mix = role("mix", '"@root" = "600 g"', more="pick = 3")
    head = HEAD.replace('"Stew"', f'"{title}"')
    dish = dish_of(tmp_path, mix, step("Cook the {mix}."), head=head)
    assert written(dish, "carrot", "leek").title == spoken


def test_minutes_are_summed_by_phase(tray: Dish) -> None:
    recipe = written(tray, "carrot")
    assert (recipe.prep_minutes, recipe.cook_minutes, recipe.rest_minutes) == (13, 30, 0)


@pytest.mark.parametrize(("units", "oven"), [(Units.METRIC, "200 °C"), (Units.US, "400 °F")])
def test_the_oven_speaks_the_units_of_the_reader(tray: Dish, units: Units, oven: str) -> None:
    assert oven in written(tray, "carrot", units=units).steps[2].text


def test_the_list_says_what_is_there_what_is_assumed_and_what_to_buy(tray: Dish) -> None:
    recipe = written(tray, "garlic")
    assert {line.id: line.have for line in recipe.ingredients} == {
        "salt": "staple",
        "carrot": "missing",
        "olive-oil": "staple",
        "garlic": "have",
    }
    assert (recipe.uses, recipe.missing) == (("garlic",), ("carrot",))


def test_the_same_ingredient_in_two_roles_is_one_line(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path,
        role("oil", 'olive-oil = "2 tbsp"'),
        role("dressing", 'olive-oil = "1 tbsp"'),
        role("one", 'butter = "20 g"'),
        role("more", 'butter = "1 tbsp"'),
        step("Warm the {oil}, {one} and {more}. Add the {dressing}."),
    )
    assert listed(written(dish)) == ["3 tbsp olive oil", "35 g butter"]


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ('canned-tomatoes = "1 can"', "400 g canned tomatoes"),
        ('bay-leaf = "2 leaf"', "2 bay leaves"),
        ('bay-leaf = "1 leaf"', "1 bay leaf"),
        ('potato = "0.5 piece"', "½ potato"),
        ('potato = "150 g"', "150 g potato"),
        ('potato = "600 g"', "600 g potatoes"),
        ('garlic = "3 clove"', "3 cloves garlic"),
    ],
)
def test_a_line_reads_as_in_a_cookbook(tmp_path: Path, option: str, line: str) -> None:
    dish = dish_of(tmp_path, role("main", option), step("Cook the {main}."))
    assert listed(written(dish)) == [line]


def test_allergens_and_diets_follow_the_choice_and_so_do_keywords(tmp_path: Path) -> None:
    head = HEAD + 'keywords = ["vegan", "one pot"]\n'
    rich = role("rich", 'cream = "100 ml", oat-cream = "100 ml"')
    dish = dish_of(tmp_path, rich, step("Warm the {rich}."), head=head)
    dairy, plant = written(dish, "cream"), written(dish, "oat-cream")
    assert (dairy.allergens, plant.allergens) == (("milk",), ())
    assert Diet.VEGAN in plant.diets
    assert Diet.VEGAN not in dairy.diets
    assert (dairy.keywords, plant.keywords) == (("one pot",), ("vegan", "one pot"))


@pytest.mark.parametrize(
    ("summary", "spoken"),
    [
        ("Potatoes at their best.", "Carrots at their best."),
        ("A stew of potatoes.", "A stew of carrots."),
        ("A stew as good as pears.", ""),
    ],
)
def test_a_summary_speaks_of_what_is_there(tmp_path: Path, summary: str, spoken: str) -> None:
    head = HEAD.replace("A stew.", summary)
    root = role("root", 'potato = "300 g", carrot = "300 g"')
    dish = dish_of(tmp_path, root, step("Cook the {root}."), head=head)
    assert written(dish, "carrot").summary == spoken


def test_nutrition_is_that_of_a_serving(tmp_path: Path) -> None:
    dish = dish_of(tmp_path, role("main", 'potato = "400 g"'), step("Cook the {main}."))
    for servings in (2, 4):
        nutrition = written(dish, servings=servings).nutrition
        assert nutrition is not None
        assert nutrition.kcal == pytest.approx(50 * 2, abs=3)


def test_no_step_calls_a_thing_by_a_word_that_only_says_which_one_it_is() -> None:
    """Flour tortillas are no flour, chicken stock is no chicken."""
    knowledge = knowledge_that_reads()
    wrong = []
    for dish in dishes_that_read(knowledge):
        for food in {"tortilla", "chicken-stock"} & dish.foods:
            casting = cast(dish, {food: 1.0}, knowledge.foods.keys(), knowledge)
            if casting is None:
                continue
            recipe = write(casting, knowledge, (food,), 2)
            names = {line.name.split()[-1] for line in recipe.ingredients}
            if any("chicken" in line.id and "stock" not in line.id for line in recipe.ingredients):
                names.add("chicken")
            text = " ".join(step.text for step in recipe.steps)
            wrong += [
                (dish.id, word)
                for word in ("flour", "chicken")
                if re.search(rf"the {word}(?! tortilla| stock)", text) and word not in names
            ]
    assert wrong == []


def test_a_cut_of_meat_is_called_by_its_meat_the_second_time(tmp_path: Path) -> None:
    dish = dish_of(
        tmp_path,
        role("meat", 'chicken-breast = "300 g"'),
        step("Slice the {meat}.", phase="prep", minutes=2),
        step("Fry the {meat}.", 8),
    )
    texts = [one.text for one in written(dish, "chicken-breast").steps]
    assert texts[:2] == ["Slice the chicken breasts.", "Fry the chicken."]
