"""Both ledgers: where a job stands, what is open, how long stages ran, and who works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.contracts.plans import Plan
from common.errors import NoFace, StorageError
from common.ledger.protocol import WORKER_TTL_MS
from common.ledger.records import Approval, Limits, Run, Standing
from tests.contract.conftest import DIAMOND, EPOCH_MS, HELD, ONE, House, node

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.contract

BLUE = Plan(nodes=(node("z", queue="blue"),))
TRY = Plan(nodes=(node("a"), node("b", "a", optional=True)))


def standing(house: House, job: str = "j1") -> Standing:
    found = house.ledger.standing(job)
    assert found is not None
    return found


def unfinished(house: House, job: str) -> str:
    """Open stages in short: each letter as often as it is open."""
    found = standing(house, job).open
    return "".join(sorted(stage[-1] * times for stage, times in found.items()))


def run_for(house: House, job: str, milliseconds: int) -> None:
    claim = house.claim("a", job)
    house.later(milliseconds)
    house.commit(claim, memo="the same")


# -- position ---------------------------------------------------------------------------------
def test_a_job_stands_behind_those_that_were_accepted_before_it(house: House) -> None:
    for job in ("j3", "j1", "j2"):
        house.accept(job, ONE)
        house.later(1)
    assert [standing(house, job).position for job in ("j3", "j1", "j2")] == [0, 1, 2]
    assert (standing(house).active, standing(house).now_ms) == (3, EPOCH_MS + 3)
    house.run("a", job="j3")
    assert [standing(house, job).position for job in ("j1", "j2")] == [0, 1]


def test_who_is_unknown_paused_or_over_stands_nowhere(house: House) -> None:
    house.accept("over", ONE)
    house.run("a", job="over")
    house.accept("paused", HELD)
    house.run("a", job="paused")
    assert [house.ledger.standing(job) for job in ("over", "paused", "nobody")] == [None] * 3


def test_a_resumed_job_stands_behind_those_that_came_while_it_was_paused(house: House) -> None:
    house.accept("j1", HELD)
    house.run("a")
    house.later(1)
    house.accept("j2", ONE)
    assert (standing(house, "j2").position, standing(house, "j2").active) == (0, 1)
    house.later(1)
    house.ledger.resume("j1", "ann", Approval({}))
    assert (standing(house, "j1").position, standing(house, "j1").active) == (1, 2)


# -- open stages ------------------------------------------------------------------------------
def test_open_stages_are_those_of_all_active_jobs_that_have_not_ended(house: House) -> None:
    house.accept("j1")
    assert unfinished(house, "j1") == "abcd"
    house.accept("j2", ONE)
    assert unfinished(house, "j2") == "aabcd"
    house.claim("a", "j2")
    assert unfinished(house, "j2") == "aabcd"  # it runs: that is open as well
    house.run("a", job="j1")
    assert unfinished(house, "j1") == "abcd"
    house.run("b", "c", job="j1")
    assert standing(house, "j2").open == {"stage.a": 1, "stage.d": 1}
    house.run("d", job="j1")
    assert unfinished(house, "j2") == "a"


@pytest.mark.parametrize("end", ["cancelled", "failed", "expired", "dead"])
def test_a_job_that_ends_early_leaves_nothing_open(house: House, end: str) -> None:
    house.accept("j1", deadline_ms=1000)
    house.accept("j2", ONE)
    claim = house.claim("a", "j1")
    if end == "cancelled":
        house.ledger.cancel("j1", "ann")
    if end == "failed":
        house.ledger.fail(claim, NoFace("none"))
    if end == "expired":
        house.later(1000)
        house.ledger.reap()
    for _ in range(3 if end == "dead" else 0):
        house.ledger.release("w1", counts=True)
        house.ledger.claim("j1", "a", "w1")
    assert house.job("j1").state.terminal
    assert unfinished(house, "j2") == "a"


def test_a_paused_job_has_nothing_open_and_gets_it_back(house: House) -> None:
    house.accept("j1", HELD)
    house.accept("j2", ONE)
    house.run("a", job="j1")
    assert unfinished(house, "j2") == "a"
    again = Approval({}, again=frozenset("a"), hold=True)
    house.ledger.resume("j1", "ann", again)
    assert unfinished(house, "j2") == "aabcd"
    house.run("a", job="j1")
    assert unfinished(house, "j2") == "a"
    house.ledger.cancel("j1", "ann")
    assert unfinished(house, "j2") == "a"


def test_a_stage_that_is_tried_again_is_open_once_and_a_skipped_one_is_not(house: House) -> None:
    house.accept("j1", TRY)
    house.accept("j2", ONE)
    house.ledger.fail(house.claim("a"), StorageError("full"))
    assert unfinished(house, "j1") == "aab"
    house.run("a")
    claim = house.claim("b")
    assert unfinished(house, "j1") == "ab"
    assert house.ledger.fail(claim, NoFace("none")).status == "skipped"
    assert unfinished(house, "j2") == "a"


def test_a_job_that_is_known_whole_was_never_open(house: House) -> None:
    house.accept("j1", ONE)
    run_for(house, "j1", 5)
    (hit,) = house.ledger.memos("ann", ["the same"])
    assert hit is not None
    house.accept("j2", ONE, limits=Limits(1), memoised={"a": hit})
    house.accept("j3", ONE)
    assert unfinished(house, "j3") == "a"
    assert standing(house, "j3").active == 1


# -- run times --------------------------------------------------------------------------------
def test_run_times_are_told_by_stage_latest_first(house: House) -> None:
    for number in range(3):
        house.accept(f"j{number}", ONE)
        run_for(house, f"j{number}", 10 * number + 5)
    house.accept("now", DIAMOND)
    runs = standing(house, "now").runs
    assert [run.ms for run in runs.pop("stage.a")] == [25, 15, 5]
    assert runs == {"stage.b": (), "stage.c": (), "stage.d": ()}


def test_what_was_remembered_or_failed_has_not_run(house: House) -> None:
    house.accept("j1", ONE)
    run_for(house, "j1", 5)
    house.accept("j2", ONE)
    claim = house.claim("a", "j2")
    house.later(7)
    assert house.ledger.recall(claim, "the same").status == "hit"
    house.accept("j3", ONE)
    claim = house.claim("a", "j3")
    house.later(9)
    house.ledger.fail(claim, NoFace("none"))
    house.accept("now", ONE)
    assert standing(house, "now").runs == {"stage.a": (Run(5, 0),)}


def test_a_run_time_tells_how_many_stages_of_other_jobs_ran_when_it_ended(house: House) -> None:
    for number in range(3):
        house.accept(f"j{number}", ONE)
    claims = [house.claim("a", f"j{number}") for number in range(3)]
    house.accept("now", ONE)
    assert standing(house, "now").running == 3
    for memo, claim in enumerate(claims):
        house.later(10)
        house.commit(claim, memo=str(memo))
    found = standing(house, "now")
    assert found.running == 0
    assert found.runs == {"stage.a": (Run(30, 0), Run(20, 1), Run(10, 2))}


def test_stages_of_the_same_job_are_no_others(house: House) -> None:
    house.accept("j1", DIAMOND)
    house.run("a")
    first, second = house.claim("b"), house.claim("c")
    assert standing(house).running == 0
    assert house.ledger.outlook([]).running == 2
    house.later(10)
    house.commit(first)
    house.commit(second)
    runs = standing(house).runs
    assert runs["stage.b"] == runs["stage.c"] == (Run(10, 0),)


def test_the_last_two_hundred_run_times_are_kept(house: House) -> None:
    for number in range(205):
        house.accept(f"j{number}", ONE)
        run_for(house, f"j{number}", 1 + number % 40)
    house.accept("now", ONE)
    runs = standing(house, "now").runs["stage.a"]
    assert (len(runs), [run.ms for run in runs[:3]]) == (200, [5, 4, 3])


def test_stages_of_others_that_are_open_are_told_with_their_run_times(house: House) -> None:
    house.accept("other", BLUE)
    house.accept("j1", ONE)
    found = standing(house)
    assert found.open == {"stage.a": 1, "stage.z": 1}
    assert set(found.runs) == {"stage.a", "stage.z"}
    assert found.slots == {"red": 0}  # only the queues that the job needs


# -- workers ----------------------------------------------------------------------------------
def test_warm_workers_tell_how_many_stages_they_run_at_once(house: House) -> None:
    house.ledger.worker_up("red", "red@0", 4)
    house.ledger.worker_up("red", "red@1")
    house.ledger.worker_up("blue", "blue@0", 2)
    assert house.ledger.slots(["red", "blue", "grey"]) == {"red": 5, "blue": 2, "grey": 0}
    house.accept("j1")
    assert standing(house).slots == {"red": 5, "blue": 2}
    house.ledger.worker_up("red", "red@0", 3)
    house.ledger.worker_down("red", "red@1")
    assert house.ledger.slots(["red"]) == {"red": 3}
    house.later(WORKER_TTL_MS)
    assert house.ledger.slots(["red", "blue"]) == {"red": 0, "blue": 0}


@pytest.mark.parametrize("house", ["redis"], indirect=True)
def test_a_worker_of_the_version_before_runs_one_and_a_silent_one_is_forgotten(
    client: redis.Redis, house: House
) -> None:
    client.zadd("kiln:up:red", {"old": EPOCH_MS + 1000})
    assert house.ledger.slots(["red"]) == {"red": 1}
    house.ledger.worker_up("red", "silent", 4)
    house.later(WORKER_TTL_MS)
    house.ledger.worker_up("red", "red@0", 2)
    assert client.hgetall("kiln:slots:red") == {"red@0": "2"}
    assert house.ledger.slots(["red"]) == {"red": 2}
    house.ledger.worker_down("red", "red@0")
    assert client.exists("kiln:slots:red", "kiln:up:red") == 0
