from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from gateway.client import ApiError, JobEvent, Kiln, parse_events, patience
from gateway.client.refusals import problem_of


def _events(*lines: str) -> list[JobEvent]:
    return list(parse_events(lines))


def test_an_event_is_read() -> None:
    lines = ("id: 1-0", "event: stage", 'data: {"stage": "fusion.measure"}', "")
    assert _events(*lines) == [JobEvent("1-0", "stage", {"stage": "fusion.measure"})]


def test_comments_and_unknown_fields_are_skipped() -> None:
    assert _events(": heartbeat", "", "retry: 500", "", "nonsense", "data: {}", "") == [
        JobEvent("", "message", {})
    ]


def test_a_blank_after_the_colon_may_be_missing() -> None:
    assert _events("event:x", 'data:{"a": ":"}', "") == [JobEvent("", "x", {"a": ":"})]


def test_data_of_several_lines_is_one_text() -> None:
    assert _events("data: {", 'data: "a": 1', "data: }", "") == [JobEvent("", "message", {"a": 1})]


def test_an_event_without_an_id_keeps_the_last_one() -> None:
    ids = [event.id for event in _events("id: 1-0", "data: {}", "", "data: {}", "")]
    assert ids == ["1-0", "1-0"]


def test_the_name_of_an_event_does_not_pass_on_to_the_next() -> None:
    kinds = [event.type for event in _events("event: a", "data: {}", "", "data: {}", "")]
    assert kinds == ["a", "message"]


def test_an_event_that_was_cut_off_is_not_reported() -> None:
    assert _events("id: 2-0", "event: stage", 'data: {"stage"') == []


def test_pauses_grow_and_end() -> None:
    waiting = patience.Patience(1000)
    pauses = [waiting.pause() for _ in range(patience.RETRIES)]
    for number, pause in enumerate(pauses):
        longest = min(patience.LONGEST_PAUSE_S, patience.FIRST_PAUSE_S * 2**number)
        assert pause is not None
        assert longest / 2 <= pause <= longest
    assert waiting.pause() is None


def test_all_pauses_together_are_no_longer_than_patience() -> None:
    waiting, spent = patience.Patience(5), 0.0
    while (pause := waiting.pause()) is not None:
        spent += pause
    assert 2 <= spent <= 5


def test_a_pause_is_at_least_as_long_as_the_server_asks() -> None:
    pause = patience.Patience().pause(7)
    assert pause is not None
    assert 7 <= pause <= 7 * (1 + patience.JITTER)


def test_nobody_comes_back_before_the_server_wants_it() -> None:
    waiting = patience.Patience(30)
    assert waiting.pause(31) is None
    assert waiting.pause(29) is not None
    assert waiting.pause(29) is None  # what is left is not as long


def _asking(text: str | None) -> float:
    response = requests.Response()
    if text is not None:
        response.headers["Retry-After"] = text
    return patience.asked_pause(response)


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("0", 0), ("", 0), (None, 0), ("soon", 0), ("-3", 0)]
)
def test_seconds_are_asked_for(text: str | None, seconds: float) -> None:
    assert _asking(text) == seconds


def test_a_date_is_asked_for() -> None:
    then = datetime.now(UTC) + timedelta(seconds=90)
    assert 85 < _asking(format_datetime(then, usegmt=True)) <= 90
    assert _asking("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("text", ["<html>Bad Gateway</html>", "[1, 2]", '"x"', "3"])
def test_an_answer_that_is_no_problem_document_is_told_as_it_is(text: str) -> None:
    response = requests.Response()
    response.status_code, response._content = 502, text.encode()
    error = ApiError(problem_of(response))
    assert (error.code, error.status) == ("unknown", 502)
    assert text in str(error)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "error"},
        {"status": None},
        {"message": "Forbidden"},
        {"code": 7, "status": 200, "detail": None, "hint": ["x"]},
    ],
)
def test_a_refusal_that_is_not_ours_has_the_status_of_http(body: dict[str, Any]) -> None:
    response = requests.Response()
    response.status_code, response._content = 403, json.dumps(body).encode()
    error = ApiError(problem_of(response))
    assert (error.code, error.status, error.detail) == ("unknown", 403, json.dumps(body))


def test_a_problem_speaks_in_detail_and_hint() -> None:
    error = ApiError({"code": "no_face", "status": 422, "detail": "Nobody.", "hint": "Turn."})
    assert (str(error), error.code, error.status) == ("Nobody.\nTurn.", "no_face", 422)


# -- what is sent -------------------------------------------------------------------------


class Gateway(HTTPAdapter):
    """Stands for the gateway: remembers what it was sent, answers from a list."""

    def __init__(self, *answers: str, status: int = 200) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []
        self._answers = list(answers)
        self._status = status

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.sent.append(request)
        response = requests.Response()
        response.status_code = self._status
        response.raw = io.BytesIO(self._answers.pop(0).encode())
        return response


def _talking_to(*answers: str, status: int = 200) -> tuple[Kiln, Gateway]:
    gateway, session = Gateway(*answers, status=status), requests.Session()
    session.mount("http://", gateway)
    return Kiln("http://here", session=lambda: session), gateway


def test_a_list_is_sent_as_json() -> None:
    kiln, gateway = _talking_to('{"id": "j1"}')
    job = kiln.submit_recipe(ingredients=["2 leeks", "rice"], diet=["vegan"], hint=None)
    assert job == {"id": "j1"}
    (sent,) = gateway.sent
    assert sent.path_url == "/v1/recipes"
    assert json.loads(sent.body or "") == {"ingredients": ["2 leeks", "rice"], "diet": ["vegan"]}
    assert sent.headers["Idempotency-Key"]


def test_photos_are_sent_as_a_form_with_lists_as_repeated_fields(tmp_path: Path) -> None:
    (tmp_path / "table.jpg").write_bytes(b"JPEG")
    kiln, gateway = _talking_to("{}")
    kiln.submit_recipe([tmp_path / "table.jpg", b"more"], ["rice", "leek"], servings=4, hint=None)
    body = gateway.sent[0].body
    assert isinstance(body, bytes)
    assert body.count(b'name="photo";') == 2
    assert b'filename="table.jpg"' in body
    assert body.count(b'name="ingredients"') == 2
    assert b'name="servings"\r\n\r\n4\r\n' in body
    assert b"hint" not in body


def test_one_text_of_ingredients_is_not_taken_letter_by_letter() -> None:
    kiln, gateway = _talking_to("{}")
    kiln.submit_recipe(ingredients="rice, leek")
    assert json.loads(gateway.sent[0].body or "") == {"ingredients": ["rice, leek"]}


def test_a_job_goes_on_with_what_has_changed() -> None:
    kiln, gateway = _talking_to("{}")
    kiln.resume("j1", ingredients=["rice"], servings=None)
    assert gateway.sent[0].path_url == "/v1/jobs/j1/resume"
    assert json.loads(gateway.sent[0].body or "") == {"ingredients": ["rice"]}


@pytest.mark.parametrize("state", ["succeeded", "paused", "failed"])
def test_waiting_ends_when_nothing_more_comes_by_itself(state: str) -> None:
    kiln, gateway = _talking_to('{"state": "running"}', json.dumps({"state": state}))
    assert kiln.wait("j1")["state"] == state
    assert len(gateway.sent) == 2


def test_a_stream_goes_on_after_the_event_that_was_seen() -> None:
    kiln, gateway = _talking_to("id: 8-0\nevent: succeeded\ndata: {}\n\n")
    assert [event.id for event in kiln.stream("j1", after="7-0")] == ["8-0"]
    assert gateway.sent[0].headers["Last-Event-ID"] == "7-0"


def test_a_stream_that_is_refused_is_not_waited_for_longer_than_is_said() -> None:
    kiln, gateway = _talking_to('{"code": "busy", "detail": "full"}', status=503)
    with pytest.raises(ApiError) as refused:
        next(kiln.stream("j1", full_s=0))
    assert (refused.value.code, len(gateway.sent)) == ("busy", 1)


def test_estimates_come_between_the_events_and_nobody_resumes_at_them() -> None:
    estimate = "event: eta\ndata: {}\n\n"
    kiln, gateway = _talking_to(
        f"{estimate}id: 8-0\nevent: stage\ndata: {{}}\n\n{estimate}",
        f"{estimate}id: 9-0\nevent: succeeded\ndata: {{}}\n\n",
    )
    told = [(event.id, event.type) for event in kiln.stream("j1")]
    eta = ("", "eta")
    assert told == [eta, ("8-0", "stage"), eta, eta, ("9-0", "succeeded")]
    assert gateway.sent[1].headers["Last-Event-ID"] == "8-0"


def test_an_earlier_job_is_named_instead_of_a_photo() -> None:
    kiln, gateway = _talking_to("{}")
    kiln.submit_figurine(photo_of="j0", style="oil")
    assert json.loads(gateway.sent[0].body or "") == {"from": "j0", "style": "oil"}


class Sent(requests.Session):
    """Notes what would be sent; answers with nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str | None, str | None]] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        self.seen.append((request.url, request.headers.get("Authorization")))
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = 200, b"{}", request
        return answer


def test_a_key_is_shown_to_its_own_house_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILN_API_KEY", "kiln_from_outside")
    for given, shown in ((None, "kiln_from_outside"), ("kiln_mine", "kiln_mine"), ("", None)):
        session = Sent()
        kiln = Kiln("http://kiln.test:8000/", given, session=lambda session=session: session)
        kiln.job("j1")
        kiln.fetch({"url": "http://kiln.test:8000/v1/jobs/j1/artifacts/x"})
        kiln.fetch({"url": "http://bucket.test/x"})
        kiln.fetch({"url": "http://kiln.test:18000/x"})
        own = shown and f"Bearer {shown}"
        assert [key for _, key in session.seen] == [own, own, None, None]


@pytest.mark.parametrize("given", ["kiln_abc\r", " kiln_abc\n", "kiln_abc\r\n", "\tkiln_abc "])
def test_white_space_around_a_key_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("KILN_API_KEY", given)
    for said in (None, given):
        session = Sent()
        Kiln("http://kiln.test", said, session=lambda session=session: session).job("j1")
        assert [key for _, key in session.seen] == ["Bearer kiln_abc"]


@pytest.mark.parametrize("given", ["kiln_\u2026", "kiln_a\rbc", "kiln_a\x1b[2J", "\ufeffkiln_abc"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_told(given: str) -> None:
    with pytest.raises(ApiError, match="the API key has a character that no key has") as caught:
        Kiln("http://kiln.test", given)
    assert (caught.value.code, caught.value.status) == ("unauthorized", 401)
    assert "kiln_" not in repr(caught.value) + str(caught.value.problem)
