"""The shell of the page: languages, light, the keyboard, the lock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from deploy.stack import ROOT
from tests.browser.pages import DESKTOP, Visit
from tests.stack import SMALL, TestStack

Open = Callable[..., Visit]
TITLES = {
    "en-GB": "Become a figurine",
    "ru-RU": "Станьте фигуркой",
    "vi-VN": "Hóa thân thành tượng nhỏ",
    "zh-TW": "變成公仔",
}


@pytest.mark.browser_slice
@pytest.mark.parametrize("light", ["light", "dark"])
def test_nothing_stands_in_anybodys_way(stack: TestStack, visit: Open, light: str) -> None:
    guest = visit(stack.url, color_scheme=light, **DESKTOP)
    guest.go()
    expect(guest.page.locator(".cards.tall .choice")).not_to_have_count(0)
    guest.page.locator("summary").first.click()
    guest.check_access()
    guest.shot(f"choose_{light}", whole=True)


@pytest.mark.parametrize("locale", TITLES)
def test_the_page_speaks_the_language_of_the_browser(
    stack: TestStack, visit: Open, locale: str
) -> None:
    guest = visit(stack.url, locale=locale, **DESKTOP)
    guest.go()
    expect(guest.page.get_by_role("heading", name=TITLES[locale])).to_be_visible()


def test_another_language_stays_chosen_and_keeps_the_photo(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo()
    guest.page.get_by_label("Language").select_option("ru")
    expect(guest.page.get_by_role("heading", name=TITLES["ru-RU"])).to_be_visible()
    expect(guest.page.locator(".chosen")).to_be_visible()
    guest.page.reload()
    expect(guest.page.get_by_role("heading", name=TITLES["ru-RU"])).to_be_visible()


def test_the_light_can_be_chosen(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, color_scheme="light", **DESKTOP)
    guest.go()
    colour = "() => getComputedStyle(document.body).backgroundColor"
    before = guest.page.evaluate(colour)
    for _ in range(2):  # as the device, bright, dark
        guest.page.get_by_role("button", name="Light:").click()
    assert guest.page.evaluate(colour) != before
    guest.page.reload()
    expect(guest.page.get_by_role("button", name="Light: dark")).to_be_visible()


def test_all_words_are_there_in_every_language() -> None:
    script = """
    import fs from "node:fs";
    const found = {};
    for (const file of process.argv.slice(1)) {
      const { default: book } = await import(file);
      for (const [tag, words] of Object.entries(book)) {
        (found[tag] ??= {})[file] = Object.keys(words).sort();
      }
    }
    console.log(JSON.stringify(found));
    """
    books = sorted(
        path.as_uri() for path in (ROOT / "gateway/web/words").glob("*.js") if "." not in path.stem
    )
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", script, *books],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert set(found) == {"en", "ru", "vi", "zh-Hant"}
    for words in found.values():
        assert words == found["en"]


@pytest.mark.parametrize("job", ["%", "%E0%A4", "nobodys"])
def test_a_link_to_nothing_says_so(stack: TestStack, visit: Open, job: str) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go(f"#/jobs/{job}")
    expect(guest.page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_the_keyboard_alone_is_enough(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo()
    guest.page.locator("[name=template][value=default]").focus()
    guest.page.keyboard.press("ArrowRight")
    assert guest.page.locator("[name=template][value=superhero]").is_checked()
    guest.page.locator(".send .go").focus()
    guest.page.keyboard.press("Enter")
    guest.page.wait_for_url("**/#/jobs/*")
    yes = guest.page.locator(".approve .go:enabled")
    yes.focus()
    guest.page.keyboard.press("Enter")
    guest.wait_for_model()


@pytest.fixture(scope="module")
def locked() -> Iterator[TestStack]:
    with TestStack(auth="on", **SMALL) as running:
        running.wait_until_ready()
        yield running


def test_a_house_with_a_lock_asks_once(locked: TestStack, visit: Open) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "keys", "create", "anna"],
        cwd=ROOT,
        env=locked.stack.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    key = re.findall(r"kiln_[\w-]+", made.stdout)[-1]
    guest = visit(locked.url, **DESKTOP)
    guest.go()
    guest.page.get_by_label("This house has a lock").fill("kiln_wrong")
    guest.page.get_by_role("button", name="Unlock").click()
    expect(guest.page.get_by_text("This key does not fit.")).to_be_visible()
    guest.check_access()
    guest.shot("lock")
    guest.page.get_by_label("This house has a lock").fill(key)
    guest.page.get_by_role("button", name="Unlock").click()
    guest.choose_photo()
    guest.page.get_by_label("Show me the portrait").uncheck()
    guest.send()
    guest.wait_for_model()  # pictures, models and events come with the key
    with guest.page.expect_download() as started:
        guest.page.locator(".files").get_by_text("figurine.stl").click()
    assert started.value.suggested_filename.endswith(".stl")
