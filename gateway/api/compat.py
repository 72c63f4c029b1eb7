"""Calls of older load tests and clients, answered by the same house.

They know tasks with the states ``processing``, ``done`` and ``failed`` instead of jobs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, jsonify, request

from common.contracts.recipe import MAX_PHOTOS, IngredientList, RecipeBook
from common.contracts.stages import INGREDIENTS, RECIPES
from common.errors import Busy, Gone, NotFound, RateLimited
from common.ledger.records import JobRecord, JobState
from gateway.api import figurines, reading, recipes, uploads
from gateway.domain import queries, tasks, views
from gateway.domain.figurines import FigurineParams
from gateway.domain.params import read_params
from gateway.domain.recipes import RecipeParams
from gateway.domain.upload import check_photo
from gateway.house import house
from gateway.neighbours import predict
from gateway.resume import resume
from gateway.submit import submit

MOST_PHOTOS = 32  # of one /predict/batch

blueprint = Blueprint("compat", __name__)


@blueprint.post("/api/upload")
def upload() -> Response:
    """Turn a photo into a figurine, answering with a task."""
    photos, pairs = uploads.read_upload(request, most=1)
    wait_s = read_params(queries.WaitQuery, [pair for pair in pairs if pair[0] == "wait"]).wait
    params = read_params(FigurineParams, [pair for pair in pairs if pair[0] != "wait"])
    wanted = figurines.submission_of(request, uploads.needed(photos), params)
    return _accepted(submit(house(), wanted).job, wait_s)


@blueprint.post("/test-vlm")
def see() -> Response:
    """Recognise the ingredients on photos; the task waits for ``/cook-from-image``."""
    photos, pairs = uploads.read_upload(request, MAX_PHOTOS)
    params = read_params(RecipeParams, [*pairs, ("pause_after", "ingredients")])
    wanted = recipes.submission_of(request, uploads.needed(photos), params)
    return _accepted(submit(house(), wanted).job, 0)


@blueprint.post("/predict/async")
def predict_later() -> Response:
    """Recognise the ingredients on photos as a task, like ``/test-vlm``."""
    return see()


@blueprint.get("/task-result/<task>")
def task_result(task: str) -> Response:
    """Look at a task; ``wait`` delays the answer until it is done."""
    wait_s = reading.query_of(request, queries.WaitQuery).wait
    record = reading.job_of(request, task)
    if wait_s and not record.state.resting:
        record = reading.own(request, task, house().hub.wait_for_rest(task, wait_s, record.owner))
    return jsonify(tasks.said(_result(record)))


@blueprint.post("/cook-from-image/<task>")
def cook(task: str) -> Response:
    """Cook from a recognised photo, with ``ingredients`` corrected if they are sent."""
    record = reading.job_of(request, task)
    if record.product != "recipe":
        raise NotFound(f"task {task} has no photo of food", "POST /test-vlm makes one that has.")
    changes = uploads.changes_of(request, RecipeParams)
    if record.error:
        return uploads.problem_of(record)
    if changes or record.state is not JobState.SUCCEEDED:
        resume(house(), record, changes)
    return _accepted(task, queries.LONGEST_WAIT_S)


@blueprint.post("/predict")
def predict_one() -> Response:
    """Recognise the ingredients on one photo, in this very request."""
    return jsonify(_predict("/predict", 1, tasks.Prediction))


@blueprint.post("/predict/batch")
def predict_many() -> Response:
    """Recognise the ingredients on several photos at once."""
    return jsonify(_predict("/predict/batch", MOST_PHOTOS, tasks.Predictions))


def _predict(path: str, most: int, model: type[tasks.Prediction | tasks.Predictions]) -> Any:  # noqa: ANN401  JSON
    photos, pairs = uploads.read_upload(request, most)
    query = read_params(queries.PredictQuery, pairs)
    settings = house().settings
    for photo in uploads.needed(photos):
        check_photo(photo, settings.max_upload_mb * 1_000_000)
    answer = predict(settings.recipe_url + path, photos, model, everything=query.all)
    return answer.model_dump(mode="json")


def _accepted(job: str, wait_s: float) -> Response:
    """Answer with a task: 202, or 200 with its result when it is done in time."""
    record = reading.job_of(request, job)
    if wait_s and not record.state.resting:
        with suppress(Busy, RateLimited):  # the task is accepted: who cannot wait owes its 202
            record = house().hub.wait_for_rest(job, wait_s, record.owner) or record
    result = _result(record)
    response = jsonify(tasks.said(result))
    response.status_code = 202 if result.status == "processing" else 200
    response.headers["Location"] = result.status_url
    return response


def _result(record: JobRecord) -> tasks.TaskResult:
    """Read what a job has made so far: the list, the recipes, the files.

    Raises
    ------
    Gone
        It has expired.
    """
    state = tasks.state_of(record)
    task: dict[str, Any] = {
        "task_id": record.id,
        "job_id": record.id,
        "status": state,
        "status_url": f"/task-result/{record.id}",
    }
    if error := tasks.error_of(record):
        task |= {"error": error} | ({"detections": []} if tasks.saw_nothing(record) else {})
    elif state == "done":
        task |= _made(record)
    return tasks.TaskResult(**task)


def _made(record: JobRecord) -> dict[str, Any]:
    if record.artifacts_expired_ms is not None:
        raise Gone(f"what task {record.id} made has expired")
    made: dict[str, Any] = {"artifacts": views.job_view(record).artifacts}
    if INGREDIENTS.name in record.artifacts:
        seen = IngredientList.model_validate_json(_read(record, INGREDIENTS.name))
        made |= {"ingredients": seen.ingredients, "detections": tasks.detections_of(seen)}
    if RECIPES.name in record.artifacts:
        book = RecipeBook.model_validate_json(_read(record, RECIPES.name))
        made |= {"ingredients": book.ingredients, "recipes": book.recipes}
    return made


def _read(record: JobRecord, name: str) -> bytes:
    return reading.read_file(house(), record, record.artifacts[name])
