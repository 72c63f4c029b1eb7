"""Pages of other sites: none but those that the setting names, and never with credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.settings import Settings
from gateway.app import create_app
from gateway.domain.calls.table import CALLS
from gateway.domain.crossing import ANSWER_HEADERS, REQUEST_HEADERS
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

SHOP, DEV, STRANGER = "https://shop.example", "http://localhost:5173", "https://evil.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
GIVEN = f"{SHOP}, {DEV}"


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Two sites are let in, unless a test says otherwise."""
    said = getattr(request, "param", {"cors_origins": GIVEN})
    return Settings(data_dir=tmp_path, max_upload_mb=1, max_streams=2, **said)


NOBODY = pytest.mark.parametrize("settings", [{}], indirect=True)
ANYBODY = pytest.mark.parametrize("settings", [{"cors_origins": "*", "auth": "on"}], indirect=True)


def crossing(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers if name.startswith("Access-Control-")}


@NOBODY
def test_by_default_no_answer_says_a_word_of_it(stack: Stack) -> None:
    preflight = stack.client.options("/v1/figurines", headers={"Origin": SHOP, **ASKS})
    read = stack.client.get("/v1/catalog", headers={"Origin": SHOP})
    for answer in (preflight, read):
        assert crossing(answer) == {}
        assert "Origin" not in answer.headers.get("Vary", "")
    sent = stack.post(headers={"Origin": SHOP, **FOREIGN})
    assert (sent.status_code, sent.json["code"]) == (403, "foreign_site")
    assert "KILN_CORS_ORIGINS" in sent.json["hint"]


@pytest.mark.parametrize("origin", [SHOP, DEV])
def test_a_preflight_of_a_guest_is_answered(stack: Stack, origin: str) -> None:
    answer = stack.client.options("/v1/figurines", headers={"Origin": origin, **ASKS, **FOREIGN})
    assert (answer.status_code, answer.data) == (204, b"")
    told = crossing(answer)
    assert told["Access-Control-Allow-Origin"] == origin
    assert told["Access-Control-Allow-Methods"] == "OPTIONS, POST"
    assert "Authorization" in told["Access-Control-Allow-Headers"].split(", ")
    assert int(told["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in told
    assert {"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"} <= {
        name.strip() for name in answer.headers["Vary"].split(",")
    }


def test_a_preflight_names_every_method_of_the_path(stack: Stack) -> None:
    headers = {"Origin": SHOP, "Access-Control-Request-Method": "DELETE"}
    answer = stack.client.options("/v1/jobs/x", headers=headers)
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS"


def test_a_preflight_of_a_stranger_gets_no_leave(stack: Stack) -> None:
    answer = stack.client.options("/v1/figurines", headers={"Origin": STRANGER, **ASKS})
    assert crossing(answer) == {}
    assert "Origin" in answer.headers["Vary"]


def test_a_guest_may_send_and_a_stranger_may_not(stack: Stack) -> None:
    guest = stack.post(headers={"Origin": SHOP, **FOREIGN})
    assert guest.status_code == 202
    assert crossing(guest)["Access-Control-Allow-Origin"] == SHOP
    for origin in (STRANGER, "null", f"{SHOP}.evil.example", f"{SHOP}:8443"):
        answer = stack.post(headers={"Origin": origin, **FOREIGN})
        assert (answer.status_code, answer.json["code"]) == (403, "foreign_site"), origin
        assert crossing(answer) == {}
        assert "Origin" in answer.headers["Vary"]  # or a cache hands it to a guest
    assert len(stack.published) == 1


def test_a_neighbour_on_this_very_machine_is_a_guest_too(stack: Stack) -> None:
    headers = {"Origin": DEV, "Sec-Fetch-Site": "same-site"}
    assert stack.post(headers=headers).status_code == 202


def test_a_guest_reads_headers_problems_and_streams(stack: Stack) -> None:
    job = stack.submit()
    stack.run(job)
    paths = (f"/v1/jobs/{job}", f"/v1/jobs/{job}/events", f"/v1/jobs/{job}/artifacts.zip")
    for path in (*paths, "/v1/jobs/none", "/nowhere", "/health"):
        answer = stack.client.get(path, headers={"Origin": SHOP})
        assert crossing(answer)["Access-Control-Allow-Origin"] == SHOP, path
        exposed = crossing(answer)["Access-Control-Expose-Headers"].split(", ")
        assert {"Location", "ETag", "Retry-After", "X-Request-ID"} <= {*exposed}
        assert "Origin" in answer.headers["Vary"]
    etag = stack.client.get(paths[0]).headers["ETag"]
    known = stack.client.get(paths[0], headers={"Origin": SHOP, "If-None-Match": etag})
    assert (known.status_code, known.headers["Access-Control-Allow-Origin"]) == (304, SHOP)


def test_whoever_is_no_page_is_told_only_that_answers_differ(stack: Stack) -> None:
    answer = stack.client.get("/v1/catalog")
    assert crossing(answer) == {}
    assert answer.headers["Vary"] == "Origin"


@ANYBODY
def test_any_page_may_come_where_a_key_is_asked_for(stack: Stack) -> None:
    answer = stack.client.options("/v1/figurines", headers={"Origin": STRANGER, **ASKS})
    assert crossing(answer)["Access-Control-Allow-Origin"] == "*"
    refused = stack.post(headers={"Origin": STRANGER, **FOREIGN})
    assert (refused.status_code, refused.json["code"]) == (401, "unauthorized")
    for one in (answer, refused):
        assert "Access-Control-Allow-Credentials" not in one.headers
        assert one.headers["Access-Control-Allow-Origin"] == "*"


def test_a_house_without_a_lock_is_never_open_to_every_page(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, cors_origins=f"{SHOP},*")
    with pytest.raises(ValueError, match="KILN_AUTH=on"):
        create_app(settings)
    assert Settings(cors_origins="*", auth="on").danger is None


@pytest.mark.parametrize(
    ("said", "origins"),
    [
        ("https://Shop.Example/ ,", {"https://shop.example"}),
        ("https://a.example:443,http://b.example:80", {"https://a.example", "http://b.example"}),
        ("https://a.example:80,http://[::1]:443", {"https://a.example:80", "http://[::1]:443"}),
        (None, set()),
    ],
)
def test_origins_are_written_as_browsers_do(said: str | None, origins: set[str]) -> None:
    assert Settings(cors_origins=said).origins == origins


@pytest.mark.parametrize(
    "said", ["shop.example", "https://", "null", "https://*.example", "https://a.example/path"]
)
def test_what_is_no_origin_is_refused_at_the_start(said: str) -> None:
    with pytest.raises(ValidationError, match="cors_origins"):
        Settings(cors_origins=said)


def test_every_header_of_every_call_may_be_sent() -> None:
    assert {name for call in CALLS for name, _ in call.headers} <= {*REQUEST_HEADERS}
    assert len({*ANSWER_HEADERS}) == len(ANSWER_HEADERS)


def test_the_photo_of_a_guest_is_read_whole(stack: Stack) -> None:
    headers = {"Origin": SHOP, **FOREIGN, "Content-Type": "image/jpeg"}
    answer: Any = stack.client.post("/v1/figurines", data=jpeg(), headers=headers)
    assert answer.headers["Location"].startswith("/v1/jobs/")
