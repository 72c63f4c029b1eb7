"""A recipe at its address, read by the parser of Mealie and Tandoor."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from recipe_scrapers import scrape_html

from common.settings import Settings
from gateway.app import create_app
from gateway.domain.recipe_page import at_address
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.dinner import recipe

AT = "https://kitchen.example/v1/jobs/1/recipe.html?number=1"
PAGE = '<head><script type="application/ld+json">{"name": "Soup"}</script></head><p>Soup'


@pytest.fixture
def cooked(stack: Stack) -> str:
    job = str(stack.ask("leek", "rice").json["id"])
    stack.run(job)
    return job


def test_a_recipe_is_read_from_its_address(stack: Stack, cooked: str) -> None:
    answer = stack.client.get(f"/v1/jobs/{cooked}/recipe.html", base_url="http://localhost:8000")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    at = f"http://localhost:8000/v1/jobs/{cooked}/recipe.html?number=1"
    read = scrape_html(answer.text, org_url=at, supported_only=False)
    assert read.title() == recipe().title
    assert read.canonical_url() == at
    assert read.schema.data["url"] == at
    assert read.image() == at.replace("recipe.html", "recipe.png")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", read.schema.data["datePublished"])
    assert read.instructions_list() == [step.text for step in recipe().steps]
    assert answer.headers["Content-Disposition"] == 'inline; filename="recipe-1.html"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_page_that_is_known_is_not_sent_again(stack: Stack, cooked: str) -> None:
    path = f"/v1/jobs/{cooked}/recipe.html?number=1"
    tag = stack.client.get(path).headers["ETag"]
    assert stack.client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_the_picture_that_the_page_names_is_there(stack: Stack, cooked: str) -> None:
    page = stack.client.get(f"/v1/jobs/{cooked}/recipe.html").text
    read = scrape_html(page, org_url="http://localhost/", supported_only=False)
    answer = stack.client.get(read.image())
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert answer.data == stack.client.get(read.image()).data  # the same for ever
    assert Image.open(io.BytesIO(answer.data)).size == (640, 480)
    known = stack.client.get(read.image(), headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [
        ("html?number=2", 404, "1 recipes, no number 2"),
        ("png?number=2", 404, "1 recipes, no number 2"),
        ("html?number=0", 422, "number"),
        ("png?n=1", 422, "n"),
    ],
)
def test_what_is_not_there_is_said(
    stack: Stack, cooked: str, asked: str, status: int, says: str
) -> None:
    answer = stack.client.get(f"/v1/jobs/{cooked}/recipe.{asked}")
    assert answer.status_code == status
    assert says in answer.json["detail"]


def test_before_the_end_there_is_no_page_and_it_is_said_when(stack: Stack) -> None:
    answer = stack.client.get(f"/v1/jobs/{stack.paused()}/recipe.html")
    assert answer.status_code == 404
    assert "paused" in answer.json["detail"]
    assert "wait=60" in answer.json["hint"]


def test_a_locked_house_says_what_to_do_about_mealie(stack: Stack, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, auth="on")
    app = create_app(settings, stack.ledger, stack.store, lambda *_: None, lambda _: None)
    answer = app.test_client().get(f"/v1/jobs/{'0' * 32}/recipe.html")
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorized")
    assert "Mealie and Tandoor send no key" in answer.json["hint"]


def test_a_figurine_is_no_recipe(stack: Stack) -> None:
    answer = stack.client.get(f"/v1/jobs/{stack.submit()}/recipe.html")
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert "figurine" in answer.json["detail"]


def test_an_expired_recipe_is_gone(
    stack: Stack, cooked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = stack.ledger._now()
    for clock, name in ((stack.ledger, "_now"), (stack.ledger._book, "now")):
        monkeypatch.setattr(clock, name, lambda: now + 31 * 24 * 3_600_000)
    assert stack.ledger.expire() > 0
    answer = stack.client.get(f"/v1/jobs/{cooked}/recipe.html")
    assert (answer.status_code, answer.json["code"]) == (410, "gone")


def test_a_title_cannot_break_out_of_its_page() -> None:
    evil = "</script><script>alert(1)</script>"
    page = at_address(PAGE.replace("Soup", "&<>".join("ab"), 1), AT + '">', {"name": evil})
    assert page.count("<script") == 1
    found = re.findall(r"json\">(.*?)</script>", page, re.DOTALL)
    facts: dict[str, Any] = json.loads(found[0])
    assert facts["name"] == evil
    assert 'href="https://kitchen.example/v1/jobs/1/recipe.html?number=1&quot;&gt;"' in page


def test_a_page_without_json_ld_stays_as_it_is() -> None:
    assert at_address("<p>Soup", AT, {}) == "<p>Soup"
