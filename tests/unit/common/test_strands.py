from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from common.contracts.facts import MeasureFacts
from common.contracts.plans import Node, Plan
from common.contracts.stages import BY_NAME
from common.errors import LedgerUnavailable, NoFace, StorageError
from common.stage import Body, StageContext, StageTask
from common.strands import run_in_turn
from tests.unit.common.workbench import (
    MEASURE,
    PLAN,
    SCULPT,
    Workbench,
    measured,
    raising,
    sculpted,
)


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.accept()
    return bench


def run_both(bench: Workbench, measure: Body = measured, *, lingers: bool = False) -> str:
    """Run what one message asks for: two stages, one after the other."""
    strand = [
        (MEASURE, StageTask(BY_NAME[MEASURE], measure)),
        (SCULPT, StageTask(BY_NAME[SCULPT], sculpted)),
    ]
    return run_in_turn(bench.runtime, "j1", strand, lambda: lingers, republished=False)


def test_stages_that_follow_one_another_are_one_message(bench: Workbench) -> None:
    assert run_both(bench) == "committed"
    assert bench.node_states() == ["done", "done"]
    assert bench.published == []


def test_a_message_that_comes_twice_goes_on_behind_what_is_done(bench: Workbench) -> None:
    bench.run()  # and then its worker died
    assert run_both(bench) == "committed"
    assert bench.node_states() == ["done", "done"]
    assert run_both(bench) == "ended"


def test_what_follows_a_stage_that_will_be_tried_again_is_left_to_others(bench: Workbench) -> None:
    assert run_both(bench, raising(StorageError("no disk"))) == "again"
    assert bench.node_states() == ["ready", "waiting"]
    assert bench.ledger.calls["claim"] == 1


def test_what_follows_a_stage_that_is_left_out_is_run_all_the_same(bench: Workbench) -> None:
    photo_is_enough = Node(id="again", stage=MEASURE, queue="fusion", after=(MEASURE,))
    may_be_missing = PLAN.nodes[0].model_copy(update={"optional": True})
    bench.accept("j2", plan=Plan(nodes=(may_be_missing, photo_is_enough)))
    strand = [
        (MEASURE, StageTask(BY_NAME[MEASURE], raising(NoFace("nobody there")))),
        ("again", StageTask(BY_NAME[MEASURE], measured)),
    ]
    run_in_turn(bench.runtime, "j2", strand, republished=False)
    assert bench.node_states("j2") == ["skipped", "done"]


def test_a_lost_reply_to_the_commit_does_not_end_the_message(bench: Workbench) -> None:
    bench.ledger.after["commit"] = 1
    assert run_both(bench) == "committed"
    assert bench.node_states() == ["done", "done"]


def test_a_job_that_was_cancelled_meanwhile_goes_no_further(bench: Workbench) -> None:
    def cancelled(context: StageContext, request: Any, models: Any) -> MeasureFacts:
        bench.memory.cancel("j1", "ann")
        return measured(context, request, models)

    assert run_both(bench, cancelled) == "lost"
    assert bench.ledger.calls["claim"] == 1


def test_a_process_that_should_be_gone_ends_its_last_stage_like_any_other(
    bench: Workbench,
) -> None:
    alone = [(MEASURE, StageTask(BY_NAME[MEASURE], measured))]
    assert run_in_turn(bench.runtime, "j1", alone, lambda: True, republished=False) == "committed"
    assert bench.published == []


def test_where_the_broker_is_away_the_rest_is_left_to_the_reconciler(bench: Workbench) -> None:
    def away(_: object) -> None:
        raise LedgerUnavailable("the broker does not answer")

    bench.runtime = replace(bench.runtime, publish=away)
    assert run_both(bench, lingers=True) == "committed"
    assert bench.node_states() == ["done", "ready"]
