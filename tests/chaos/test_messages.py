"""Messages that come often, come broken, come from elsewhere, or never come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from common import canvas
from common.ledger.records import ReadyNode
from deploy.processes import is_alive
from deploy.stack import ROOT
from tests.bench.photos import new_portrait
from tests.chaos.faults import ALWAYS
from tests.chaos.scene import until
from tests.chaos.test_workers import hash_of
from tests.extent import size

if TYPE_CHECKING:
    from tests.chaos.scene import Scene


@pytest.mark.fault(11, "the same message ten times at once", seconds=4)
def test_one_of_ten_executions_commits(scene: Scene) -> None:
    photo = new_portrait()
    scene.struck()
    job = scene.figurine(photo)
    twin = ReadyNode(job, "fusion.measure", "fusion.measure", "fusion")
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: canvas.publish_again(scene.app, [twin]), range(10)))
    scene.succeed(job)
    assert scene.told(job, "running")["fusion.measure"] == 1
    assert scene.told(job, "done")["fusion.measure"] == 1


@pytest.mark.fault(12, "a stage longer than its lease, with heartbeats", seconds=17)
def test_a_long_stage_with_heartbeats_runs_once(scene: Scene) -> None:
    photo = new_portrait()
    scene.faults.at(f"{hash_of(photo)} fusion.measure", "sleep", seconds=13)
    job = scene.figurine(photo)
    scene.succeed(job)
    assert scene.told(job, "running")["fusion.measure"] == 1


@pytest.mark.fault("12b", "a stage longer than its lease, without heartbeats", seconds=24)
def test_a_long_stage_without_heartbeats_runs_twice_and_commits_once(scene: Scene) -> None:
    photo = new_portrait()
    scene.faults.at("no heartbeat")
    scene.faults.at(f"{hash_of(photo)} fusion.measure", "sleep", times=1, seconds=14)
    scene.struck()
    job = scene.figurine(photo)
    scene.succeed(job)
    assert scene.told(job, "running")["fusion.measure"] == 2
    assert scene.told(job, "done")["fusion.measure"] == 1
    time.sleep(5)  # the first one ends now, and changes nothing
    assert scene.told(job, "done")["fusion.measure"] == 1


@pytest.mark.fault(15, "a queue entry that is not JSON", seconds=13)
def test_rubbish_in_a_queue_kills_a_worker_and_loses_no_job(scene: Scene) -> None:
    """The ACL that keeps others from writing to the queues comes with the keys of the house."""
    jobs = [scene.figurine(), *scene.recipes(2)]
    scene.struck()
    for queue in ("recipe", "fusion"):
        scene.broker.lpush(f"kiln:{queue}", "not json{")
    until(lambda: scene.broker.llen("kiln:recipe") == 0, 20)
    jobs += [scene.figurine(), *scene.recipes(2)]
    scene.succeed(*jobs)


@pytest.mark.fault(16, "a JSON envelope that is no message", seconds=5)
def test_an_envelope_without_a_message_only_repeats_work(scene: Scene) -> None:
    jobs = [scene.figurine(), *scene.recipes(2)]
    scene.struck()
    for queue in ("recipe", "fusion", "stylize", "gateway"):
        scene.broker.lpush(f"kiln:{queue}", json.dumps({"a": 1}))
    jobs += [scene.figurine(), *scene.recipes(2)]
    scene.succeed(*jobs)


@pytest.mark.fault(17, "an unknown task and a pickled message", seconds=3)
def test_foreign_messages_are_thrown_away(scene: Scene) -> None:
    before = {process.name: process.pid for process in scene.stack.processes("recipe-worker")}
    scene.struck()
    scene.app.send_task("somebody.elses", queue="recipe", args=("x",))
    with scene.app.connection_for_write() as connection:
        scene.app.amqp.Producer(connection).publish(
            b"\x80\x04N.",
            routing_key="recipe",
            exchange="kiln",
            content_type="application/x-python-serialize",
            content_encoding="binary",
            headers={"task": "recipe.rank", "id": "pickled"},
        )
    job = scene.recipe()
    scene.succeed(job)
    until(lambda: scene.broker.llen("kiln:recipe") == 0, 20)
    after = {process.name: process.pid for process in scene.stack.processes("recipe-worker")}
    assert after == before
    # a failed job has nothing to do with it: only its ids travel, and the ledger knows no such job
    scene.app.send_task("recipe.rank", queue="recipe", args=("no-such-job", "recipe.rank"))
    scene.succeed(scene.recipe())


@pytest.mark.fault(
    18, "the gateway is killed between the ledger's promise and the message", seconds=15
)
def test_a_job_whose_gateway_died_is_published_by_the_reconciler(scene: Scene) -> None:
    scene.faults.at("publish", "kill", who="gunicorn")
    photo = new_portrait()
    headers = {"Idempotency-Key": os.urandom(8).hex()}
    scene.struck()
    with pytest.raises(requests.RequestException):
        requests.post(f"{scene.stack.url}/v1/figurines", data=photo, headers=headers, timeout=30)
    # the client does not know, and asks again: the job is there already
    answer = until(lambda: again(scene, photo, headers), 30)
    assert answer.headers.get("Idempotency-Replayed", "true") == "true"
    (job,) = scene.track(answer.json()["id"])
    scene.succeed(job)
    assert scene.job(job).republications == 2  # the body, and the portrait beside it


def again(scene: Scene, photo: bytes, headers: dict[str, str]) -> Any:
    url = f"{scene.stack.url}/v1/figurines"
    answer = requests.post(url, data=photo, headers=headers, timeout=30)
    return answer if answer.status_code in {200, 202} else None


@pytest.mark.fault(27, "the reconciler is killed, and two of them run", seconds=20)
def test_another_reconciler_takes_over_and_two_publish_nothing_twice(scene: Scene) -> None:
    with second_reconciler(scene) as second:
        # Given two, Then a job whose message is missing is published once
        scene.struck()
        jobs = scene.tiny(size(50, 10), publish=False)
        scene.succeed(*jobs)
        first_stages = [scene.job(job).republications for job in jobs]
        assert max(first_stages) <= 4, "one for each stage of the plan at most"
        # When the first one dies and stays away, Then the other one does its work
        scene.stack.stop("reconciler")
        scene.struck()
        jobs = scene.tiny(3, publish=False)
        scene.succeed(*jobs, timeout_s=60)
        assert is_alive(second.pid)


@contextmanager
def second_reconciler(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.reconciler"],
        cwd=ROOT,
        env=scene.stack.stack.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(3)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.mark.fault("27b", "the only reconciler is killed again and again", seconds=10)
def test_a_reconciler_that_dies_all_the_time_still_brings_jobs_back(scene: Scene) -> None:
    for _ in range(size(5, 2)):
        scene.tiny(3, publish=False)
        scene.kill("reconciler")
        time.sleep(2)
    scene.succeed(timeout_s=90)


@pytest.mark.fault("11b", "a job that fails each time, delivered again and again", seconds=6)
def test_messages_of_a_failed_job_change_nothing(scene: Scene) -> None:
    photo = new_portrait()
    scene.faults.at(f"{hash_of(photo)} fusion.measure", "refuse", times=ALWAYS)
    scene.struck()
    job = scene.figurine(photo)
    scene.wait(job)
    before = scene.ledger.events(job)
    for node in scene.job(job).plan.nodes:
        twin = ReadyNode(job, node.id, node.stage, node.queue)
        canvas.publish_again(scene.app, [twin] * 3)
    scene.succeed(scene.figurine())
    assert scene.ledger.events(job) == before
