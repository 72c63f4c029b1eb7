"""What a webhook says, how it is signed, and what follows from the answer."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from common.ledger.records import Hook, JobRecord, JobState
from common.settings import Settings
from gateway.domain.figurines import FigurineParams
from gateway.domain.hook_params import HookEvent
from gateway.domain.hook_view import HookMessage
from gateway.domain.params import read_params
from gateway.domain.webhooks import (
    JITTER,
    LONGEST_ASKED_S,
    Verdict,
    message,
    pause_s,
    signed_headers,
    verdict,
)
from gateway.door import keys
from tests.unit.gateway.conftest import Stack

SCHEDULE = Settings().webhook_schedule_s
OLD, NEW = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8
URL = "https://shop.example.com/hook"


# -- payload -------------------------------------------------------------------------
def told(record: JobRecord, event: str = "succeeded") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message(record, event, 1_800_000_000_123))
    described = HookMessage.model_validate(found).model_dump(mode="json")
    assert described["data"].keys() == found["data"].keys()
    return found


def test_a_message_names_the_job_and_where_to_find_more(stack: Stack) -> None:
    job = stack.submit(seed="7")
    stack.run(job)
    said = told(stack.record(job))
    assert said["type"] == "job.succeeded"
    assert said["timestamp"] == "2027-01-15T08:00:00.123Z"
    assert said["data"] == {
        "id": job,
        "product": "figurine",
        "state": "succeeded",
        "created": said["data"]["created"],
        "started": said["data"]["started"],
        "finished": said["data"]["finished"],
        "error": None,
        "links": {
            "self": f"/v1/jobs/{job}",
            "events": f"/v1/jobs/{job}/events",
            "timeline": f"/v1/jobs/{job}/timeline",
        },
    }
    assert said["data"]["created"] <= said["data"]["started"] <= said["data"]["finished"]


def test_a_failure_says_why(stack: Stack) -> None:
    error = {"code": "no_face", "detail": "none", "hint": "another", "stage": "fusion.measure"}
    record = replace(
        stack.record(stack.submit()), state=JobState.FAILED, error=error | {"inner": "secret"}
    )
    assert told(record, "failed")["data"]["error"] == error
    assert told(record, "paused")["data"]["error"] is None  # it was none when the job paused


def test_a_message_about_a_pause_stays_the_same_when_the_job_goes_on(stack: Stack) -> None:
    job = stack.paused(hint="for my sister Ann")
    before = message(stack.record(job), "paused", 1)
    stack.client.post(f"/v1/jobs/{job}/resume")
    stack.run(job)
    assert stack.record(job).state == "succeeded"
    assert message(stack.record(job), "paused", 1) == before
    assert '"state":"paused"' in before
    assert "Ann" not in before


def test_nothing_of_photo_parameters_and_results_is_told(stack: Stack) -> None:
    answer = stack.ask("my secret leek", hint="for Ann", webhook_url=URL)
    job = answer.json["id"]
    stack.run(job)
    text = message(stack.record(job), "succeeded", 1)
    assert "leek" not in text
    assert "Ann" not in text
    assert "shop.example.com" not in text


# -- signatures ----------------------------------------------------------------------
def test_a_receiver_verifies_what_was_signed() -> None:
    headers = signed_headers([NEW], "msg_1", time.time(), '{"type":"job.failed"}')
    assert Webhook(NEW).verify('{"type":"job.failed"}', headers) == {"type": "job.failed"}
    assert headers["webhook-id"] == "msg_1"
    assert headers["content-type"] == "application/json"


def test_for_a_day_after_an_exchange_both_secrets_sign(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    old = keys.webhook_secret(settings, "ann")
    assert keys.webhook_secrets(settings, "ann") == (old,)
    new = keys.renew_webhook_secret(settings, "ann")
    assert keys.webhook_secrets(settings, "ann") == (new, old)
    yesterday = time.time() - keys.EXCHANGE_S - 1
    os.utime(tmp_path / "webhook-secrets" / "ann.before", (yesterday, yesterday))
    assert keys.webhook_secrets(settings, "ann") == (new,)
    newer = keys.renew_webhook_secret(settings, "ann")
    assert keys.webhook_secrets(settings, "ann") == (newer, new)


def test_while_a_secret_is_exchanged_both_receivers_verify() -> None:
    headers = signed_headers([NEW, OLD], "msg_1", time.time(), "{}")
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (OLD, NEW):
        Webhook(secret).verify("{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "ZXZp" * 8).verify("{}", headers)


def test_what_was_changed_on_the_way_is_not_verified() -> None:
    now = time.time()
    headers = signed_headers([NEW], "msg_1", now, "{}")
    for forged in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(now) + 60)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify("{}", headers | forged)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify("{ }", headers)


def test_an_old_copy_is_not_verified() -> None:
    headers = signed_headers([NEW], "msg_1", time.time() - 600, "{}")
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(NEW).verify("{}", headers)


# -- what follows --------------------------------------------------------------------
@pytest.mark.parametrize(
    ("status", "found"),
    [
        *((200, Verdict.DELIVERED), (204, Verdict.DELIVERED), (299, Verdict.DELIVERED)),
        *((301, Verdict.AGAIN), (307, Verdict.AGAIN), (304, Verdict.AGAIN)),
        *((400, Verdict.AGAIN), (401, Verdict.AGAIN), (404, Verdict.AGAIN), (410, Verdict.GONE)),
        *((429, Verdict.AGAIN), (500, Verdict.AGAIN), (503, Verdict.AGAIN), (None, Verdict.AGAIN)),
        *((100, Verdict.AGAIN), (199, Verdict.AGAIN), (999, Verdict.AGAIN)),
    ],
)
def test_an_answer_is_judged_as_the_specification_says(status: int | None, found: Verdict) -> None:
    assert verdict(status) is found


def test_the_schedule_is_the_one_of_the_specification() -> None:
    pauses = [pause_s(SCHEDULE, attempt, 0.0) for attempt in range(1, 11)]
    assert pauses == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, None]
    assert sum(SCHEDULE) == 75 * 3600 + 35 * 60 + 5


@given(st.integers(1, 9), st.floats(0, 1))
def test_jitter_only_makes_a_pause_longer_and_not_by_much(attempt: int, chance: float) -> None:
    plain, pause = SCHEDULE[attempt - 1], pause_s(SCHEDULE, attempt, chance)
    assert pause is not None
    assert plain <= pause <= plain * (1 + JITTER)


@given(st.integers(1, 9), st.floats(min_value=0, allow_nan=False))
def test_a_retry_after_makes_a_pause_longer_within_bounds(attempt: int, asked: float) -> None:
    pause = pause_s(SCHEDULE, attempt, 0.0, asked)
    assert pause is not None
    assert pause >= SCHEDULE[attempt - 1]
    assert pause >= min(asked, LONGEST_ASKED_S)
    assert pause <= max(SCHEDULE[attempt - 1], LONGEST_ASKED_S)


def test_a_retry_after_does_not_make_another_attempt() -> None:
    assert pause_s(SCHEDULE, 10, 0.0, 60) is None


# -- parameters ----------------------------------------------------------------------
def test_events_are_all_unless_some_are_named() -> None:
    params = read_params(FigurineParams, [("webhook_url", URL)])
    assert params.hook == Hook(URL, tuple(HookEvent))
    params = read_params(
        FigurineParams, [("webhook_url", URL), ("webhook_events", "failed, succeeded,failed")]
    )
    assert params.hook == Hook(URL, ("succeeded", "failed"))
    assert read_params(FigurineParams, []).hook is None


def test_a_webhook_is_no_parameter_of_the_job() -> None:
    with_hook = read_params(
        FigurineParams, [("webhook_url", URL), ("webhook_events", "failed"), ("seed", "7")]
    )
    without = read_params(FigurineParams, [("seed", "7")])
    assert with_hook.of_job == without.of_job
    assert "webhook_url" not in json.dumps(with_hook.of_job)
