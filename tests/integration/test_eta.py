"""What a running house says of the time that its jobs will take."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import requests

from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.stack import TestStack

CROWD = 6


def test_a_crowd_of_jobs_is_told_its_places_and_times_that_shrink(stack: TestStack) -> None:
    """No time is asserted but that jobs in a longer queue are told a longer one."""
    photos = [new_portrait() for _ in range(CROWD)]
    with Kiln(stack.url) as kiln, ThreadPoolExecutor(CROWD) as pool:
        kiln.wait(kiln.submit_figurine(new_portrait())["id"])  # now run times are known
        jobs = [kiln.submit_figurine(photo) for photo in photos]
        streams = [pool.submit(list, kiln.stream(job["id"])) for job in jobs]
        views = [kiln.wait(job["id"], 120) for job in jobs]
        events = [stream.result() for stream in streams]
    places = [job["queue_position"] for job in jobs]
    assert places[-1] > 0
    assert all(0 <= place < CROWD for place in places)
    told = [job["eta"] for job in jobs]
    assert all(0 < eta["p50_s"] <= eta["p90_s"] < 600 for eta in told)
    assert told[-1]["p50_s"] > told[0]["p50_s"]
    assert all(datetime.fromisoformat(eta["at"]).tzinfo for eta in told)
    # at the end there is nothing to await any more
    assert {(view["state"], view["queue_position"], view["eta"]) for view in views} == {
        ("succeeded", None, None)
    }
    # every stream has told estimates, and beside them each event of the job once
    ledger = stack.ledger()
    for job, heard in zip(jobs, events, strict=True):
        assert any(event.type == "eta" and event.data["eta"] for event in heard)
        ids = [event.id for event in heard if event.type != "eta"]
        assert ids == [event.id for event in ledger.events(job["id"])]


def test_a_job_is_cancelled_when_its_time_is_over(stack: TestStack) -> None:
    stack.stop("fusion-worker")
    answer = requests.post(
        f"{stack.url}/v1/figurines",
        data=new_portrait(),
        headers={"Cancel-After": "5s"},
        timeout=30,
    )
    assert answer.status_code == 202
    assert answer.json()["eta"] is None  # nobody knows when a worker comes
    with Kiln(stack.url) as kiln:
        job = kiln.wait(answer.json()["id"], 60)
    assert (job["state"], job["error"]["code"]) == ("cancelled", "cancel_after")
