"""The whole of Redis is lost while the house is at work; ``kiln recover`` brings every job back."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis
import requests

from common import canvas
from common.celery_app import make_app
from common.ledger.audit import audit
from common.ledger.audit_rules import Kind
from common.ledger.records import Limits, NewJob
from common.ledger.redis_ledger import connect
from gateway import promises
from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait
from tests.chaos.scene import tiny_plan
from tests.stack import TestStack, require_stack, until

pytestmark = pytest.mark.verify_only  # a house of its own, for minutes

FIGURINES, RECIPES, TINY = 20, 10, 20
FILES = {"portrait.png", "figurine.glb", "figurine.stl", "figurine.3mf", "manifest.json"}


@pytest.fixture(scope="module")
def house() -> Iterator[TestStack]:
    """A stack of its own: nothing of it is left afterwards."""
    require_stack()
    with TestStack() as running:
        yield running


@pytest.fixture
def kiln(house: TestStack) -> Iterator[Kiln]:
    with Kiln(house.url) as client:
        yield client


def operate(house: TestStack, *words: str) -> tuple[int, Any]:
    """Run a command of the operator; its exit code and what it said."""
    command = [sys.executable, "-m", "gateway.cli", *words, "--json"]
    environment = house.stack.environment()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def lose_redis(house: TestStack) -> None:
    """All databases at once, with no file to start from again."""
    with redis.Redis.from_url(f"{house.settings.redis}/0") as everything:
        everything.flushall()


def tiny(house: TestStack) -> str:
    """A job of four small stages, accepted and published as the gateway does it."""
    store, ledger, plan = house.store(), house.ledger(), tiny_plan()
    job = f"tiny-{uuid4().hex}"
    note = store.put("local", "note", "text/plain", job.encode(), internal=True)
    new = NewJob(job, "local", "figurine", {}, plan, (note,))
    new = promises.write(ledger, store, new)
    assert ledger.accept(new, Limits(max_active=1000)).status == "accepted"
    canvas.publish_plan(make_app(house.settings), job, plan)
    return job


def states(house: TestStack, jobs: list[str]) -> Counter[str]:
    with connect(house.settings.ledger_url) as client:
        return Counter(client.hget(f"kiln:job:{job}", "state") or "unknown" for job in jobs)


def succeeded(house: TestStack, jobs: list[str]) -> bool:
    found = states(house, jobs)
    assert not found.keys() & {"failed", "cancelled", "expired"}, found
    return found["succeeded"] == len(jobs)


def findings(house: TestStack) -> set[Kind]:
    with connect(house.settings.ledger_url) as client:
        report = audit(client, house.store(), grace=timedelta(0))
    return {one.kind for one in report.findings}


def test_fifty_jobs_in_flight_outlive_the_loss_of_redis(house: TestStack, kiln: Kiln) -> None:
    house.stop("gateway-worker")  # it ends every job: all fifty will be unfinished
    photos = {kiln.submit_figurine(photo)["id"]: photo for photo in _portraits(FIGURINES)}
    dinners = [
        kiln.submit_recipe(ingredients=[f"{100 + n} g rice, 2 eggs, 3 leeks"])["id"]
        for n in range(RECIPES)
    ]
    jobs = [*photos, *dinners, *(tiny(house) for _ in range(TINY))]
    first, second = list(photos)[:2]
    told: list[str] = []
    waited: dict[str, Any] = {}
    followers = [
        threading.Thread(target=_note_events, args=(house, first, told), daemon=True),
        threading.Thread(target=_note_end, args=(house, second, waited), daemon=True),
    ]
    for follower in followers:
        follower.start()
    until(lambda: "stage" in told and states(house, jobs)["running"] > 3, 60)
    assert len(jobs) == 50
    assert states(house, jobs).keys() <= {"queued", "running"}

    lose_redis(house)
    answer = requests.get(f"{house.url}/v1/jobs/{jobs[-1]}", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
    until(lambda: "run `kiln recover`" in house.stack.tail("reconciler"), 30)
    house.start("gateway-worker")

    code, found = operate(house, "recover")
    assert (code, found["lost"], found["expired"]) == (0, [], [])
    assert sorted(found["rebuilt"]) == sorted(jobs)
    code, again = operate(house, "recover")
    assert (code, again["rebuilt"], again["lost"]) == (0, [], [])

    until(lambda: succeeded(house, jobs), 240)
    for follower in followers:
        follower.join(60)
    assert told[-1] == "succeeded"
    assert (waited["id"], waited["state"]) == (second, "succeeded")
    for job, photo in photos.items():
        _check_files(kiln, job, photo)
    for job in dinners:
        assert json.loads(_fetch(kiln, job, "recipes.json"))["recipes"]
    until(lambda: findings(house) == set(), 30)
    assert operate(house, "audit")[0] == 0


def test_a_corrected_list_outlives_the_loss_of_redis(house: TestStack, kiln: Kiln) -> None:
    waits = kiln.submit_recipe(ingredients=["2 leeks, rice"], pause_after="ingredients")["id"]
    goes_on = kiln.submit_recipe(ingredients=["2 leeks, milk"], pause_after="ingredients")["id"]
    for job in (waits, goes_on):
        assert kiln.wait(job, 60)["state"] == "paused"
    house.stop("recipe-worker")
    kiln.resume(goes_on, ingredients=["4 eggs", "200 g rice", "1 onion"], servings=6)

    lose_redis(house)
    house.start("recipe-worker")
    code, found = operate(house, "recover")
    assert (code, sorted(found["rebuilt"])) == (0, sorted([waits, goes_on]))

    assert kiln.wait(waits, 60)["state"] == "paused"  # nobody has answered yet
    ended = kiln.wait(goes_on, 60)
    assert (ended["state"], ended["parameters"]["servings"]) == ("succeeded", 6)
    assert ended["parameters"]["edited"] == ["4 eggs", "200 g rice", "1 onion"]
    dinner = json.loads(_fetch(kiln, goes_on, "recipes.json"))
    assert {"egg", "rice", "onion"} <= {one["name"] for one in dinner["ingredients"]}
    kiln.resume(waits)
    assert kiln.wait(waits, 60)["state"] == "succeeded"
    # results of jobs that had ended before the loss are nobody's now
    until(lambda: findings(house) <= {Kind.ORPHAN}, 30)


def test_what_was_cancelled_or_finished_is_not_brought_back(house: TestStack, kiln: Kiln) -> None:
    done = kiln.submit_recipe(ingredients=["rice, 2 leeks, feta"])["id"]
    assert kiln.wait(done, 60)["state"] == "succeeded"
    house.stop("fusion-worker")
    cancelled = kiln.submit_figurine(new_portrait())["id"]
    kiln.cancel(cancelled)
    until(lambda: promises.hashes(house.store()) == [], 10)
    lose_redis(house)
    house.start("fusion-worker")
    # nothing was in flight: the house goes on by itself
    fresh = kiln.submit_recipe(ingredients=["rice, 3 leeks, butter"])["id"]
    assert kiln.wait(fresh, 60)["state"] == "succeeded"
    code, found = operate(house, "recover")
    assert (code, found["rebuilt"], found["expired"], found["lost"]) == (0, [], [], [])
    with pytest.raises(ApiError) as unknown:
        kiln.job(cancelled)
    assert unknown.value.status == 404


def _note_events(house: TestStack, job: str, told: list[str]) -> None:
    with Kiln(house.url) as kiln:
        told.extend(event.type for event in kiln.stream(job))


def _note_end(house: TestStack, job: str, waited: dict[str, Any]) -> None:
    with Kiln(house.url) as kiln:
        waited.update(kiln.wait(job, 240))


def test_a_broker_that_forgot_everything_serves_all_services_again(
    house: TestStack, kiln: Kiln
) -> None:
    with redis.Redis.from_url(house.settings.broker_url) as broker:
        broker.flushdb()
    job = kiln.submit_figurine(new_portrait())["id"]  # needs the queues of three services
    assert kiln.wait(job, 90)["state"] == "succeeded"


def _portraits(count: int) -> list[bytes]:
    return [new_portrait() for _ in range(count)]


def _fetch(kiln: Kiln, job: str, name: str) -> bytes:
    view = kiln.job(job)
    return kiln.fetch(next(one for one in view["artifacts"] if one["name"] == name))


def _check_files(kiln: Kiln, job: str, photo: bytes) -> None:
    view = kiln.job(job)
    assert {one["name"] for one in view["artifacts"]} >= FILES
    manifest = json.loads(_fetch(kiln, job, "manifest.json"))
    assert manifest["photo_sha256"] == hashlib.sha256(photo).hexdigest()
