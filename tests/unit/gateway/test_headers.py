"""What a browser may do with our answers, whatever somebody wrote into them."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from common.contracts.artifacts import ArtifactRef
from gateway.door.headers import NO_PAGE, PAGE, VIEWER_PAGE, VIEWER_STYLE
from tests.house import ROOT
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

EVIL = '"><script>alert(1)</script>\u2028<img src=x onerror=alert(2)>'
PAGES = {"/": VIEWER_PAGE, "/docs": PAGE}


def get(stack: Stack, path: str, **options: Any) -> Any:
    return stack.client.get(path, **options)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_ours_runs_only_what_is_ours(stack: Stack, path: str) -> None:
    with get(stack, path) as answer:
        assert answer.headers["Content-Security-Policy"] == PAGES[path]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Frame-Options"] == "DENY"
    allowed = dict(rule.strip().split(" ", 1) for rule in PAGES[path].split(";"))
    assert allowed["default-src"] == allowed["frame-ancestors"] == "'none'"
    assert allowed["script-src"] == "'self'"
    assert allowed["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in PAGES[path]


def test_only_the_page_with_the_viewer_may_do_what_the_viewer_does() -> None:
    rules = [
        dict(rule.strip().split(" ", 1) for rule in text.split(";")) for text in PAGES.values()
    ]
    wider, strict = rules
    assert {name: value for name, value in wider.items() if strict[name] != value} == {
        "connect-src": "'self' blob:",
        "style-src": f"'self' {VIEWER_STYLE}",
        "trusted-types": "lit-html",
    }


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_ours_needs_no_exception_from_its_policy(stack: Stack, path: str) -> None:
    with get(stack, path) as answer:
        page = answer.get_data(as_text=True)
    tags = " ".join(re.findall(r"<[a-z][^<>]*>", page))
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", tags)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))
    assert not re.findall(r"(?:src|href|action)=[\"']?(?:https?:)?//", page)


def test_our_scripts_make_no_html_of_texts() -> None:
    scripts = sorted((ROOT / "gateway/web").rglob("*.js"))
    ours = [script for script in scripts if "vendor" not in script.parts]
    assert len(ours) > 10
    for script in ours:
        text = script.read_text("utf-8")
        html = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\("
        assert not re.search(html, text), script


def test_whatever_else_is_opened_in_a_tab_may_only_be_seen(stack: Stack) -> None:
    job = stack.ask("leek", "rice", count=1).json["id"]
    stack.run(job)
    artifacts = get(stack, f"/v1/jobs/{job}").json["artifacts"]
    urls = [one["url"] for one in artifacts]
    paths = [f"/v1/jobs/{job}", *urls, "/v1/catalog", "/nothing", "/v1/jobs/x", "/web/main.js"]
    for path in paths:
        with get(stack, path) as answer:
            assert answer.headers["Content-Security-Policy"] == NO_PAGE, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "script-src" not in NO_PAGE
    assert "sandbox" in NO_PAGE
    page = ArtifactRef(name="recipe-1.html", sha256="0" * 64, size=1, media_type="text/html")
    assert page.disposition == "attachment"


def test_the_name_of_a_photo_is_never_used(stack: Stack) -> None:
    photo = {"photo": (io.BytesIO(jpeg()), f'../{EVIL}"; filename="x.html')}
    answer: Any = stack.client.post("/v1/figurines", data=photo)
    assert answer.status_code == 202
    stack.run(answer.json["id"])
    view = get(stack, f"/v1/jobs/{answer.json['id']}")
    assert "alert" not in view.text
    for artifact in view.json["artifacts"]:
        shown = get(stack, artifact["url"]).headers["Content-Disposition"]
        assert re.fullmatch(r'(inline|attachment); filename="[a-z]+-[0-9a-f]{8}\.\w+"', shown)


@pytest.mark.parametrize("name", [EVIL, "x\r\nSet-Cookie: a=b", "../../keys.json", "%00"])
def test_a_name_in_a_path_comes_back_as_json_only(stack: Stack, name: str) -> None:
    job = stack.submit()
    answer = get(stack, f"/v1/jobs/{job}/artifacts/{name}")
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"
    assert "Set-Cookie" not in answer.headers


def test_what_somebody_typed_comes_back_as_json_only(stack: Stack) -> None:
    answer = stack.ask(EVIL, hint=EVIL)
    if answer.status_code == 422:  # refused: also an answer that repeats it
        assert answer.content_type == "application/problem+json"
        answer = stack.ask(EVIL)
    assert answer.content_type == "application/json"
    assert json.loads(answer.text)["parameters"]["ingredients"] == [EVIL]
    assert "\u2028" not in answer.text
