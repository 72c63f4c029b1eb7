"""Calls that will go: headers, description and page say so; a stand-in row proves it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from gateway.domain.calls.table import CALLS
from gateway.domain.deprecations import DEPRECATIONS, Deprecation
from gateway.domain.docs_page import render_docs
from gateway.domain.openapi import build_openapi
from tests.unit.gateway.conftest import Stack

SINCE, SUNSET = datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 3, 1, 12, tzinfo=UTC)
ROW = Deprecation(SINCE, SUNSET, instead="/v1/jobs")
CALL = "GET /v1/jobs/{job}/timeline"


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the app is built: an empty table costs nothing."""
    monkeypatch.setitem(DEPRECATIONS, CALL, ROW)


def test_every_answer_of_such_a_call_says_when_and_what_instead(stack: Stack) -> None:
    job = stack.submit()
    for path, status in ((f"/v1/jobs/{job}/timeline", 200), ("/v1/jobs/none/timeline", 404)):
        answer = stack.client.get(path)
        assert answer.status_code == status
        assert answer.headers["Deprecation"] == "@1803859200"  # RFC 9745: a date of RFC 9651
        assert parsedate_to_datetime(answer.headers["Sunset"]) == SUNSET
        assert answer.headers["Sunset"].endswith(" GMT")
        assert answer.headers["Link"] == (
            '</docs>; rel="deprecation"; type="text/html", </v1/jobs>; rel="successor-version"'
        )


def test_no_other_call_says_so(stack: Stack) -> None:
    answer = stack.client.get("/v1/jobs")
    assert not {"Deprecation", "Sunset", "Link"} & {name for name, _ in answer.headers}


def test_the_description_and_the_page_say_so() -> None:
    document = build_openapi("1.2.3")
    found: dict[str, Any] = document["paths"]["/v1/jobs/{job}/timeline"]["get"]
    assert found["deprecated"] is True
    assert "Deprecated since 2027-03-01" in found["description"]
    assert "deprecated" not in document["paths"]["/v1/jobs"]["get"]
    assert "It may be gone from 2028-03-01 on" in render_docs(document, "http://here")


def test_without_a_date_of_its_end_there_is_no_sunset() -> None:
    assert Deprecation(SINCE).headers.keys() == {"Deprecation", "Link"}


def test_the_table_names_calls_that_exist_and_gives_a_year(monkeypatch: Any) -> None:
    monkeypatch.delitem(DEPRECATIONS, CALL)
    known = {f"{call.method} {call.path}" for call in CALLS}
    for call, row in DEPRECATIONS.items():
        assert call in known
        assert row.since.tzinfo is UTC
        assert row.sunset is None or (row.sunset - row.since).days >= 365
