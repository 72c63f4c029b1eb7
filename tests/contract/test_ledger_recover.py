"""Both ledgers: what helps to bring jobs back after the ledger was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.contracts.plans import Plan
from common.ledger.records import Limits, NewJob
from tests.contract.conftest import House, node

pytestmark = pytest.mark.contract

PLAN = Plan(nodes=(node("a"), node("b", "a")))
LIMITS = Limits(max_active=10)


def test_a_new_ledger_is_not_whole_until_somebody_says_so(house: House) -> None:
    assert not house.ledger.whole()
    house.ledger.declare_whole()
    house.ledger.declare_whole()
    assert house.ledger.whole()


def test_a_claim_that_a_lost_ledger_gave_changes_nothing(house: House) -> None:
    new = NewJob("j1", "ann", "figurine", {}, PLAN, ())
    house.ledger.accept(new, LIMITS)
    stale = house.claim("a")
    again = replace(new, job="j2", first_token=1_800_000_000)
    house.ledger.accept(again, LIMITS)
    held = house.claim("a", job="j2")
    assert held.token == 1_800_000_001
    before = replace(stale, job="j2")
    assert not house.ledger.heartbeat(before)
    assert house.commit(before).status == "lost"
    assert house.commit(held).status == "committed"
    assert house.claim("b", job="j2").token == 1_800_000_001
