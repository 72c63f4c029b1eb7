"""Celery's chords as they get lost, and fan-ins whose parts fail.

The house runs its workers as threads of one process, where there is no child to kill: the whole
worker dies instead, at the same point of the same function. What happens to the chord is equal.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.bench.photos import new_portrait
from tests.chaos.scene import until
from tests.chaos.test_workers import hash_of

if TYPE_CHECKING:
    from tests.chaos.scene import Scene


@pytest.mark.fault(4, "SIGKILL after a header's commit, before its chord part counts", seconds=5)
def test_a_chord_that_counts_one_part_too_few_fires_by_the_reconciler(scene: Scene) -> None:
    scene.faults.at("chord part", "kill", who="fusion")
    scene.struck()
    job = scene.figurine()
    until(lambda: scene.faults.made("chord part"), 60)
    scene.succeed(job)
    assert fan_in_delay_s(scene, job) < 30  # promised: two periods of the reconciler


@pytest.mark.fault(5, "SIGTERM while the body of a chord is published", seconds=5)
def test_a_worker_told_to_leave_while_it_publishes_the_body(scene: Scene) -> None:
    scene.faults.at("chord body", "term", seconds=1)
    scene.struck()
    job = scene.figurine()
    until(lambda: scene.faults.made("chord body"), 60)
    scene.succeed(job)
    assert scene.told(job, "done")["gateway.finish"] == 1


@pytest.mark.fault("5b", "SystemExit in place of the body's message (what L3 does)", seconds=5)
def test_a_body_that_is_never_published_is_published_by_the_reconciler(scene: Scene) -> None:
    scene.faults.at("chord body", "exit")
    scene.struck()
    job = scene.figurine()
    until(lambda: scene.faults.made("chord body"), 60)
    scene.succeed(job)
    assert fan_in_delay_s(scene, job) < 30
    assert scene.job(job).republications == 1
    # Then the worker that was hit still listens
    afterwards = scene.figurines(6)
    scene.succeed(*afterwards)
    nodes = [node for one in afterwards for node in scene.job(one).nodes]
    assert len({node.worker for node in nodes if node.stage.startswith("fusion")}) == 2


@pytest.mark.fault(6, "one connection error while a chord part is counted", seconds=5)
def test_a_lost_connection_in_the_chord_fails_nobody(scene: Scene) -> None:
    scene.faults.at("chord part", "no connection")
    scene.struck()
    job = scene.figurine()
    until(lambda: scene.faults.made("chord part"), 60)
    scene.succeed(job)


def fan_in_delay_s(scene: Scene, job: str) -> float:
    """From the last finished parent to the start of the fan-in."""
    *before, last = scene.job(job).nodes
    assert last.begin_ms is not None
    return (last.begin_ms - max(node.end_ms or 0 for node in before)) / 1000


@pytest.mark.fault(
    21, "one of the parallel stages fails for good, and the job needs it", seconds=12
)
def test_a_part_that_is_needed_fails_the_job_at_once(scene: Scene) -> None:
    photo = new_portrait()
    # a stage beside it would take much longer
    scene.faults.at(f"{hash_of(photo)} fusion.render", "sleep", seconds=8)
    scene.faults.at(f"{hash_of(photo)} fusion.print", "refuse")
    scene.struck()
    started = time.monotonic()
    job = scene.figurine(photo)
    scene.wait(job)
    record = scene.job(job)
    assert record.state == "failed"
    assert record.error is not None
    assert (record.error["code"], record.error["stage"]) == ("no_face", "fusion.print")
    until(lambda: scene.told(job, "failed")["fusion.print"], 5)
    measured = scene.node(job, "fusion.print")
    assert record.finished_ms == measured.end_ms  # nobody waited for anything
    assert time.monotonic() - started < 60


@pytest.mark.fault("21b", "one of the parallel stages fails for good, and may", seconds=8)
def test_a_part_that_is_optional_is_left_out(scene: Scene) -> None:
    scene.stack.stop("recipe-worker")
    job = scene.recipe(3)
    scene.faults.at(f"{job} recipe.compose#1", "refuse")
    scene.struck()
    scene.stack.start("recipe-worker")
    scene.succeed(job)
    states = {node.id: node.state for node in scene.job(job).nodes}
    assert states.pop("recipe.compose#1") == "skipped"
    assert set(states.values()) == {"done"}
