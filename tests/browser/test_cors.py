"""A page of another site in a real browser: it may call the house if the operator named it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.stack import SMALL, TestStack, require_stack

# what a shop would write: each header and each method of it needs a preflight
WORK = """async (house) => {
  const headers = {Authorization: "Bearer none", "Content-Type": "application/json"};
  const sent = await fetch(house + "/v1/recipes", {
    method: "POST",
    headers: {...headers, "Idempotency-Key": "one", Prefer: "wait=30"},
    body: JSON.stringify({ingredients: ["2 leeks", "rice", "eggs"], count: 1}),
  });
  const job = house + sent.headers.get("Location");
  const events = await (await fetch(job + "/events", {headers})).text();
  const zip = await fetch(job + "/artifacts.zip", {headers});
  const missing = await fetch(job + "x", {headers});
  const gone = await fetch(job, {method: "DELETE", headers});
  return {
    sent: sent.status, request: sent.headers.get("X-Request-ID"), etag: zip.headers.get("ETag"),
    events: events.includes("event: succeeded"), zip: (await zip.blob()).size,
    missing: (await missing.json()).code, gone: gone.status,
  };
}"""
TRY = """async (house) => {
  try { return (await fetch(house + "/v1/jobs")).status; } catch (error) { return error.name; }
}"""
SEND = """async (house) => {
  const form = new FormData();
  form.append("ingredients", "rice, 2 leeks");  // a body that needs no preflight
  const blind = {method: "POST", body: form, mode: "no-cors"};
  try {
    return (await fetch(house + "/v1/recipes", blind)).type;
  } catch (error) { return error.name; }
}"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>A shop</title>")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def sites() -> Iterator[list[str]]:
    """Two sites of other people; ``localhost`` is another site than ``127.0.0.1``."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _Page) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield [f"http://localhost:{server.server_port}" for server in servers]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def house(sites: list[str]) -> Iterator[str]:
    require_stack()
    with TestStack(cors_origins=sites[0], **SMALL) as running:
        running.wait_until_ready()
        yield running.url


def evaluated(browser: Browser, site: str, script: str, house: str) -> Any:
    page = browser.new_page()
    page.goto(site)
    try:
        return page.evaluate(script, house)
    finally:
        page.close()


def test_a_guest_does_a_whole_job_and_reads_what_came_of_it(
    browser: Browser, sites: list[str], house: str
) -> None:
    told = evaluated(browser, sites[0], WORK, house)
    assert told["sent"] == 200
    assert told["request"]
    assert told["etag"].startswith('"')
    assert told["events"] is True
    assert told["zip"] > 1_000
    assert (told["missing"], told["gone"]) == ("not_found", 200)


def test_a_stranger_reads_nothing_and_nothing_is_made_for_him(
    browser: Browser, sites: list[str], house: str
) -> None:
    assert evaluated(browser, sites[0], TRY, house) == 200
    assert evaluated(browser, sites[1], TRY, house) == "TypeError"
    before = evaluated(browser, sites[0], COUNT, house)
    # the browser sends it, and hides the answer
    assert evaluated(browser, sites[1], SEND, house) in {"opaque", "TypeError"}
    assert evaluated(browser, sites[0], COUNT, house) == before


COUNT = "async (house) => (await (await fetch(house + '/v1/jobs?limit=100')).json()).jobs.length"
