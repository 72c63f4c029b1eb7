"""Both ledgers: events, re-publication, and what the machines tell each other."""

from __future__ import annotations

import threading

import pytest

from common.errors import NoFace, StorageError
from common.ledger.protocol import WORKER_TTL_MS
from common.ledger.records import HOUR_MS, Event
from tests.contract.conftest import HELD, ONE, House

pytestmark = pytest.mark.contract


def order(event: Event) -> tuple[int, int]:
    milliseconds, number = event.id.split("-")
    return int(milliseconds), int(number)


# -- events ---------------------------------------------------------------------------------
def test_events_tell_the_whole_story_with_growing_ids(house: House) -> None:
    house.accept()
    house.run("a", "b", "c", "d")
    events = house.ledger.events("j1")
    assert [order(event) for event in events] == sorted({order(event) for event in events})
    assert house.story() == [
        "accepted",
        *(f"{stage} {state}" for stage in "abcd" for state in ("running", "done")),
        "succeeded",
    ]
    assert events[0].data == {"product": "figurine"}
    assert events[1].data == {"stage": "a", "state": "running", "attempt": 1, "wait_ms": 0}
    assert events[2].data == {
        "stage": "a",
        "state": "done",
        "cached": False,
        "engine": "builtin",
        "wait_ms": 0,
        "run_ms": 0,
        "artifacts": ["a.bin"],
    }
    assert events[-1].data == {
        "state": "succeeded",
        "error": None,
        "product": "figurine",
        "total_ms": 0,
    }


def test_events_resume_after_any_id_without_gap_or_repeat(house: House) -> None:
    house.accept()
    house.run("a", "b")
    everything = house.ledger.events("j1")
    for at, event in enumerate(everything):
        assert house.ledger.events("j1", event.id) == everything[at + 1 :]


@pytest.mark.parametrize("foreign", ["", "banana", "12-x", "-1", "9" * 40])
def test_an_id_that_is_none_starts_from_the_beginning(house: House, foreign: str) -> None:
    house.accept()
    assert len(house.ledger.events("j1", foreign)) == 1
    assert len(house.ledger.follow(foreign, 0)[1]) == 1


def test_every_way_to_end_gives_exactly_one_terminal_event(house: House) -> None:
    for job in ("success", "failure", "poison", "cancel", "late"):
        house.accept(job, ONE, deadline_ms=1000 if job == "late" else HOUR_MS)
    house.commit(house.claim("a", "success"))
    house.ledger.fail(house.claim("a", "failure"), NoFace("none"))
    for _ in range(3):
        house.ledger.fail(house.claim("a", "poison"), StorageError("full"))
    house.ledger.cancel("cancel", "ann")
    house.later(1000)
    house.ledger.reap()
    house.ledger.reap()
    jobs = ("success", "failure", "poison", "cancel", "late")
    ends = [house.terminal_events(job) for job in jobs]
    assert ends == [["succeeded"], ["failed"], ["failed"], ["cancelled"], ["expired"]]


def test_one_reader_follows_the_events_of_all_jobs(house: House) -> None:
    house.accept("before")
    position, nothing = house.ledger.follow("$", 0)
    assert nothing == []
    house.accept("j1", ONE)
    house.accept("j2", ONE)
    position, first = house.ledger.follow(position, 0)
    house.run("a", job="j1")
    position, second = house.ledger.follow(position, 0)
    assert [(event.job, event.type) for event in first] == [("j1", "accepted"), ("j2", "accepted")]
    assert [event.type for event in second] == ["stage", "stage", "succeeded"]
    mine = [event for event in first + second if event.job == "j1"]
    assert mine == house.ledger.events("j1")  # the same ids: a stream resumes on either
    assert house.ledger.follow(position, 0) == (position, [])


def test_what_ends_or_pauses_a_job_is_told_in_a_stream_of_its_own(house: House) -> None:
    position, nothing = house.ledger.follow_rests("$", 0)
    assert nothing == []
    house.accept("j1", ONE)
    house.accept("j2", ONE)
    house.ledger.cancel("j2", "ann")
    house.run("a", job="j1")
    house.accept("j3", HELD)
    house.run("a", job="j3")
    position, heard = house.ledger.follow_rests(position, 0)
    assert [(event.job, event.type, event.data) for event in heard] == [
        ("j2", "cancelled", {}),
        ("j1", "succeeded", {}),
        ("j3", "paused", {}),
    ]
    assert heard[1].id == house.ledger.events("j1")[-1].id
    assert house.ledger.follow_rests(position, 0) == (position, [])


def test_a_reader_sleeps_until_something_happens(house: House) -> None:
    position, _ = house.ledger.follow("$", 0)
    timer = threading.Timer(0.05, house.accept)
    timer.start()
    _, events = house.ledger.follow(position, 3000)
    timer.join()
    assert [event.type for event in events] == ["accepted"]


def test_following_an_empty_house_from_now_misses_nothing(house: House) -> None:
    position, _ = house.ledger.follow("$", 0)
    house.accept()
    assert [event.type for event in house.ledger.follow(position, 0)[1]] == ["accepted"]


# -- re-publication -------------------------------------------------------------------------
def test_a_ready_node_is_published_again_when_its_message_is_missing(house: House) -> None:
    house.accept()
    assert house.ledger.overdue("red", missing=1, patience_ms=10_000) == []  # too young to miss
    house.later(1000)
    assert house.ledger.overdue("red", missing=0, patience_ms=10_000) == []
    assert house.ledger.overdue("blue", missing=1, patience_ms=10_000) == []
    (due,) = house.ledger.overdue("red", missing=1, patience_ms=10_000)
    assert (due.job, due.id, due.stage, due.queue, due.lost) == (
        "j1",
        "a",
        "stage.a",
        "red",
        True,
    )
    assert house.job().republications == 1
    assert house.nodes()["a"].attempts == 0  # a re-publication is not an attempt


def test_no_more_nodes_are_published_again_than_messages_are_missing(house: House) -> None:
    for number in range(10):
        house.accept(f"j{number}", ONE)
    house.later(1000)
    assert len(house.ledger.overdue("red", missing=3, patience_ms=60_000)) == 3


def test_the_oldest_nodes_are_published_first_in_a_window(house: House) -> None:
    for number in range(10):
        house.accept(f"j{number}", ONE)
    house.later(1000)
    first = house.ledger.overdue("red", missing=99, patience_ms=60_000, limit=4)
    assert [one.job for one in first] == ["j0", "j1", "j2", "j3"]
    assert house.ledger.overdue("red", missing=99, patience_ms=60_000, limit=4) == []
    house.run("a", job="j0")  # the window moves on as its nodes are claimed
    second = house.ledger.overdue("red", missing=99, patience_ms=60_000, limit=4)
    assert [one.job for one in second] == ["j4"]


def test_a_failed_try_does_not_wait_for_the_oldest_of_a_long_queue(house: House) -> None:
    for number in range(10):
        house.accept(f"j{number}", ONE)
    house.ledger.fail(house.claim("a", job="j9"), StorageError("full"), 0)
    house.later(1000)
    (due,) = house.ledger.overdue("red", missing=0, patience_ms=60_000, limit=4)
    assert (due.job, due.lost) == ("j9", True)
    assert house.ledger.overdue("red", missing=0, patience_ms=60_000, limit=4) == []


def test_after_its_patience_the_house_publishes_again_in_any_case(house: House) -> None:
    house.accept()
    house.later(9_999)
    assert house.ledger.overdue("red", missing=0, patience_ms=10_000) == []
    house.later(1)
    (due,) = house.ledger.overdue("red", missing=0, patience_ms=10_000)
    assert due.lost is False


def test_the_pause_between_publications_doubles_up_to_a_minute(house: House) -> None:
    house.accept(deadline_ms=24 * HOUR_MS)
    house.later(1000)
    for pause in (5_000, 10_000, 20_000, 40_000, 60_000, 60_000):
        assert len(house.ledger.overdue("red", missing=1, patience_ms=0)) == 1
        house.later(pause - 1)
        assert house.ledger.overdue("red", missing=1, patience_ms=0) == []
        house.later(1)


def test_a_node_the_reaper_gave_back_is_not_published_twice(house: House) -> None:
    house.accept()
    house.claim("a")
    house.later(60)
    assert len(house.ledger.reap().again) == 1
    house.later(4_999)
    assert house.ledger.overdue("red", missing=1, patience_ms=0) == []
    house.later(1)
    assert len(house.ledger.overdue("red", missing=1, patience_ms=0)) == 1


def test_a_running_node_is_never_overdue(house: House) -> None:
    house.accept()
    house.claim("a")
    house.later(HOUR_MS // 2)
    assert house.ledger.overdue("red", missing=9, patience_ms=0) == []


# -- machines -------------------------------------------------------------------------------
def test_queues_are_counted(house: House) -> None:
    for job in ("j1", "j2", "j3"):
        house.accept(job)
        house.later(1000)
    house.claim("a", "j1")
    house.run("a", job="j2")
    house.later(500)
    counts = house.counts("red", "blue", "grey")
    assert counts == {"red": (2, 1, 1.5), "blue": (1, 0, 0.5), "grey": (0, 0, 0.0)}


def test_the_last_waits_of_a_queue_are_kept(house: House) -> None:
    assert house.ledger.waits_ms("red") == []
    for wait in range(205):
        house.accept(f"j{wait}", ONE, max_active=999)
        house.later(wait)
        house.run("a", job=f"j{wait}")
    assert house.ledger.waits_ms("red") == [float(wait) for wait in range(204, 4, -1)]


def test_where_the_leader_stopped_to_count_the_next_goes_on(house: House) -> None:
    assert house.ledger.counted() == "$"
    place, _ = house.ledger.follow("$", 1)
    house.ledger.count_up_to(place)
    house.accept()
    _, events = house.ledger.follow(house.ledger.counted(), 1)
    assert [event.type for event in events] == ["accepted"]


def test_one_process_leads_and_another_takes_over(house: House) -> None:
    assert house.ledger.lead("reconciler", "r1", 60_000)
    assert house.ledger.lead("reconciler", "r1", 60_000)
    assert not house.ledger.lead("reconciler", "r2", 60_000)
    assert house.ledger.lead("other", "r2", 60_000)


def test_workers_come_go_and_fade(house: House) -> None:
    house.ledger.worker_up("red", "red@1")
    house.ledger.worker_up("red", "red@0")
    house.ledger.worker_up("blue", "blue@0")
    queues = ["red", "blue", "grey"]
    everybody = {"red": ["red@0", "red@1"], "blue": ["blue@0"], "grey": []}
    assert house.ledger.workers(queues) == everybody
    house.ledger.worker_down("red", "red@1")
    house.ledger.worker_down("red", "red@1")
    house.later(WORKER_TTL_MS - 1)
    house.ledger.worker_up("blue", "blue@0")
    assert house.ledger.workers(queues) == everybody | {"red": ["red@0"]}
    house.later(1)
    assert house.ledger.workers(queues) == {"red": [], "blue": ["blue@0"], "grey": []}


def test_versions_are_published(house: House) -> None:
    assert house.ledger.versions() == {}
    house.ledger.put_versions({"a": "1", "b": "1"})
    house.ledger.put_versions({"b": "2"})
    assert house.ledger.versions() == {"a": "1", "b": "2"}


def test_a_ledger_that_is_there_answers_a_ping(house: House) -> None:
    house.ledger.ping()
