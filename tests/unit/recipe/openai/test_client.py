"""A question to a model server: everything that can happen on the way."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from recipe_service.engines.openai.breaker import Breaker
from recipe_service.engines.openai.client import ModelServer, ModelSettings
from recipe_service.engines.openai.dialect import Question
from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason
from tests.servers.scripted import ScriptedServer

Connect = Callable[..., ModelServer]

KEY = "sk-very-secret-4711"
QUESTION = Question("cook", [{"role": "user", "content": "?"}], "answer", {"type": "object"}, 100)
GOOD = {"text": '{"a": "' + "b" * 40 + '"}'}


def failure(server: ModelServer) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as caught:
        server.ask(QUESTION)
    return caught.value


def test_an_answer_arrives_piece_by_piece(scripted: ScriptedServer, connected: Connect) -> None:
    scripted.script({**GOOD, "size": 10})
    grown: list[str] = []
    text = connected().ask(QUESTION, grown.append)
    assert text == GOOD["text"]
    assert [len(part) for part in grown] == [10, 20, 30, 40, len(text)]


def test_a_question_names_model_key_bound_and_schema(
    scripted: ScriptedServer, connected: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "another-house")
    scripted.script(GOOD)
    connected().ask(QUESTION)
    (request,) = scripted.seen()["requests"]
    assert (request["model"], request["max_tokens"], request["stream"]) == ("cook", 100, True)
    assert request["headers"]["authorization"] == f"Bearer {KEY}"
    assert "openai-organization" not in request["headers"]
    assert request["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_an_answer_in_one_piece_is_read_too(scripted: ScriptedServer, connected: Connect) -> None:
    scripted.script({**GOOD, "whole": True})
    assert connected().ask(QUESTION) == GOOD["text"]


@pytest.mark.parametrize(
    ("act", "reason", "asked"),
    [
        ({"status": 500}, Reason.STATUS, 2),
        ({"status": 401}, Reason.STATUS, 1),
        ({"status": 400, "error": "context length is 4096 tokens"}, Reason.STATUS, 1),
        ({"status": 429, "code": "insufficient_quota"}, Reason.STATUS, 1),
        ({"status": 429, "headers": {"Retry-After": "60"}}, Reason.STATUS, 1),
        ({"choices": False}, Reason.EMPTY, 2),
        ({**GOOD, "choices": False, "whole": True}, Reason.EMPTY, 2),
        ({"text": " "}, Reason.EMPTY, 2),
        ({"html": True}, Reason.EMPTY, 1),
        ({"garbage": True}, Reason.EMPTY, 1),
        ({**GOOD, "finish": "length"}, Reason.CUT_OFF, 1),
        ({**GOOD, "finish": None}, Reason.CUT_OFF, 2),
        ({**GOOD, "drop": 32}, Reason.CUT_OFF, 2),
        ({"text": "x" * 3000}, Reason.CUT_OFF, 1),
        ({**GOOD, "broken": True}, Reason.STATUS, 2),
        ({**GOOD, "finish": "content_filter"}, Reason.REFUSED, 1),
        ({"text": "", "refusal": "I cannot"}, Reason.REFUSED, 1),
    ],
)
def test_every_failure_has_its_reason_and_only_passing_ones_are_tried_again(
    scripted: ScriptedServer, connected: Connect, act: dict[str, Any], reason: Reason, asked: int
) -> None:
    scripted.script(act)
    assert failure(connected()).reason is reason
    assert len(scripted.seen()["requests"]) == asked


@pytest.mark.parametrize(
    "first", [{"status": 503}, {**GOOD, "drop": 16}, {"choices": False}, {"status": 429}]
)
def test_what_passes_is_tried_again(
    scripted: ScriptedServer, connected: Connect, first: dict[str, Any]
) -> None:
    scripted.script(first, GOOD)
    assert connected().ask(QUESTION) == GOOD["text"]


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(
    scripted: ScriptedServer, connected: Connect, as_date: bool
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2.9), usegmt=True)
    scripted.script({"status": 429, "headers": {"Retry-After": soon if as_date else "2"}}, GOOD)
    started = time.monotonic()
    assert connected().ask(QUESTION) == GOOD["text"]
    assert time.monotonic() - started > 1.2


def test_nobody_at_the_address_is_a_clear_answer() -> None:
    server = ModelServer(ModelSettings("http://127.0.0.1:9/v1", KEY, timeout_s=3, retries=0))
    refused = failure(server)
    assert (refused.reason, refused.sentence) == (
        Reason.CONNECT,
        "the model server cannot be reached",
    )


@pytest.mark.parametrize("act", [{"hang": True}, {"pings": True}, {**GOOD, "every_s": 1.0}])
def test_a_server_that_hangs_or_drips_is_left_in_time(
    scripted: ScriptedServer, connected: Connect, act: dict[str, Any]
) -> None:
    scripted.script(act)
    started = time.monotonic()
    assert failure(connected(timeout_s=0.6)).reason is Reason.TIMEOUT
    assert time.monotonic() - started < 5
    until(lambda: scripted.seen()["left"] == 1)  # and it knows that nobody listens any more


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)


class Cancelled(Exception):
    pass


@pytest.mark.parametrize("act", [{"hang": True}, {"status": 429, "headers": {"Retry-After": "4"}}])
def test_a_cancelled_job_does_not_wait_for_the_model(
    scripted: ScriptedServer, connected: Connect, act: dict[str, Any]
) -> None:
    scripted.script(act)
    cancel_at = time.monotonic() + 0.4

    def stop() -> None:
        if time.monotonic() > cancel_at:
            raise Cancelled

    server = connected()
    with pytest.raises(Cancelled):
        server.ask(QUESTION, stop=stop)
    assert time.monotonic() - cancel_at < 3
    scripted.script(GOOD)
    assert server.ask(QUESTION) == GOOD["text"]  # its place is free again
    assert server.state == "closed"


def test_an_error_of_the_caller_stays_the_callers(
    scripted: ScriptedServer, connected: Connect
) -> None:
    def broken(_text: str) -> None:
        raise ValueError("my own")

    scripted.script(GOOD)
    with pytest.raises(ValueError, match="my own"):
        connected().ask(QUESTION, broken)


@pytest.mark.parametrize(
    ("refuse", "forms"),
    [
        (["json_schema"], ["json_schema", "json_object"]),
        (["response_format"], ["json_schema", "json_object", None]),
        (["temperature"], ["json_schema", "json_schema"]),
    ],
)
def test_a_parameter_the_server_refuses_is_given_up_and_stays_so(
    scripted: ScriptedServer, connected: Connect, refuse: list[str], forms: list[str | None]
) -> None:
    scripted.script({**GOOD, "refuse": refuse})
    server = connected()
    assert server.ask(QUESTION) == server.ask(QUESTION) == GOOD["text"]
    requests = scripted.seen()["requests"]
    used = [(request.get("response_format") or {}).get("type") for request in requests]
    assert used == [*forms, forms[-1]]
    assert ("temperature" in requests[-1]) is (refuse != ["temperature"])


def test_reasoning_models_get_their_own_name_for_the_bound(
    scripted: ScriptedServer, connected: Connect
) -> None:
    advice = "'max_tokens' is not supported. Use 'max_completion_tokens' instead."
    scripted.script({"status": 400, "error": advice}, GOOD)
    connected().ask(QUESTION)
    last = scripted.seen()["requests"][-1]
    assert (last["max_completion_tokens"], "max_tokens" in last) == (100, False)


def test_a_server_that_keeps_failing_is_left_alone_and_tried_again_later(
    scripted: ScriptedServer, connected: Connect
) -> None:
    now = [0.0]
    breaker = Breaker(failures=2, rest_s=30, clock=lambda: now[0])
    server = connected(breaker, retries=0)
    scripted.script({"status": 500})
    failure(server)
    assert server.state == "closed"
    failure(server)
    assert server.state == "open"
    assert failure(server).reason is Reason.OPEN_CIRCUIT
    assert len(scripted.seen()["requests"]) == 2
    now[0] = 31
    assert server.state == "half_open"
    failure(server)
    assert server.state == "open"
    now[0] = 62
    scripted.script(GOOD)
    server.ask(QUESTION)
    assert server.state == "closed"


@pytest.mark.parametrize("act", [{"status": 429}, {**GOOD, "finish": "length"}])
def test_a_busy_server_and_a_bad_answer_do_not_open_the_circuit(
    scripted: ScriptedServer, connected: Connect, act: dict[str, Any]
) -> None:
    scripted.script(act)
    server = connected(Breaker(failures=1), retries=0)
    failure(server)
    assert server.state == "closed"


def test_only_one_trial_goes_through_a_half_open_circuit() -> None:
    breaker = Breaker(failures=1, rest_s=0)
    ill = ModelUnavailable(Reason.CONNECT, "gone")
    with pytest.raises(ModelUnavailable), breaker.attempt():
        raise ill
    with breaker.attempt():
        with pytest.raises(ModelUnavailable) as second, breaker.attempt():
            pass
        assert second.value.reason is Reason.OPEN_CIRCUIT
    with breaker.attempt():
        assert breaker.state == "closed"


def test_questions_at_once_are_limited(scripted: ScriptedServer, connected: Connect) -> None:
    scripted.script({**GOOD, "after_s": 0.3})
    server = connected(concurrency=2)
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: server.ask(QUESTION), range(5)))
    seen = scripted.seen()
    assert (len(seen["requests"]), seen["peak"]) == (5, 2)


def test_waiting_for_a_place_has_an_end(scripted: ScriptedServer, connected: Connect) -> None:
    scripted.script({"hang": True})
    server = connected(concurrency=1, timeout_s=0.5)
    first = threading.Thread(target=failure, args=(server,))
    first.start()
    assert failure(server).reason is Reason.TIMEOUT
    first.join()


@pytest.mark.parametrize("act", [{"status": 401, "error": f"bad key {KEY}"}, {"status": 500}, GOOD])
def test_the_key_is_nowhere_to_be_read(
    scripted: ScriptedServer,
    connected: Connect,
    caplog: pytest.LogCaptureFixture,
    act: dict[str, Any],
) -> None:
    caplog.set_level(logging.DEBUG)
    scripted.script({**act})
    server = connected(retries=0)
    said = ""
    try:
        server.ask(QUESTION)
    except ModelUnavailable as error:
        said = repr(error) + error.sentence + error.raw
    assert KEY not in caplog.text + said + repr(server.settings)
