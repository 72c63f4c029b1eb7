from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from common import metrics
from common.contracts.artifacts import ArtifactRef
from common.contracts.facts import MeasureFacts, SculptFacts
from common.contracts.stages import FORM, GLB
from common.errors import KilnError, LedgerUnavailable, NoFace, StorageError
from common.ledger.records import ReadyNode
from common.logs import _JsonLine
from common.stage import StageContext
from tests.unit.common.workbench import FACTS, MEASURE, SCULPT, Workbench, raising


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.accept()
    return bench


def _count(metric: Any, *labels: str) -> float:
    child = metric.labels(*labels) if labels else metric
    return float(child._value.get())


# -- the way things go ---------------------------------------------------------------
def test_a_ready_stage_is_run_and_its_output_committed(bench: Workbench) -> None:
    assert bench.run() == "committed"
    job = bench.job()
    assert bench.node_states() == ["done", "ready"]
    assert bench.store.get("ann", job.artifacts["attributes.json"]) == b"attributes of photo"
    result = job.nodes[0].result
    assert result is not None
    assert (result.engine, result.cached, result.facts) == ("builtin", False, FACTS.model_dump())


def test_the_engine_that_ran_is_told(bench: Workbench) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.engine = "better"
        return FACTS

    bench.run(body)
    assert bench.job().nodes[0].result.engine == "better"  # type: ignore[union-attr]


def test_an_early_artifact_is_shown_before_the_stage_has_ended(bench: Workbench) -> None:
    bench.run()
    shown: list[set[str]] = []

    def body(context: StageContext, *_: object) -> SculptFacts:
        context.write_all({FORM: b"npz", GLB: b"glb"}, early=GLB)
        shown.append(set(bench.job().artifacts))
        return SculptFacts(template="default", height_mm=100, triangles=1)

    assert bench.run(body, stage=SCULPT) == "committed"
    assert shown == [{"photo", "attributes.json", "figurine.glb"}]
    assert bench.job().state == "succeeded"


def test_what_is_logged_in_a_stage_carries_job_and_stage(bench: Workbench) -> None:
    lines: list[str] = []

    def body(*_: object) -> MeasureFacts:
        record = logging.LogRecord("x", logging.INFO, "", 0, "half way", None, None)
        lines.append(_JsonLine("fusion").format(record))
        return FACTS

    bench.run(body)
    line = json.loads(lines[0])
    assert (line["job"], line["stage"], line["message"]) == ("j1", MEASURE, "half way")
    assert line["trace"] == "t-1"


# -- claims --------------------------------------------------------------------------
def _never(*_: object) -> MeasureFacts:
    pytest.fail("this body must not run")


def test_a_message_that_comes_too_early_is_a_no_op(bench: Workbench) -> None:
    before = _count(metrics.CLAIM_REFUSED, "not_ready")
    assert bench.run(_never, stage=SCULPT) == "not_ready"
    assert _count(metrics.CLAIM_REFUSED, "not_ready") == before + 1


def test_a_message_of_an_unknown_job_is_a_no_op(bench: Workbench) -> None:
    assert bench.run(_never, job="nobody's") == "unknown"


def test_a_stage_that_another_worker_holds_is_not_run(bench: Workbench) -> None:
    bench.claim()
    assert bench.run(_never) == "held"


def test_a_message_after_the_end_of_its_job_is_a_no_op(bench: Workbench) -> None:
    bench.memory.cancel("j1", "ann")
    assert bench.run(_never) == "ended"


def test_a_message_delivered_five_times_is_executed_once(bench: Workbench) -> None:
    answers = [bench.run() for _ in range(5)]
    assert answers == ["committed", "done", "done", "done", "done"]
    assert bench.job().nodes[0].attempts == 1


# -- memory --------------------------------------------------------------------------
def test_an_output_that_is_known_is_not_made_again(bench: Workbench) -> None:
    bench.run()
    bench.accept("j2")
    assert bench.run(_never, job="j2") == "hit"
    assert bench.job("j2").artifacts["attributes.json"] == bench.job().artifacts["attributes.json"]
    assert bench.job("j2").nodes[0].result.cached  # type: ignore[union-attr]


def test_another_photo_is_another_output(bench: Workbench) -> None:
    bench.run()
    bench.accept("j2", b"another photo")
    assert bench.run(job="j2") == "committed"


def test_a_new_version_of_the_code_forgets_the_old_outputs(bench: Workbench) -> None:
    bench.run()
    bench.accept("j2")
    bench.runtime.versions[MEASURE] = "v2"
    assert bench.run(job="j2") == "committed"


def test_what_stood_in_for_a_failed_engine_is_made_again(bench: Workbench) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.stands_in = True
        return FACTS

    assert bench.run(body) == "committed"
    bench.accept("j2")
    assert bench.run(job="j2") == "committed"


# -- errors --------------------------------------------------------------------------
def test_a_permanent_error_ends_the_job_with_its_code(bench: Workbench) -> None:
    assert bench.run(raising(NoFace("nobody here"))) == "failed"
    job = bench.job()
    assert job.state == "failed"
    assert job.error == {
        "code": "no_face",
        "detail": "nobody here",
        "hint": NoFace.hint,
        "stage": MEASURE,
    }


def test_a_retryable_error_is_tried_again_after_a_pause(bench: Workbench) -> None:
    assert bench.run(raising(StorageError("disk full"))) == "again"
    assert bench.run() == "not_ready"
    bench.later(StorageError.pauses_ms[0])
    assert bench.run() == "committed"
    assert bench.job().nodes[0].attempts == 2


def test_a_store_that_stays_away_is_given_longer_before_the_last_attempt(bench: Workbench) -> None:
    first, second = StorageError.pauses_ms
    bench.run(raising(StorageError("no such mount")))
    bench.later(first)
    assert bench.run(raising(StorageError("no such mount"))) == "again"
    bench.later(second - 1)
    assert bench.run() == "not_ready"
    bench.later(1)
    assert bench.run() == "committed"
    assert second >= 20_000


def test_a_retryable_error_is_tried_three_times_at_most(bench: Workbench) -> None:
    answers = []
    for _ in range(3):
        answers.append(bench.run(raising(StorageError("disk full"))))
        bench.later(max(StorageError.pauses_ms))
    assert answers == ["again", "again", "dead"]
    assert bench.job().error["code"] == "storage"  # type: ignore[index]


@pytest.mark.parametrize("bug", [ZeroDivisionError("secret"), SystemExit(3), MemoryError()])
def test_a_bug_ends_the_job_as_internal_and_keeps_the_worker(
    bench: Workbench, bug: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    assert bench.run(raising(bug)) == "failed"
    error = bench.job().error
    assert error is not None
    assert error["code"] == "internal"
    assert "secret" not in str(error)  # the traceback is in the log only
    assert caplog.records[-1].exc_info is not None


def test_parameters_that_are_not_valid_are_told_as_such(bench: Workbench) -> None:
    bench.accept("j2", params={"subject": "the left one"})
    assert bench.run(_never, job="j2") == "failed"
    assert bench.job("j2").error["code"] == "bad_parameter"  # type: ignore[index]


def test_a_plan_without_the_input_of_a_stage_is_a_bug_of_ours(bench: Workbench) -> None:
    bench.accept("j2", inputs=())
    assert bench.run(_never, job="j2") == "failed"
    assert bench.job("j2").error["code"] == "internal"  # type: ignore[index]


def test_files_of_a_failed_stage_are_thrown_away(bench: Workbench) -> None:
    bench.run(raising(NoFace("nobody here")))
    assert len(bench.trash()) == 1


def test_a_file_that_was_shown_early_outlives_the_failure_of_its_stage(bench: Workbench) -> None:
    def body(context: StageContext, *_: object) -> MeasureFacts:
        context.write_all({GLB: b"glb"}, early=GLB)
        raise NoFace("nobody here")

    bench.run(body)
    assert bench.trash() == []
    assert bench.has(bench.job().artifacts["figurine.glb"])


def test_an_input_that_has_expired_ends_the_job_as_gone(bench: Workbench) -> None:
    def gone(context: StageContext, *_: object) -> MeasureFacts:
        ref = ArtifactRef(name="x", sha256="0" * 64, size=0, media_type="x/y")
        context.claim.artifacts["x"] = ref
        context.read("x")
        return FACTS

    assert bench.run(gone) == "failed"
    assert bench.job().error["code"] == "gone"  # type: ignore[index]


def test_the_root_of_the_error_tree_is_permanent(bench: Workbench) -> None:
    assert bench.run(raising(KilnError("no leaf fits"))) == "failed"


# -- successors ----------------------------------------------------------------------
def test_a_republished_stage_publishes_its_successors(bench: Workbench) -> None:
    bench.run(republished=True)
    assert bench.published == [ReadyNode("j1", SCULPT, SCULPT, "fusion")]


def test_a_republished_memo_hit_publishes_its_successors(bench: Workbench) -> None:
    bench.run()
    bench.accept("j2")
    bench.run(job="j2", republished=True)
    assert bench.published == [ReadyNode("j2", SCULPT, SCULPT, "fusion")]


def test_a_stage_of_the_canvas_leaves_its_successors_to_celery(bench: Workbench) -> None:
    bench.run()
    assert bench.published == []


def test_a_broker_that_is_away_does_not_undo_a_commit(bench: Workbench) -> None:
    def away(_: tuple[ReadyNode, ...]) -> None:
        raise LedgerUnavailable("the broker does not answer")

    object.__setattr__(bench.runtime, "publish", away)
    assert bench.run(republished=True) == "committed"
