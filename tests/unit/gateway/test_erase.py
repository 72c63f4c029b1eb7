"""DELETE: a job and its files are gone, and the receipt says so."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import Gone, LedgerUnavailable, StorageError
from common.ledger.records import Accepted, JobState, Limits, NewJob
from gateway import erase as use_case
from gateway.domain.keys import Scope
from gateway.domain.scopes import SCOPES
from tests.unit.gateway.photos import jpeg

if TYPE_CHECKING:
    from common.contracts.artifacts import ArtifactRef
    from tests.unit.gateway.conftest import Stack

OWNER = "local"
CALLS = [
    ("GET", ""),
    ("GET", "/events"),
    ("GET", "/timeline"),
    ("GET", "/webhooks"),
    ("GET", "/artifacts/preview.png"),
    ("POST", "/cancel"),
    ("POST", "/resume"),
    ("POST", "/webhooks/redeliver"),
]


@pytest.fixture
def done(stack: Stack) -> str:
    job = stack.submit()
    stack.run(job)
    return job


def delete(stack: Stack, job: str) -> Any:
    return stack.client.delete(f"/v1/jobs/{job}")


def files_of(stack: Stack, job: str) -> dict[str, ArtifactRef]:
    return dict(stack.record(job).artifacts)


def is_there(stack: Stack, ref: ArtifactRef) -> bool:
    try:
        stack.store.get(OWNER, ref)
    except Gone:
        return False
    return True


def test_the_receipt_names_every_file_and_the_store_has_none(stack: Stack, done: str) -> None:
    files = files_of(stack, done)
    answer = delete(stack, done)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    receipt = answer.json
    assert receipt["job"] == done
    assert receipt["kept"] == receipt["pending"] == []
    rows = {row["name"]: (row["sha256"], row["size"]) for row in receipt["erased"]}
    assert rows == {name: (ref.sha256, ref.size) for name, ref in files.items()}
    assert {"photo", "attributes.json", "figurine.glb"} <= rows.keys()
    assert not any(is_there(stack, ref) for ref in files.values())
    assert list(stack.store.files()) == []


def test_the_receipt_says_when(stack: Stack, done: str) -> None:
    receipt = delete(stack, done).json
    erased_ms = stack.record(done).erased_ms
    assert erased_ms is not None
    assert receipt["erased_at"].endswith("Z")
    assert f"{erased_ms % 1000:03}" in receipt["erased_at"]


def test_a_second_delete_answers_the_same_receipt(stack: Stack, done: str) -> None:
    assert delete(stack, done).json == delete(stack, done).json


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_whatever_is_asked_of_an_erased_job_is_a_410(
    stack: Stack, done: str, method: str, path: str
) -> None:
    delete(stack, done)
    answer = stack.client.open(f"/v1/jobs/{done}{path}", method=method)
    assert (answer.status_code, answer.json["code"]) == (410, "erased")
    assert "DELETE" in answer.json["hint"]


def test_an_erased_task_of_the_older_calls_is_a_410(stack: Stack) -> None:
    task = stack.client.post("/test-vlm", data=jpeg()).json["task_id"]
    delete(stack, task)
    assert stack.client.get(f"/task-result/{task}").status_code == 410
    assert stack.client.post(f"/cook-from-image/{task}").status_code == 410


def test_an_erased_job_is_not_listed(stack: Stack, done: str) -> None:
    delete(stack, done)
    assert stack.client.get("/v1/jobs").json["jobs"] == []


def test_an_erased_photo_cannot_be_taken_again(stack: Stack, done: str) -> None:
    delete(stack, done)
    answer = stack.client.post("/v1/figurines", data={"from": done})
    assert (answer.status_code, answer.json["code"]) == (410, "erased")


def test_a_job_that_runs_is_cancelled_first(stack: Stack) -> None:
    job = stack.submit()
    claim: Any = stack.ledger.claim(job, "fusion.measure", "w1")
    receipt = delete(stack, job).json
    assert [row["name"] for row in receipt["erased"]] == ["photo"]
    assert stack.record(job).state is JobState.CANCELLED
    assert not stack.ledger.heartbeat(claim)
    assert [path for path, _ in stack.store.files()] == [], "its promise is gone as well"


def test_who_waits_for_a_job_hears_that_it_was_erased(stack: Stack) -> None:
    job = stack.submit()
    threading.Timer(0.1, lambda: delete(stack, job)).start()
    answer = stack.client.get(f"/v1/jobs/{job}?wait=20")
    assert (answer.status_code, answer.json["code"]) == (410, "erased")


def test_who_follows_a_job_hears_its_end(stack: Stack) -> None:
    job = stack.submit()
    threading.Timer(0.1, lambda: delete(stack, job)).start()
    text = stack.client.get(f"/v1/jobs/{job}/events").text
    assert "event: cancelled" in text


@pytest.mark.parametrize("job", ["0" * 32, "nope"])
def test_an_unknown_job_is_a_404(stack: Stack, job: str) -> None:
    answer = delete(stack, job)
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


def test_nobody_erases_somebody_elses_job(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.jobs.owner_of", lambda _: "eve")
    assert delete(stack, done).status_code == 404
    assert all(is_there(stack, ref) for ref in files_of(stack, done).values())


def test_a_key_that_may_only_read_erases_nothing() -> None:
    assert SCOPES["DELETE /v1/jobs/{job}"] is Scope.SUBMIT


def test_a_parameter_is_refused(stack: Stack, done: str) -> None:
    answer = stack.client.delete(f"/v1/jobs/{done}?force=1")
    assert (answer.status_code, answer.json["code"]) == (422, "bad_parameter")
    assert stack.record(done).erased_ms is None


# -- two jobs of one photo ------------------------------------------------------------------
def test_what_another_job_has_too_stays_until_that_one_is_erased(stack: Stack, done: str) -> None:
    other = stack.submit(style="oil")
    stack.run(other)
    files = files_of(stack, other)
    first = delete(stack, done).json
    kept = {row["name"]: row["used_by"] for row in first["kept"]}
    assert kept["photo"] == [other]
    assert not {row["sha256"] for row in first["erased"]} & {ref.sha256 for ref in files.values()}
    assert all(is_there(stack, ref) for ref in files.values())
    assert stack.client.get(f"/v1/jobs/{other}/artifacts/preview.png").status_code == 200
    second = delete(stack, other).json
    assert (second["kept"], len(second["erased"])) == ([], len(files))
    assert list(stack.store.files()) == []


def test_the_same_photo_is_worked_on_anew(stack: Stack, done: str) -> None:
    """Nothing is remembered of an erased job: its facts are measurements of a face."""
    assert stack.record(stack.submit()).state is JobState.SUCCEEDED, "remembered whole"
    for job in [record.id for record in stack.ledger.jobs(OWNER, None, 10)]:
        delete(stack, job)
    assert stack.record(stack.submit()).state is JobState.QUEUED
    assert done


# -- what cannot be deleted now -------------------------------------------------------------
def test_what_cannot_be_deleted_now_is_pending_and_goes_later(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_of(stack, done)
    real, down = stack.store.delete_stale, files["figurine.glb"].sha256

    def fails_for_one(owner: str, sha256: str, older_than: timedelta) -> bool:
        if sha256 == down:
            raise StorageError("the store is down")
        return real(owner, sha256, older_than)

    with monkeypatch.context() as patch:
        patch.setattr(stack.store, "delete_stale", fails_for_one)
        receipt = delete(stack, done).json
        assert [row["name"] for row in receipt["pending"]] == ["figurine.glb"]
        assert "figurine.glb" not in [row["name"] for row in receipt["erased"]]
        assert len(receipt["erased"]) == len(files) - 1
    assert (OWNER, down) in stack.ledger.trash(-1), "the sweeper would find it"
    stack.ledger.emptied(OWNER, down, gone=False)
    again = delete(stack, done).json
    assert (again["pending"], len(again["erased"])) == ([], len(files))
    assert list(stack.store.files()) == []


def test_who_is_slow_to_delete_leaves_the_rest_to_the_sweeper(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "DELETING_S", -1.0)
    receipt = delete(stack, done).json
    assert receipt["erased"] == []
    assert len(receipt["pending"]) == len(list(stack.store.files())) > 0


# -- the same photo comes in at the same moment ---------------------------------------------
def erase_before_accept(stack: Stack, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Erase a job between the moment a photo is stored and the one its new job is accepted."""
    accept = stack.ledger.accept

    def accept_after(new: NewJob, limits: Limits) -> Accepted:
        if stack.record(job).erased_ms is None:
            use_case.erase(stack.ledger, stack.store, job, OWNER)
        return accept(new, limits)

    monkeypatch.setattr(stack.ledger, "accept", accept_after)


def test_a_photo_that_comes_in_while_its_job_is_erased_is_not_lost(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = files_of(stack, done)["photo"]
    erase_before_accept(stack, done, monkeypatch)
    job = stack.submit(style="oil")
    assert is_there(stack, photo)
    time.sleep(0.002)  # what a stage puts in the millisecond of a deletion, it puts once more
    stack.run(job)
    assert stack.record(job).state is JobState.SUCCEEDED


def test_a_photo_is_not_lost_either_when_it_is_deleted_after_its_new_job_was_accepted(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = files_of(stack, done)["photo"]
    accept, delete_now = stack.ledger.accept, stack.store.delete_stale
    accepted = threading.Event()

    def delete_late(owner: str, sha256: str, older_than: timedelta) -> bool:
        if sha256 == photo.sha256:
            assert accepted.wait(20)
            time.sleep(0.1)  # long after the submit has looked whether its photo is there
        return delete_now(owner, sha256, older_than)

    def accept_meanwhile(new: NewJob, limits: Limits) -> Accepted:
        threading.Thread(target=delete, args=(stack, done)).start()
        while stack.record(done).erased_ms is None:
            time.sleep(0.001)
        answer = accept(new, limits)
        accepted.set()
        return answer

    monkeypatch.setattr(stack.store, "delete_stale", delete_late)
    monkeypatch.setattr(stack.ledger, "accept", accept_meanwhile)
    stack.submit(style="oil")
    assert stack.ledger.unsettled(OWNER, [photo.sha256]) == "deleted"
    assert is_there(stack, photo)


def test_a_submit_waits_until_nobody_deletes_any_more(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = files_of(stack, done)["photo"]
    told = iter(("deleting", "deleting", "deleted"))
    monkeypatch.setattr(stack.ledger, "unsettled", lambda *_: next(told))
    monkeypatch.setattr(use_case, "PAUSE_S", 0.0)
    stack.store.delete_stale(OWNER, photo.sha256, use_case.AT_ONCE)
    stack.submit(style="oil")
    assert next(told, "none left") == "none left"
    assert is_there(stack, photo)


def test_an_earlier_photo_that_is_erased_at_that_moment_is_a_410(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase_before_accept(stack, done, monkeypatch)
    answer = stack.client.post("/v1/figurines", data={"from": done, "style": "oil"})
    assert (answer.status_code, answer.json["code"]) == (410, "erased")
    assert stack.client.get("/v1/jobs").json["jobs"] == []
    assert stack.published[1:] == []


def test_a_store_that_fails_then_leaves_no_job_behind(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise StorageError("the store is down")

    erase_before_accept(stack, done, monkeypatch)
    accept = stack.ledger.accept

    def accept_and_break(new: NewJob, limits: Limits) -> Accepted:
        accepted = accept(new, limits)
        monkeypatch.setattr(stack.store, "keep", fails)
        return accepted

    monkeypatch.setattr(stack.ledger, "accept", accept_and_break)
    answer = stack.post(query_string={"style": "oil"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json["code"]) == (503, "storage")
    assert stack.client.get("/v1/jobs").json["jobs"] == []


def test_a_job_is_accepted_though_nobody_can_tell_whether_its_photo_was_erased(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> str:
        raise LedgerUnavailable("Redis does not answer")

    monkeypatch.setattr(stack.ledger, "unsettled", away)
    job = stack.submit()
    assert stack.record(job).state is JobState.QUEUED
    assert [name for name, _ in stack.published] == [job]
