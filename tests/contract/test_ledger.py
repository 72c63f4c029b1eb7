"""Both ledgers: accepting a job, claiming its nodes, committing what they made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from common.contracts.plans import Plan
from common.ledger.records import Claim, MemoHit, NodeResult, Refusal
from tests.contract.conftest import House, artifact, node

pytestmark = pytest.mark.contract


# -- accept ---------------------------------------------------------------------------------
def test_an_accepted_job_is_queued_with_its_roots_ready(house: House) -> None:
    answer = house.accept("j1")
    assert (answer.status, answer.job) == ("accepted", "j1")
    job = house.job()
    assert (job.state, house.node_states()) == ("queued", "ready waiting waiting waiting")
    assert (job.owner, job.params, job.trace) == ("ann", {"height_mm": 100, "name": "Zoë"}, "t-1")
    assert job.deadline_ms == job.created_ms + 3_600_000
    assert (job.started_ms, job.finished_ms, job.error) == (None, None, None)
    assert list(job.artifacts) == ["photo"]
    assert house.story() == ["accepted"]


def test_a_job_nobody_accepted_is_unknown(house: House) -> None:
    assert house.ledger.job("nobody") is None
    assert house.ledger.events("nobody") == []


def test_the_same_idempotency_key_and_request_give_the_first_job(house: House) -> None:
    house.accept("j1", idempotency_key="k", fingerprint="f")
    again = house.accept("j2", idempotency_key="k", fingerprint="f")
    assert (again.status, again.job) == ("replayed", "j1")
    assert house.ledger.job("j2") is None
    assert house.story("j1") == ["accepted"]


def test_the_same_key_for_another_request_is_a_conflict(house: House) -> None:
    house.accept("j1", idempotency_key="k", fingerprint="f")
    assert house.accept("j2", idempotency_key="k", fingerprint="g").status == "conflict"
    assert house.ledger.job("j2") is None


def test_keys_of_two_owners_do_not_meet(house: House) -> None:
    house.accept("j1", idempotency_key="k", fingerprint="f")
    answer = house.accept("j2", idempotency_key="k", fingerprint="f", owner="bob")
    assert (answer.status, answer.job) == ("accepted", "j2")


def test_a_replay_is_answered_even_when_the_house_is_full(house: House) -> None:
    house.accept("j1", idempotency_key="k", fingerprint="f")
    answer = house.accept("j2", max_active=1, idempotency_key="k", fingerprint="f")
    assert answer.status == "replayed"


def test_accepting_a_job_twice_without_a_key_changes_nothing(house: House) -> None:
    house.accept("j1")
    house.run("a")
    assert house.accept("j1").status == "replayed"
    assert house.node_states() == "done ready ready waiting"


def test_twenty_parallel_requests_with_one_key_make_one_job(house: House) -> None:
    start = Barrier(20)

    def submit(number: int) -> str:
        start.wait()
        return house.accept(f"j{number}", idempotency_key="k", fingerprint="f").job

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(submit, range(20)))) == 1
    assert len(house.ledger.jobs("ann", None, 100)) == 1


def test_a_full_house_refuses_and_has_room_again_when_a_job_ends(house: House) -> None:
    house.accept("j1")
    house.accept("j2")
    full = house.accept("j3", max_active=2, idempotency_key="k", fingerprint="f")
    assert (full.status, full.active) == ("busy", 2)
    assert house.ledger.job("j3") is None
    house.ledger.cancel("j1", "ann")
    assert house.accept("j3", max_active=2, idempotency_key="k", fingerprint="f").job == "j3"


def test_a_job_that_is_remembered_whole_ends_at_once(house: House) -> None:
    house.accept("j1")
    house.run("a", "b", "c", "d")
    keys = [f"j1 {node_id}" for node_id in "abcd"]
    hits = house.ledger.memos("ann", keys)
    memoised = {key[-1]: hit for key, hit in zip(keys, hits, strict=True) if hit}
    assert house.accept("j2", max_active=0, memoised=memoised).status == "accepted"
    assert (house.state("j2"), house.node_states("j2")) == ("succeeded", "done done done done")
    assert house.story("j2") == ["accepted", "a done", "b done", "c done", "d done", "succeeded"]
    assert set(house.job("j2").artifacts) == {"photo", "a.bin", "b.bin", "c.bin", "d.bin"}
    assert all(record.result and record.result.cached for record in house.nodes("j2").values())
    assert house.counts("red", "blue") == {"red": (0, 0, 0), "blue": (0, 0, 0)}
    assert house.refusal("a", "j2") == "ended"


def test_a_remembered_file_that_has_gone_makes_the_memo_stale(house: House) -> None:
    gone = MemoHit(artifacts=(artifact("a.bin"),), result=NodeResult(engine="builtin"))
    plan = Plan(nodes=(node("a"),))
    assert house.accept("j2", plan, memoised={"a": gone}).status == "stale"
    assert house.ledger.job("j2") is None
    assert house.accept("j2", plan).status == "accepted"


def test_jobs_are_listed_newest_first_by_owner(house: House) -> None:
    for job, owner in (("j1", "ann"), ("j2", "bob"), ("j3", "ann"), ("j4", "ann")):
        house.accept(job, owner=owner)
        house.later(10)
    newest = house.ledger.jobs("ann", None, 2)
    assert [job.id for job in newest] == ["j4", "j3"]
    older = house.ledger.jobs("ann", newest[-1].created_ms, 2)
    assert [job.id for job in older] == ["j1"]
    assert house.ledger.jobs("nobody", None, 2) == []


# -- claim ----------------------------------------------------------------------------------
def test_a_claim_carries_what_the_stage_needs(house: House) -> None:
    house.accept()
    house.later(30)
    claim = house.claim("a")
    assert (claim.token, claim.attempt, claim.wait_ms, claim.owner) == (1, 1, 30, "ann")
    assert (claim.params, claim.trace) == ({"height_mm": 100, "name": "Zoë"}, "t-1")
    assert claim.artifacts == house.job().artifacts
    job, record = house.job(), house.nodes()["a"]
    assert (job.state, job.started_ms) == ("running", job.created_ms + 30)
    assert (record.state, record.worker, record.attempts) == ("running", "w1", 1)


def test_nodes_become_ready_in_the_order_of_the_plan(house: House) -> None:
    house.accept()
    assert house.refusal("b") == "not_ready"
    first = house.commit(house.claim("a"))
    assert [(one.job, one.id, one.stage, one.queue) for one in first.successors] == [
        ("j1", "b", "stage.b", "red"),
        ("j1", "c", "stage.c", "blue"),
    ]
    assert house.commit(house.claim("b")).successors == ()
    assert house.refusal("d") == "not_ready"
    assert [one.id for one in house.commit(house.claim("c")).successors] == ["d"]
    assert house.commit(house.claim("d")).successors == ()
    assert house.state() == "succeeded"


def test_a_claim_is_refused_with_the_reason(house: House) -> None:
    house.accept()
    assert house.refusal("a", "nobody") == "unknown"
    assert house.refusal("no-such-node") == "unknown"
    claim = house.claim("a")
    assert house.refusal("a") == "held"
    assert house.refusal("a", worker="w1") == "held"  # a doubled message to the same worker
    house.commit(claim)
    assert house.refusal("a") == "done"
    house.ledger.cancel("j1", "ann")
    assert house.refusal("b") == "ended"


def test_who_did_not_hear_that_he_got_a_claim_gets_it_when_he_asks_again(house: House) -> None:
    house.accept()
    house.later(5)
    claim = house.claim("a")
    house.later(40)
    assert house.ledger.claim("j1", "a", "w2", again=True) == Refusal("held")
    assert house.ledger.claim("j1", "a", "w1", again=True) == claim
    house.later(40)  # its lease counts from then on
    assert house.ledger.reap().again == ()
    assert house.commit(claim).status == "committed"
    assert house.nodes()["a"].attempts == 1
    assert house.ledger.claim("j1", "a", "w1", again=True) == Refusal("done")


def test_a_claim_whose_answer_got_lost_is_no_crash_though_its_lease_ran_out(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    house.later(60)
    assert house.ledger.claim("j1", "a", "w1", again=True) == claim
    assert house.nodes()["a"].attempts == 1


def test_who_asks_again_for_what_he_did_not_get_gets_it_now(house: House) -> None:
    house.accept()
    claim = house.ledger.claim("j1", "a", "w1", again=True)
    assert isinstance(claim, Claim)
    assert claim.attempt == 1


def test_of_five_concurrent_claims_one_wins(house: House) -> None:
    house.accept()
    start = Barrier(5)

    def grab(number: int) -> Claim | Refusal:
        start.wait()
        return house.ledger.claim("j1", "a", f"w{number}")

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(grab, range(5)))
    assert sum(isinstance(answer, Claim) for answer in answers) == 1
    assert {a.status for a in answers if isinstance(a, Refusal)} == {"held"}
    assert house.nodes()["a"].attempts == 1


# -- commit ---------------------------------------------------------------------------------
def test_a_commit_stores_artifacts_result_and_times(house: House) -> None:
    house.accept()
    house.later(5)
    claim = house.claim("a")
    house.later(7)
    assert house.commit(claim, "a.glb", "a.npz").status == "committed"
    record = house.nodes()["a"]
    assert record.result == NodeResult(
        engine="builtin", facts={"ratio": 0.25, "names": ["x"]}, domain_ms=1.5
    )
    assert record.begin_ms is not None
    assert record.ready_ms is not None
    assert record.end_ms is not None
    assert (record.begin_ms - record.ready_ms, record.end_ms - record.begin_ms) == (5, 7)
    assert house.job().artifacts["a.glb"] == artifact("a.glb")
    assert "a.npz" in house.claim("b").artifacts


def test_the_same_commit_twice_is_a_duplicate(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    house.commit(claim)
    before = house.job(), house.ledger.events("j1")
    assert house.commit(claim, "something-else").status == "duplicate"
    assert (house.job(), house.ledger.events("j1")) == before


def test_a_commit_is_still_a_duplicate_after_the_job_has_ended(house: House) -> None:
    house.accept(plan=Plan(nodes=(node("a"),)))
    claim = house.claim("a")
    house.commit(claim)
    assert house.state() == "succeeded"
    assert house.commit(claim).status == "duplicate"
    assert house.terminal_events() == ["succeeded"]


def test_an_old_token_can_change_nothing(house: House) -> None:
    house.accept()
    slow = house.claim("a", worker="slow")
    house.later(60)
    house.ledger.reap()
    fast = house.claim("a", worker="fast")
    assert (slow.token, fast.token, fast.attempt) == (1, 2, 2)
    before = house.job(), house.ledger.events("j1")
    assert house.commit(slow, "late.bin").status == "lost"
    assert house.ledger.recall(slow, "j1 a").status == "lost"
    assert house.ledger.announce(slow, artifact("late.bin")) is False
    assert house.ledger.heartbeat(slow) is False
    assert (house.job(), house.ledger.events("j1")) == before
    assert house.commit(fast).status == "committed"
    assert house.commit(slow, "late.bin").status == "lost"


def test_a_recall_whose_answer_got_lost_is_a_duplicate_when_it_is_repeated(house: House) -> None:
    house.accept()
    house.commit(house.claim("a"), memo="m")
    house.accept("j2")
    claim = house.claim("a", job="j2")
    assert house.ledger.recall(claim, "m").status == "hit"
    assert house.ledger.recall(claim, "m").status == "duplicate"


def test_a_lost_commit_is_not_remembered(house: House) -> None:
    house.accept()
    slow = house.claim("a")
    house.later(60)
    house.ledger.reap()
    house.claim("a", worker="fast")
    house.commit(slow, memo="m")
    assert house.ledger.memos("ann", ["m"]) == [None]


def test_a_commit_for_a_job_nobody_knows_is_lost(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    stranger = Claim("nobody", "a", claim.token, 1, 0, "ann", {}, "", {})
    assert house.commit(stranger).status == "lost"
    assert house.ledger.heartbeat(stranger) is False


def test_a_plan_without_nodes_has_succeeded_already(house: House) -> None:
    house.accept(plan=Plan(nodes=()))
    assert (house.state(), house.terminal_events()) == ("succeeded", ["succeeded"])


def test_an_announced_artifact_is_there_before_its_stage_ends(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    assert house.ledger.announce(claim, artifact("early.glb"))
    assert house.job().artifacts["early.glb"] == artifact("early.glb")
    event = house.ledger.events("j1")[-1]
    digest = artifact("early.glb").sha256
    assert event.type == "artifact"
    assert event.data == {"stage": "a", "name": "early.glb", "size": 7, "sha256": digest}
