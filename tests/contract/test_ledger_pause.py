"""A job that waits for a person: it pauses at a hold, and goes on with what the person decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.contracts.plans import Node, Plan
from common.ledger.records import DAY_MS, HOUR_MS, Approval
from tests.contract.conftest import HELD

if TYPE_CHECKING:
    from tests.contract.conftest import House

pytestmark = pytest.mark.contract

GO_ON = Approval({"height_mm": 100})


@pytest.fixture
def paused(house: House) -> House:
    """A job whose first node is done and holds the rest."""
    house.accept(plan=HELD)
    house.run("a")
    return house


def test_a_job_pauses_behind_a_hold(paused: House) -> None:
    assert paused.state() == "paused"
    assert paused.node_states() == "done waiting waiting waiting"
    assert paused.story()[-1] == "paused"
    assert paused.ledger.events("j1")[-1].data == {"after": ["a"]}
    assert paused.refusal("b") == "not_ready"


def test_a_paused_job_goes_on_when_approved(paused: House) -> None:
    resumed = paused.ledger.resume("j1", "ann", GO_ON)
    assert resumed.status == "resumed"
    assert [ready.id for ready in resumed.ready] == ["b", "c"]
    assert paused.state() == "running"
    paused.run("b", "c", "d")
    assert paused.state() == "succeeded"


def test_the_stages_behind_a_pause_see_the_new_parameters(paused: House) -> None:
    paused.ledger.resume("j1", "ann", Approval({"height_mm": 60}))
    assert paused.claim("b").params == {"height_mm": 60}
    assert paused.job().params == {"height_mm": 60}


def test_finished_nodes_run_anew_where_that_was_asked(paused: House) -> None:
    first = paused.nodes()["a"]
    resumed = paused.ledger.resume("j1", "ann", Approval({}, frozenset({"a"})))
    assert [ready.id for ready in resumed.ready] == ["a"]
    assert paused.nodes()["a"].attempts == 0
    assert first.attempts == 1
    paused.run("a", "b", "c", "d")
    assert paused.state() == "succeeded"


def _pair() -> Plan:
    """Two stages side by side that both hold, as before a figurine's body."""
    nodes = (
        Node(id="a", stage="fusion.measure", queue="fusion", hold=True),
        Node(id="b", stage="stylize.portrait", queue="stylize", hold=True),
        Node(id="c", stage="fusion.sculpt", queue="fusion", after=("a", "b")),
    )
    return Plan(nodes=nodes)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_job_pauses_when_both_of_two_holds_are_done(house: House, order: str) -> None:
    house.accept(plan=_pair())
    house.run(order[0])
    assert house.state() == "running"
    house.run(order[1])
    assert house.state() == "paused"
    assert house.ledger.events("j1")[-1].data == {"after": ["a", "b"]}
    resumed = house.ledger.resume("j1", "ann", GO_ON)
    assert [ready.id for ready in resumed.ready] == ["c"]
    house.run("c")
    assert house.state() == "succeeded"


def test_one_of_two_holds_may_run_anew_and_pause_again(house: House) -> None:
    house.accept(plan=_pair())
    house.run("a", "b")
    again = frozenset({"b", "c"})
    resumed = house.ledger.resume("j1", "ann", Approval({}, again, hold=True))
    assert [ready.id for ready in resumed.ready] == ["b"]
    assert house.state() == "running"
    house.run("b")
    assert house.state() == "paused"
    assert house.nodes()["a"].attempts == 1
    house.ledger.resume("j1", "ann", GO_ON)
    house.run("c")
    assert house.state() == "succeeded"


def test_an_older_claim_of_a_node_that_runs_anew_is_lost(house: House) -> None:
    house.accept(plan=HELD)
    old = house.claim("a")
    house.commit(old)
    house.ledger.resume("j1", "ann", Approval({}, frozenset({"a"})))
    assert house.commit(old).status == "lost"
    house.run("a")
    assert house.commit(old).status == "lost"


def test_a_pause_can_be_asked_for_once_more(paused: House) -> None:
    paused.ledger.resume("j1", "ann", Approval({}, frozenset({"a"}), hold=True))
    paused.run("a")
    assert paused.state() == "paused"
    assert paused.story().count("paused") == 2


def test_only_a_paused_job_can_be_resumed_and_only_by_its_owner(house: House) -> None:
    house.accept(plan=HELD)
    assert house.ledger.resume("j1", "ann", GO_ON).status == "not_paused"
    assert house.ledger.resume("j9", "ann", GO_ON).status == "unknown"
    house.run("a")
    assert house.ledger.resume("j1", "bob", GO_ON).status == "unknown"
    assert house.ledger.resume("j1", "ann", GO_ON).status == "resumed"
    assert house.ledger.resume("j1", "ann", GO_ON).status == "not_paused"


def test_a_pause_nobody_answers_expires_after_a_day(house: House) -> None:
    house.accept(plan=HELD, deadline_ms=HOUR_MS)
    house.run("a")
    house.later(DAY_MS - 1)
    assert house.ledger.reap().expired == 0
    house.later(1)
    assert house.ledger.reap().expired == 1
    assert house.state() == "expired"


def test_a_resumed_job_has_its_whole_time_again(house: House) -> None:
    house.accept(plan=HELD, deadline_ms=HOUR_MS)
    house.run("a")
    house.later(20 * HOUR_MS)
    house.ledger.resume("j1", "ann", GO_ON)
    house.later(HOUR_MS - 1)
    assert house.ledger.reap().expired == 0
    house.later(1)
    assert house.ledger.reap().expired == 1


def test_a_paused_job_takes_no_room(paused: House) -> None:
    assert paused.accept("j2", max_active=1).status == "accepted"
    assert paused.accept("j3", max_active=1).status == "busy"
    paused.ledger.resume("j1", "ann", GO_ON)
    assert paused.accept("j3", max_active=2).status == "busy"


def test_a_paused_job_can_be_cancelled(paused: House) -> None:
    assert paused.ledger.cancel("j1", "ann") == "cancelled"
    assert paused.ledger.resume("j1", "ann", GO_ON).status == "not_paused"
    assert paused.terminal_events() == ["cancelled"]


def test_a_stage_tells_how_it_gets_on(house: House) -> None:
    house.accept()
    claim = house.claim("a")
    assert house.ledger.report(claim, {"text": "Soften the onion"})
    last = house.ledger.events("j1")[-1]
    assert (last.type, last.data) == ("progress", {"stage": "a", "text": "Soften the onion"})
    house.commit(claim)
    assert not house.ledger.report(claim, {"text": "too late"})
