"""What happens around a stage: time runs out, claims get lost, Redis is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from common import metrics, stage
from common.contracts.facts import MeasureFacts
from common.contracts.stages import ATTRIBUTES, GLB
from common.errors import NoFace
from common.stage import StageContext
from tests.unit.common.workbench import FACTS, MEASURE, Workbench, measured, raising


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.accept()
    return bench


def _count(metric: Any, *labels: str) -> float:
    child = metric.labels(*labels) if labels else metric
    return float(child._value.get())


def _never(*_: object) -> MeasureFacts:
    pytest.fail("this body must not run")


# -- time and leases -----------------------------------------------------------------
def test_a_stage_past_its_soft_limit_stops_at_its_next_checkpoint(bench: Workbench) -> None:
    reached: list[str] = []

    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.checkpoint()
        reached.append("end")
        return FACTS

    assert bench.run(body, soft_s=-1) == "again"
    assert not reached
    assert bench.memory.events("j1")[-1].data["reason"] == "hang"


def test_work_that_is_done_is_committed_though_it_took_too_long(bench: Workbench) -> None:
    assert bench.run(lambda *_: FACTS, soft_s=-1) == "committed"


def test_a_cancelled_stage_stops_at_its_next_checkpoint_and_leaves_no_file(
    bench: Workbench,
) -> None:
    # Given a stage that has stored a file
    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.write(ATTRIBUTES, b"soon worthless")
        # When the job is cancelled and the next heartbeat tells so
        bench.memory.cancel("j1", "ann")
        bench.keeper.renew_due(float("inf"))  # past every limit: nothing is renewed
        assert not context.lost
        bench.keeper.renew_due(context.commit_by)
        context.checkpoint()
        pytest.fail("ran on after the checkpoint")

    # Then the stage stops, and its file is thrown away
    before = _count(metrics.LEASE_LOST, MEASURE)
    assert bench.run(body) == "lost"
    assert _count(metrics.LEASE_LOST, MEASURE) == before + 1
    assert len(bench.trash()) == 1


@pytest.mark.parametrize("further", ["report", "write"])
def test_a_stage_whose_job_has_ended_stops_before_it_writes_more(
    bench: Workbench, further: str
) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        bench.memory.cancel("j1", "ann")
        if further == "report":
            context.report(stage="half way")  # and hears that nobody wants to know
        else:
            context.lost = True
        context.write(ATTRIBUTES, b"worthless")
        pytest.fail("ran on")

    assert bench.run(body) == "lost"
    assert bench.trash() == []  # nothing was written


def test_a_commit_of_a_stage_that_another_worker_took_over_changes_nothing(
    bench: Workbench,
) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.write(ATTRIBUTES, b"mine")
        bench.later(11_000)
        bench.memory.reap()
        bench.claim()  # the lease ran out, somebody else goes on
        return FACTS

    before = _count(metrics.LEASE_LOST, MEASURE)
    assert bench.run(body) == "lost"
    assert _count(metrics.LEASE_LOST, MEASURE) == before + 1
    assert bench.node_states() == ["running", "waiting"]
    assert len(bench.trash()) == 1


def test_an_early_artifact_of_a_lost_stage_stops_the_stage(bench: Workbench) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        bench.memory.cancel("j1", "ann")
        context.write_all({GLB: b"glb"}, early=GLB)
        context.checkpoint()
        pytest.fail("ran on after the checkpoint")

    assert bench.run(body) == "lost"
    assert len(bench.trash()) == 1


def test_nothing_is_held_after_a_stage_however_it_ended(bench: Workbench) -> None:
    bench.run(raising(SystemExit(1)))
    bench.keeper.end_if_hung(float("inf"))
    assert bench.left == []


# -- Redis away ----------------------------------------------------------------------
@pytest.mark.parametrize("call", ["claim", "recall", "commit"])
def test_redis_away_for_a_moment_delays_a_stage_and_breaks_nothing(
    bench: Workbench, call: str
) -> None:
    bench.ledger.away[call] = 1
    assert bench.run() == "committed"
    assert bench.job().nodes[0].attempts == 1


def test_a_claim_whose_answer_gets_lost_is_no_crash(bench: Workbench) -> None:
    bench.ledger.after["claim"] = 1
    assert bench.run() == "committed"
    assert bench.job().nodes[0].attempts == 1


def test_what_is_remembered_stays_so_when_the_answer_gets_lost(bench: Workbench) -> None:
    bench.run()
    bench.accept("j2")
    bench.ledger.after["recall"] = 1
    assert bench.run(_never, job="j2") == "duplicate"
    assert bench.node_states("j2") == ["done", "ready"]


def test_who_asks_again_for_a_stage_that_runs_beside_it_does_not_get_it(bench: Workbench) -> None:
    """A doubled message, in another thread of the same worker, while Redis is away for a moment."""

    def body(*_: object) -> MeasureFacts:
        bench.ledger.away["claim"] = 1
        assert bench.run(_never) == "held"
        return FACTS

    assert bench.run(body) == "committed"


def test_redis_away_while_a_failure_is_told_delays_it(bench: Workbench) -> None:
    bench.ledger.away["fail"] = 1
    assert bench.run(raising(NoFace("nobody here"))) == "failed"


def test_redis_away_for_long_at_the_claim_leaves_the_stage_to_the_reconciler(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "CLAIM_PATIENCE_S", -1)
    bench.ledger.away["claim"] = 1
    assert bench.run(_never) == "unavailable"
    assert bench.node_states() == ["ready", "waiting"]


@pytest.mark.parametrize(
    ("call", "body"), [("commit", measured), ("fail", raising(NoFace("nobody here")))]
)
def test_redis_away_until_the_hard_limit_lets_the_lease_run_out(
    bench: Workbench, call: str, body: Callable[..., MeasureFacts]
) -> None:
    # Given a Redis that is away when the stage ends, and stays away
    bench.ledger.away[call] = 100
    bench.ledger.away["discard"] = 1
    # When there is no time left before the watchdog would end the process
    assert bench.run(body, hard_s=-1) == "unavailable"
    # Then the reaper brings the stage back, and it runs again
    bench.ledger.away.clear()
    bench.later(11_000)
    assert [node.id for node in bench.memory.reap().again] == [MEASURE]
    assert bench.run() == "committed"


def test_the_last_call_of_a_stage_ends_before_the_watchdog_ends_the_process(
    bench: Workbench,
) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        assert context.commit_by + stage.LAST_CALL_S <= time.monotonic() + 30
        return FACTS

    assert bench.run(body, hard_s=30) == "committed"


def test_redis_away_when_an_early_artifact_is_shown_costs_only_that(bench: Workbench) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.write_all({GLB: b"glb"}, early=GLB)
        return FACTS

    bench.ledger.away["announce"] = 1
    assert bench.run(body) == "committed"
    assert "figurine.glb" in bench.job().artifacts


def test_a_lost_reply_to_a_commit_is_a_duplicate_and_no_second_output(bench: Workbench) -> None:
    before = _count(metrics.DUPLICATE_COMMITS)
    bench.ledger.after["commit"] = 1
    assert bench.run() == "duplicate"
    assert _count(metrics.DUPLICATE_COMMITS) == before + 1
    assert bench.node_states() == ["done", "ready"]
    assert bench.trash() == []
