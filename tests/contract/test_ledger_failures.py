"""Both ledgers: workers that die or leave, stages that fail."""

from __future__ import annotations

import pytest

from common.contracts.plans import Plan
from common.errors import InternalError, NoFace, StorageError
from tests.contract.conftest import House, node

pytestmark = pytest.mark.contract

OPTIONAL = Plan(nodes=(node("a"), node("b", "a", optional=True), node("c", "b")))
PARALLEL = Plan(nodes=(node("a"), node("b"), node("c", "a", "b")))


# -- leases ---------------------------------------------------------------------------------
def test_a_heartbeat_keeps_the_claim_beyond_its_first_lease(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    for _ in range(3):
        house.later(40)
        assert house.ledger.heartbeat(claim)
    assert house.refusal("a") == "held"
    assert house.ledger.reap().again == ()
    house.later(60)
    assert [one.id for one in house.ledger.reap().again] == ["a"]


def test_a_heartbeat_dies_with_a_cancelled_job(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    house.ledger.cancel("j1", "ann")
    assert house.ledger.heartbeat(claim) is False
    assert house.commit(claim).status == "lost"


def test_the_reaper_gives_a_lost_node_back_with_the_attempt_counted(house: House) -> None:
    house.accept()
    lost = house.claim("a")
    assert house.ledger.reap().again == ()
    house.later(60)
    swept = house.ledger.reap()
    assert (swept.expired, swept.dead, [one.id for one in swept.again]) == (0, 0, ["a"])
    assert house.nodes()["a"].state == "ready"
    assert house.ledger.heartbeat(lost) is False
    assert house.ledger.reap().again == ()  # once
    assert house.claim("a").attempt == 2
    assert house.story()[1:] == ["a running", "a retrying", "a running"]


def test_a_worker_that_comes_late_but_first_may_still_commit(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    house.later(500)
    assert house.commit(claim).status == "committed"
    assert house.ledger.reap().again == ()


def test_the_third_loss_fails_the_job_and_writes_a_dead_letter(house: House) -> None:
    house.accept()
    for _ in range(2):
        house.claim("a")
        house.later(60)
        assert house.ledger.reap().dead == 0
    house.claim("a")
    house.later(60)
    swept = house.ledger.reap()
    assert (swept.dead, swept.again) == (1, ())
    assert (house.state(), house.node_states()) == ("failed", "failed stopped stopped stopped")
    error = house.job().error or {}
    assert (error["code"], error["stage"]) == ("crash", "a")
    assert error["hint"]
    told = house.ledger.events("j1")[-1].data
    assert (told["state"], told["error"], told["total_ms"]) == ("failed", error, 180)
    assert house.ledger.dead_letters() == ["j1"]
    assert house.terminal_events() == ["failed"]


def test_leases_can_be_left_alone_while_deadlines_are_not(house: House) -> None:
    house.accept()
    house.accept("j2", deadline_ms=50)
    claim = house.claim("a")
    house.later(60)
    swept = house.ledger.reap(leases=False)
    assert (swept.expired, swept.again) == (1, ())
    assert house.ledger.heartbeat(claim)


def test_a_lease_that_ran_out_is_held_until_the_reaper_takes_it(house: House) -> None:
    """Redis may have been away: who holds it may be about to renew it."""
    house.accept()
    for _ in range(3):
        claim = house.claim("a")
        house.later(60)
        assert house.refusal("a") == "held"
        assert house.ledger.heartbeat(claim)
        house.later(60)
        house.ledger.reap()
    assert house.refusal("a") == "ended"
    assert (house.state(), house.terminal_events()) == ("failed", ["failed"])
    assert house.ledger.dead_letters() == ["j1"]


def test_two_lost_nodes_of_one_job_end_it_once(house: House) -> None:
    house.accept(plan=PARALLEL)
    for _ in range(2):
        house.claim("a")
        house.later(60)
        house.ledger.reap()
    house.claim("a")
    house.claim("b")
    house.later(60)
    assert house.ledger.reap().dead == 1
    assert house.node_states() == "failed stopped stopped"
    assert house.terminal_events() == ["failed"]
    assert house.nothing_left()


def test_an_optional_node_that_dies_three_times_is_skipped(house: House) -> None:
    house.accept(plan=OPTIONAL)
    house.run("a")
    for _ in range(2):
        house.claim("b")
        house.later(60)
        house.ledger.reap()
    house.claim("b")
    house.later(60)
    swept = house.ledger.reap()
    assert (swept.dead, [one.id for one in swept.again]) == (1, ["c"])
    house.run("c")
    assert (house.state(), house.node_states()) == ("succeeded", "done skipped done")
    assert house.ledger.dead_letters() == ["j1"]


def test_one_sweep_takes_no_more_than_its_limit(house: House) -> None:
    for job in ("j1", "j2", "j3"):
        house.accept(job)
        house.claim("a", job)
    house.later(60)
    assert [one.job for one in house.ledger.reap(limit=2).again] == ["j1", "j2"]
    assert [one.job for one in house.ledger.reap(limit=2).again] == ["j3"]


# -- fail -----------------------------------------------------------------------------------
def test_a_permanent_failure_fails_the_job_at_once(house: House) -> None:
    house.accept()
    house.run("a")
    sibling = house.claim("c", worker="w2")
    answer = house.ledger.fail(house.claim("b"), NoFace("no face in the photo"))
    assert (answer.status, answer.successors) == ("failed", ())
    assert (house.state(), house.node_states()) == ("failed", "done failed stopped stopped")
    assert house.job().error == {
        "code": "no_face",
        "detail": "no face in the photo",
        "hint": NoFace.hint,
        "stage": "b",
    }
    assert house.story()[-2:] == ["b failed", "failed"]
    assert house.ledger.heartbeat(sibling) is False
    assert house.commit(sibling).status == "lost"
    assert house.terminal_events() == ["failed"]
    assert house.ledger.dead_letters() == []
    assert house.nothing_left()


def test_a_failure_leaves_no_ready_node_behind(house: House) -> None:
    house.accept()
    house.run("a")
    house.ledger.fail(house.claim("b"), InternalError("bug"))
    assert house.refusal("c") == "ended"
    assert house.ledger.overdue("blue", missing=5, patience_ms=0) == []
    assert house.nothing_left()


def test_a_retryable_failure_pauses_and_runs_again(house: House) -> None:
    house.accept()
    answer = house.ledger.fail(house.claim("a"), StorageError("disk full"), delay_ms=2000)
    assert (answer.status, house.state()) == ("again", "running")
    assert house.refusal("a") == "not_ready"
    assert house.counts("red")["red"] == (0, 0, 0.0)
    assert house.ledger.overdue("red", missing=1, patience_ms=0) == []
    house.later(2000)
    assert house.counts("red")["red"] == (1, 0, 0.0)
    claim = house.claim("a")
    assert (claim.attempt, claim.wait_ms) == (2, 0)
    assert house.commit(claim).status == "committed"


def test_a_retryable_failure_is_final_after_the_last_attempt(house: House) -> None:
    house.accept()
    answers = [house.ledger.fail(house.claim("a"), StorageError("disk full")) for _ in range(3)]
    assert [answer.status for answer in answers] == ["again", "again", "dead"]
    error = house.job().error or {}
    assert (error["code"], error["detail"], error["hint"]) == (
        "storage",
        "disk full",
        StorageError.hint,
    )
    assert (house.terminal_events(), house.ledger.dead_letters()) == (["failed"], ["j1"])


def test_an_optional_node_is_skipped_and_its_successors_go_on(house: House) -> None:
    house.accept(plan=OPTIONAL)
    house.run("a")
    answer = house.ledger.fail(house.claim("b"), NoFace("none"))
    assert (answer.status, [one.id for one in answer.successors]) == ("skipped", ["c"])
    assert house.story()[-1] == "b skipped"
    house.run("c")
    assert (house.state(), house.terminal_events()) == ("succeeded", ["succeeded"])
    assert house.nodes()["b"].result is None


def test_a_failure_is_told_once(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    house.ledger.fail(claim, NoFace("none"))
    assert house.ledger.fail(claim, NoFace("none")).status == "lost"
    assert house.terminal_events() == ["failed"]


# -- release --------------------------------------------------------------------------------
def test_a_worker_that_leaves_hands_back_without_counting(house: House) -> None:
    house.accept()
    house.run("a")
    mine, other = house.claim("b", worker="w1"), house.claim("c", worker="w2")
    assert [one.id for one in house.ledger.release("w1", counts=False)] == ["b"]
    assert house.ledger.release("w1", counts=False) == ()
    assert house.commit(mine).status == "lost"
    assert house.claim("b").attempt == 1
    assert house.ledger.heartbeat(other)


def test_a_restarted_worker_frees_its_predecessors_claims_and_counts(house: House) -> None:
    house.accept()
    house.claim("a", worker="w1")
    assert [one.id for one in house.ledger.release("w1", counts=True)] == ["a"]
    assert house.claim("a", worker="w1").attempt == 2
    house.ledger.release("w1", counts=True)
    house.claim("a", worker="w1")
    assert house.ledger.release("w1", counts=True) == ()
    assert (house.state(), house.ledger.dead_letters()) == ("failed", ["j1"])
    assert house.terminal_events() == ["failed"]


def test_releasing_two_claims_of_a_job_that_ends_by_it_ends_it_once(house: House) -> None:
    house.accept(plan=PARALLEL)
    for _ in range(2):
        house.claim("a")
        house.ledger.release("w1", counts=True)
    house.claim("a")
    house.claim("b")
    assert house.ledger.release("w1", counts=True) == ()
    assert house.node_states() == "failed stopped stopped"
    assert house.terminal_events() == ["failed"]
    assert house.nothing_left()


def test_handing_back_never_uses_up_the_attempts(house: House) -> None:
    house.accept()
    for _ in range(5):
        house.claim("a")
        house.ledger.release("w1", counts=False)
    assert house.claim("a").attempt == 1
