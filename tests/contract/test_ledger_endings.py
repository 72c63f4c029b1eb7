"""Both ledgers: jobs that are cancelled or run out of time."""

from __future__ import annotations

import pytest

from common.contracts.plans import Plan
from common.errors import NoFace, StorageError
from tests.contract.conftest import House, node

pytestmark = pytest.mark.contract


# -- cancel ---------------------------------------------------------------------------------
@pytest.mark.parametrize("moment", ["queued", "running", "between stages", "pausing"])
def test_an_unfinished_job_is_cancelled_at_once(house: House, moment: str) -> None:
    house.accept()
    if moment == "running":
        house.claim("a")
    if moment == "between stages":
        house.run("a")
    if moment == "pausing":
        house.ledger.fail(house.claim("a"), StorageError("disk full"), delay_ms=2000)
    assert house.ledger.cancel("j1", "ann") == "cancelled"
    assert house.ledger.cancel("j1", "ann") == "cancelled"  # safe to repeat
    assert (house.state(), house.terminal_events()) == ("cancelled", ["cancelled"])
    assert set(house.node_states().split()) <= {"done", "stopped"}
    assert house.job().error is None
    assert house.refusal("a") == "ended"
    assert house.nothing_left()


def test_a_stage_ends_with_its_job(house: House) -> None:
    house.accept()
    house.claim("a")
    house.later(20)
    house.ledger.cancel("j1", "ann")
    assert house.nodes()["a"].end_ms == house.now_ms
    assert house.nodes()["b"].end_ms is None  # it never began


def test_a_job_that_has_ended_cannot_be_cancelled(house: House) -> None:
    house.accept("j1")
    house.run("a", "b", "c", "d")
    house.accept("j2")
    house.ledger.fail(house.claim("a", "j2"), NoFace("none"))
    assert [house.ledger.cancel(job, "ann") for job in ("j1", "j2")] == ["ended", "ended"]
    assert (house.state("j1"), house.state("j2")) == ("succeeded", "failed")


def test_nobody_cancels_the_job_of_another_owner(house: House) -> None:
    house.accept()
    assert house.ledger.cancel("j1", "bob") == "unknown"
    assert house.ledger.cancel("nobody", "ann") == "unknown"
    assert house.state() == "queued"


# -- deadline -------------------------------------------------------------------------------
def test_a_job_past_its_deadline_expires(house: House) -> None:
    house.accept("j1", deadline_ms=1000)
    house.accept("j2")
    claim = house.claim("a")
    house.later(999)
    house.ledger.heartbeat(claim)
    assert house.ledger.reap().expired == 0
    house.later(1)
    assert house.ledger.reap().expired == 1
    assert (house.state("j1"), house.state("j2")) == ("expired", "queued")
    assert (house.job().error or {})["code"] == "deadline"
    assert house.terminal_events() == ["expired"]
    assert house.commit(claim).status == "lost"
    assert house.ledger.reap().expired == 0


def test_a_job_that_ended_in_time_does_not_expire(house: House) -> None:
    house.accept(plan=Plan(nodes=(node("a"),)), deadline_ms=1000)
    house.run("a")
    house.later(5000)
    assert house.ledger.reap().expired == 0
    assert (house.state(), house.terminal_events()) == ("succeeded", ["succeeded"])
