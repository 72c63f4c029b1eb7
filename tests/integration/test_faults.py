"""What dies in the middle must not be felt at the end: kills, losses, doubles, outages."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import redis
import requests

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Node, Plan
from common.ledger.records import Limits, NewJob, NodeRecord, ReadyNode
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.extent import size

if TYPE_CHECKING:
    from tests.stack import TestStack

KILLS = size(10, 2)


@pytest.fixture
def kiln(stack: TestStack) -> Kiln:
    stack.wait_until_ready()
    return Kiln(stack.url)


def _until(condition: Any, timeout_s: float = 30, pause_s: float = 0.02) -> Any:
    give_up = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(pause_s)
    return found


def _stage_events(stack: TestStack, job: str, state: str) -> Counter[str]:
    events = stack.ledger().events(job)
    return Counter(
        event.data["stage"]
        for event in events
        if event.type == "stage" and event.data["state"] == state
    )


def _assert_whole(stack: TestStack, job: str) -> None:
    """One terminal state, one terminal event, one commit a stage, nothing left in the indexes."""
    record = stack.ledger().job(job)
    assert record is not None
    assert record.state.terminal
    events = stack.ledger().events(job)
    assert sum(event.terminal for event in events) == 1
    assert events[-1].terminal
    if record.state == "succeeded":
        assert _stage_events(stack, job, "done") == {node.id: 1 for node in record.nodes}


@pytest.mark.parametrize("stage", ["fusion.measure", "fusion.sculpt", "fusion.render"] * KILLS)
def test_a_fusion_worker_killed_in_mid_stage_costs_seconds_not_the_job(
    stack: TestStack, kiln: Kiln, stage: str
) -> None:
    # Given a job, When the worker that runs one of its stages is killed
    job = _kill_in(stack, kiln, stage)
    killed = time.monotonic()
    # Then the job succeeds within 20 s of the kill, each artifact committed once
    done = kiln.wait(job, timeout_s=60)
    assert done["state"] == "succeeded"
    assert time.monotonic() - killed < 20
    assert _stage_events(stack, job, "running")[stage] == 2
    _assert_whole(stack, job)


def _kill_in(stack: TestStack, kiln: Kiln, stage: str) -> str:
    """Send a job and kill the worker of a stage; a stage that ended first gets another job."""
    for _ in range(10):
        job = kiln.submit_figurine(new_portrait())["id"]
        _until(lambda job=job: _stage_events(stack, job, "running")[stage], pause_s=0)
        pid = stack.worker_pid(str(_node(stack, job, stage).worker))
        os.kill(pid, signal.SIGSTOP)  # nothing moves while we look
        if _node(stack, job, stage).state == "running":
            os.kill(pid, signal.SIGKILL)
            return job
        os.kill(pid, signal.SIGCONT)
        kiln.wait(job)
    pytest.fail(f"{stage} always ended before its worker could be stopped")


def _node(stack: TestStack, job: str, stage: str) -> NodeRecord:
    record = stack.ledger().job(job)
    assert record is not None
    return next(node for node in record.nodes if node.id == stage)


def test_twenty_clients_with_one_idempotency_key_make_one_job(stack: TestStack, kiln: Kiln) -> None:
    photo = new_portrait()

    def submit(_: int) -> str:
        with Kiln(stack.url) as one:
            return str(one.submit_figurine(photo, idempotency_key="twenty")["id"])

    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(submit, range(20)))
    assert len(ids) == 1
    assert kiln.wait(ids.pop())["state"] == "succeeded"


def test_a_message_delivered_five_times_is_executed_once(stack: TestStack, kiln: Kiln) -> None:
    job = kiln.submit_figurine(new_portrait())["id"]
    app = make_app(stack.settings)
    twin = ReadyNode(job, "fusion.measure", "fusion.measure", "fusion")
    canvas.publish_again(app, [twin] * 5)
    assert kiln.wait(job)["state"] == "succeeded"
    assert _stage_events(stack, job, "running")["fusion.measure"] == 1
    _assert_whole(stack, job)


def test_a_lost_message_is_published_again(stack: TestStack, kiln: Kiln) -> None:
    # Given a job whose message never reached the broker
    ledger, plan_job = stack.ledger(), "lost-message"
    photo = stack.store().put("local", "photo", "image/jpeg", new_portrait())
    node = Node(id="fusion.measure", stage="fusion.measure", queue="fusion")
    ledger.accept(
        NewJob(plan_job, "local", "figurine", {}, Plan(nodes=(node,)), (photo,)), Limits(1000)
    )
    # When nobody publishes it, Then the reconciler does
    _until(lambda: ledger.job(plan_job).state == "succeeded", 20)  # type: ignore[union-attr]


def test_a_long_queue_is_not_mistaken_for_a_loss(stack: TestStack) -> None:
    # Given no fusion worker and many jobs whose messages wait at the broker
    stack.stop("fusion-worker")
    ledger, app = stack.ledger(), make_app(stack.settings)
    photo = stack.store().put("local", "photo", "image/jpeg", new_portrait())
    node = Node(id="fusion.measure", stage="fusion.measure", queue="fusion")
    plan = Plan(nodes=(node,))
    jobs = [uuid4().hex for _ in range(size(1000, 250))]
    for job in jobs:
        ledger.accept(NewJob(job, "local", "figurine", {}, plan, (photo,)), Limits(5000))
        canvas.publish_plan(app, job, plan)
    # When several periods pass
    time.sleep(6)
    # Then hardly any was published again, and with a worker back all end
    again = sum(ledger.job(job).republications for job in jobs)  # type: ignore[union-attr]
    assert again <= 5
    stack.start("fusion-worker")
    _until(lambda: all(ledger.job(job).state.terminal for job in jobs[-3:]), 90)  # type: ignore[union-attr]
    assert ledger.job(jobs[0]).state == "succeeded"  # type: ignore[union-attr]


def test_a_stopped_worker_is_named_and_its_jobs_wait(stack: TestStack, kiln: Kiln) -> None:
    stack.stop("stylize-worker")
    ready = _until(lambda: _not_ready(stack), 20)
    assert "stylize" in str(ready["missing"])
    job = kiln.submit_figurine(new_portrait())["id"]
    _until(lambda: _stage_events(stack, job, "done")["fusion.print"], 30)
    assert kiln.job(job)["state"] == "running"
    stack.start("stylize-worker")
    assert kiln.wait(job, timeout_s=60)["state"] == "succeeded"
    _assert_whole(stack, job)


def _not_ready(stack: TestStack) -> dict[str, Any] | None:
    response = requests.get(f"{stack.url}/readyz", timeout=10)
    return response.json() if response.status_code == 503 else None


def test_redis_down_is_a_503_with_retry_after_and_nothing_is_lost(
    stack: TestStack, kiln: Kiln
) -> None:
    # Given a running job, When Redis stops and comes back
    job = kiln.submit_figurine(new_portrait())["id"]
    stack.stop("redis")
    answers = [
        requests.get(f"{stack.url}/v1/jobs/{job}", timeout=10),
        requests.post(f"{stack.url}/v1/figurines", data=new_portrait(), timeout=10),
        requests.get(f"{stack.url}/readyz", timeout=10),
    ]
    # Then clients are told to come again
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
    assert requests.get(f"{stack.url}/health", timeout=10).status_code == 200
    stack.start("redis")
    assert kiln.wait(job, timeout_s=90)["state"] == "succeeded"
    _assert_whole(stack, job)


def test_redis_killed_right_after_the_202_keeps_the_job(stack: TestStack, kiln: Kiln) -> None:
    jobs = [kiln.submit_figurine(new_portrait())["id"] for _ in range(3)]
    stack.kill("redis", signal.SIGKILL)
    for job in jobs:
        assert kiln.wait(job, timeout_s=90)["state"] == "succeeded"
        _assert_whole(stack, job)


def test_cancel_ends_a_running_job_within_a_second(stack: TestStack, kiln: Kiln) -> None:
    job = kiln.submit_figurine(new_portrait())["id"]
    _until(lambda: kiln.job(job)["state"] == "running")
    started = time.monotonic()
    kiln.cancel(job)
    assert kiln.wait(job)["state"] == "cancelled"
    assert time.monotonic() - started < 5  # promised: 1 s
    time.sleep(2)  # whatever still ran has ended by now
    _assert_whole(stack, job)
    again = requests.post(f"{stack.url}/v1/jobs/{job}/cancel", timeout=10)
    assert again.status_code in {202, 409}


def test_a_finished_job_cannot_be_cancelled(stack: TestStack, kiln: Kiln) -> None:
    job = kiln.wait(kiln.submit_figurine(new_portrait())["id"])["id"]
    answer = requests.post(f"{stack.url}/v1/jobs/{job}/cancel", timeout=10)
    assert answer.status_code == 409
    assert answer.json()["code"] == "job_not_cancellable"


def test_a_stream_that_breaks_twice_misses_and_repeats_nothing(
    stack: TestStack, kiln: Kiln
) -> None:
    job = kiln.submit_figurine(new_portrait())["id"]
    seen: list[str] = []
    for piece in (3, 4, 10_000):  # drop the connection after three events, then after four
        headers = {"Last-Event-ID": seen[-1]} if seen else {}
        url = f"{stack.url}/v1/jobs/{job}/events"
        with requests.get(url, headers=headers, stream=True, timeout=30) as response:
            ids = (
                line.removeprefix("id:").strip()
                for line in response.iter_lines(decode_unicode=True)
                if line.startswith("id:")
            )
            seen += [id_ for id_, _ in zip(ids, range(piece), strict=False)]
    assert seen == [event.id for event in stack.ledger().events(job)]


def test_a_killed_gateway_process_comes_back(stack: TestStack, kiln: Kiln) -> None:
    job = kiln.submit_figurine(new_portrait())["id"]
    stack.kill("gateway", signal.SIGKILL)
    assert kiln.wait(job, timeout_s=60)["state"] == "succeeded"


def test_only_celery_keys_without_ttl_and_known_indexes_remain(stack: TestStack) -> None:
    client = redis.Redis.from_url(stack.settings.ledger_url, decode_responses=True)
    for key in client.scan_iter("kiln:job:*"):
        state, ttl = client.hget(key, "state"), client.ttl(key)
        assert (ttl > 0) == (state in {"succeeded", "failed", "cancelled", "expired"}), key
