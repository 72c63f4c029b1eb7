"""Looking at jobs: reading, waiting, streaming, fetching, cancelling."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pytest

from common.contracts.stages import QUEUES
from common.errors import NotFound
from common.ledger.records import Event
from gateway.api import events as events_api
from gateway.api.events import as_text
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg


@pytest.fixture
def done(stack: Stack) -> str:
    job = stack.submit()
    stack.run(job)
    return job


def test_a_job_is_read_with_an_etag_and_an_unchanged_one_is_a_304(stack: Stack) -> None:
    job = stack.submit()
    first = stack.client.get(f"/v1/jobs/{job}")
    again = stack.client.get(f"/v1/jobs/{job}", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    stack.run_stage(job, "fusion.measure")
    changed = stack.client.get(f"/v1/jobs/{job}", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.json["progress"] > 0


@pytest.mark.parametrize("path", ["", "/events", "/timeline", "/artifacts/preview.png"])
@pytest.mark.parametrize("job", ["0" * 32, "nope", "a b", "%00", "x" * 500])
def test_an_unknown_job_is_a_404(stack: Stack, job: str, path: str) -> None:
    answer = stack.client.get(f"/v1/jobs/{job}{path}")
    assert (answer.status_code, answer.json["code"]) == (404, NotFound.code)


def test_somebody_elses_job_does_not_exist(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    job = stack.submit()
    monkeypatch.setattr("gateway.api.reading.owner_of", lambda _: "eve")
    monkeypatch.setattr("gateway.api.jobs.owner_of", lambda _: "eve")
    assert stack.client.get(f"/v1/jobs/{job}").status_code == 404
    assert stack.client.post(f"/v1/jobs/{job}/cancel").status_code == 404
    assert stack.client.get("/v1/jobs").json["jobs"] == []


def test_waiting_for_a_job_answers_when_it_ends(stack: Stack) -> None:
    job = stack.submit()
    threading.Timer(0.1, lambda: stack.run(job)).start()
    started = time.monotonic()
    answer = stack.client.get(f"/v1/jobs/{job}?wait=20")
    assert answer.json["state"] == "succeeded"
    assert time.monotonic() - started < 10


def test_waiting_in_vain_answers_with_the_job_as_it_is(stack: Stack) -> None:
    answer = stack.client.get(f"/v1/jobs/{stack.submit()}?wait=0.1")
    assert (answer.status_code, answer.json["state"]) == (200, "queued")


@pytest.mark.parametrize("query", ["wait=soon", "wait=-1", "wiat=1"])
def test_a_bad_query_is_a_422(stack: Stack, query: str) -> None:
    answer = stack.client.get(f"/v1/jobs/{stack.submit()}?{query}")
    assert (answer.status_code, answer.json["code"]) == (422, "bad_parameter")


def test_jobs_are_listed_newest_first_in_pages(stack: Stack) -> None:
    jobs = {stack.submit(seed=str(n)) for n in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = stack.client.get(f"/v1/jobs?limit=2{cursor}").json
        seen += [job["id"] for job in page["jobs"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == 5
    assert set(seen) == jobs
    stack.client.post(f"/v1/jobs/{seen[2]}/cancel")
    cancelled = stack.client.get("/v1/jobs?state=cancelled").json["jobs"]
    assert [job["id"] for job in cancelled] == [seen[2]]


def test_cancelling_ends_a_job_once_and_for_all(stack: Stack, done: str) -> None:
    job = stack.submit(style="oil")
    first, again = (stack.client.post(f"/v1/jobs/{job}/cancel") for _ in range(2))
    assert (first.status_code, first.json["state"]) == (202, "cancelled")
    assert again.status_code == 202
    late = stack.client.post(f"/v1/jobs/{done}/cancel")
    assert (late.status_code, late.json["code"]) == (409, "job_not_cancellable")


def test_the_timeline_of_a_finished_job(stack: Stack, done: str) -> None:
    timeline = stack.client.get(f"/v1/jobs/{done}/timeline").json
    assert timeline["job"] == done
    assert timeline["critical_path"][0] in {"fusion.measure", "stylize.portrait"}
    assert timeline["total_ms"] == timeline["critical_path_ms"] + timeline["overhead_ms"]


# -- events -------------------------------------------------------------------------------


def parsed(text: str) -> list[dict[str, str]]:
    blocks = [block for block in text.split("\n\n") if block.startswith("id:")]
    return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]


def test_the_events_of_a_finished_job_are_told_and_the_stream_ends(stack: Stack, done: str) -> None:
    answer = stack.client.get(f"/v1/jobs/{done}/events")
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.text.startswith("retry: 1000\n\n")
    told = parsed(answer.text)
    assert [event["id"] for event in told] == [event.id for event in stack.ledger.events(done)]
    assert (told[0]["event"], told[-1]["event"]) == ("accepted", "succeeded")


@pytest.mark.parametrize("how", ["header", "query"])
def test_a_stream_resumes_without_gap_or_repeat(stack: Stack, done: str, how: str) -> None:
    whole = parsed(stack.client.get(f"/v1/jobs/{done}/events").text)
    for cut in range(len(whole) - 1):
        last = whole[cut]["id"]
        headers = {"Last-Event-ID": last} if how == "header" else {}
        query = {"after": last} if how == "query" else {}
        rest = stack.client.get(f"/v1/jobs/{done}/events", headers=headers, query_string=query)
        assert parsed(rest.text) == whole[cut + 1 :]


def test_who_has_seen_the_end_gets_a_204(stack: Stack, done: str) -> None:
    last = stack.ledger.events(done)[-1].id
    answer = stack.client.get(f"/v1/jobs/{done}/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 204


def test_a_foreign_last_event_id_starts_from_the_beginning(stack: Stack, done: str) -> None:
    answer = stack.client.get(f"/v1/jobs/{done}/events", headers={"Last-Event-ID": "what?"})
    assert len(parsed(answer.text)) == len(stack.ledger.events(done))


def test_live_events_reach_a_stream(stack: Stack) -> None:
    job = stack.submit()
    threading.Timer(0.1, lambda: stack.run(job)).start()
    told = parsed(stack.client.get(f"/v1/jobs/{job}/events").text)
    assert [event["id"] for event in told] == [event.id for event in stack.ledger.events(job)]


def test_a_quiet_stream_has_heartbeats_and_ends_in_time(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(events_api, "LONGEST_STREAM_S", 0.2)
    text = stack.client.get(f"/v1/jobs/{stack.paused()}/events").text
    assert 2 <= text.count(": quiet\n\n") <= 5


def test_a_client_that_goes_away_leaves_its_place_to_another(stack: Stack) -> None:
    path = f"/v1/jobs/{stack.submit()}/events"
    for _ in range(6):  # three times as many as there are places
        answer = stack.client.get(path, buffered=False)
        assert answer.status_code == 200
        answer.close()


def test_an_event_is_one_block_of_lines() -> None:
    text = as_text(Event("1-2", "j", "stage", {"detail": "two\nlines"}))
    assert text == 'id: 1-2\nevent: stage\ndata: {"detail":"two\\nlines"}\n\n'


# -- artifacts ------------------------------------------------------------------------------


def fetch(stack: Stack, job: str, name: str = "figurine.glb", **headers: str) -> Any:
    wanted = {key.replace("_", "-"): value for key, value in headers.items()}
    return stack.client.get(f"/v1/jobs/{job}/artifacts/{name}", headers=wanted)


def test_an_artifact_is_fetched_whole(stack: Stack, done: str) -> None:
    listed = {a["name"]: a for a in stack.client.get(f"/v1/jobs/{done}").json["artifacts"]}
    for name, artifact in listed.items():
        answer = stack.client.get(artifact["url"])
        assert answer.status_code == 200
        assert len(answer.data) == artifact["size"] == answer.content_length
        assert answer.headers["ETag"] == f'"{artifact["sha256"]}"'
        assert answer.mimetype == artifact["media_type"]
        assert "immutable" in answer.headers["Cache-Control"]
        stem = name.split(".")[0]
        assert f'filename="{stem}-{done[:8]}.' in answer.headers["Content-Disposition"]


def test_a_file_of_a_job_that_goes_on_may_be_made_anew_so_nobody_keeps_it(stack: Stack) -> None:
    answer = fetch(stack, stack.paused(), "ingredients.json")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-cache")


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=0-999999", 206, slice(0, None)),
        ("bytes=-999999", 206, slice(0, None)),
        ("bytes=0-1,3-4", 200, slice(0, None)),
        ("lines=0-1", 200, slice(0, None)),
        ("bytes=what", 200, slice(0, None)),
        ("bytes=3-1", 200, slice(0, None)),
    ],
)
def test_one_range_of_bytes_is_a_206(
    stack: Stack, done: str, wanted: str, status: int, part: slice
) -> None:
    whole = fetch(stack, done).data
    answer = fetch(stack, done, Range=wanted)
    assert (answer.status_code, answer.data) == (status, whole[part])
    if status == 206:
        first = whole.index(whole[part])
        last = first + len(whole[part]) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"


def test_a_range_outside_the_file_is_a_416(stack: Stack, done: str) -> None:
    answer = fetch(stack, done, Range="bytes=100000-")
    assert (answer.status_code, answer.json["code"]) == (416, "range_not_satisfiable")
    assert re.fullmatch(r"bytes \*/\d+", answer.headers["Content-Range"])


def test_the_last_bytes_of_a_file_are_as_many_as_it_has(stack: Stack, done: str) -> None:
    size = len(fetch(stack, done).data)
    for last in (size - 1, size, size + 1):
        answer = fetch(stack, done, Range=f"bytes=-{last}")
        assert (answer.status_code, len(answer.data)) == (206, min(last, size))


def test_if_range_sends_the_range_only_of_the_very_file(stack: Stack, done: str) -> None:
    etag = fetch(stack, done).headers["ETag"]
    assert fetch(stack, done, Range="bytes=0-3", If_Range=etag).status_code == 206
    assert fetch(stack, done, Range="bytes=0-3", If_Range='"other"').status_code == 200
    assert fetch(stack, done, Range="bytes=0-3", If_Range=f"W/{etag}").status_code == 200


def test_who_has_the_file_gets_a_304(stack: Stack, done: str) -> None:
    etag = fetch(stack, done).headers["ETag"]
    answer = fetch(stack, done, If_None_Match=f'"x", {etag}')
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == etag


def test_head_tells_size_and_etag_without_the_bytes(stack: Stack, done: str) -> None:
    answer = stack.client.head(f"/v1/jobs/{done}/artifacts/figurine.glb")
    assert answer.data == b""
    assert answer.content_length == len(fetch(stack, done).data)


@pytest.mark.parametrize("name", ["photo", "attributes.json", "sculpture.npz", "nope.txt", "..%2f"])
def test_what_is_not_for_users_is_a_404(stack: Stack, done: str, name: str) -> None:
    assert fetch(stack, done, name).status_code == 404


def test_expired_artifacts_are_a_410(
    stack: Stack, done: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = stack.ledger._now()
    for clock in (stack.ledger, stack.ledger._book):
        name = "_now" if clock is stack.ledger else "now"
        monkeypatch.setattr(clock, name, lambda: now + 31 * 24 * 3_600_000)
    assert stack.ledger.expire() > 0
    answer = fetch(stack, done)
    assert (answer.status_code, answer.json["code"]) == (410, "gone")
    view = stack.client.get(f"/v1/jobs/{done}").json
    assert view["state"] == "succeeded"
    assert view["artifacts_expired_at"]


def test_a_file_missing_from_the_store_is_a_410(stack: Stack) -> None:
    job = stack.submit()
    put = stack.store.put
    claim: Any = stack.ledger.claim(job, "fusion.measure", "w")
    ref = put("local", "figurine.glb", "model/gltf-binary", b"x").model_copy(
        update={"sha256": "0" * 64}
    )
    stack.ledger.announce(claim, ref)
    assert fetch(stack, job).status_code == 410


# -- the house ------------------------------------------------------------------------------


def test_readiness_names_the_queue_without_a_worker(stack: Stack) -> None:
    answer = stack.client.get("/readyz")
    assert answer.status_code == 503
    assert {f"worker {queue}" for queue in QUEUES} == answer.json["missing"].keys()
    for queue in QUEUES:
        stack.ledger.worker_up(queue, "w")
    assert stack.client.get("/readyz").status_code == 200
    stack.ledger.worker_down("fusion", "w")
    assert "worker fusion" in stack.client.get("/readyz").json["missing"]


def test_jobs_are_accepted_without_any_worker(stack: Stack) -> None:
    assert stack.client.get("/readyz").status_code == 503
    assert stack.post(jpeg()).status_code == 202


def test_the_start_page_and_its_files_are_served(stack: Stack) -> None:
    with stack.client.get("/") as page:
        assert page.mimetype == "text/html"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert not re.search(r"<script(?![^>]*src=)", page.text)
        files = re.findall(r"(?:src|href)=\"(/web/[^\"]+)\"", page.text)
    assert len(files) == 4
    for file in files:
        with stack.client.get(file) as answer:
            assert answer.status_code == 200


def test_every_answer_carries_a_request_id_and_its_time(stack: Stack) -> None:
    for path in ("/health", "/v1/jobs/none", "/nowhere", "/v1/catalog"):
        answer = stack.client.get(path, headers={"X-Request-ID": "abc"})
        assert answer.headers["X-Request-ID"] == "abc"
        assert float(answer.headers["X-Process-Time"]) >= 0


def test_a_wrong_method_or_path_is_a_problem_document(stack: Stack) -> None:
    for method, path, status in (("GET", "/v1/figurines", 405), ("GET", "/v2", 404)):
        answer = stack.client.open(path, method=method)
        assert (answer.status_code, answer.json["status"]) == (status, status)
        assert answer.content_type == "application/problem+json"


def test_a_page_that_only_looks_like_this_machine_gets_nothing(stack: Stack) -> None:
    answer = stack.client.get("/v1/jobs", headers={"Host": "evil.example:8000"})
    assert answer.status_code == 400
    assert stack.client.get("/v1/jobs", headers={"Host": "localhost:8000"}).status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-origin", 202)])
def test_a_form_on_another_site_cannot_submit(stack: Stack, site: str, status: int) -> None:
    answer = stack.post(headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status
    assert answer.is_json
