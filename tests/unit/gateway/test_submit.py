"""Submitting a photo: what is accepted, what is refused, what happens when something is away."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from common import metrics
from common.contracts.stages import BY_NAME
from common.errors import InternalError, LedgerUnavailable, NoFace
from common.http import status_of_code
from common.ledger.records import CANCEL_AFTER, DAY_MS, DEADLINE, HOUR_MS, Accepted, Claim, Limits
from common.settings import Settings
from gateway import promises
from gateway.app import create_app
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg, png_bomb


def form(**fields: Any) -> dict[str, Any]:
    photo = {"photo": (io.BytesIO(jpeg()), "me.jpg")}
    return {"data": photo | fields, "content_type": "multipart/form-data"}


def thrown_away(stack: Stack) -> list[str]:
    """Photos in the trash."""
    found = stack.ledger.trash(grace_ms=-1)
    return [sha256 for owner, sha256 in found if owner == "local"]


def test_a_photo_as_form_is_accepted_stored_and_published(stack: Stack) -> None:
    answer = stack.client.post("/v1/figurines", **form(style="pop", formats="stl"))
    assert answer.status_code == 202
    job = answer.json["id"]
    assert answer.headers["Location"] == f"/v1/jobs/{job}"
    assert len(job) >= 26
    assert answer.json["parameters"]["style"] == "pop"
    record = stack.record(job)
    assert [name for name, _ in stack.published] == [job]
    assert "fusion.package" not in [node.id for node in record.plan.nodes]
    assert stack.store.get("local", record.artifacts["photo"]) == jpeg()


@pytest.mark.parametrize(
    "content_type",
    [
        *("image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded"),
        *("text/plain", "multipart/form-data", "application/json"),
    ],
)
def test_a_photo_as_body_is_accepted_whatever_its_declared_type(
    stack: Stack, content_type: str
) -> None:
    answer = stack.post(content_type=content_type, query_string={"height_mm": "60"})
    assert answer.status_code == 202
    assert answer.json["parameters"]["height_mm"] == 60


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"photo": "text"}, "bad_photo", "is text"),
        ({"photo": []}, "bad_photo", "no photo"),
        ({"picture": (io.BytesIO(b"x"), "x.jpg")}, "bad_parameter", "'picture'"),
        ({"file": (io.BytesIO(b"x"), "x.jpg")}, "bad_parameter", "2 photos"),
        ({"photo": (io.BytesIO(b""), "me.jpg")}, "bad_photo", "empty"),
        ({"photo": (io.BytesIO(b"Dear diary"), "me.jpg")}, "bad_photo", "text"),
        ({"photo": (io.BytesIO(jpeg()[:400]), "me.jpg")}, "corrupt_photo", "cut off"),
        ({"photo": (io.BytesIO(png_bomb()), "me.png")}, "too_many_pixels", "50000"),
        ({"height_mm": "5"}, "bad_parameter", "40 to 200"),
        ({"styel": "cel"}, "bad_parameter", "'style'"),
        ({"glasses": "yes"}, "bad_parameter", "glasses must be one of: none, round"),
    ],
)
def test_what_cannot_be_worked_with_is_a_422_that_says_why(
    stack: Stack, fields: dict[str, Any], code: str, words: str
) -> None:
    answer = stack.client.post("/v1/figurines", **form(**fields))
    assert answer.status_code == 422, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.json["code"] == code
    assert words in answer.json["detail"]
    assert answer.json["hint"]
    assert stack.published == []
    assert stack.ledger.jobs("local", None, 10) == []


def test_a_parameter_in_query_and_form_is_refused(stack: Stack) -> None:
    answer = stack.client.post("/v1/figurines?style=cel", **form(style="pop"))
    assert (answer.status_code, "more than once" in answer.json["detail"]) == (422, True)


@pytest.mark.parametrize("size", [1_000_001, 1_200_000])
def test_a_photo_over_the_limit_is_a_413(stack: Stack, size: int) -> None:
    answer = stack.post(jpeg() + bytes(size - len(jpeg())))
    assert answer.status_code == 413
    assert answer.json["code"] == "photo_too_large"


def test_a_form_within_the_limit_is_not_too_large(stack: Stack) -> None:
    long, kind = "x" * 600_000, "multipart/form-data; boundary=b"
    for fields, code, words in (
        ([("name", long)], "bad_parameter", "name must be text of 1 to 40 characters"),
        ([("photo", long)], "bad_photo", "the field `photo` is text"),
        ([("filaments", "red")] * 1_001, "bad_parameter", "too many form fields: more than 1000"),
    ):
        head = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(head.format(*field) for field in fields) + "--b--\r\n"
        answer = stack.client.post("/v1/figurines", data=body, content_type=kind)
        assert (answer.status_code, answer.json["code"]) == (422, code)
        assert words in answer.json["detail"]


def test_an_upload_without_length_is_cut_off_at_the_limit(stack: Stack) -> None:
    class Endless:
        taken = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0, "somebody wants all of it at once"
            self.taken += size
            return bytes(size)

    body = Endless()
    environ = create_environ("/v1/figurines", method="POST")
    environ |= {"wsgi.input": body, "wsgi.input_terminated": True}  # a chunked body
    _, status, _ = run_wsgi_app(stack.app, environ)
    assert status.startswith("413")
    assert body.taken < 4_000_000


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\tkey"])
def test_a_bad_idempotency_key_is_refused(stack: Stack, key: str) -> None:
    answer = stack.post(headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json["detail"]


def test_the_same_request_again_gets_the_same_job(stack: Stack) -> None:
    headers = {"Idempotency-Key": "k" * 255}
    first, again = stack.post(headers=headers), stack.post(headers=headers)
    assert first.json["id"] == again.json["id"]
    assert (first.status_code, again.status_code) == (202, 202)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(stack.published) == 1
    stack.run(first.json["id"])
    assert stack.post(headers=headers).status_code == 200


def test_equal_requests_written_differently_are_one(stack: Stack) -> None:
    headers = {"Idempotency-Key": "k"}
    first = stack.post(headers=headers, query_string={"formats": "stl,glb", "height_mm": "70"})
    again = stack.post(headers=headers, query_string={"height_mm": "70.0", "formats": "stl"})
    assert again.json["id"] == first.json["id"]


@pytest.mark.parametrize("change", [{"query_string": {"style": "oil"}}, {"photo": jpeg(80, 80)}])
def test_another_request_under_the_same_key_is_a_conflict(
    stack: Stack, change: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "k"}
    stack.post(headers=headers)
    answer = stack.post(headers=headers, **change)
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_conflict")


def test_one_key_from_many_clients_at_once_is_one_job(stack: Stack) -> None:
    answers: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(stack.post(headers={"Idempotency-Key": "k"}))
        )
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer.json["id"] for answer in answers}) == 1
    assert len(stack.published) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1


def test_a_known_job_is_finished_at_once_and_not_published(stack: Stack) -> None:
    stack.run(stack.submit(style="pop"))
    stack.published.clear()
    answer = stack.post(query_string={"style": "pop"})
    assert answer.json["state"] == "succeeded"
    assert all(stage["cached"] for stage in answer.json["stages"])
    assert stack.published == []


@pytest.mark.parametrize("asked", ["artifacts/portrait.png", "artifacts.zip"])
def test_a_known_job_whose_file_is_lost_is_made_anew_once_somebody_missed_it(
    stack: Stack, asked: str
) -> None:
    done = stack.submit(style="pop")
    stack.run(done)
    lost = stack.record(done).artifacts["portrait.png"]
    assert stack.store.delete_stale("local", lost.sha256, timedelta(0))
    answer = stack.client.get(f"/v1/jobs/{done}/{asked}")
    if asked.endswith(".png"):
        assert (answer.status_code, answer.json["code"]) == (410, "gone")
    again = stack.post(query_string={"style": "pop"}).json["id"]
    assert stack.record(again).state == "queued"
    stack.run(again)
    assert stack.client.get(f"/v1/jobs/{done}/artifacts/portrait.png").status_code == 200


def test_a_known_job_is_a_hit_of_each_of_its_stages(stack: Stack) -> None:
    def hits() -> dict[str, float]:
        return {one: metrics.CACHE_REQUESTS.labels(one, "hit")._value.get() for one in BY_NAME}

    stack.run(stack.submit(style="pop"))
    before = hits()
    answer = stack.post(query_string={"style": "pop"})
    risen = {stage for stage, count in hits().items() if count > before[stage]}
    assert risen == {BY_NAME[stage["id"]].name for stage in answer.json["stages"]}
    stack.post(query_string={"style": "oil"})  # is looked up by the workers that make it
    assert sum(hits().values()) == sum(before.values()) + len(risen)


def test_a_job_known_in_part_is_published(stack: Stack) -> None:
    stack.run(stack.submit(style="pop"))
    answer = stack.post(query_string={"style": "oil"})
    assert answer.json["state"] == "queued"
    assert len(stack.published) == 2


def test_another_photo_is_not_the_known_one(stack: Stack) -> None:
    stack.run(stack.submit())
    assert stack.post(jpeg(80, 80)).json["state"] == "queued"


def test_new_code_of_a_worker_forgets_what_the_old_one_made(stack: Stack) -> None:
    stack.run(stack.submit())
    stack.ledger.put_versions({"fusion.sculpt": "v2"})
    fresh = create_app(Settings(), stack.ledger, stack.store, lambda *_: None)
    assert fresh.test_client().post("/v1/figurines", data=jpeg()).json["state"] == "queued"


def test_a_remembered_file_that_was_deleted_meanwhile_is_made_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.run(stack.submit())
    accept = stack.ledger.accept

    def stale_once(new: Any, limits: Limits) -> Accepted:
        return Accepted("stale") if new.memoised else accept(new, limits)

    monkeypatch.setattr(stack.ledger, "accept", stale_once)
    answer = stack.post()
    assert answer.json["state"] == "queued"
    assert len(stack.published) == 2


def test_a_broker_that_is_away_costs_nothing_the_job_is_accepted(
    settings: Settings, stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise LedgerUnavailable("no broker")

    app = create_app(settings, stack.ledger, stack.store, broken)
    answer = app.test_client().post("/v1/figurines", data=jpeg())
    assert answer.status_code == 202
    assert stack.record(answer.json["id"]).nodes[0].state == "ready"
    assert "accepted but not published" in caplog.text


def test_a_full_house_is_a_503_with_retry_after(stack: Stack, now_ms: Callable[[], int]) -> None:
    settings = Settings(max_active_jobs=1)
    client = create_app(settings, stack.ledger, stack.store, lambda *_: None).test_client()
    assert client.post("/v1/figurines", data=jpeg()).status_code == 202
    answer = client.post("/v1/figurines", data=jpeg(80, 80))
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert len(thrown_away(stack)) == 1  # the refused photo does not stay
    assert len(promises.hashes(stack.store)) == 1  # what was refused is promised to nobody


def test_a_photo_whose_job_was_not_written_down_does_not_stay(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise LedgerUnavailable("Redis does not answer")

    monkeypatch.setattr(stack.ledger, "accept", away)
    assert stack.post().status_code == 503
    assert thrown_away(stack) == [hashlib.sha256(jpeg()).hexdigest()]


def test_a_photo_in_use_is_not_thrown_away_by_a_replay(stack: Stack) -> None:
    for _ in range(2):
        assert stack.post(headers={"Idempotency-Key": "k"}).status_code == 202
    assert thrown_away(stack) == []
    assert len(promises.hashes(stack.store)) == 1


def test_redis_away_is_a_503_with_retry_after_and_never_a_500(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = stack.submit()

    def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable("Redis does not answer")

    names: tuple[str, ...] = (
        "accept",
        "job",
        "jobs",
        "events",
        "follow",
        "memos",
        "cancel",
        "versions",
    )
    names += ("discard", "ping", "workers")
    for name in names:
        monkeypatch.setattr(stack.ledger, name, away)
    calls = [("POST", "/v1/figurines"), ("GET", "/v1/jobs"), ("GET", "/readyz")]
    calls += [("GET", f"/v1/jobs/{job}{part}") for part in ("", "?wait=1", "/events", "/timeline")]
    calls += [("POST", f"/v1/jobs/{job}/cancel"), ("GET", f"/v1/jobs/{job}/artifacts/preview.png")]
    for method, path in calls:
        answer = stack.client.open(path, method=method, data=jpeg() if "fig" in path else None)
        assert answer.status_code == 503, path
        assert answer.headers["Retry-After"]
    assert stack.client.get("/health").status_code == 200
    assert stack.client.get("/v1/catalog").status_code == 200


def test_preferring_to_wait_brings_the_finished_job(stack: Stack) -> None:
    def work() -> None:
        while not stack.published:
            pass
        stack.run(stack.published[0][0])

    threading.Thread(target=work).start()
    answer = stack.post(headers={"Prefer": "respond-async, wait=20"})
    assert answer.status_code == 200
    assert answer.json["state"] == "succeeded"
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert answer.headers["Location"].endswith(answer.json["id"])


def test_preferring_to_wait_brings_the_problem_of_a_failed_job(stack: Stack) -> None:
    def work() -> None:
        while not stack.published:
            pass
        claim = stack.ledger.claim(stack.published[0][0], "fusion.measure", "w")
        assert isinstance(claim, Claim)
        stack.ledger.fail(claim, NoFace("no face was found"))

    threading.Thread(target=work).start()
    answer = stack.post(headers={"Prefer": "wait=20"})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert (answer.json["code"], answer.json["stage"]) == ("no_face", "fusion.measure")
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json['job']}"
    assert answer.json["links"]["timeline"]


def test_waiting_in_vain_is_a_202(stack: Stack) -> None:
    answer = stack.post(headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json["state"]) == (202, "queued")


def test_a_gateway_too_busy_to_wait_still_accepts(stack: Stack) -> None:
    job = stack.submit()
    hub = stack.app.extensions["kiln"].hub
    with hub.place(), hub.place():  # all the slots there are
        answer = stack.post(jpeg(80, 80), headers={"Prefer": "wait=30"})
        assert answer.status_code == 202
        assert "Preference-Applied" not in answer.headers
        assert stack.client.get(f"/v1/jobs/{job}?wait=5").status_code == 503
        assert stack.client.get(f"/v1/jobs/{job}/events").status_code == 503
        assert stack.client.get(f"/v1/jobs/{job}").status_code == 200


@pytest.mark.parametrize(
    ("code", "status"),
    [
        *(("no_face", 422), ("storage", 503), ("crash", 500), ("cancelled", 409)),
        *((DEADLINE["code"], 504), (CANCEL_AFTER["code"], 504)),
    ],
)
def test_the_end_of_a_job_has_a_status(code: str, status: int) -> None:
    assert status_of_code(code) == status


def test_an_error_of_another_version_is_a_500() -> None:
    assert status_of_code("melted") == 500
    assert status_of_code(InternalError.code) == 500


def test_results_and_photo_are_kept_as_long_as_asked(stack: Stack) -> None:
    short, usual = stack.submit(ttl_hours="2"), stack.submit()
    for job, photo_ms, result_ms in (
        (short, 2 * HOUR_MS, 2 * HOUR_MS),
        (usual, DAY_MS, 30 * DAY_MS),
    ):
        new = stack.ledger._book.jobs[job].new
        assert (new.photo_ttl_ms, new.result_ttl_ms) == (photo_ms, result_ms)


def test_the_trace_of_the_caller_is_kept(stack: Stack) -> None:
    trace = "ab" * 16
    answer = stack.post(headers={"traceparent": f"00-{trace}-{'cd' * 8}-01"})
    assert stack.record(answer.json["id"]).trace == trace
    answer = stack.post(headers={"X-Request-ID": "mine", "traceparent": "nonsense"})
    assert stack.record(answer.json["id"]).trace == "mine"
