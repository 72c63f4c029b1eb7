"""What is lost, refused or wrong on the way between the page and the house."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, Request, Route, expect

from gateway.client import Kiln
from tests.browser.pages import ASTRONAUT, DESKTOP, Visit
from tests.stack import TestStack

Open = Callable[..., Visit]


def keys_of(page: Page) -> list[str]:
    """Idempotency keys, as they are sent from now on."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and (key := request.headers.get("idempotency-key")):
            keys.append(key)

    page.on("request", note)
    return keys


def lose_one_answer(page: Page, path: str) -> None:
    """Let a request through to the house, and its answer not back to the page."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(f"**{path}", lose, times=1)


def no_stream(status: int, code: str) -> Callable[[Route], None]:
    problem = {"code": code, "status": status, "detail": "as many streams as one may"}
    return lambda route: route.fulfill(status=status, json=problem)


def test_a_photo_sent_again_after_a_lost_answer_makes_one_job(
    stack: TestStack, visit: Open
) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go()
    guest.choose_photo()
    guest.page.get_by_label("Name on the base").fill("Twice")
    keys = keys_of(guest.page)
    lose_one_answer(guest.page, "/v1/figurines")
    guest.page.locator(".send .go").click()
    guest.page.get_by_role("button", name="Try again").click()
    guest.page.wait_for_url("**/#/jobs/*")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    newest = requests.get(f"{stack.url}/v1/jobs?limit=2", timeout=10).json()["jobs"]
    assert [job["id"] for job in newest].index(guest.job) == 0
    jobs = [requests.get(f"{stack.url}/v1/jobs/{job['id']}", timeout=10).json() for job in newest]
    assert [job["parameters"].get("name") for job in jobs].count("Twice") == 1


@pytest.mark.browser_slice
def test_words_changed_or_answered_are_another_wish(stack: TestStack, visit: Open) -> None:
    guest = visit(stack.url, **DESKTOP)
    guest.go("#/recipes")
    words = guest.page.get_by_label("Or in words")
    send = guest.page.locator(".begin .go")
    keys = keys_of(guest.page)
    for said in ("leek, rice", "leek, rice", "leek, potatoes"):
        words.fill(said)
        guest.page.route("**/v1/recipes", lambda route: route.abort(), times=1)
        send.click()
        expect(guest.page.locator("#alert .complaint")).to_be_visible()
        guest.page.get_by_role("button", name="Close").click()
        expect(send).to_be_enabled()
    assert keys[0] == keys[1] != keys[2]
    send.click()
    guest.page.wait_for_url("**/#/jobs/*")
    guest.page.go_back()
    guest.page.get_by_label("Or in words").fill("leek, potatoes")
    guest.page.locator(".begin .go").click()
    guest.page.wait_for_url("**/#/jobs/*")
    assert keys[2] == keys[3] != keys[4]


# what is told of the way to the house, whenever it is told
WATCH = """() => {
  window.told = [];
  const look = () => {
    const said = document.querySelector(".lost")?.innerText;
    if (said) window.told.push(said);
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}"""


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (503, "busy")])
def test_a_job_is_followed_quietly_where_every_stream_is_taken(
    stack: TestStack, visit: Open, status: int, code: str
) -> None:
    kiln = Kiln(stack.url)
    job = kiln.submit_figurine(ASTRONAUT, pause_after="portrait", name=code)["id"]
    assert kiln.wait(job)["state"] == "paused"
    guest = visit(stack.url, **DESKTOP)
    asked: list[str] = []
    guest.page.on("request", lambda request: asked.append(request.url))
    guest.page.route("**/events", no_stream(status, code))
    guest.go(f"#/jobs/{job}")
    expect(guest.page.get_by_role("heading", name="Is this you?")).to_be_visible()
    guest.page.evaluate(WATCH)
    guest.page.wait_for_timeout(7000)
    guest.approve()
    guest.wait_for_model()
    assert guest.page.evaluate("() => window.told") == []
    assert len([url for url in asked if url.endswith("/events")]) == 1
    assert not [url for url in asked if "wait=" in url]
