"""Whether a queue is full, and what becomes of a figurine that meets a full one."""

from __future__ import annotations

import pytest

from common.contracts.plans import Plan
from common.errors import LedgerUnavailable
from common.ledger.memory import MemoryLedger
from common.ledger.records import Limits, NewJob, Standing
from gateway.backlog import fills
from gateway.plan import figurine_plan
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

FORMATS = ("glb", "stl", "3mf", "usdz")
LIMITS = Limits(max_active=100)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(clock=lambda: 1_000)


def accept(ledger: MemoryLedger, *names: str) -> None:
    for name in names:
        ledger.accept(NewJob(name, "ann", "figurine", {}, figurine_plan(FORMATS), ()), LIMITS)


def test_a_queue_is_full_when_a_stage_waits_for_each_slot(ledger: MemoryLedger) -> None:
    ledger.worker_up("fusion", "f1", slots=1)
    ledger.worker_up("fusion", "f2", slots=1)
    assert not fills(ledger, "fusion")
    accept(ledger, "j1")
    assert not fills(ledger, "fusion")
    accept(ledger, "j2")
    assert fills(ledger, "fusion")
    ledger.claim("j1", "fusion.measure", "f1")
    assert not fills(ledger, "fusion")


def test_a_queue_without_a_worker_is_not_called_full(ledger: MemoryLedger) -> None:
    accept(ledger, "j1", "j2", "j3")
    assert not fills(ledger, "fusion")


# -- what it is asked for -------------------------------------------------------------------
def plan_of(stack: Stack, **fields: str) -> Plan:
    answer = stack.post(query_string={"seed": str(len(stack.published)), **fields})
    assert answer.status_code == 202
    return stack.record(answer.json["id"]).plan


def test_who_meets_a_full_house_gets_his_files_in_turn(stack: Stack) -> None:
    stack.ledger.worker_up("fusion", "f1", slots=1)
    assert plan_of(stack) == figurine_plan(FORMATS)
    assert plan_of(stack) == figurine_plan(FORMATS, in_turn=True)


def test_what_waits_for_an_approval_does_not_ask_how_full_the_house_is(stack: Stack) -> None:
    stack.ledger.worker_up("fusion", "f1", slots=1)
    plan_of(stack)
    assert plan_of(stack, pause_after="portrait") == figurine_plan(FORMATS, pause=True)


def test_without_a_ledger_nobody_waits_for_it_twice(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def away(*_: object, **__: object) -> Standing:
        asked.append(1)
        raise LedgerUnavailable("away")

    for question in ("outlook", "discard", "in_use", "accept"):
        monkeypatch.setattr(stack.ledger, question, away)
    answer = stack.post()
    assert (answer.status_code, answer.json["code"]) == (503, "ledger_unavailable")
    assert len(asked) == 1


def test_the_same_wish_in_a_full_house_is_no_other_request(stack: Stack) -> None:
    stack.ledger.worker_up("fusion", "f1", slots=1)
    first, second = (
        stack.client.post("/v1/figurines", data=jpeg(), headers={"Idempotency-Key": "k"})
        for _ in range(2)
    )
    assert (first.status_code, second.headers["Idempotent-Replayed"]) == (202, "true")
    assert second.json["id"] == first.json["id"]
