"""A house of today moves in where version 1 lost its power: every job it had accepted ends."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
import requests

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Node, Plan
from common.ledger.audit import Report, audit
from common.ledger.audit_rules import Kind
from common.ledger.records import Limits, NewJob, ReadyNode
from common.ledger.redis_ledger import connect
from gateway.client import Kiln
from tests.stack import SMALL, TestStack, require_stack, until

pytestmark = pytest.mark.verify_only  # a house of its own, for minutes

TESTS = Path(__file__).parents[1]
V1 = TESTS / "data" / "v1"
ASTRONAUT = TESTS / "data" / "astronaut.jpg"
OLD = json.loads((V1 / "redis.json").read_text("utf-8"))
JOBS: dict[str, str] = OLD["jobs"]
MONTH_S = 30 * 24 * 3600


# -- moving in -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house() -> Iterator[TestStack]:
    require_stack()
    running = TestStack(**SMALL)
    _restore(running)
    with running:
        yield running


def _restore(house: TestStack) -> None:
    """Write the keys and files of version 1 where the house will find them."""
    shutil.unpack_archive(V1 / "artifacts.zip", house.folder / "artifacts")
    folder, port = house.folder / "redis", house.settings.redis_port
    folder.mkdir()
    command = ["redis-server", "--port", str(port), "--dir", str(folder)]
    command += ["--bind", "127.0.0.1", "--appendonly", "yes", "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for number, keys in OLD["databases"].items():
            with redis.Redis(port=port, db=int(number), decode_responses=True) as client:
                until(lambda client=client: _answers(client), 20)
                for key, row in keys.items():
                    _write(client, key, row)
    finally:
        server.terminate()
        server.wait(20)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def _write(client: redis.Redis, key: str, row: dict[str, Any]) -> None:
    value = row["value"]
    if row["type"] == "string":
        client.set(key, _later(value))
    elif row["type"] == "hash":
        client.hset(key, mapping={name: _later(text) for name, text in value.items()})
    elif row["type"] == "set":
        client.sadd(key, *value)
    elif row["type"] == "zset":
        client.zadd(key, {member: _later_score(score) for member, score in value})
    elif row["type"] == "list":
        client.rpush(key, *value)
    elif row["type"] == "stream":
        for id_, fields in value:
            texts = {name: _later(text) for name, text in fields.items()}
            client.xadd(key, texts, id=_later(id_))
    if row["pttl"] > 0:
        client.pexpire(key, row["pttl"])


SHIFT_MS = int(time.time() * 1000) - OLD["taken_ms"]


def _later(text: str) -> str:
    """Move every moment in a text, as if the power had been cut just now."""
    return re.sub(r"\b\d{13}\b", lambda found: str(int(_later_score(int(found[0])))), text)


def _later_score(number: float) -> float:
    for unit in (1, 1000):  # milliseconds, seconds
        if abs(number * unit - OLD["taken_ms"]) < MONTH_S * 1000:
            return number + SHIFT_MS / unit
    return number


# -- what was accepted ends ----------------------------------------------------------------------


@pytest.fixture
def kiln(house: TestStack) -> Iterator[Kiln]:
    with Kiln(house.url) as client:
        yield client


@pytest.mark.parametrize("name", ["queued", "measure", "sculpt", "group"])
def test_a_job_of_version_1_ends(kiln: Kiln, name: str) -> None:
    job = kiln.wait(JOBS[name], timeout_s=90)
    assert job["state"] == "succeeded", job["error"]
    glb = next(one for one in job["artifacts"] if one["name"] == "figurine.glb")
    if name != "group":  # whose large files are not in the project
        assert hashlib.sha256(kiln.fetch(glb)).hexdigest() == glb["sha256"]


def test_a_stage_whose_worker_died_counted_its_attempt(house: TestStack, kiln: Kiln) -> None:
    kiln.wait(JOBS["measure"], timeout_s=90)
    record = house.ledger().job(JOBS["measure"])
    assert record is not None
    assert next(node for node in record.nodes if node.id == "fusion.measure").attempts == 2


def test_a_paused_job_of_version_1_goes_on(kiln: Kiln) -> None:
    assert kiln.job(JOBS["paused"])["state"] == "paused"
    kiln.resume(JOBS["paused"], ingredients=["5 eggs", "rice", "1 onion", "spinach"])
    job = kiln.wait(JOBS["paused"], timeout_s=60)
    assert job["state"] == "succeeded", job["error"]
    assert job["artifacts"]


def test_a_job_that_had_succeeded_is_shown_with_its_files(kiln: Kiln) -> None:
    job = kiln.job(JOBS["succeeded"])
    assert job["state"] == "succeeded"
    for artifact in job["artifacts"]:
        assert hashlib.sha256(kiln.fetch(artifact)).hexdigest() == artifact["sha256"]
    assert kiln.timeline(JOBS["succeeded"])
    assert [event.type for event in kiln.stream(JOBS["succeeded"])][-1] == "succeeded"


def test_a_request_of_version_1_that_is_sent_again_makes_no_second_job(kiln: Kiln) -> None:
    again = kiln.submit_figurine(
        ASTRONAUT.read_bytes(), template="casual", formats="glb", idempotency_key="version 1"
    )
    assert again["id"] == JOBS["queued"]


# -- a newer version at the same broker ----------------------------------------------------------


def _accept(house: TestStack, plan: Plan, **more: Any) -> str:
    photo = house.store().put("local", "photo", "image/jpeg", ASTRONAUT.read_bytes())
    new = NewJob(f"newer-{uuid4().hex}", "local", "figurine", {}, plan, (photo,))
    accepted = house.ledger().accept(replace(new, **more), Limits(1000))
    assert accepted.status == "accepted"
    return new.job


def _node(stage: str, *after: str) -> Node:
    return Node(id=stage, stage=stage, queue=stage.partition(".")[0], after=after)


def test_a_stage_that_nobody_here_knows_waits_and_its_worker_lives(
    house: TestStack, kiln: Kiln
) -> None:
    before = {process.name: process.pid for process in house.processes()}
    plan = Plan(nodes=(_node("fusion.measure"), _node("fusion.of_tomorrow", "fusion.measure")))
    job = _accept(house, plan, deadline_ms=12_000)
    app = make_app(house.settings)
    canvas.publish_again(app, [ReadyNode(job, "fusion.measure", "fusion.measure", "fusion")])
    shown = kiln.wait(job, timeout_s=40)  # in a rolling upgrade a newer worker would take it
    assert (shown["state"], shown["error"]["code"]) == ("expired", "deadline")
    record = house.ledger().job(job)
    assert record is not None
    assert [node.attempts for node in record.nodes] == [1, 0]
    assert requests.get(f"{house.url}/v1/jobs/{job}/timeline", timeout=10).status_code == 200
    assert {process.name: process.pid for process in house.processes()} == before


def test_what_a_newer_version_adds_to_a_job_or_a_message_is_not_read(
    house: TestStack, kiln: Kiln
) -> None:
    """A job with fields and parameters of tomorrow, its message with headers of tomorrow."""
    job = _accept(house, Plan(nodes=(_node("fusion.measure"), _node("gateway.finish"))))
    with connect(house.settings.ledger_url) as client:
        key = f"kiln:job:{job}"
        plan = json.loads(str(client.hget(key, "plan")))
        plan = [{**node, "colour_of_tomorrow": 1} for node in plan]
        more = {"plan": json.dumps(plan), "of_tomorrow": "{}", "params": '{"of_tomorrow": true}'}
        client.hset(key, mapping=more)
    for stage in ("fusion.measure", "gateway.finish"):
        signature = make_app(house.settings).signature(
            stage, args=(job, stage), immutable=True, ignore_result=True
        )
        signature.apply_async(headers={canvas.REPUBLISHED: True, "of_tomorrow": {"a": 1}})
    assert kiln.wait(job, timeout_s=40)["state"] == "succeeded"


# -- and nothing is broken -----------------------------------------------------------------------


def test_the_audit_finds_nothing(house: TestStack) -> None:
    """The last test: of the jobs of version 1, and all that came since."""
    known = {Kind.FILE}  # the large files of one job are not in the project
    reports: list[Report] = []

    def clean() -> bool:
        with connect(house.settings.ledger_url) as client:
            reports.append(audit(client, house.store(), grace=timedelta(0)))
        return not _strange(reports[-1], known)

    try:
        until(clean, 20)
    except AssertionError:
        pytest.fail(str(_strange(reports[-1], known)[:5]))
    assert "running" not in reports[-1].jobs


def _strange(report: Report, known: set[Kind]) -> list[Any]:
    return [one for one in report.findings if one.kind not in known or one.job != JOBS["group"]]
