from __future__ import annotations

import io
import json
import logging

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from common import errors, http
from common.errors import KilnError
from common.ledger.memory import MemoryLedger
from common.settings import Settings
from tests.unit.common.workbench import FlakyLedger

LEAVES = [cls for cls in vars(errors).values() if isinstance(cls, type)]
MISSING: dict[str, str] = {}


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("house")
    app.config["MAX_CONTENT_LENGTH"] = 100
    http.install(app, lambda: MISSING)

    def read() -> dict[str, int]:
        return {"bytes": len(request.get_data())}

    def refuse() -> str:
        raise errors.NoFace("nobody here")

    def away() -> str:
        raise errors.LedgerUnavailable("Redis does not answer")

    def bug() -> str:
        raise ZeroDivisionError("secret")

    app.add_url_rule("/read", view_func=read, methods=["POST"])
    for view in (refuse, away, bug):
        app.add_url_rule(f"/{view.__name__}", view_func=view)
    return app.test_client()


@pytest.mark.parametrize("error", LEAVES, ids=lambda cls: cls.__name__)
def test_every_error_has_a_status_of_its_own_or_of_an_ancestor(error: type[KilnError]) -> None:
    if not issubclass(error, KilnError):
        pytest.skip("no error of ours")
    status = http.status_of(error)
    assert 400 <= status < 600
    if issubclass(error, errors.InputError):
        assert status < 500  # the caller can mend it


def test_an_error_is_a_problem_document_with_a_hint(client: FlaskClient) -> None:
    response = client.get("/refuse")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert response.json == {
        "type": "urn:kiln:problem:no_face",
        "title": "no face",
        "status": 422,
        "code": "no_face",
        "detail": "nobody here",
        "hint": errors.NoFace.hint,
    }
    assert "Retry-After" not in response.headers


def test_redis_away_tells_when_to_come_again(client: FlaskClient) -> None:
    response = client.get("/away")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) >= 1


def test_a_bug_is_told_without_its_words_and_logged_with_them(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = client.get("/bug", headers={"X-Request-ID": "r-1"})
    assert response.status_code == 500
    assert response.json
    assert response.json["code"] == "internal"
    assert "r-1" in response.json["detail"]
    assert "secret" not in response.text
    assert "secret" in caplog.text
    assert "/bug" in caplog.text


def test_an_unknown_path_is_a_problem_too(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert (response.status_code, response.json["code"]) == (404, "not_found")  # type: ignore[index]


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    response = client.get("/read")
    assert (response.status_code, response.json["code"]) == (405, "method_not_allowed")  # type: ignore[index]
    assert "POST" in response.headers["Allow"]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient) -> None:
    response = client.post("/read", data=b"x" * 101)
    assert (response.status_code, response.json["code"]) == (413, "photo_too_large")  # type: ignore[index]


def test_a_sensible_request_id_is_kept(client: FlaskClient) -> None:
    response = client.get("/health", headers={"X-Request-ID": "trace-1.a_b"})
    assert response.headers["X-Request-ID"] == "trace-1.a_b"
    assert float(response.headers["X-Process-Time"]) >= 0
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("bad", ["", "x" * 65, "a b", "<script>"])
def test_any_other_request_id_is_replaced(client: FlaskClient, bad: str) -> None:
    made = client.get("/health", headers={"X-Request-ID": bad}).headers["X-Request-ID"]
    assert len(made) == 32
    assert made.isalnum()


def test_health_says_that_the_process_lives(client: FlaskClient) -> None:
    assert client.get("/health").json == {"status": "ok"}


def test_readiness_names_what_is_missing(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/readyz").status_code == 200
    monkeypatch.setitem(MISSING, "worker fusion", "start one")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json
    assert response.json["missing"] == {"worker fusion": "start one"}
    assert "worker fusion" in response.json["detail"]


def test_requests_are_measured_by_rule_not_by_path(client: FlaskClient) -> None:
    client.get("/nowhere/at/all")
    client.open("/health", method="BREW")
    text = client.get("/metrics").text
    assert 'route="unknown"' in text
    assert "/nowhere" not in text
    assert 'method="other"' in text
    assert "BREW" not in text


def test_a_route_that_is_used_shows_its_errors_before_the_first(client: FlaskClient) -> None:
    client.get("/health")
    name, labels = "kiln_http_request_duration_seconds_count", {"route": "/health", "method": "GET"}
    for code in ("500", "503"):
        assert REGISTRY.get_sample_value(name, {**labels, "code": code}) == 0


def test_a_queue_without_a_warm_worker_is_missing() -> None:
    ledger = MemoryLedger(lambda: 1_000)
    ledger.worker_up("fusion", "f1")
    assert list(http.missing_workers(ledger, ["fusion", "stylize"])) == ["worker stylize"]


def test_redis_away_is_what_is_missing() -> None:
    ledger = FlakyLedger(MemoryLedger(lambda: 1_000))
    ledger.away["workers"] = 1
    assert list(http.missing_workers(ledger, ["fusion"])) == ["redis"]


def test_extra_fields_of_a_problem_are_shown() -> None:
    with Flask("house").app_context():
        body = json.loads(http.problem(429, "busy", "full", active=3).get_data())
    assert body["active"] == 3


class Silent(io.RawIOBase):
    """What comes of a body whose sender says no more: a socket's time-out."""

    def readable(self) -> bool:
        return True

    def readinto(self, _: object) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")


@pytest.mark.parametrize("bounded", [True, False])
def test_a_body_that_stops_half_way_is_told_so(client: FlaskClient, bounded: bool) -> None:
    client.application.config["MAX_CONTENT_LENGTH"] = 100 if bounded else None
    length = {"CONTENT_LENGTH": "50"} if bounded else {}
    sent = {"wsgi.input": Silent(), "wsgi.input_terminated": True, **length}
    response = client.post("/read", environ_overrides=sent)
    assert (response.status_code, response.json["code"]) == (408, "request_timeout")  # type: ignore[index]


@pytest.mark.parametrize("said", ["kiln.example.org", "Kiln.Example.org:8000", "LOCALHOST"])
def test_a_house_answers_to_its_name_however_it_is_written(said: str) -> None:
    app = Flask("house")
    http.install(app, lambda: MISSING)
    http.guard(app, Settings(allowed_hosts="Kiln.example.ORG"))
    ask = app.test_client().get
    assert ask("/health", headers={"Host": said}).status_code == 200
    assert ask("/health", headers={"Host": f"x{said}"}).status_code == 400
