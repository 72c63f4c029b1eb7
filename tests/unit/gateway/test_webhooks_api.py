"""Asking for a webhook, looking at its deliveries, and sending it once more."""

from __future__ import annotations

from typing import Any

import pytest

from common.errors import BadWebhook
from common.ledger.outbox import Attempt
from common.settings import Settings
from gateway.calling import target_of
from gateway.house import EXTENSION
from tests.unit.gateway.conftest import Stack

URL = "https://shop.example.com/hook?token=t"


def ended(stack: Stack, **params: str) -> str:
    job = stack.submit(webhook_url=URL, **params)
    stack.run(job)
    return job


def log_of(stack: Stack, job: str) -> dict[str, Any]:
    answer = stack.client.get(f"/v1/jobs/{job}/webhooks")
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def deliver(stack: Stack, error: str = "", again_ms: int | None = None) -> list[str]:
    """Be the courier of one round; returns the ids of the messages."""
    calls = stack.ledger.due_calls(1000)
    for call in calls:
        attempt = Attempt(1_800_000_000_000, 500 if error else 204, 12.3, error)
        stack.ledger.called(call, attempt, again_ms)
    return [call.id for call in calls]


# -- asking ------------------------------------------------------------------------
def test_a_job_that_ends_has_a_message_to_be_delivered(stack: Stack) -> None:
    job = ended(stack)
    (call,) = stack.ledger.due_calls(1000)
    assert (call.job, call.event, call.url) == (job, "succeeded", URL)


def test_a_recipe_tells_of_its_pause_and_of_its_end(stack: Stack) -> None:
    job = stack.paused(webhook_url=URL)
    assert [message["event"] for message in log_of(stack, job)["messages"]] == ["paused"]
    stack.client.post(f"/v1/jobs/{job}/resume")
    stack.run(job)
    assert [one["event"] for one in log_of(stack, job)["messages"]] == ["paused", "succeeded"]


def test_only_what_was_asked_for_is_told(stack: Stack) -> None:
    job = ended(stack, webhook_events="failed,cancelled")
    assert log_of(stack, job) == {
        "webhook_url": URL,
        "events": ["failed", "cancelled"],
        "messages": [],
    }


def test_a_job_with_a_webhook_says_where_its_log_is(stack: Stack) -> None:
    job = stack.submit(webhook_url=URL)
    assert (
        stack.client.get(f"/v1/jobs/{job}").json["links"]["webhooks"] == f"/v1/jobs/{job}/webhooks"
    )
    other = stack.client.get(f"/v1/jobs/{stack.submit()}").json
    assert "webhooks" not in other["links"]


def test_a_job_without_webhook_has_an_empty_log(stack: Stack) -> None:
    assert log_of(stack, stack.submit()) == {"webhook_url": None, "events": [], "messages": []}


def test_a_remembered_job_tells_its_end_as_well(stack: Stack) -> None:
    stack.run(stack.submit(seed="7"))
    answer = stack.post(query_string={"seed": "7", "webhook_url": URL})
    assert answer.json["state"] == "succeeded"  # the webhook is no part of what is remembered
    assert [one["event"] for one in log_of(stack, answer.json["id"])["messages"]] == ["succeeded"]


def test_the_webhook_is_not_among_the_parameters(stack: Stack) -> None:
    job = stack.submit(webhook_url=URL, webhook_events="failed")
    assert "webhook_url" not in str(stack.client.get(f"/v1/jobs/{job}").json["parameters"])
    recipe = stack.ask("rice", webhook_url=URL).json
    assert "webhook_url" not in str(recipe["parameters"])


def test_the_same_request_with_another_webhook_is_another_request(stack: Stack) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = stack.post(query_string={"webhook_url": URL}, headers=headers)
    again = stack.post(query_string={"webhook_url": URL}, headers=headers)
    assert first.json["id"] == again.json["id"]
    for other in ({"webhook_url": URL + "2"}, {"webhook_url": URL, "webhook_events": "failed"}, {}):
        answer = stack.post(query_string=other, headers=headers)
        assert answer.json["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://shop.example.com", "https://10.0.0.1", "https://me:pw@shop.example.com"),
        *("https://shop.example.com:0", "https://169.254.169.254/latest/meta-data", "nonsense"),
    ],
)
def test_a_bad_address_is_refused_at_once(stack: Stack, url: str) -> None:
    for answer in (
        stack.post(query_string={"webhook_url": url}),
        stack.ask("rice", webhook_url=url),
    ):
        assert (answer.status_code, answer.json["code"]) == (422, "bad_webhook")
    assert stack.ledger.jobs("local", None, 10) == []


@pytest.mark.parametrize("events", ["ended", "", "succeeded,stage", "running"])
def test_an_event_that_does_not_exist_is_refused(stack: Stack, events: str) -> None:
    answer = stack.post(query_string={"webhook_url": URL, "webhook_events": events})
    assert answer.json["code"] == "bad_parameter"
    assert "succeeded, failed, cancelled, expired, paused" in answer.json["detail"]


def test_events_without_an_address_are_refused(stack: Stack) -> None:
    answer = stack.post(query_string={"webhook_events": "failed"})
    assert answer.json["code"] == "bad_webhook"


def test_the_webhook_is_fixed_once_the_job_is_accepted(stack: Stack) -> None:
    job = stack.paused(webhook_url=URL)
    for change in ({"webhook_url": URL}, {"webhook_events": ["failed"]}):
        answer = stack.client.post(f"/v1/jobs/{job}/resume", json=change)
        assert answer.json["code"] == "bad_parameter"
        assert "fixed" in answer.json["detail"]
    assert stack.client.post(f"/v1/jobs/{job}/resume", json={"servings": 3}).status_code == 202


def test_a_house_for_one_person_calls_its_own_machine_but_not_itself(stack: Stack) -> None:
    settings = Settings()
    assert stack.post(query_string={"webhook_url": "http://127.0.0.1:9999/x"}).status_code == 202
    own = [settings.gateway_port, settings.redis_port, settings.metrics_port + 3]
    for port in own:
        answer = stack.post(query_string={"webhook_url": f"http://127.0.0.1:{port}"})
        assert answer.json["code"] == "bad_webhook"


@pytest.mark.parametrize("changed", [{"auth": "on"}, {"host": "192.168.1.5"}])
def test_a_house_that_others_can_reach_never_calls_its_own_machine(
    changed: dict[str, str], stack: Stack
) -> None:
    settings = stack.app.extensions[EXTENSION].settings.model_copy(update=changed)
    for url in ("http://127.0.0.1:9999/x", "https://localhost/x", "https://[::1]:9/"):
        with pytest.raises(BadWebhook):
            target_of(settings, url)


# -- looking -----------------------------------------------------------------------
def test_the_log_shows_each_attempt(stack: Stack) -> None:
    job = ended(stack)
    deliver(stack, "answered 500", 0)
    deliver(stack)
    (message,) = log_of(stack, job)["messages"]
    assert message["id"] == f"msg_{job}_succeeded"
    assert (message["state"], message["next"]) == ("delivered", None)
    at = "2027-01-15T08:00:00Z"
    assert message["attempts"] == [
        {"at": at, "status": 500, "ms": 12, "error": "answered 500"},
        {"at": at, "status": 204, "ms": 12, "error": None},
    ]


def test_the_log_says_when_it_is_tried_next(stack: Stack) -> None:
    job = ended(stack)
    deliver(stack, "answered 500", 60_000)
    (message,) = log_of(stack, job)["messages"]
    assert message["state"] == "pending"
    assert message["next"] > message["created"]


def test_what_is_given_up_can_be_sent_by_hand(stack: Stack) -> None:
    job = ended(stack)
    (first,) = deliver(stack, "answered 410")
    assert log_of(stack, job)["messages"][0]["state"] == "failed"
    assert deliver(stack) == []
    answer = stack.client.post(f"/v1/jobs/{job}/webhooks/redeliver")
    assert answer.status_code == 202
    assert answer.json["messages"][0]["state"] == "pending"
    assert deliver(stack) == [first]
    assert log_of(stack, job)["messages"][0]["state"] == "delivered"


def test_one_event_can_be_sent_by_hand(stack: Stack) -> None:
    job = stack.paused(webhook_url=URL)
    stack.client.post(f"/v1/jobs/{job}/cancel")
    assert len(deliver(stack)) == 2
    url = f"/v1/jobs/{job}/webhooks/redeliver"
    assert stack.client.post(url, query_string={"event": "cancelled"}).status_code == 202
    assert deliver(stack) == [f"msg_{job}_cancelled"]
    assert stack.client.post(url, query_string={"event": "failed"}).status_code == 404
    assert stack.client.post(url, query_string={"event": "x"}).json["code"] == "bad_parameter"


def test_without_a_message_there_is_nothing_to_send(stack: Stack) -> None:
    job = stack.submit()
    assert stack.client.post(f"/v1/jobs/{job}/webhooks/redeliver").status_code == 404


def test_webhooks_of_others_do_not_exist(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ended(stack)
    monkeypatch.setattr("gateway.api.reading.owner_of", lambda _: "eve")
    assert stack.client.get(f"/v1/jobs/{job}/webhooks").status_code == 404
    assert stack.client.post(f"/v1/jobs/{job}/webhooks/redeliver").status_code == 404
