"""Every form of a recipe says the same."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.contracts.recipe import Diet, Language, Recipe, RecipeBook, Step, Units
from recipe_service.domain.cook.choose import Wish, choose
from recipe_service.domain.cook.write import write
from recipe_service.domain.pantry.amounts import parse_amount
from recipe_service.domain.render.cooklang import to_cooklang
from recipe_service.domain.render.jsonld import duration, to_jsonld
from recipe_service.domain.render.labels import ingredient_line, language_tag
from recipe_service.domain.render.markdown import book, to_markdown
from recipe_service.domain.render.page import recipe_page
from tests.recipe_lint import dishes_that_read
from tests.unit.recipe.recipes import SOUP, knowledge, line, soup

EVIL = (
    '</script><script>alert(1)</script><img src=x onerror="alert(2)">',
    "<!--<script>", "&lt;b&gt; & \u2028", '"><svg/onload=alert(3)>', "]]>", "{{7*7}}",
)  # fmt: skip


def composed() -> list[Recipe]:
    at_hand = ("carrot", "leek", "potato", "apple", "milk", "tomato", "mushroom")
    castings = choose(dishes_that_read(knowledge()), Wish(at_hand, count=5), knowledge()).castings
    return [
        write(casting, knowledge(), at_hand, servings, units)
        for casting in castings
        for servings in (2, 5)
        for units in Units
    ]


RECIPES = [SOUP, *composed()]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Tags()
    reader.feed(page)
    return reader.seen


def scraped(recipe: Recipe) -> Any:
    scrapers = pytest.importorskip("recipe_scrapers")
    return scrapers.scrape_html(
        recipe_page(recipe), org_url="https://kiln.example/recipe", supported_only=False
    )


def minutes_of(iso: str) -> int:
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?", iso)
    assert match
    return int(match[1] or 0) * 60 + int(match[2] or 0)


@given(st.integers(0, 100_000))
def test_durations_are_iso_8601(minutes: int) -> None:
    assert minutes_of(duration(minutes)) == minutes
    assert len(duration(minutes)) > 2


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_json_ld_has_what_readers_of_recipes_want(recipe: Recipe) -> None:
    facts = to_jsonld(recipe)
    assert facts["@context"] == "https://schema.org"
    assert facts["@type"] == "Recipe"
    assert facts["recipeYield"][0] == str(recipe.servings)
    assert minutes_of(facts["totalTime"]) == recipe.total_minutes
    assert len(facts["recipeIngredient"]) == len(recipe.ingredients)
    steps = facts["recipeInstructions"]
    assert {step["@type"] for step in steps} == {"HowToStep"}
    assert [step["text"] for step in steps] == [step.text for step in recipe.steps]
    json.dumps(facts, allow_nan=False)


def test_diets_are_those_of_schema_org() -> None:
    facts = to_jsonld(soup(diets=(Diet.VEGAN, Diet.NUT_FREE)))
    assert facts["suitableForDiet"] == ["https://schema.org/VeganDiet"]
    assert "nut-free" in facts["keywords"]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_recipe_scrapers_loses_nothing_and_adds_nothing(recipe: Recipe) -> None:
    """What Mealie and Tandoor read is what was written: nothing is to be repaired by hand."""
    read = scraped(recipe)
    assert read.title() == recipe.title
    assert read.description() == recipe.summary
    assert read.yields() == f"{recipe.servings} servings"
    assert read.total_time() == recipe.total_minutes
    assert read.prep_time() == recipe.prep_minutes
    assert read.cook_time() == recipe.cook_minutes
    assert read.ingredients() == [ingredient_line(one) for one in recipe.ingredients]
    assert read.instructions_list() == [step.text for step in recipe.steps]
    assert [group.purpose for group in read.ingredient_groups()] == [None]
    assert set(recipe.keywords) <= set(read.keywords())
    assert read.category().casefold().startswith(recipe.kind.casefold())
    assert read.cuisine() == recipe.kitchen
    assert (read.author(), read.site_name()) == ("Kiln", "Kiln")
    assert read.language() == language_tag(recipe)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_recipe_scrapers_reads_what_is_in_a_serving(recipe: Recipe) -> None:
    eaten, read = recipe.nutrition, scraped(recipe).nutrients()
    assert eaten is not None
    assert read.pop("servingSize") == "1 serving"
    assert read == {
        "calories": f"{eaten.kcal:.0f} kcal",
        "proteinContent": f"{eaten.protein:g} g",
        "fatContent": f"{eaten.fat:g} g",
        "saturatedFatContent": f"{eaten.saturated:g} g",
        "carbohydrateContent": f"{eaten.carbs:g} g",
        "sugarContent": f"{eaten.sugar:g} g",
        "fiberContent": f"{eaten.fibre:g} g",
        "sodiumContent": f"{eaten.sodium_mg:.0f} mg",
    }


def test_recipe_scrapers_reads_the_diets() -> None:
    read = scraped(soup(diets=(Diet.VEGAN, Diet.GLUTEN_FREE)))
    assert read.dietary_restrictions() == ["Vegan Diet", "Gluten Free Diet"]
    assert {"vegan", "gluten-free"} <= set(read.keywords())


@pytest.mark.parametrize("text", EVIL)
def test_nothing_a_model_writes_becomes_markup(text: str) -> None:
    evil = soup(
        title=text,
        summary=text,
        kitchen=text,
        note=text,
        ingredients=(line(text, 1, None, note=text),),
        steps=(Step(text=text),),
        keywords=(text,),
        allergens=(text,),
    )
    page = recipe_page(evil)
    tags = tags_of(page)
    assert [name for name, _ in tags if name in {"script", "img", "svg", "iframe"}] == ["script"]
    assert not any(key.startswith("on") for _, attributes in tags for key in attributes)
    assert json.loads(re.findall(r"ld\+json\">(.*?)</script>", page, re.DOTALL)[0])["name"] == text
    assert "<script" not in to_markdown(evil).replace("\\<", "")


def test_a_page_loads_nothing_from_anywhere() -> None:
    page = recipe_page(SOUP)
    assert not any({"src", "href"} & attributes.keys() for _, attributes in tags_of(page))
    assert "url(" not in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.title)
def test_cooklang_keeps_every_amount(recipe: Recipe) -> None:
    text = to_cooklang(recipe)
    marked = re.findall(r"@([^@{]+)\{([^}]*)\}", text)
    found = dict(marked)
    assert len(marked) == len(recipe.ingredients)
    for one in recipe.ingredients:
        quantity, _, unit = found[one.name].partition("%")
        printed = parse_amount(one.amount)
        assert (unit or "piece") == printed.unit
        assert float(quantity) == pytest.approx(printed.quantity, abs=0.002)


def test_cooklang_has_front_matter_sections_and_timers() -> None:
    text = to_cooklang(SOUP)
    assert text.startswith('---\ntitle: "Carrot and leek soup"\n')
    assert "servings: 2" in text
    assert "== Preparation ==" in text
    assert "~{17%minutes}" in text
    assert "@carrots{400%g}(sliced)" in text


def test_cooklang_tells_each_amount_where_it_is_first_used() -> None:
    text = to_cooklang(SOUP)
    assert 'prep time: "10 minutes"\ncook time: "25 minutes"\ntime required: "35 minutes"' in text
    assert text.split("---\n")[-1] == (
        "\n== Preparation ==\n\n"
        "Slice the @carrots{400%g}(sliced) and the @leek{1}.\n\n"
        "== Cooking ==\n\n"
        "Sweat them in the @olive oil{1%tbsp} for about ~{8%minutes}.\n\n"
        "Add the @vegetable stock{600%ml} and the @salt{0.5%tsp} and simmer for ~{17%minutes}.\n"
    )


def test_cooklang_tells_names_within_names_apart() -> None:
    lines = (line("garlic", 2, "clove"), line("garlic powder", 1, "tsp"), line("胡蘿蔔", 2, None))
    lines += (line("salt", None, None).model_copy(update={"amount": "to taste"}),)
    step = Step(text="Mix the garlic powder with the salt, the garlic and 切胡蘿蔔絲.")
    assert to_cooklang(soup(ingredients=lines, steps=(step,))).split("---\n")[-1] == (
        "\nMix the @garlic powder{1%tsp} with the @salt{to taste}, the @garlic{2%clove} and"
        " 切@胡蘿蔔{2}絲.\n"
    )


def test_cooklang_signs_in_a_text_stay_text() -> None:
    odd = soup(steps=(Step(text="-- Mix @5 ~{2} #1 {x} 10% [- hidden -] carrots."),))
    method = to_cooklang(odd).split("---\n")[-1]
    assert "--" not in method
    assert "[-" not in method
    assert method.count("@") == len(SOUP.ingredients)


def test_what_no_step_names_is_fetched_first() -> None:
    lost = soup(ingredients=(*SOUP.ingredients, line("quinces", 2, None)))
    assert "@quinces{2}." in to_cooklang(lost)


def test_markdown_reads_like_a_page_of_a_book() -> None:
    text = to_markdown(SOUP)
    assert text.startswith("# Carrot and leek soup\n\n*Sweet roots, a little sharpness.*\n")
    assert "Serves 2 · Preparation 10 min · Cooking 25 min · Total 35 min · French" in text
    assert "- 400 g carrots, sliced\n" in text
    assert "- 600 ml vegetable stock (to buy)\n" in text
    assert "\n2. Sweat them" in text


def test_a_book_ends_with_what_to_buy() -> None:
    answer = RecipeBook(ingredients=(), recipes=(SOUP,), left_out=("butter: not vegan",))
    assert "butter: not vegan" in book(answer)
    assert book(RecipeBook(ingredients=(), recipes=())) == ""


@pytest.mark.parametrize("language", Language)
def test_headings_speak_the_language_of_the_recipe(language: Language) -> None:
    page = recipe_page(soup(language=language))
    tag = "zh-Hant" if language is Language.CHINESE else language
    assert f'<html lang="{tag}">' in page
    assert scraped(soup(language=language)).schema.data["inLanguage"] == tag
    assert ("Ingredients" in page) is (language is Language.ENGLISH)
