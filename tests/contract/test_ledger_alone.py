"""After a crash a stage runs alone; after a failed try it is missed at once."""

from __future__ import annotations

import pytest

from common.errors import NoFace, StageHung, StorageError
from common.ledger.erasure import DELETING_MS
from common.ledger.records import Claim, Refusal
from tests.contract.conftest import LEASE_MS, ONE, House, artifact


def among_others(house: House, node: str = "a") -> Claim | Refusal:
    return house.ledger.claim("j1", node, "w2", alone=False)


def test_a_stage_that_never_crashed_runs_beside_others(house: House) -> None:
    house.accept()
    assert isinstance(among_others(house), Claim)


@pytest.mark.parametrize("how", ["lease", "restart", "hang"])
def test_a_stage_that_took_its_process_along_is_refused_unless_alone(
    house: House, how: str
) -> None:
    house.accept()
    claim = house.claim("a")
    if how == "lease":
        house.later(LEASE_MS + 1)
        house.ledger.reap()
    if how == "restart":
        house.ledger.release("w1", counts=True)
    if how == "hang":
        house.ledger.fail(claim, StageHung("for ever"))
    assert among_others(house) == Refusal("alone")
    assert house.nodes()["a"].attempts == 1
    assert house.claim("a").attempt == 2


def test_other_failures_and_handing_back_keep_nobody_apart(house: House) -> None:
    house.accept()
    house.ledger.fail(house.claim("a"), StorageError("full"))
    house.ledger.release("w1", counts=False)
    again = among_others(house)
    assert isinstance(again, Claim)
    house.ledger.release("w2", counts=False)
    assert isinstance(among_others(house), Claim)


def test_only_the_stage_that_crashed_is_kept_apart(house: House) -> None:
    house.accept()
    house.claim("a")
    house.ledger.release("w1", counts=True)
    house.run("a")
    assert isinstance(among_others(house, "b"), Claim)


def test_a_job_that_has_ended_says_so_first(house: House) -> None:
    house.accept()
    house.claim("a")
    house.ledger.release("w1", counts=True)
    house.ledger.fail(house.claim("a"), NoFace("nobody"))
    assert among_others(house) == Refusal("ended")


def test_a_stage_that_is_to_be_tried_again_is_missed_whatever_the_broker_counts(
    house: House,
) -> None:
    """Messages of dead workers stay unacknowledged for minutes, and stand for nobody."""
    house.accept()
    house.ledger.fail(house.claim("a"), StorageError("full"), delay_ms=2000)
    assert house.ledger.overdue("red", missing=0, patience_ms=60_000) == []  # it pauses
    house.later(2000)
    (due,) = house.ledger.overdue("red", missing=0, patience_ms=60_000)
    assert (due.id, due.lost) == ("a", True)
    house.later(2000)
    assert house.ledger.overdue("red", missing=0, patience_ms=60_000) == []  # once is enough


def test_a_stage_whose_file_was_deleted_meanwhile_is_missed_as_well(house: House) -> None:
    house.ledger.discard("ann", [artifact("shape.stl").sha256])
    house.accept("j1", ONE)
    claim = house.claim("a")
    assert house.ledger.trash(0)
    assert house.commit(claim, "shape.stl").status == "again"
    house.later(DELETING_MS)
    (due,) = house.ledger.overdue("red", missing=0, patience_ms=60_000)
    assert (due.id, due.lost) == ("a", True)


def test_a_stage_whose_claim_was_taken_away_has_been_published_by_whoever_took_it(
    house: House,
) -> None:
    house.accept()
    house.claim("a")
    assert [node.id for node in house.ledger.release("w1", counts=True)] == ["a"]
    assert house.ledger.overdue("red", missing=0, patience_ms=60_000) == []
