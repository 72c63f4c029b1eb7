"""The rules see each planted fault, and let good recipes pass."""

from __future__ import annotations

from typing import Any

import pytest

from common.contracts.recipe import ComposeRequest, Diet, Language, Recipe, Step, Units
from recipe_service.domain.check import Problem, check_recipe
from recipe_service.domain.cook.choose import Wish, choose
from recipe_service.domain.cook.write import write
from recipe_service.domain.pantry.diets import allows
from recipe_service.domain.pantry.exclude import exclude
from recipe_service.domain.pantry.index import index_of
from tests.recipe_lint import dishes_that_read
from tests.unit.recipe.recipes import SOUP, knowledge, line, soup, with_line, with_step


def problems(recipe: Recipe, **wanted: Any) -> tuple[Problem, ...]:
    return check_recipe(recipe, knowledge(), ComposeRequest(**{"servings": 2} | wanted))


def codes(recipe: Recipe, **wanted: Any) -> set[str]:
    return {problem.code for problem in problems(recipe, **wanted)}


def test_a_good_recipe_passes() -> None:
    assert problems(SOUP) == ()
    assert problems(SOUP, diet=(Diet.VEGAN, Diet.NUT_FREE), exclude=("milk", "onion")) == ()


FORBIDDEN = [
    (with_line(line("butter", 20, "g", id="butter")), {"diet": (Diet.VEGAN,)}),
    (with_line(line("butter", 20, "g")), {"diet": (Diet.DAIRY_FREE,)}),  # no id: by its name
    (with_line(line("carrot", 20, "g", note="fried in butter")), {"diet": (Diet.VEGAN,)}),
    (with_line(line("olive oil", 5, "g", id="carrot", note="or ghee")), {"diet": (Diet.VEGAN,)}),
    (with_line(line("peanut butter", 20, "g", id="carrot")), {"diet": (Diet.NUT_FREE,)}),
    (with_line(line("carrots (in ghee)", 20, "g", id="carrot")), {"diet": (Diet.DAIRY_FREE,)}),
    (with_line(line("rice noodles [with almonds]", 20, "g")), {"exclude": ("nuts",)}),
    (with_line(line("carrots (with prawns)", 20, "g")), {"exclude": ("prawns",)}),
    (with_line(line("butter or lard", 20, "g", id="carrot")), {"diet": (Diet.NO_PORK,)}),
    (with_step("Finish with a knob of butter."), {"diet": (Diet.VEGAN,)}),
    (with_step("Scatter with flaked almonds."), {"exclude": ("nuts",)}),
    (with_step("Scatter with chopped nuts."), {"exclude": ("nuts",)}),
    (with_step("Scatter with chopped nuts."), {"diet": (Diet.NUT_FREE,)}),
    (with_step("Add a spoon of dairy."), {"diet": (Diet.DAIRY_FREE,)}),
    (with_step("Serve with bread."), {"diet": (Diet.GLUTEN_FREE,)}),
    (with_step("Serve on toast."), {"diet": (Diet.GLUTEN_FREE,)}),
    (with_step("Season with nuoc mam or nước mắm."), {"diet": (Diet.VEGETARIAN,)}),
    (with_step("Deglaze with white wine."), {"diet": (Diet.NO_ALCOHOL,)}),
    (with_line(line("Butter", 20, "g")), {"exclude": ("масло сливочное",)}),
    (with_line(line("red onion", 20, "g")), {"exclude": ("onions",)}),
    (with_line(line("leeks", 1, None)), {"exclude": ("韭蔥",)}),
    (soup(title="Carrot soup with prawns"), {"exclude": ("shellfish",)}),
    (soup(title="Lobster soup"), {"exclude": ("shellfish",)}),
    (soup(summary="Full of nuts."), {"diet": (Diet.NUT_FREE,)}),
    (with_line(line("carrots", 9, "g", note="or eggs, free-range")), {"diet": (Diet.VEGAN,)}),
    (with_step("Scatter with nuts free of their skins."), {"diet": (Diet.NUT_FREE,)}),
    (with_step("Finish with thick cream."), {"diet": (Diet.VEGAN,)}),
    (with_step("Pour in a cream."), {"diet": (Diet.VEGAN,)}),
    (with_step("Crumble soft curd over."), {"diet": (Diet.DAIRY_FREE,)}),
    (with_step("Serve the soup with custard."), {"diet": (Diet.EGG_FREE,)}),
    (soup(title="Not your usual butter soup"), {"diet": (Diet.VEGAN,)}),
    (soup(title="No-fuss butter soup"), {"diet": (Diet.VEGAN,)}),
    (soup(summary="Not only nuts but more."), {"diet": (Diet.NUT_FREE,)}),
    (with_line(line("durian", 100, "g")), {"exclude": ("durian",)}),
    (with_step("Top with durian."), {"exclude": ("durian",)}),
]


@pytest.mark.parametrize(("recipe", "wanted"), FORBIDDEN)
def test_what_is_forbidden_is_found_wherever_it_hides(
    recipe: Recipe, wanted: dict[str, Any]
) -> None:
    assert "forbidden_ingredient" in codes(recipe, **wanted)


@pytest.mark.parametrize(
    "name", ["moon dust", "secret sauce", "vegan nuggets", "grandma's spice mix", "carrot delight"]
)
def test_what_nobody_knows_is_refused_only_where_it_matters(name: str) -> None:
    recipe = with_line(line(name, 20, "g"))
    assert "unknown_ingredient" not in codes(recipe)
    assert codes(recipe, diet=(Diet.VEGAN,)) & {"unknown_ingredient", "forbidden_ingredient"}
    assert codes(recipe, exclude=("nuts",)) & {"unknown_ingredient", "forbidden_ingredient"}


@pytest.mark.parametrize(
    ("recipe", "wanted"),
    [
        (with_line(line("coconut milk", 100, "ml")), {"diet": (Diet.VEGAN,)}),
        (with_line(line("oat milk", 100, "ml"), "Pour in the milk."), {"diet": (Diet.VEGAN,)}),
        (with_line(line("oat milk (nut-free)", 9, "ml")), {"diet": (Diet.NUT_FREE,)}),
        (with_line(line("carrots", 9, "g", note="or coconut milk")), {"exclude": ("dairy",)}),
        (with_line(line("nutmeg", 1, "pinch")), {"diet": (Diet.NUT_FREE,)}),
        (with_step("This is dairy-free and nut free."), {"diet": (Diet.VEGAN, Diet.NUT_FREE)}),
        (soup(summary="Rich without any nuts, dairy-free."), {"diet": (Diet.VEGAN, Diet.NUT_FREE)}),
        (soup(summary="No butter, cream or nuts."), {"diet": (Diet.VEGAN, Diet.NUT_FREE)}),
        (soup(summary="There is no need for butter."), {"diet": (Diet.VEGAN,)}),
        (with_step("Stir into a thick, pale cream."), {"diet": (Diet.VEGAN,)}),
        (with_step("Blend to a cream."), {"diet": (Diet.VEGAN,)}),
        (with_step("Toast the seeds until brown."), {"diet": (Diet.GLUTEN_FREE,)}),
    ],
)
def test_words_that_only_sound_forbidden_pass(recipe: Recipe, wanted: dict[str, Any]) -> None:
    assert "forbidden_ingredient" not in codes(recipe, **wanted)


def test_an_exclusion_nobody_knows_refuses_only_what_names_it() -> None:
    assert problems(SOUP, exclude=("durian",)) == ()


@pytest.mark.parametrize("diet", Diet)
def test_every_name_of_every_forbidden_food_is_found_in_the_method(diet: Diet) -> None:
    missed = [
        (food.id, name)
        for food in knowledge().foods.values()
        if not allows(food, [diet])
        for name in food.names["en"]
        for step in (f"Serve with {name}.", f"Add the {name} and stir.")
        if "forbidden_ingredient" not in codes(with_step(step), diet=(diet,))
    ]
    assert missed == []


FAULTS = [
    ("not_listed", with_step("Stir in the cream."), {}),
    ("not_listed", with_step("Stir in the sugar."), {}),  # staples too
    ("never_used", soup(ingredients=(*SOUP.ingredients, line("mango", 1, None))), {}),
    ("implausible_amount", with_line(line("potatoes", 4, "kg")), {}),
    ("implausible_amount", with_line(line("sea salt", 60, "g")), {}),
    ("implausible_amount", with_line(line("paprika", 100, "g")), {}),
    ("implausible_amount", with_line(line("potatoes", -4, "g")), {}),
    ("implausible_amount", with_line(line("potatoes", float("nan"), "g")), {}),
    ("implausible_amount", with_line(line("eggs", 40, None)), {}),
    ("implausible_amount", with_line(line("moon dust", 4000, "g")), {}),
    ("implausible_time", soup(prep_minutes=0, cook_minutes=0), {}),
    ("implausible_time", soup(cook_minutes=90), {}),
    ("implausible_time", with_step("Wait.", minutes=1500), {}),
    ("too_long", SOUP, {"max_minutes": 20}),
    ("implausible_temperature", with_step("Bake.", temperature_c=600), {}),
    ("implausible_temperature", with_step("Bake at 900 °F."), {}),
    ("implausible_temperature", with_step("Bake at 480 °C."), {}),
    ("no_ingredients", soup(ingredients=()), {}),
    ("no_steps", soup(steps=()), {}),
    ("too_many", soup(steps=SOUP.steps * 10), {}),
    ("too_many", soup(ingredients=SOUP.ingredients * 10), {}),
    ("wrong_servings", SOUP, {"servings": 4}),
    ("not_a_recipe", soup(title=""), {}),
    ("not_a_recipe", with_step("As an AI language model I cannot cook."), {}),
    ("not_a_recipe", with_step("Stir. " * 300), {}),
    ("unsafe_text", soup(title="Soup <script>alert(1)</script>"), {}),
    ("unsafe_text", with_step("See https://evil.example for more."), {}),
    ("unsafe_text", with_step("Stir\x00 well\x1b[31m."), {}),
    ("unsafe_text", with_step("Stir \u202ellew."), {}),
    ("wrong_language", SOUP, {"language": Language.RUSSIAN}),
    ("wrong_language", SOUP, {"language": Language.VIETNAMESE}),
    ("wrong_language", soup(steps=(Step(text="切胡蘿蔔" * 40),)), {}),
]


@pytest.mark.parametrize(("code", "recipe", "wanted"), FAULTS)
def test_each_planted_fault_is_found(code: str, recipe: Recipe, wanted: dict[str, Any]) -> None:
    found = problems(recipe, **wanted)
    assert code in {problem.code for problem in found}
    assert all(problem.sentence.endswith(".") for problem in found)


def test_ovens_and_fridges_are_plausible() -> None:
    for text in ("Bake at 200 °C.", "Chill at 4 °C.", "Roast at 400 °F.", "Warm to 37 degrees."):
        assert "implausible_temperature" not in codes(with_step(text))


def test_a_forbidden_ingredient_comes_with_what_to_use_instead() -> None:
    found = problems(with_line(line("butter", 20, "g")), diet=(Diet.VEGAN,))
    assert any("instead" in problem.sentence for problem in found)


@pytest.mark.parametrize("diet", [(), (Diet.VEGAN,), (Diet.DAIRY_FREE, Diet.GLUTEN_FREE)])
def test_what_our_own_composer_writes_passes(diet: tuple[Diet, ...]) -> None:
    """Bar a title that says cream for soy yoghurt: one in a hundred may be questioned."""
    dishes, index = dishes_that_read(knowledge()), index_of(knowledge())
    excluded, asked = ("nuts",), 0
    questioned: list[Problem] = []
    for start in range(0, 300, 20):
        at_hand = tuple(sorted(knowledge().foods)[start : start + 12])
        wish = Wish(at_hand, diet, exclude(excluded, index).ids, 5)
        for casting in choose(dishes, wish, knowledge()).castings:
            recipe = write(casting, knowledge(), at_hand, 2, Units.METRIC)
            asked += 1
            questioned += problems(recipe, diet=diet, exclude=excluded)
    assert asked > 25
    assert len(questioned) <= 0.03 * asked, questioned


def test_a_raita_of_soy_yoghurt_may_be_called_so() -> None:
    made = with_line(line("soy yoghurt", 400, "g", id="soy-yoghurt"), "Stir the yoghurt smooth.")
    raita = made.model_copy(update={"title": "Cucumber raita"})
    assert codes(raita, diet=(Diet.VEGAN,)) == codes(made, diet=(Diet.VEGAN,))
    assert "forbidden_ingredient" not in codes(raita, diet=(Diet.VEGAN,))


@pytest.mark.parametrize(
    "beast", ["beef", "venison", "a rabbit", "lobster", "oysters", "halibut", "caviar", "Brie"]
)
def test_an_animal_in_a_step_alone_is_found_by_a_diet(beast: str) -> None:
    """The list is clean; tomatoes are there, some of which are called beef tomatoes."""
    tomatoes = with_line(line("tomatoes", 200, "g", id="tomato"), f"Add the tomatoes and {beast}.")
    assert "forbidden_ingredient" in codes(tomatoes, diet=(Diet.VEGAN,))


@pytest.mark.parametrize(
    ("extra", "diet"),
    [
        ("naan", Diet.GLUTEN_FREE), ("croutons", Diet.GLUTEN_FREE), ("rye", Diet.GLUTEN_FREE),
        ("marzipan", Diet.NUT_FREE), ("chopped praline", Diet.NUT_FREE),
        ("raita", Diet.DAIRY_FREE), ("béchamel", Diet.VEGAN), ("a hollandaise", Diet.EGG_FREE),
        ("monkfish", Diet.VEGETARIAN), ("oxtail", Diet.PESCATARIAN), ("cider", Diet.NO_ALCOHOL),
    ],
)  # fmt: skip
def test_what_is_only_served_beside_a_dish_is_found_by_a_diet(extra: str, diet: Diet) -> None:
    assert "forbidden_ingredient" in codes(with_step(f"Serve with {extra}."), diet=(diet,))


@pytest.mark.parametrize(
    ("listed", "text", "wanted"),
    [
        ("oat milk", "Finish with cream.", {"diet": (Diet.VEGAN,)}),
        ("butter beans", "Fry in butter.", {"diet": (Diet.DAIRY_FREE,)}),
        ("egg-free mayonnaise", "Top with an egg.", {"diet": (Diet.EGG_FREE,)}),
        ("oyster mushrooms", "Serve with oysters.", {"exclude": ("shellfish",)}),
        ("beef tomatoes", "Fry with beef.", {"diet": (Diet.VEGETARIAN,)}),
        ("beef", "Slice the sausage.", {"diet": (Diet.NO_PORK,)}),
        ("cornflour", "Thicken with flour.", {"diet": (Diet.GLUTEN_FREE,)}),
        ("rice paper", "Serve with bread.", {"diet": (Diet.GLUTEN_FREE,)}),
        ("sugar", "Grate the chocolate over.", {"diet": (Diet.SOY_FREE,)}),
    ],
)
def test_a_line_of_the_list_excuses_no_other_food(
    listed: str, text: str, wanted: dict[str, Any]
) -> None:
    recipe = with_line(line(listed, 20, "g"), f"Stir in the {listed}. {text}")
    assert "forbidden_ingredient" in codes(recipe, **wanted)


@pytest.mark.parametrize(
    ("listed", "text", "wanted"),
    [
        ("oat milk", "Pour in the milk.", {"diet": (Diet.VEGAN,)}),
        ("butter beans", "Drain the beans.", {"exclude": ("milk",)}),
        ("feta", "Crumble the cheese.", {"exclude": ("cheddar",)}),
        ("salmon", "Flake the fish.", {"exclude": ("tuna",)}),
        ("rice noodles", "Drain the noodles.", {"diet": (Diet.GLUTEN_FREE,)}),
    ],
)
def test_a_line_of_the_list_may_be_called_by_its_kind(
    listed: str, text: str, wanted: dict[str, Any]
) -> None:
    recipe = with_line(line(listed, 20, "g"), f"Take the {listed}. {text}")
    assert "forbidden_ingredient" not in codes(recipe, **wanted)


READY = {
    "milk": "custard, ice cream, gelato, white chocolate, naan, béchamel, "
    "crème anglaise, creme brulee, hollandaise, croissants, dulce de leche, Sahne, fromage, queso",
    "egg": "custard, aioli, zabaglione, tartare sauce, coleslaw, gnocchi, brioche, huevo",
    "gluten": "béchamel, tempura, gravy, Marmite, couscous, panko, seitan, beer, biscuits, bagels",
    "nuts": "pesto, nougat, praline, Nutella, almond butter, dukkah, romesco, Nüsse, amandes",
    "peanut": "satay, peanut sauce, Erdnüsse",
    "soy": "tamari, ponzu, kecap manis, miso, natto, Sojasauce",
    "fish": "dashi, Worcestershire sauce, anchovy paste, surimi, nuoc cham, taramasalata, poisson",
    "shellfish": "oyster sauce, XO sauce, belacan, prawn crackers, scampi, gambas",
    "sesame": "hummus, halva, tahini, za'atar, furikake",
    "celery": "celery salt, stock cubes, mirepoix, Waldorf salad",
    "mustard": "piccalilli, rémoulade, mayonnaise, moutarde",
}  # fmt: skip
BY_DIET = {
    "milk": Diet.DAIRY_FREE, "egg": Diet.EGG_FREE, "gluten": Diet.GLUTEN_FREE,
    "nuts": Diet.NUT_FREE, "peanut": Diet.NUT_FREE, "soy": Diet.SOY_FREE, "fish": Diet.VEGETARIAN,
    "shellfish": Diet.VEGETARIAN,
}  # fmt: skip


@pytest.mark.parametrize(
    ("allergen", "product"),
    [(allergen, name.strip()) for allergen in READY for name in READY[allergen].split(",")],
)
def test_what_is_served_ready_is_read_for_what_is_in_it(allergen: str, product: str) -> None:
    wishes: list[dict[str, Any]] = [{"exclude": (allergen,)}]
    wishes += [{"diet": (BY_DIET[allergen],)}] if allergen in BY_DIET else []
    for wanted in wishes:
        noted = line("carrots", 9, "g", note=f"with {product}")
        for recipe in (
            with_step(f"Serve with {product}."),
            with_line(noted, "Add the carrots."),
            soup(title=f"Soup with {product}"),
            soup(summary=f"Best with a spoonful of {product}."),
        ):
            assert "forbidden_ingredient" in codes(recipe, **wanted), recipe


@pytest.mark.parametrize(
    ("text", "diet"),
    [
        ("Serve with vegan ice cream and oat cream.", Diet.VEGAN),
        ("Stir in cocoa butter, coconut yoghurt and a flax egg.", Diet.VEGAN),
        ("Serve with cauliflower steaks or butternut squash.", Diet.VEGAN),
        ("Stir in the custard until it thickens.", Diet.DAIRY_FREE),  # its own
        ("Serve with gluten-free bread or rice cakes.", Diet.GLUTEN_FREE),
        ("Serve with rice noodles, buckwheat and coconut cream.", Diet.GLUTEN_FREE),
        ("Cook it like a chili sin carne.", Diet.VEGAN),
        ("Line with muffin cases and set on a cake tin.", Diet.GLUTEN_FREE),
        ("Serve with egg-free, dairy-free cake.", Diet.EGG_FREE),
        ("Flip the pancakes.", Diet.GLUTEN_FREE),
        ("Spoon peanut butter and almond butter over.", Diet.DAIRY_FREE),
        ("Add nutmeg, water chestnuts and coconut.", Diet.NUT_FREE),
    ],
)
def test_what_only_sounds_like_it_may_be_served(text: str, diet: Diet) -> None:
    assert "forbidden_ingredient" not in codes(with_step(text), diet=(diet,))


@pytest.mark.parametrize(
    ("excluded", "product"),
    [
        ("almonds", "marzipan"), ("walnuts", "baklava"), ("cod", "dashi"), ("shrimp", "XO sauce"),
        ("cheese", "queso fresco"), ("cheese", "fondue"), ("hazelnuts", "Nutella"),
    ],
)  # fmt: skip
def test_who_cannot_eat_one_food_is_not_served_what_is_made_with_it(
    excluded: str, product: str
) -> None:
    recipe = with_step(f"Serve with {product}.")
    assert "forbidden_ingredient" in codes(recipe, exclude=(excluded,))


def test_a_claim_excuses_only_what_it_names() -> None:
    cake = with_step("Serve with dairy-free cake.")
    assert "forbidden_ingredient" not in codes(cake, diet=(Diet.DAIRY_FREE,))
    assert "forbidden_ingredient" in codes(cake, diet=(Diet.VEGAN,))
    assert "forbidden_ingredient" in codes(cake, exclude=("gluten",))


def test_what_is_served_ready_needs_no_line_where_nothing_is_forbidden() -> None:
    assert problems(with_step("Serve with custard.")) == ()


def test_nobody_may_list_a_product_whose_contents_are_only_partly_known() -> None:
    recipe = with_line(line("custard", 20, "g"))
    assert "unknown_ingredient" in codes(recipe, diet=(Diet.GLUTEN_FREE,))


def test_a_browned_dish_does_not_use_a_brown_onion() -> None:
    listed = (line("carrots", 400, "g", id="carrot"), line("onion", 1, None, id="onion"))
    steps = (Step(text="Slice the carrots.", minutes=5), Step(text="Fry until brown.", minutes=9))
    assert "never_used" in codes(soup(ingredients=listed, steps=steps))
