"""Position, estimate, Cancel-After and Retry-After as a client sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from common.contracts.stages import QUEUES
from common.errors import LedgerUnavailable
from common.ledger.memory import MemoryLedger
from common.ledger.records import Limits, NewJob, Standing
from common.settings import Settings
from gateway.api import events as events_api
from gateway.client.event_lines import JobEvent, parse_events
from gateway.domain.drain import PRODUCTS, seconds_a_job
from gateway.door import turns
from gateway.follow import Hub
from gateway.plan import figurine_plan, recipe_plan
from gateway.terminal.progress import _Story
from gateway.terminal.screen import in_words
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.test_turns import SortedSets


@pytest.fixture
def staffed(stack: Stack) -> Stack:
    """A house with a worker on each queue."""
    for queue in QUEUES:
        stack.ledger.worker_up(queue, f"{queue}-1")
    return stack


def away(_: str) -> None:
    raise LedgerUnavailable("away")


# -- what is told -----------------------------------------------------------------------
def test_a_202_and_the_job_tell_position_and_estimate(staffed: Stack) -> None:
    first, second = staffed.post().json, staffed.post(query_string={"seed": 2}).json
    assert (first["queue_position"], second["queue_position"]) == (0, 1)
    assert 0 < first["eta"]["p50_s"] < second["eta"]["p50_s"] <= second["eta"]["p90_s"]
    view = staffed.client.get(second["links"]["self"]).json
    assert view["queue_position"] == 1
    assert set(view["eta"]) == {"p50_s", "p90_s", "at"}


def test_without_workers_there_is_a_position_and_no_estimate(stack: Stack) -> None:
    view = stack.post().json
    assert (view["queue_position"], view["eta"]) == (0, None)


def test_the_estimate_shrinks_as_the_job_gets_on(staffed: Stack) -> None:
    job = staffed.submit()
    told = []
    for node in ("fusion.measure", "fusion.sculpt", "fusion.paint", "fusion.render"):
        told.append(staffed.client.get(f"/v1/jobs/{job}").json["eta"]["p50_s"])
        staffed.run_stage(job, node)
    assert told == sorted(told, reverse=True)


@pytest.mark.parametrize("end", ["succeeded", "cancelled", "paused"])
def test_a_job_at_rest_has_neither_and_costs_no_look_at_the_queues(
    staffed: Stack, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = staffed.paused() if end == "paused" else staffed.submit()
    if end == "succeeded":
        staffed.run(job)
    if end == "cancelled":
        staffed.ledger.cancel(job, "local")
    monkeypatch.setattr(staffed.ledger, "standing", None)  # whoever calls it fails
    view = staffed.client.get(f"/v1/jobs/{job}").json
    assert (view["state"], view["queue_position"], view["eta"]) == (end, None, None)


def test_one_look_at_the_queues_a_view(staffed: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job, looks, standing = staffed.submit(), [], staffed.ledger.standing

    def look(which: str) -> Standing | None:
        looks.append(which)
        return standing(which)

    monkeypatch.setattr(staffed.ledger, "standing", look)
    staffed.client.get(f"/v1/jobs/{job}")
    assert looks == [job]


def test_a_job_is_shown_without_an_estimate_when_there_is_none(
    staffed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = staffed.submit()
    monkeypatch.setattr(staffed.ledger, "standing", away)
    answer = staffed.client.get(f"/v1/jobs/{job}")
    assert (answer.status_code, answer.json["eta"]) == (200, None)


def test_the_etag_of_an_unfinished_job_is_weak_and_knows_its_place(staffed: Stack) -> None:
    ahead, job = staffed.submit(), staffed.submit(seed="2")
    first = staffed.client.get(f"/v1/jobs/{job}")
    assert first.headers["ETag"].startswith("W/")
    seen = {"If-None-Match": first.headers["ETag"]}
    assert staffed.client.get(f"/v1/jobs/{job}", headers=seen).status_code == 304
    staffed.run(ahead)
    assert staffed.client.get(f"/v1/jobs/{job}", headers=seen).json["queue_position"] == 0
    staffed.run(job)
    assert not staffed.client.get(f"/v1/jobs/{job}").headers["ETag"].startswith("W/")


# -- the stream -------------------------------------------------------------------------
@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(events_api, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(events_api, "LONGEST_STREAM_S", 0.2)
    return


@pytest.mark.usefixtures("short_streams")
def test_the_stream_tells_estimates_that_nobody_resumes_at(staffed: Stack) -> None:
    job = staffed.submit()
    text = staffed.client.get(f"/v1/jobs/{job}/events").text
    events = list(parse_events(text.splitlines()))
    estimates = [event for event in events if event.type == "eta"]
    assert len(estimates) >= 2
    assert set(estimates[0].data) == {"queue_position", "eta"}
    blocks = [block for block in text.split("\n\n") if "event: eta" in block]
    assert not any("id:" in block for block in blocks)
    ids = [line for line in text.splitlines() if line.startswith("id:")]
    assert len(ids) == len(staffed.ledger.events(job))


@pytest.mark.usefixtures("short_streams")
def test_a_stream_without_redis_goes_on_without_estimates(
    staffed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = staffed.submit()
    monkeypatch.setattr(staffed.ledger, "standing", away)
    text = staffed.client.get(f"/v1/jobs/{job}/events").text
    assert ": quiet\n\n" in text
    assert "event: eta" not in text


def test_the_stream_of_an_ended_job_has_no_estimate(staffed: Stack) -> None:
    job = staffed.submit()
    staffed.run(job)
    assert "event: eta" not in staffed.client.get(f"/v1/jobs/{job}/events").text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (12.4, "12 s"), (99, "99 s"), (200, "3 min"), (9000, "2.5 h")],
)
def test_times_are_told_no_more_precisely_than_they_are_known(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_the_line_of_progress_says_who_comes_before_and_how_long() -> None:
    stages = [{"id": "a", "title": "Measure the face", "state": "waiting"}]
    job: Any = {"id": "j1", "product": "figurine", "stages": stages}
    story = _Story(job, begun=False)
    assert (story.text(), story.done) == ("waiting for a worker", 0)
    story.note(JobEvent("", "eta", {"queue_position": 2, "eta": {"p50_s": 12.3, "p90_s": 20}}))
    assert story.text() == "2 before you, about 12 s"
    story.note(JobEvent("1-0", "stage", {"stage": "a", "state": "running"}))
    assert story.text() == "about 12 s"
    story.note(JobEvent("2-0", "stage", {"stage": "a", "state": "done"}))
    story.note(JobEvent("", "eta", {"queue_position": 0, "eta": None}))
    assert (story.text(), story.done) == ("", 1)


# -- Cancel-After -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h", 3600), ("24h", 86_400), (" 5 ", 5)],
)
def test_cancel_after_is_read(stack: Stack, text: str, seconds: int) -> None:
    job = stack.post(headers={"Cancel-After": text}).json["id"]
    record = stack.record(job)
    assert record.cancel_at_ms == record.created_ms + 1000 * seconds


@pytest.mark.parametrize("text", ["", "4", "4s", "25h", "1d", "-5", "5 m", "soon", "1e3", "٩٠"])
@pytest.mark.parametrize("path", ["/v1/figurines", "/v1/recipes"])
def test_a_bad_cancel_after_is_a_422_and_nothing_is_accepted(
    stack: Stack, path: str, text: str
) -> None:
    headers = {"Cancel-After": text.encode().decode("latin-1")}
    sent: dict[str, Any] = {"json": {"ingredients": ["rice"]}}
    if path == "/v1/figurines":
        answer = stack.post(headers=headers)
    else:
        answer = stack.client.post(path, headers=headers, **sent)
    assert (answer.status_code, answer.json["code"]) == (422, "bad_parameter")
    assert stack.published == []


def test_without_the_header_nothing_is_cancelled(stack: Stack) -> None:
    assert stack.record(stack.submit()).cancel_at_ms is None


# -- Retry-After ------------------------------------------------------------------------
@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The same house, for three jobs at a time."""
    return settings.model_copy(update={"max_active_jobs": 3})


def test_a_full_house_says_when_it_has_room(
    staffed: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "connect", lambda *_, **__: SortedSets())
    for seed in range(3):
        staffed.submit(seed=str(seed))
    answer = staffed.post(query_string={"seed": 9})
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert 1 <= int(answer.headers["Retry-After"]) <= 600


def test_a_full_house_without_workers_asks_for_more_patience(stack: Stack) -> None:
    for seed in range(3):
        stack.submit(seed=str(seed))
    assert stack.post(query_string={"seed": 9}).headers["Retry-After"] == "30"


def filled(now_ms: Callable[[], int], figurines: int, recipes: int) -> Standing:
    ledger = MemoryLedger(now_ms)
    plans = [figurine_plan(("stl", "3mf"))] * figurines + [recipe_plan(3)] * recipes
    for number, plan in enumerate(plans):
        ledger.accept(NewJob(f"j{number}", "ann", "x", {}, plan, ()), Limits(1000))
    for queue in QUEUES:
        ledger.worker_up(queue, f"{queue}-1")
    return ledger.outlook(QUEUES)


def test_the_pace_of_a_house_is_that_of_its_slowest_queue(now_ms: Callable[[], int]) -> None:
    alone = seconds_a_job(filled(now_ms, 10, 0))
    both = seconds_a_job(filled(now_ms, 10, 10))
    only = seconds_a_job(filled(now_ms, 10, 10), {"fusion", "gateway"})
    assert alone is not None
    assert both is not None
    assert 0.5 < alone < 2  # measure, sculpt, render, print and package, one after the other
    assert both < alone
    assert only == pytest.approx(alone)


def test_twice_the_workers_is_half_the_time(now_ms: Callable[[], int]) -> None:
    one = filled(now_ms, 10, 0)
    two = replace(one, slots={queue: 2 * slots for queue, slots in one.slots.items()})
    assert seconds_a_job(two) == pytest.approx((seconds_a_job(one) or 0) / 2)


def test_where_nobody_works_no_pace_is_told(now_ms: Callable[[], int]) -> None:
    standing = replace(filled(now_ms, 3, 0), slots={})
    assert seconds_a_job(standing) is None
    assert seconds_a_job(replace(standing, open={})) is None


@pytest.mark.parametrize("plan", [figurine_plan(("stl", "3mf")), recipe_plan(3)])
def test_the_products_of_the_drain_are_those_of_the_plans(plan: Any) -> None:
    *queues, last = [node.queue for node in plan.nodes]
    assert last == "gateway"
    assert frozenset(queues) in PRODUCTS


def test_a_paused_job_says_nothing_of_the_future(staffed: Stack) -> None:
    job = staffed.paused()
    hub = Hub(staffed.ledger, 1)
    assert hub.wait_for_rest(job, 0.1) is not None
    assert staffed.ledger.standing(job) is None
    assert json.loads(staffed.client.get(f"/v1/jobs/{job}").text)["eta"] is None
