"""The list of my jobs: found again, cancelled, deleted with a receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from gateway.client import Kiln
from tests.browser.pages import ASTRONAUT, DESKTOP, PHONE, Visit
from tests.stack import TestStack

Open = Callable[..., Visit]
PAGE = 12
TEMPLATES = ("superhero", "chef", "default")


@pytest.fixture
def ours(stack: TestStack) -> list[str]:
    """Jobs whose pictures the docs may show: others may be of the data sets."""
    kiln = Kiln(stack.url)
    toys = [kiln.submit_figurine(ASTRONAUT, template=name)["id"] for name in TEMPLATES]
    for toy in toys:
        assert kiln.wait(toy, timeout_s=60)["state"] == "succeeded"
    return [*toys, cook(stack, "leek", "potatoes", "cream")]


@pytest.fixture
def dinner(stack: TestStack) -> str:
    return cook(stack, "eggs", "spinach")


def cook(stack: TestStack, *ingredients: str) -> str:
    kiln = Kiln(stack.url)
    job = kiln.submit_recipe(ingredients=list(ingredients), count=1)
    assert kiln.wait(job["id"], timeout_s=60)["state"] == "succeeded"
    return str(job["id"])


def paused(stack: TestStack) -> str:
    wish: dict[str, Any] = {"ingredients": ["leek", "rice"], "pause_after": "ingredients"}
    job = requests.post(f"{stack.url}/v1/recipes", json=wish, timeout=10).json()["id"]
    view = requests.get(f"{stack.url}/v1/jobs/{job}?wait=30", timeout=40).json()
    assert view["state"] == "paused"
    return str(job)


@pytest.mark.browser_slice
def test_a_job_is_found_opened_and_deleted_with_a_receipt(
    stack: TestStack, visit: Open, ours: list[str], dinner: str
) -> None:
    shown = "".join(f":not([data-job='{job}'])" for job in [*ours, dinner])
    others = f"[data-job]{shown} img"
    guest = visit(stack.url, **DESKTOP)
    page = guest.page
    guest.go("#/jobs")
    row = page.locator(f"[data-job='{dinner}']")
    expect(row.locator("img")).to_be_visible()
    expect(row).to_contain_text("Done")
    expect(row.locator("time")).to_contain_text("ago")
    toy = page.locator(f"[data-job='{ours[0]}'] img.hero")  # what was made, not who is on it
    expect(toy).to_be_visible()
    guest.check_access()
    guest.shot("jobs", hide=others)
    name = row.locator("h2").inner_text()
    row.get_by_role("link").click()
    expect(page.locator(".recipe-card h2")).to_have_text(name)
    page.go_back()

    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog")).to_contain_text("Nobody can bring them back")
    guest.check_access()
    page.get_by_role("button", name="Keep it").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"\d+ files were erased"))
    guest.shot("receipt", hide=others)
    page.get_by_text("Which files").click()
    expect(page.locator(".receipt")).to_contain_text("recipes.json")
    page.get_by_role("button", name="Good").click()
    expect(row).to_have_count(0)
    assert requests.get(f"{stack.url}/v1/jobs/{dinner}", timeout=10).status_code == 410


def test_a_deleted_job_and_one_that_never_was_are_no_dead_end(
    stack: TestStack, visit: Open, dinner: str
) -> None:
    Kiln(stack.url).delete(dinner)
    guest = visit(stack.url, **DESKTOP)
    for job, words in ((dinner, "was deleted"), ("0" * 32, "nothing here")):
        guest.go(f"#/jobs/{job}")
        expect(guest.page.locator(".explained")).to_contain_text(words)
        expect(guest.page.locator(".ways button").first).to_be_visible()


def test_a_job_is_deleted_from_its_own_page(stack: TestStack, visit: Open, dinner: str) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go(f"#/jobs/{dinner}")
    expect(guest.page.locator(".recipe-card")).to_be_visible()
    guest.page.get_by_role("button", name="Delete this job").click()
    guest.page.get_by_role("button", name="Delete for good").click()
    guest.page.get_by_role("button", name="Good").click()
    expect(guest.page.get_by_role("heading", name="My jobs")).to_be_visible()


def test_a_job_that_waits_can_be_cancelled_from_the_list(stack: TestStack, visit: Open) -> None:
    job = paused(stack)
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/jobs")
    guest.page.get_by_text("Waiting for you", exact=True).first.click()
    row = guest.page.locator(f"[data-job='{job}']")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Cancelled")
    expect(row.get_by_role("button", name="Cancel")).to_have_count(0)
    guest.page.locator(".pill", has_text="Cancelled").click()
    expect(guest.page.locator(f"[data-job='{job}']")).to_be_visible()
    expect(guest.page.locator(".state:not(.cancelled)")).to_have_count(0)


def test_older_jobs_come_page_by_page(stack: TestStack, visit: Open) -> None:
    jobs = [cook(stack, "rice", "eggs", "leek", "carrot"[: 6 - n % 2]) for n in range(PAGE + 2)]
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/jobs")
    rows = guest.page.locator(".row")
    expect(rows).to_have_count(PAGE)
    guest.page.get_by_role("button", name="Older ones").click()
    expect(guest.page.locator(f"[data-job='{jobs[0]}']")).to_be_visible()
    expect(rows.nth(PAGE).get_by_role("link")).to_be_focused()
    shown = rows.evaluate_all("(found) => found.map((row) => row.dataset.job)")
    assert len(shown) == len(set(shown))
    assert shown[: len(jobs)] == jobs[::-1]


def test_who_has_no_jobs_is_shown_where_to_begin(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **PHONE)
    guest.page.route("**/v1/jobs?*", lambda route: route.fulfill(json={"jobs": [], "next": None}))
    guest.go("#/jobs")
    expect(guest.page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    guest.check_access()
    guest.page.get_by_role("link", name="Cook something").click()
    expect(guest.page.locator(".ask")).to_be_visible()


def test_without_a_network_the_list_says_so_and_tries_again(
    stack: TestStack, visit: Open, dinner: str
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    guest.page.context.set_offline(True)
    guest.page.get_by_role("link", name="My jobs").click()
    expect(guest.page.get_by_text("The house does not answer")).to_be_visible()
    guest.page.context.set_offline(False)
    guest.page.get_by_role("button", name="Try again").click()
    expect(guest.page.locator(f"[data-job='{dinner}']")).to_be_visible()
