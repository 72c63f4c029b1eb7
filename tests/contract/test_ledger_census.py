"""Both ledgers: what is counted in one moment, and what leaves the list of dead letters."""

from __future__ import annotations

import pytest

from common.ledger.census import Census, QueueCensus
from common.ledger.protocol import WORKER_TTL_MS
from common.ledger.records import DAY_MS, Approval
from tests.contract.conftest import DIAMOND, HELD, ONE, House

pytestmark = pytest.mark.contract

EMPTY = QueueCensus(0, 0, 0.0, {})


def census(house: House) -> Census:
    return house.ledger.census(["red", "blue"])


def die(house: House, job: str) -> None:
    house.accept(job, ONE)
    for _ in range(3):
        house.claim("a", job)
        house.ledger.release("w1", counts=True)


def test_an_empty_house_counts_nothing(house: House) -> None:
    assert census(house) == Census({"red": EMPTY, "blue": EMPTY}, {}, 0)


def test_a_census_of_no_queue_counts_the_jobs_all_the_same(house: House) -> None:
    house.accept("j1", ONE)
    assert house.ledger.census([]) == Census({}, {"figurine": 1}, 0)


def test_stages_and_workers_are_counted_by_queue(house: House) -> None:
    house.accept("j1", DIAMOND)
    house.accept("j2", ONE)
    house.run("a", job="j1")
    house.claim("b", "j1")
    house.later(1500)
    house.ledger.worker_up("red", "red@1", slots=4)
    house.ledger.worker_up("red", "red@2")
    house.ledger.worker_up("blue", "blue@1", slots=2)
    red = QueueCensus(ready=1, running=1, oldest_s=1.5, workers={"red@1": 4, "red@2": 1})
    blue = QueueCensus(ready=1, running=0, oldest_s=1.5, workers={"blue@1": 2})
    assert census(house).queues == {"red": red, "blue": blue}
    assert (red.slots, blue.slots) == (5, 2)


def test_a_worker_that_fell_silent_is_not_counted(house: House) -> None:
    house.ledger.worker_up("red", "red@1")
    house.later(WORKER_TTL_MS)
    house.ledger.worker_up("blue", "blue@1")
    assert census(house).queues["red"].workers == {}
    house.ledger.worker_down("blue", "blue@1")
    assert census(house).queues["blue"].workers == {}


# -- jobs -----------------------------------------------------------------------------------
def test_jobs_are_open_from_accept_to_their_end_by_product(house: House) -> None:
    house.accept("j1", ONE)
    house.accept("j2", ONE, product="recipe")
    house.accept("j3", ONE, product="recipe")
    assert census(house).open == {"figurine": 1, "recipe": 2}
    house.run("a", job="j2")
    assert census(house).open == {"figurine": 1, "recipe": 1}


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled", "expired"])
def test_no_end_leaves_a_job_open(house: House, how: str) -> None:
    house.end(how)
    assert census(house).open == {}
    assert house.ledger.recount() == 0


def test_a_paused_job_is_open(house: House) -> None:
    house.accept("j1", HELD)
    house.run("a")
    assert house.state() == "paused"
    assert census(house).open == {"figurine": 1}
    assert house.ledger.recount() == 0
    house.ledger.resume("j1", "ann", Approval({}))
    assert census(house).open == {"figurine": 1}
    house.ledger.cancel("j1", "ann")
    assert census(house).open == {}


def test_a_job_that_is_memoised_whole_is_never_open(house: House) -> None:
    house.accept("j1", ONE)
    claim = house.claim("a", "j1")
    house.commit(claim, memo="key")
    (hit,) = house.ledger.memos("ann", ["key"])
    assert hit is not None
    house.accept("j2", ONE, memoised={"a": hit})
    assert house.state("j2") == "succeeded"
    assert census(house).open == {}


def test_a_replayed_submit_opens_no_second_job(house: House) -> None:
    house.accept("j1", ONE, idempotency_key="k", fingerprint="f")
    house.accept("j2", ONE, idempotency_key="k", fingerprint="f")
    assert census(house).open == {"figurine": 1}


def test_an_erased_job_is_not_open(house: House) -> None:
    house.accept("j1", ONE)
    house.ledger.cancel("j1", "ann")
    house.ledger.erase("j1", "ann")
    assert census(house).open == {}


# -- dead letters -----------------------------------------------------------------------------
def test_dead_letters_are_counted_until_somebody_has_settled_them(house: House) -> None:
    for job in ("j1", "j2"):
        die(house, job)
    assert census(house).dead == 2
    house.ledger.settle_letter("j1")
    house.ledger.settle_letter("j1")
    house.ledger.settle_letter("nobody")
    assert census(house).dead == 1
    assert house.ledger.dead_letters() == ["j2"]
    assert house.state("j1") == "failed"


def test_a_dead_letter_whose_results_have_expired_is_none_any_more(house: House) -> None:
    die(house, "j1")
    house.later(DAY_MS)
    house.ledger.expire()
    assert house.ledger.dead_letters() == ["j1"]
    house.later(30 * DAY_MS)
    house.ledger.expire()
    assert (house.ledger.dead_letters(), census(house).dead) == ([], 0)
