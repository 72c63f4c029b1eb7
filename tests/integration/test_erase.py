"""What is deleted is gone: from the calls, from the store, from Redis. On whole stacks."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from common.ledger.audit import audit
from common.ledger.redis_ledger import connect
from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait
from tests.portraits import portrait_path
from tests.stack import SMALL, TestStack, require_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 1 / 3600
PHOTO_S, RESULTS_S = 4, 30  # from the end of the job; a busy machine is slow to look
CALLS = ("", "/events", "/timeline", "/webhooks", "/artifacts/figurine.stl")
NOW = timedelta(days=-1)


@pytest.fixture(scope="module")
def own_stack() -> Iterator[TestStack]:
    """A house that nobody else puts files into."""
    require_stack()
    with TestStack(**SMALL, gateway_processes=1) as running:
        running.wait_until_ready(240)
        yield running


@pytest.fixture(scope="module")
def kiln(own_stack: TestStack) -> Kiln:
    return Kiln(own_stack.url)


@pytest.fixture
def photo() -> bytes:
    return portrait_path("obama.jpg").read_bytes()


def made(kiln: Kiln, photo: bytes, **parameters: Any) -> dict[str, Any]:
    job = kiln.wait(kiln.submit_figurine(photo, **parameters)["id"], 180)
    assert job["state"] == "succeeded", job["error"]
    return job


def sweep(stack: TestStack) -> None:
    """Do at once what the reconciler does after ten minutes."""
    store, ledger = stack.store(), stack.ledger()
    for owner, sha256 in ledger.trash(-1_000, 10_000):
        ledger.emptied(owner, sha256, gone=store.delete_stale(owner, sha256, NOW))


def files(stack: TestStack) -> list[str]:
    folder = stack.folder / "artifacts"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def assert_nothing_is_left(stack: TestStack) -> None:
    sweep(stack)
    assert files(stack) == []
    with connect(stack.settings.ledger_url) as client:
        report = audit(client, stack.store(), grace=timedelta(0))
    assert report.clean, report.findings


def until(condition: Callable[[], object], timeout_s: float = 60) -> None:
    give_up = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


# -- DELETE ---------------------------------------------------------------------------------
def test_two_jobs_of_one_photo_are_erased_one_after_the_other(
    own_stack: TestStack, kiln: Kiln, photo: bytes
) -> None:
    first = made(kiln, photo, template="casual")
    second = made(kiln, photo, template="superhero")
    assert len(files(own_stack)) > 10
    receipt = kiln.delete(first["id"])
    assert receipt["pending"] == []
    kept = {file["name"]: file["used_by"] for file in receipt["kept"]}
    assert kept["photo"] == [second["id"]], "the other job needs it"
    erased = {file["name"] for file in receipt["erased"]}
    assert {"figurine.glb", "figurine.stl", "figurine.3mf", "preview.png"} <= erased
    there = {name.rpartition("/")[2] for name in files(own_stack)}
    assert there.isdisjoint(file["sha256"] for file in receipt["erased"]), "deleted at once"

    assert {kiln.fetch(artifact) != b"" for artifact in second["artifacts"]} == {True}
    assert kiln.delete(first["id"]) == receipt
    for path in CALLS:
        answer = requests.get(f"{own_stack.url}/v1/jobs/{first['id']}{path}", timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (410, "erased"), path

    last = kiln.delete(second["id"])
    assert (last["kept"], last["pending"]) == ([], [])
    assert "photo" in {file["name"] for file in last["erased"]}
    assert files(own_stack) == [], "without waiting for the sweeper"
    assert_nothing_is_left(own_stack)


def test_redis_knows_nothing_of_an_erased_face(
    own_stack: TestStack, kiln: Kiln, photo: bytes
) -> None:
    job = made(kiln, photo, template="superhero", height_mm=77.25)
    words = {"superhero", "77.25", "faces_in_photo", "hair"}
    with (
        connect(own_stack.settings.ledger_url) as ledger,
        connect(own_stack.settings.results_url) as results,
    ):
        before = everything(ledger)
        assert {word for word in words if word in before} == words
        kiln.delete(job["id"])
        after = everything(ledger) + everything(results)
        assert not {word for word in words if word in after}
        assert not list(ledger.scan_iter("kiln:memo:*"))


def everything(client: Any) -> str:
    read = {
        "hash": client.hgetall,
        "string": client.get,
        "set": lambda key: sorted(client.smembers(key)),
        "zset": lambda key: client.zrange(key, 0, -1),
        "list": lambda key: client.lrange(key, 0, -1),
        "stream": client.xrange,
    }
    return json.dumps({key: read[client.type(key)](key) for key in client.scan_iter()})


def test_a_running_stage_of_an_erased_job_leaves_no_file_behind(
    own_stack: TestStack, kiln: Kiln
) -> None:
    jobs = [kiln.submit_figurine(new_portrait())["id"] for _ in range(2)]
    until(lambda: "fusion.sculpt" in kiln.job(jobs[0])["running"])
    started = time.monotonic()
    receipts = [kiln.delete(job) for job in jobs]
    assert time.monotonic() - started < 5  # promised: one second
    assert all("photo" in {file["name"] for file in one["erased"]} for one in receipts)
    records = [own_stack.ledger().job(job) for job in jobs]
    assert [record and record.state for record in records] == ["cancelled", "cancelled"]
    time.sleep(4)  # what still ran has ended, and was not committed
    with pytest.raises(ApiError, match="was erased"):
        kiln.job(jobs[0])
    assert_nothing_is_left(own_stack)


def test_a_photo_that_is_sent_again_while_it_is_erased_is_never_lost(
    own_stack: TestStack, kiln: Kiln, photo: bytes
) -> None:
    job = kiln.submit_figurine(photo, formats="stl")["id"]
    for number in range(12):
        with ThreadPoolExecutor(2) as pool:
            gone = pool.submit(Kiln(own_stack.url).delete, job)
            again = pool.submit(Kiln(own_stack.url).submit_figurine, photo, formats="stl")
            job = again.result()["id"]
            assert gone.result()["pending"] == []
        if number % 4 == 3:  # often the job is erased before it has run
            job = kiln.wait(job, 120)["id"]
            assert kiln.job(job)["state"] == "succeeded"
    kiln.delete(job)
    time.sleep(2)
    assert_nothing_is_left(own_stack)


# -- the photo goes first -------------------------------------------------------------------
@pytest.mark.verify_only  # a house of its own, for a minute
def test_the_photo_goes_first_and_the_results_later(photo: bytes) -> None:
    require_stack()
    ttl = {"photo_ttl_hours": PHOTO_S * SECONDS, "result_ttl_hours": RESULTS_S * SECONDS}
    with TestStack(**SMALL, gateway_processes=1, **ttl) as stack:
        stack.wait_until_ready(240)
        kiln = Kiln(stack.url)
        job = made(kiln, photo, formats="stl")
        record = stack.ledger().job(job["id"])
        assert record is not None
        ref = record.artifacts["photo"]
        path = f"local/{ref.sha256[:2]}/{ref.sha256}"

        until(lambda: not referred(stack, ref.sha256))
        sweep(stack)
        assert path not in files(stack), "the photo is gone"
        (stl,) = [one for one in job["artifacts"] if one["name"] == "figurine.stl"]
        assert kiln.fetch(stl)[:5], "the results are not"
        with pytest.raises(ApiError) as error:
            kiln.submit_figurine(photo_of=job["id"])
        assert (error.value.status, error.value.code) == (410, "gone")

        until(lambda: kiln.job(job["id"])["artifacts_expired_at"] is not None)
        answer = requests.get(stack.url + stl["url"], timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (410, "gone")
        view = kiln.job(job["id"])
        assert (view["state"], view["artifacts"]) == ("succeeded", [])
        assert_nothing_is_left(stack)
        receipt = kiln.delete(job["id"])  # the record of it may go before its time
        assert "photo" in {file["name"] for file in receipt["erased"]}
        assert_nothing_is_left(stack)


def referred(stack: TestStack, sha256: str) -> bool:
    with connect(stack.settings.ledger_url) as client:
        return bool(client.exists(f"kiln:refs:local:{sha256}"))
