"""A person looks at the list, corrects it, and the job goes on."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest

from common.errors import LedgerUnavailable
from gateway.app import create_app
from gateway.house import EXTENSION
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg


def resume(stack: Stack, job: str, **changes: Any) -> Any:
    return stack.client.post(f"/v1/jobs/{job}/resume", json=changes)


def resumed_with(stack: Stack, job: str) -> dict[str, Any]:
    (event,) = [one for one in stack.ledger.events(job) if one.type == "resumed"]
    return event.data


def test_a_paused_job_says_where_to_go_on(stack: Stack) -> None:
    job = stack.paused()
    view = stack.client.get(f"/v1/jobs/{job}?wait=30").json
    assert view["state"] == "paused"
    assert view["links"]["resume"] == f"/v1/jobs/{job}/resume"
    assert view["facts"]["recipe.recognise"]["ingredients"]
    assert "ingredients.json" in [artifact["name"] for artifact in view["artifacts"]]


def test_a_corrected_list_is_cooked_without_recognising_again(stack: Stack) -> None:
    job = stack.paused(count=2)
    answer = resume(stack, job, ingredients=["leek", "2 onions, feta"], servings=4)
    assert answer.status_code == 202
    assert answer.json["state"] == "running"
    assert "resume" not in answer.json["links"]
    assert resumed_with(stack, job) == {}
    assert [node.id for node in stack.again] == ["recipe.compose#0", "recipe.compose#1"]
    params = stack.record(job).params
    assert params["edited"] == ["leek", "2 onions", "feta"]
    assert params["ingredients"] == ["leek", "rice"]  # what was recognised
    assert params["servings"] == 4
    stack.run(job)
    assert stack.record(job).state == "succeeded"
    assert stack.record(job).nodes[0].attempts == 1


def test_an_unchanged_list_needs_no_body(stack: Stack) -> None:
    job = stack.paused()
    assert stack.client.post(f"/v1/jobs/{job}/resume").status_code == 202
    assert "edited" not in stack.record(job).params


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_list_may_be_corrected_by_form(stack: Stack, kind: str) -> None:
    job = stack.paused()
    answer = stack.client.post(
        f"/v1/jobs/{job}/resume?servings=3",
        data={"ingredients": "leek; 1,5 kg potatoes"},
        content_type=kind,
    )
    assert answer.status_code == 202
    params = stack.record(job).params
    assert (params["edited"], params["servings"]) == (["leek", "1,5 kg potatoes"], 3)


def test_another_engine_recognises_again(stack: Stack) -> None:
    job = stack.paused()
    assert resume(stack, job, engine="builtin", ingredients=["leek"]).status_code == 202
    assert "recipe.recognise" in resumed_with(stack, job)["again"]
    assert [node.id for node in stack.again] == ["recipe.recognise"]
    stack.run(job)
    assert stack.record(job).state == "succeeded"
    assert stack.record(job).params["edited"] == ["leek"]


def test_a_pause_can_be_asked_for_again(stack: Stack) -> None:
    job = stack.paused()
    resume(stack, job, engine="builtin", ingredients=["leek"], pause_after="ingredients")
    stack.run_stage(job, "recipe.recognise")
    assert stack.record(job).state == "paused"
    assert resume(stack, job).status_code == 202
    assert stack.record(job).params["edited"] == ["leek"]  # of the time before


def test_a_job_is_resumed_once(stack: Stack) -> None:
    job = stack.paused()
    assert resume(stack, job).status_code == 202
    again = resume(stack, job)
    assert (again.status_code, again.json["code"]) == (409, "job_not_paused")
    stack.run(job)
    assert resume(stack, job).status_code == 409
    assert len(stack.again) == 3


def test_of_many_at_once_one_resumes(stack: Stack) -> None:
    job = stack.paused()
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(resume(stack, job).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [202] + [409] * 7


def test_a_job_that_was_not_asked_to_wait_waits_for_nobody(stack: Stack) -> None:
    portrait = stack.client.post("/v1/portraits", data=jpeg()).json["id"]
    for job in (stack.submit(), portrait):
        answer = resume(stack, job)
        assert (answer.status_code, answer.json["code"]) == (409, "job_not_paused")


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"count": 2}, "bad_parameter", "count is fixed"),
        ({"ttl_hours": 2}, "bad_parameter", "ttl_hours is fixed"),
        ({"ingredients": []}, "no_ingredients", "empty"),
        ({"ingredients": ""}, "no_ingredients", "empty"),
        ({"ingredient": ["x"]}, "bad_parameter", "'ingredients'"),
        ({"edited": ["x"]}, "bad_parameter", "unknown parameter 'edited'"),
        ({"diet": ["vegan", "pescatarian"]}, "bad_parameter", "choose one"),
        ({"language": "vi"}, "language_unavailable", "'vi'"),
        ({"engine": "openai"}, "engine_unavailable", "no language model"),
        ({"ingredients": [f"f{n}" for n in range(101)]}, "bad_parameter", "101 entries"),
    ],
)
def test_a_bad_change_is_refused_and_the_job_still_waits(
    stack: Stack, changes: dict[str, Any], code: str, words: str
) -> None:
    job = stack.paused()
    answer = resume(stack, job, **changes)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert words in answer.json["detail"]
    assert stack.record(job).state == "paused"
    assert resume(stack, job, count=3).status_code == 202  # the same count is no change


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b"[]", "content_type": "application/json"},
        {"data": b"rice", "content_type": "text/plain"},
        {"data": jpeg(), "content_type": "image/jpeg"},
        {"data": {"photo": (io.BytesIO(jpeg()), "x.jpg")}, "content_type": "multipart/form-data"},
        {"data": {"file": (io.BytesIO(b"x"), "x")}, "content_type": "multipart/form-data"},
        {"json": {"servings": 3}, "query_string": {"servings": "4"}},
    ],
)
def test_nothing_that_is_sent_along_is_ignored(stack: Stack, sent: dict[str, Any]) -> None:
    job = stack.paused()
    answer = stack.client.post(f"/v1/jobs/{job}/resume", **sent)
    assert (answer.status_code, answer.json["code"]) == (422, "bad_parameter"), answer.text
    assert stack.record(job).state == "paused"


def test_somebody_elses_job_cannot_be_resumed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stack.paused()
    monkeypatch.setattr("gateway.api.reading.owner_of", lambda _: "eve")
    assert resume(stack, job).status_code == 404
    assert resume(stack, "nope").status_code == 404
    assert stack.record(job).state == "paused"


def test_a_broker_that_is_away_leaves_the_job_to_the_reconciler(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise LedgerUnavailable("no broker")

    job = stack.paused()
    house = stack.app.extensions[EXTENSION]
    app = create_app(house.settings, stack.ledger, stack.store, broken, broken)
    assert app.test_client().post(f"/v1/jobs/{job}/resume").status_code == 202
    assert "resumed but not published" in caplog.text
    assert stack.record(job).nodes[1].state == "ready"


def test_who_follows_a_job_hears_of_pause_and_resume(stack: Stack) -> None:
    job = stack.paused()
    resume(stack, job)
    stack.run(job)
    told = stack.client.get(f"/v1/jobs/{job}/events").text
    assert told.index("event: paused") < told.index("event: resumed")
    assert told.index("event: resumed") < told.index("event: succeeded")


def test_a_submit_that_waits_is_answered_at_the_pause(stack: Stack) -> None:
    def work() -> None:
        while not stack.published:
            pass
        stack.run_stage(stack.published[0][0], "recipe.recognise")

    threading.Thread(target=work).start()
    answer = stack.client.post(
        "/v1/recipes",
        json={"ingredients": ["leek"], "pause_after": "ingredients"},
        headers={"Prefer": "wait=20"},
    )
    assert (answer.status_code, answer.json["state"]) == (200, "paused")
