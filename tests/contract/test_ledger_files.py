"""Both ledgers: remembered stage outputs, references to files, expiry and the trash."""

from __future__ import annotations

from typing import Any

import pytest

from common.ledger.protocol import HANDED_OUT_MS
from common.ledger.records import DAY_MS, HOUR_MS
from tests.contract.conftest import ONE, House, artifact

pytestmark = pytest.mark.contract


def finished(house: House, job: str, *names: str, **changes: Any) -> None:
    """One job of one stage, run to its end."""
    house.accept(job, ONE, **changes)
    house.commit(house.claim("a", job), *names, memo="m")


def photo(job: str) -> tuple[str, str]:
    return ("ann", artifact("photo", f"photo of {job}").sha256)


def file(name: str, owner: str = "ann") -> tuple[str, str]:
    return (owner, artifact(name).sha256)


# -- in use ---------------------------------------------------------------------------------
def test_a_file_is_in_use_while_a_job_refers_to_it(house: House) -> None:
    owner, sha256 = photo("j1")
    assert not house.ledger.in_use(owner, [sha256])
    house.end("succeeded", photo_ttl_ms=HOUR_MS)
    assert house.ledger.in_use(owner, [sha256])
    assert not house.ledger.in_use("bob", [sha256])
    assert not house.ledger.in_use(owner, [sha256, "another"])
    house.later(HOUR_MS)
    house.ledger.expire()
    assert not house.ledger.in_use(owner, [sha256])


# -- memo -----------------------------------------------------------------------------------
def test_a_remembered_output_is_committed_without_running(house: House) -> None:
    finished(house, "j1", "shape.stl")
    house.accept("j2")
    answer = house.ledger.recall(house.claim("a", "j2"), "m")
    assert (answer.status, [one.id for one in answer.successors]) == ("hit", ["b", "c"])
    record = house.nodes("j2")["a"]
    assert record.result is not None
    assert (record.state, record.result.cached, record.result.facts["ratio"]) == (
        "done",
        True,
        0.25,
    )
    assert house.job("j2").artifacts["shape.stl"] == artifact("shape.stl")
    done = house.ledger.events("j2")[-1]
    assert (done.data["cached"], done.data["artifacts"]) == (True, ["shape.stl"])
    assert house.ledger.reap().again == ()


def test_what_nobody_has_made_is_a_miss_and_the_claim_stays(house: House) -> None:
    house.accept("j2")
    claim = house.claim("a", "j2")
    assert house.ledger.recall(claim, "m").status == "miss"
    assert house.ledger.heartbeat(claim)
    assert house.commit(claim).status == "committed"


def test_owners_do_not_share_what_is_remembered(house: House) -> None:
    finished(house, "j1", "shape.stl")
    house.accept("j2", ONE, owner="bob")
    assert house.ledger.recall(house.claim("a", "j2"), "m").status == "miss"
    assert house.ledger.memos("bob", ["m"]) == [None]


def test_a_memo_lasts_while_its_files_are_referred_to(house: House) -> None:
    finished(house, "j1", "shape.stl", result_ttl_ms=HOUR_MS)
    house.accept("j2", ONE)
    claim = house.claim("a", "j2")
    house.later(HOUR_MS - 1)
    assert house.ledger.heartbeat(claim)
    house.later(1)
    house.ledger.expire()
    assert house.ledger.recall(claim, "m").status == "miss"


def test_a_memo_lasts_no_longer_than_the_first_of_its_files(house: House) -> None:
    finished(house, "j1", "shape.stl", "shape.glb", result_ttl_ms=HOUR_MS)
    (hit,) = house.ledger.memos("ann", ["m"])
    assert hit is not None
    house.accept("j2", ONE)
    house.commit(house.claim("a", "j2"), "shape.glb", memo="another")
    house.later(HOUR_MS)
    house.ledger.expire()
    assert house.accept("j3", ONE, memoised={"a": hit}).status == "stale"
    house.accept("j4", ONE)
    assert house.ledger.recall(house.claim("a", "j4"), "m").status == "miss"


def test_a_job_that_recalled_a_file_keeps_it_alive(house: House) -> None:
    finished(house, "j1", "shape.stl", result_ttl_ms=HOUR_MS)
    house.later(HOUR_MS - 10)
    house.accept("j2", ONE)
    assert house.ledger.recall(house.claim("a", "j2"), "m").status == "hit"
    house.later(10)
    assert house.ledger.expire() == 1
    assert house.ledger.trash(0) == []


def test_memos_are_looked_up_in_order(house: House) -> None:
    finished(house, "j1", "shape.stl")
    found = house.ledger.memos("ann", ["x", "m"])
    assert found[0] is None
    assert found[1] is not None
    assert (found[1].artifacts, found[1].result.cached) == ((artifact("shape.stl"),), True)
    assert house.ledger.memos("ann", []) == []


# -- expiry ---------------------------------------------------------------------------------
def test_photo_and_results_go_each_at_their_time(house: House) -> None:
    finished(house, "j1", "shape.stl", photo_ttl_ms=HOUR_MS, result_ttl_ms=DAY_MS)
    end = house.job().finished_ms or 0
    assert (house.ledger.expire(), house.ledger.trash(0)) == (0, [])
    house.later(HOUR_MS)
    assert (house.ledger.expire(), house.ledger.expire()) == (1, 0)
    assert house.ledger.trash(0) == [photo("j1")]
    house.ledger.emptied(*photo("j1"))
    assert (house.job().photo_expired_ms, house.job().artifacts_expired_ms) == (
        end + HOUR_MS,
        None,
    )
    house.later(DAY_MS - HOUR_MS)
    assert house.ledger.expire() == 1
    assert house.ledger.trash(0) == [file("shape.stl")]
    job = house.job()
    assert (job.state, job.artifacts_expired_ms, job.results_expire_ms) == (
        "succeeded",
        end + DAY_MS,
        end + DAY_MS,
    )
    assert house.ledger.jobs("ann", None, 10) == []


def test_all_inputs_of_a_job_go_with_the_photo(house: House) -> None:
    inputs = (artifact("photo"), artifact("photo-2"))
    finished(house, "j1", "shape.stl", inputs=inputs, photo_ttl_ms=HOUR_MS)
    house.later(HOUR_MS)
    assert house.ledger.expire() == 2
    assert sorted(house.ledger.trash(0)) == sorted([file("photo"), file("photo-2")])


def test_nothing_of_an_unfinished_job_expires(house: House) -> None:
    house.accept("j1", photo_ttl_ms=10, result_ttl_ms=10)
    house.run("a")
    house.later(HOUR_MS // 2)
    assert house.ledger.expire() == 0


def test_a_shared_file_goes_with_its_last_job(house: House) -> None:
    finished(house, "j1", "shape.stl", result_ttl_ms=HOUR_MS)
    house.later(10)
    finished(house, "j2", "shape.stl", result_ttl_ms=HOUR_MS)
    house.later(HOUR_MS - 10)
    assert (house.ledger.expire(), house.ledger.trash(0)) == (1, [])
    house.later(10)
    assert (house.ledger.expire(), house.ledger.trash(0)) == (1, [file("shape.stl")])


def test_two_owners_do_not_share_a_file(house: House) -> None:
    finished(house, "j1", "shape.stl", result_ttl_ms=HOUR_MS)
    finished(house, "j2", "shape.stl", owner="bob")
    house.later(HOUR_MS)
    house.ledger.expire()
    assert house.ledger.trash(0) == [file("shape.stl")]


def test_a_file_that_has_two_names_in_a_job_goes_with_the_last_name(house: House) -> None:
    same = artifact("copy.png", "photo of j1")
    house.accept("j1", ONE, photo_ttl_ms=HOUR_MS, result_ttl_ms=DAY_MS)
    claim = house.claim("a")
    house.ledger.announce(claim, same)
    house.commit(claim, "shape.stl")
    house.later(HOUR_MS)
    assert (house.ledger.expire(), house.ledger.trash(0)) == (1, [])
    house.later(DAY_MS)
    assert house.ledger.expire() == 2
    assert sorted(house.ledger.trash(0)) == sorted([photo("j1"), file("shape.stl")])


def test_an_artifact_that_is_made_anew_lets_its_first_file_go(house: House) -> None:
    house.accept("j1", ONE)
    claim = house.claim("a")
    house.ledger.announce(claim, artifact("shape.stl", "first"))
    house.commit(claim, "shape.stl")
    assert house.job().artifacts["shape.stl"] == artifact("shape.stl")
    assert house.ledger.trash(0) == [("ann", artifact("shape.stl", "first").sha256)]


def test_files_stay_in_the_trash_for_a_grace(house: House) -> None:
    house.ledger.discard("ann", [artifact("x").sha256])
    house.later(99)
    assert house.ledger.trash(100) == []
    house.later(1)
    assert house.ledger.trash(100) == [file("x")]
    assert house.ledger.trash(100) == []


def test_a_file_comes_again_unless_it_is_said_to_be_gone(house: House) -> None:
    house.ledger.discard("ann", [artifact(name).sha256 for name in "xy"])
    assert len(house.ledger.trash(0)) == 2
    house.ledger.emptied(*file("x"))  # and whoever took both died
    house.later(HANDED_OUT_MS + 99)
    assert house.ledger.trash(100) == []
    house.later(1)
    assert house.ledger.trash(100) == [file("y")]


def test_a_file_that_could_not_be_deleted_waits_for_the_grace_again(house: House) -> None:
    house.ledger.discard("ann", [artifact("x").sha256])
    house.later(100)
    assert house.ledger.trash(100) == [file("x")]
    house.ledger.emptied(*file("x"), gone=False)
    house.later(99)
    assert house.ledger.trash(100) == []
    house.later(1)
    assert house.ledger.trash(100) == [file("x")]


@pytest.mark.parametrize("gone", [True, False])
def test_who_puts_what_is_handed_out_is_told_that_it_may_go(house: House, *, gone: bool) -> None:
    owner, sha256 = file("shape.stl")
    house.ledger.discard(owner, [sha256])
    house.accept("j1", ONE)
    claim = house.claim("a")
    assert house.ledger.trash(0) == [file("shape.stl")]
    assert house.ledger.unsettled(owner, [sha256]) == "deleting"
    house.later(5)
    house.ledger.emptied(owner, sha256, gone=gone)
    assert house.ledger.unsettled(owner, [sha256]) == "deleted"
    assert house.commit(claim, "shape.stl").status == "again"
    assert house.commit(house.claim("a"), "other.stl").status == "committed"


def test_a_file_that_is_needed_again_does_not_go_back_to_the_trash(house: House) -> None:
    finished(house, "j1", "shape.stl")
    house.ledger.emptied(*file("shape.stl"), gone=False)
    house.later(1)
    assert house.ledger.trash(0) == []


def test_a_file_that_was_thrown_away_anew_while_it_was_deleted_is_not_forgotten(
    house: House,
) -> None:
    house.ledger.discard("ann", [artifact("x").sha256])
    assert house.ledger.trash(0) == [file("x")]
    house.ledger.discard("ann", [artifact("x").sha256])
    house.ledger.emptied(*file("x"))
    assert house.ledger.trash(0) == [file("x")]


def test_a_file_that_is_referred_to_is_not_discarded(house: House) -> None:
    finished(house, "j1", "shape.stl")
    house.ledger.discard("ann", [artifact("shape.stl").sha256])
    assert house.ledger.trash(0) == []


def test_a_file_in_the_trash_is_kept_when_it_is_referred_to_again(house: House) -> None:
    house.ledger.discard("ann", [artifact("shape.stl").sha256, artifact("x").sha256])
    finished(house, "j1", "shape.stl")
    assert house.ledger.trash(0) == [file("x")]


def test_what_is_committed_does_not_stand_in_the_way_of_the_trash(house: House) -> None:
    """Each file is meant for the trash until it is committed: there are far more of those."""
    for number in range(30):
        name = f"{number}.bin"
        house.ledger.discard("ann", [artifact(name).sha256])
        finished(house, f"j{number}", name)
    house.ledger.discard("ann", [artifact("x").sha256])
    assert house.ledger.trash(0, limit=10) == [file("x")]


def test_the_trash_is_taken_in_portions(house: House) -> None:
    house.ledger.discard("ann", [artifact(name).sha256 for name in "xyz"])
    taken = [house.ledger.trash(0, limit=2), house.ledger.trash(0, limit=2)]
    assert sorted(map(len, taken)) == [1, 2]


def test_a_job_is_forgotten_some_days_after_its_files(house: House) -> None:
    finished(house, "j1", "shape.stl", result_ttl_ms=DAY_MS)
    house.later(2 * DAY_MS)
    house.ledger.expire()
    assert house.job().artifacts_expired_ms is not None  # a 410, not yet a 404
