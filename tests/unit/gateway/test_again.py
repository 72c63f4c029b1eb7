"""A finished job is changed by a new one: ``from`` takes the photos of an earlier job."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest

from common.ledger.records import DAY_MS, JobState
from tests.unit.gateway.conftest import Stack
from tests.unit.gateway.photos import jpeg

SUBMIT = "/v1/figurines"


def finished(stack: Stack, **params: str) -> str:
    job = stack.submit(**params)
    stack.run(job)
    return job


def again(stack: Stack, job: str, **params: Any) -> Any:
    return stack.client.post(SUBMIT, json={"from": job, **params})


def test_the_photo_of_an_earlier_job_is_taken(stack: Stack) -> None:
    job = finished(stack, style="pop")
    answer = again(stack, job, style="oil")
    assert answer.status_code == 202, answer.text
    new = stack.record(answer.json["id"])
    assert new.id != job
    assert new.artifacts["photo"] == stack.record(job).artifacts["photo"]
    assert answer.json["parameters"] | {"from": job, "style": "oil"} == answer.json["parameters"]
    stack.run(new.id)
    assert stack.record(new.id).state is JobState.SUCCEEDED
    assert stack.record(job).state is JobState.SUCCEEDED


def test_what_is_remembered_of_the_photo_is_not_made_again(stack: Stack) -> None:
    job = finished(stack, style="pop")
    answer = again(stack, job, style="pop")
    assert answer.json["state"] == "succeeded"
    assert all(stage["cached"] for stage in answer.json["stages"])


@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_it_may_be_asked_for_by_form_and_by_query(stack: Stack, kind: str) -> None:
    job = finished(stack)
    form = stack.client.post(SUBMIT, data={"from": job, "style": "oil"}, content_type=kind)
    query = stack.client.post(f"{SUBMIT}?from={job}&style=pixel")
    assert (form.status_code, query.status_code) == (202, 202)
    assert form.json["parameters"]["from"] == query.json["parameters"]["from"] == job


def test_the_earlier_photo_lives_as_long_as_the_later_job_needs_it(stack: Stack) -> None:
    job = finished(stack)
    new = again(stack, job, style="oil").json["id"]
    stack.ledger._book.jobs[job].due["photo"] = 0
    assert stack.ledger.expire() == 1
    assert "local" not in [owner for owner, _ in stack.ledger.trash(-1)]
    stack.run(new)
    assert stack.record(new).state is JobState.SUCCEEDED


def test_a_photo_and_an_earlier_job_are_one_too_many(stack: Stack) -> None:
    job = finished(stack)
    answer = stack.client.post(SUBMIT, data={"photo": (io.BytesIO(jpeg()), "me.jpg"), "from": job})
    assert (answer.status_code, answer.json["code"]) == (422, "bad_parameter")
    assert "a photo and `from`" in answer.json["detail"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("nobody", 404, "not_found"), ("../etc", 422, "bad_parameter"), ("", 422, "bad_parameter")],
)
def test_an_unknown_job_is_not_found(stack: Stack, name: str, status: int, code: str) -> None:
    answer = again(stack, name)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_somebody_elses_job_does_not_exist(stack: Stack) -> None:
    job = finished(stack)
    stack.ledger._book.jobs[job].new.__dict__["owner"] = "bob"
    assert again(stack, job).status_code == 404


def test_a_photo_that_has_expired_is_gone(stack: Stack) -> None:
    job = finished(stack)
    stack.ledger._book.jobs[job].due["photo"] = 0
    stack.ledger.expire()
    answer = again(stack, job)
    assert (answer.status_code, answer.json["code"]) == (410, "gone")


def test_a_photo_that_is_not_in_the_store_any_more_is_gone(stack: Stack) -> None:
    job = finished(stack)
    photo = stack.record(job).artifacts["photo"]
    assert stack.store.delete_stale("local", photo.sha256, timedelta(0))
    assert again(stack, job).status_code == 410


def test_a_recipe_is_cooked_anew_from_its_photos(stack: Stack) -> None:
    photo = {"photo": (io.BytesIO(jpeg()), "table.jpg")}
    job = stack.client.post("/v1/recipes", data=photo).json["id"]
    answer = stack.ask(**{"from": job, "count": 1})
    assert answer.status_code == 202, answer.text
    assert "photo" in stack.record(answer.json["id"]).artifacts


def test_a_recipe_without_photos_has_none_to_give(stack: Stack) -> None:
    job = stack.ask("rice").json["id"]
    answer = stack.ask(**{"from": job})
    assert (answer.status_code, "without a photo" in answer.json["detail"]) == (422, True)
    assert again(stack, job).status_code == 422  # a recipe is no figurine


def test_a_resumed_job_still_says_where_its_photo_came_from(stack: Stack) -> None:
    photo = {"photo": (io.BytesIO(jpeg()), "table.jpg")}
    first = stack.client.post("/v1/recipes", data=photo).json["id"]
    job = stack.ask(**{"from": first, "pause_after": "ingredients"}).json["id"]
    stack.run_stage(job, "recipe.recognise")
    fixed = stack.client.post(f"/v1/jobs/{job}/resume", json={"from": job})
    assert (fixed.status_code, "from is fixed" in fixed.json["detail"]) == (422, True)
    assert stack.client.post(f"/v1/jobs/{job}/resume", json={"servings": 4}).status_code == 202
    assert stack.record(job).params["from"] == first


def test_an_earlier_job_counts_as_another_request(stack: Stack) -> None:
    job, key = finished(stack), {"Idempotency-Key": "k"}
    first = stack.client.post(SUBMIT, json={"from": job, "style": "oil"}, headers=key)
    assert first.status_code == 202
    same = stack.client.post(SUBMIT, json={"from": job, "style": "oil"}, headers=key)
    assert same.json["id"] == first.json["id"]
    assert stack.client.post(SUBMIT, data=jpeg(), headers=key).status_code == 422


def test_the_photo_is_kept_a_day_from_the_new_job_on(stack: Stack) -> None:
    job = finished(stack)
    new = finished_from(stack, job)
    assert stack.ledger._book.jobs[new].due["photo"] >= stack.record(new).finished_ms + DAY_MS


def finished_from(stack: Stack, job: str) -> str:
    new = str(again(stack, job, style="oil").json["id"])
    stack.run(new)
    return new
