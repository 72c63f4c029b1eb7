"""From a photo of food, or a few words, to dinner: as somebody does it on the page."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from recipe_scrapers import scrape_html

from common.contracts.recipe import Units
from gateway.client import Kiln
from recipe_service.domain.pantry.amounts import parse_amount, print_amount, scale
from recipe_service.domain.pantry.knowledge import load_knowledge
from recipe_service.kitchen import KNOWLEDGE
from tests.browser.pages import DESKTOP, PHONE, Visit
from tests.groceries import grocery_photo
from tests.stack import TestStack

Open = Callable[..., Visit]
TITLES = {
    "en-GB": "What is in your kitchen?",
    "ru-RU": "Что у вас на кухне?",  # noqa: RUF001  Cyrillic
    "vi-VN": "Bếp nhà bạn có gì?",
    "zh-TW": "您的廚房裡有什麼？",  # noqa: RUF001  Chinese
}
AMOUNTS = ("400 g", "650 ml", "1½ tbsp", "½ tsp", "2 tsp", "3", "½", "2 cloves", "1 bunch")
# what a browser gives a page for a dropped or pasted photo
GIVE = """([type, target, name, media, data]) => {
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], name, { type: media }));
  const event = type === "paste"
    ? new ClipboardEvent(type, { clipboardData: given, bubbles: true, cancelable: true })
    : new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true });
  document.querySelector(target).dispatchEvent(event);
}"""


@pytest.fixture
def groceries(tmp_path: Path) -> Path:
    path = tmp_path / "groceries.jpg"
    path.write_bytes(grocery_photo("Carrots", "Leek", "Golden-Delicious", "Onion"))
    return path


@pytest.fixture(scope="module")
def dinner(stack: TestStack) -> dict[str, Any]:
    """A job of three recipes, made without the page."""
    kiln = Kiln(stack.url)
    job = kiln.submit_recipe(ingredients=["3 tomatoes", "2 onions", "200 g rice", "eggs"])
    return dict(kiln.wait(job["id"], timeout_s=60))


def ask(guest: Visit, words: str = "", *photos: Path) -> None:
    guest.go("#/recipes")
    if photos:
        guest.page.set_input_files("[data-pick=photos]", list(photos))
    guest.page.get_by_label("Or in words").fill(words)
    guest.page.locator(".begin .go").click()


def open_recipe(guest: Visit, job: str, number: int = 1) -> None:
    guest.go(f"#/jobs/{job}?recipe={number}")
    expect(guest.page.locator(".recipe h1")).to_be_visible()


def grams(amount: Locator) -> int:
    return int(amount.inner_text().removesuffix(" g"))


def clipboard(page: Page) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


# -- from the photo to the table --------------------------------------------------------------


@pytest.mark.browser_slice
def test_a_photo_becomes_chips_and_the_chips_become_recipes(
    stack: TestStack, visit: Open, groceries: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    ask(guest, "2 eggs, 200 g rice", groceries)
    expect(page.get_by_role("heading", name="Is this what you have?")).to_be_visible()
    seen = page.locator(".correct .chip-label")
    expect(seen.filter(has_text="carrot").filter(has_text="%")).to_be_visible()
    expect(page.locator(".chip-name", has_text=re.compile("^2 eggs$"))).to_be_visible()
    guest.check_access()
    guest.shot("recipes_correct", hide="img[src^='blob:']")  # a photo of the data set

    page.get_by_placeholder("Something else").fill("spinach, 2 lemons")
    page.keyboard.press("Enter")
    expect(seen.filter(has_text="2 lemons")).to_be_visible()
    page.locator(".correct .go").click()
    cards = page.locator(".recipe-card")
    expect(cards).to_have_count(3)
    for card in cards.all():
        expect(card.locator(".facts")).to_contain_text(re.compile(r"\d+ min.*\d+ kcal", re.DOTALL))
        expect(card.locator(".buy, .all")).to_be_visible()
    expect(page.locator(".lead")).to_contain_text("lemon")
    guest.check_access()
    guest.shot("recipes_cards", whole=True)


def test_words_alone_go_straight_to_the_recipes(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    page = guest.page
    expect(page.locator(".begin .go")).to_be_disabled()
    page.get_by_label("Or in words").fill("tofu, rice, broccoli")
    page.get_by_text("vegan", exact=True).click()
    page.get_by_role("button", name="Fewer: Recipes").click()
    page.get_by_role("button", name="More: People").click()
    page.get_by_label("Measures").select_option("us")
    page.get_by_label("Never with").fill("mushrooms")
    page.locator(".begin .go").click()
    expect(page.locator(".recipe-card")).to_have_count(2)
    expect(page.locator(".recipe-card .tags").first).to_contain_text("vegan")
    params = Kiln(stack.url).job(page.url.rpartition("/")[2])["parameters"]
    assert (params["diet"], params["servings"], params["units"]) == (["vegan"], 3, "us")
    assert (params["exclude"], params.get("pause_after", "none")) == (["mushrooms"], "none")


def test_what_was_said_outlives_another_language_and_a_look_at_the_recipes(
    stack: TestStack, visit: Open, landscape: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    page = guest.page
    words, photos = page.locator("#typed"), page.locator(".table-photos li")
    page.set_input_files("[data-pick=photos]", landscape)
    words.fill("2 leeks, 4 eggs")
    page.locator("[value=nut_free]").check(force=True)
    page.locator("#exclude").fill("mushrooms")
    page.get_by_role("button", name="More: People").click()
    page.locator("#language").select_option("ru")
    expect(page.get_by_role("heading", name=TITLES["ru-RU"])).to_be_visible()
    expect(words).to_have_value("2 leeks, 4 eggs")
    expect(photos).to_have_count(1)
    page.locator("#language").select_option("en")
    page.get_by_role("button", name="Take away").click()
    page.locator(".begin .go").click()
    expect(page.locator(".recipe-card").first).to_be_visible()
    page.go_back()
    expect(words).to_have_value("2 leeks, 4 eggs")
    expect(photos).to_have_count(0)
    expect(page.locator("#wish-servings")).to_have_text("3")
    page.go_forward()
    page.get_by_role("link", name="Something new").click()
    expect(words).to_have_value("")  # other food, and the same people
    expect(page.locator("[value=nut_free]")).to_be_checked()
    expect(page.locator("#exclude")).to_have_value("mushrooms")


def test_a_list_put_right_outlives_another_language_and_a_look_elsewhere(
    stack: TestStack, visit: Open, groceries: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    language, names, more = (page.locator(f) for f in ("#language", ".chip-name", "#chip-add"))
    ask(guest, "", groceries)
    more.fill("2 lemons")
    page.keyboard.press("Enter")
    page.locator(".chip-remove").first.click()
    chosen = names.all_inner_texts()
    assert "2 lemons" in chosen
    more.fill("spinach")  # and not added: it is meant all the same
    language.select_option("ru")
    expect(page.get_by_role("link", name="Мои задания")).to_be_visible()
    expect(names).to_have_text(chosen)
    expect(more).to_have_value("spinach")
    page.get_by_role("link", name="Мои задания").click()
    page.go_back()
    expect(names).to_have_text(chosen)
    language.select_option("en")
    page.locator(".correct .go").click()
    expect(page.locator(".recipe-card").first).to_be_visible()
    cooked = Kiln(stack.url).job(guest.job)["parameters"]["edited"]
    assert {"spinach", "2 lemons"} <= set(cooked)

    page.get_by_role("button", name="Change what is at hand").click()
    more.fill("tofu")
    page.keyboard.press("Enter")
    language.select_option("ru")
    expect(names.filter(has_text="tofu")).to_be_visible()
    language.select_option("en")
    page.get_by_role("button", name="All recipes").click()
    language.select_option("ru")  # given up: it does not come back
    expect(page.locator(".recipe-card").first).to_be_visible()


def test_ticks_and_servings_outlive_another_language(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    guest.go(f"#/jobs/{dinner['id']}")
    bought = page.locator(".ticks input").first
    bought.check()
    page.locator("#language").select_option("vi")
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(bought).to_be_checked()
    page.locator(".recipe-card a").first.click()
    page.locator("#servings").fill("7")
    page.locator("#language").select_option("en")
    expect(page.locator(".servings")).to_contain_text("7 people")
    expect(page.locator("#servings")).to_have_value("7")


def test_what_runs_short_is_to_be_bought_for_its_recipe(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    ask(guest, "2 leeks, 4 eggs, potatoes")
    cards = guest.page.locator(".recipe-card")
    expect(cards.first).to_be_visible()
    kiln = Kiln(stack.url)
    job = kiln.job(guest.job)
    (file,) = (one for one in job["artifacts"] if one["name"] == "recipes.json")
    book = json.loads(kiln.fetch(file))
    assert not any(one["missing"] for one in book["recipes"])  # all is there, if not enough of it
    short = {number for item in book["shopping"] for number in item["recipes"]}
    assert short
    for number in range(len(book["recipes"])):
        card = cards.nth(number)
        expect(card.locator(".buy")).to_have_count(int(number in short))
        expect(card.locator(".all")).to_have_count(int(number not in short))


def test_with_and_without_fish_cannot_both_be_chosen(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    for name in ("vegan", "pescatarian"):
        guest.page.get_by_text(name, exact=True).click()
    expect(guest.page.get_by_label("vegan", exact=True)).not_to_be_checked()
    expect(guest.page.get_by_label("pescatarian")).to_be_checked()


@pytest.mark.parametrize(("how", "target"), [("paste", "body"), ("drop", ".table")])
def test_a_photo_may_be_pasted_or_dropped(
    stack: TestStack, visit: Open, landscape: Path, how: str, target: str
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    expect(guest.page.locator(".table")).to_be_visible()
    data = base64.b64encode(landscape.read_bytes()).decode()
    guest.page.evaluate(GIVE, [how, target, "hills.jpg", "image/jpeg", data])
    expect(guest.page.get_by_role("img", name="Photo 1")).to_be_visible()
    guest.page.get_by_role("button", name="Take away: Photo 1").click()
    expect(guest.page.get_by_role("img", name="Photo 1")).to_have_count(0)
    guest.page.evaluate(GIVE, [how, target, "notes.txt", "text/plain", data])
    expect(guest.page.get_by_text("Only photos belong here")).to_be_visible()


def test_the_sixth_photo_is_one_too_many(stack: TestStack, visit: Open, landscape: Path) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    guest.page.set_input_files("[data-pick=photos]", [landscape] * 6)
    expect(guest.page.locator(".table-photos img")).to_have_count(5)
    expect(guest.page.get_by_text("More than 5 photos do not fit")).to_be_visible()


def test_where_nothing_to_eat_is_seen_words_help(
    stack: TestStack, visit: Open, landscape: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    ask(guest, "", landscape)
    expect(page.get_by_role("heading", name="Nothing to eat was recognised")).to_be_visible()
    expect(page.locator(".correct .go")).to_be_disabled()
    guest.check_access()
    page.get_by_placeholder("Something else").fill("3 potatoes; leek")
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator(".correct .go").click()
    expect(page.locator(".recipe-card").first).to_be_visible()


def test_where_no_recipe_is_left_the_wishes_can_be_loosened(stack: TestStack, visit: Open) -> None:
    job = Kiln(stack.url).submit_recipe(
        ingredients=["beef"], diet=["vegan"], count=1, max_minutes=5
    )["id"]
    guest = visit(stack.url, **DESKTOP)
    guest.go(f"#/jobs/{job}")
    expect(guest.page.locator(".ended")).to_contain_text("No recipe is left")
    expect(guest.page.get_by_role("button", name="Take more time")).to_be_visible()
    guest.check_access()
    guest.page.get_by_role("button", name="Change what is at hand").click()
    expect(guest.page.locator(".chip-label")).to_contain_text("beef")


# -- chips --------------------------------------------------------------------------------------


def test_chips_are_corrected_with_the_keyboard_alone(
    stack: TestStack, visit: Open, groceries: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    ask(guest, "", groceries)
    labels, names = page.locator(".chip-label"), page.locator(".chip-name")
    expect(labels.first).to_be_visible()
    before = labels.count()
    labels.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("3 shallots")
    page.keyboard.press("Enter")
    expect(names.first).to_have_text("3 shallots")
    expect(labels.first).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("nonsense")
    page.keyboard.press("Escape")
    expect(names.first).to_have_text("3 shallots")
    page.keyboard.press("ArrowRight")
    expect(labels.nth(1)).to_be_focused()
    page.keyboard.press("Delete")
    expect(labels).to_have_count(before - 1)
    page.locator(".guess").first.focus()
    page.keyboard.press("Enter")
    expect(labels).to_have_count(before)
    page.keyboard.press("Tab")  # from what is left to touch, on to the way out
    page.locator(".correct .go").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".recipe-card").first).to_be_visible()
    expect(page.locator(".lead")).to_contain_text("shallot")


def test_a_pause_survives_a_reload_and_may_be_cancelled(
    stack: TestStack, visit: Open, groceries: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    ask(guest, "", groceries)
    expect(page.locator(".chip-label").first).to_be_visible()
    page.reload()
    expect(page.locator(".chip-label").first).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    page.get_by_role("button", name="Cook it up again").click()
    expect(page.locator(".recipe-card").first).to_be_visible()


# -- one recipe -----------------------------------------------------------------------------------


@pytest.mark.browser_slice
def test_a_recipe_opens_scales_and_is_taken_along(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    guest = visit(stack.url, permissions=["clipboard-read", "clipboard-write"], **DESKTOP)
    page = guest.page
    guest.go(f"#/jobs/{dinner['id']}")
    page.locator(".recipe-card a").first.click()
    title = page.locator(".recipe h1").inner_text()
    amount = page.locator(".list li", has_text="rice").locator("b")
    two = grams(amount)
    page.get_by_role("slider").fill("4")
    expect(page.locator(".servings output")).to_have_text("For 4 people")
    assert grams(amount) == pytest.approx(2 * two, rel=0.05)  # to what a scale shows
    guest.check_access()
    guest.shot("recipe", whole=True)

    page.get_by_role("button", name="Copy the recipe").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = clipboard(page)
    assert json.loads(copied)["name"] == title
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied")).to_have_count(2)
    link = clipboard(page)
    answer = page.request.get(link)
    read = scrape_html(answer.text(), org_url=link, supported_only=False)
    assert read.title() == title
    assert read.schema.data == json.loads(copied)
    page.go_back()
    expect(page.locator(".recipe-card")).to_have_count(3)


def test_an_opened_recipe_has_an_address_of_its_own(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    guest = visit(stack.url, **DESKTOP)
    open_recipe(guest, dinner["id"], 2)
    title = guest.page.locator(".recipe h1").inner_text()
    guest.page.reload()
    expect(guest.page.locator(".recipe h1")).to_have_text(title)
    guest.page.get_by_role("button", name="All recipes").click()
    expect(guest.page.locator(".recipe-card a", has_text=title)).to_be_focused()


def test_every_recipe_has_its_plate(stack: TestStack, visit: Open, dinner: dict[str, Any]) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go(f"#/jobs/{dinner['id']}")
    guest.page.wait_for_function(
        "() => [...document.images].filter((one) => one.naturalWidth === 640).length === 3"
    )


def test_amounts_are_scaled_as_the_cookbook_scales_them(stack: TestStack, visit: Open) -> None:
    onion = load_knowledge(KNOWLEDGE).foods["onion"]
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    wanted = {
        f"{amount} x {factor}": print_amount(
            scale(parse_amount(amount), factor), onion, Units.METRIC
        )
        for amount in AMOUNTS
        for factor in (0.5, 1.5, 2, 3.5, 10)
    }
    found = guest.page.evaluate(
        """async (cases) => {
          const { scaled } = await import("/web/recipes/amounts.js");
          return Object.fromEntries(cases.map((one) => {
            const [amount, factor] = one.split(" x ");
            return [one, scaled(amount, Number(factor))];
          }));
        }""",
        list(wanted),
    )
    assert found == wanted


def test_on_paper_there_is_the_recipe_and_nothing_else(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    guest = visit(stack.url, color_scheme="dark", **DESKTOP)
    open_recipe(guest, dinner["id"])
    guest.page.wait_for_function("() => document.querySelector('.dish')?.complete")
    guest.page.emulate_media(media="print")
    for hidden in (".top", ".bottom", ".share", ".back", ".job-foot", "#servings"):
        expect(guest.page.locator(hidden)).to_be_hidden()
    expect(guest.page.locator(".method li").last).to_be_visible()
    paper = guest.page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1


def test_paper_and_tab_are_called_like_the_recipe(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go(f"#/jobs/{dinner['id']}")
    guest.page.locator(".recipe-card h2 a").first.click()
    title = guest.page.locator(".recipe h1").inner_text()
    expect(guest.page).to_have_title(f"{title} · Kiln")  # what "Save as PDF" calls the file
    guest.page.go_back()
    expect(guest.page).to_have_title("My jobs · Kiln")


def test_with_a_key_the_page_says_that_mealie_has_none(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.page.add_init_script("sessionStorage.setItem('kiln-key', 'kiln_x')")
    open_recipe(guest, dinner["id"])
    expect(guest.page.get_by_text("This house has a lock")).to_be_visible()
    expect(guest.page.locator(".share-ways h3").first).to_contain_text("as text")


# -- everywhere and for everybody ----------------------------------------------------------------


@pytest.mark.parametrize("light", ["light", "dark"])
def test_a_phone_shows_all_of_it(
    stack: TestStack, visit: Open, dinner: dict[str, Any], light: str
) -> None:
    guest = visit(stack.url, color_scheme=light, **PHONE)
    for path, wanted in (
        ("#/recipes", ".ask"),
        (f"#/jobs/{dinner['id']}", ".recipe-card"),
        (f"#/jobs/{dinner['id']}?recipe=1", ".recipe"),
    ):
        guest.go(path)
        expect(guest.page.locator(wanted).first).to_be_visible()
        wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert guest.page.evaluate(wide) <= 0, path
        guest.check_access()
    guest.shot(f"recipe_phone_{light}")


@pytest.mark.parametrize("locale", TITLES)
def test_the_kitchen_speaks_four_languages(
    stack: TestStack, visit: Open, dinner: dict[str, Any], locale: str
) -> None:
    guest = visit(stack.url, locale=locale, **DESKTOP)
    guest.go("#/recipes")
    expect(guest.page.get_by_role("heading", name=TITLES[locale])).to_be_visible()
    assert "recipes." not in guest.page.locator("#view").inner_text()
    open_recipe(guest, dinner["id"])
    assert "recipes." not in guest.page.locator("#view").inner_text()


def test_expired_recipes_are_cooked_up_again(
    stack: TestStack, visit: Open, dinner: dict[str, Any]
) -> None:
    def expire(route: Route) -> None:
        view = route.fetch().json() | {
            "artifacts_expired_at": "2026-01-01T00:00:00Z",
            "artifacts": [],
        }
        route.fulfill(json=view)

    guest = visit(stack.url, **DESKTOP)
    guest.page.route(f"**/v1/jobs/{dinner['id']}", expire)
    guest.go(f"#/jobs/{dinner['id']}")
    expect(guest.page.get_by_role("heading", name="These recipes are gone")).to_be_visible()
    guest.page.get_by_role("button", name="Cook it up again").click()
    expect(guest.page.locator(".recipe-card").first).to_be_visible()


def test_a_lost_connection_is_said_and_healed(
    stack: TestStack, visit: Open, groceries: Path
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    page = guest.page
    page.get_by_label("Or in words").fill("rice, eggs")
    page.context.set_offline(True)
    page.locator(".begin .go").click()
    expect(page.get_by_text("The house does not answer")).to_be_visible()
    expect(page.get_by_label("Or in words")).to_have_value("rice, eggs")
    page.context.set_offline(False)
    page.locator(".begin .go").click()
    expect(page.locator(".recipe-card").first).to_be_visible()
