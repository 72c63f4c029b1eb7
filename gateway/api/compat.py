"""Calls of older load tests and clients, answered by the same house.

They know tasks with the states ``processing``, ``done`` and ``failed`` instead of jobs.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from common.contracts.recipe import IngredientList, RecipeBook
from common.contracts.stages import INGREDIENTS, RECIPES
from common.errors import BadPhoto, NoIngredients
from common.ledger.records import JobRecord, JobState
from gateway.api.figurines import submission_of as figurine_submission
from gateway.api.reading import job_of, json_of, query_of
from gateway.api.recipes import submission_of as recipe_submission
from gateway.api.uploads import read_upload
from gateway.domain.params import FigurineParams, read_params
from gateway.domain.queries import PredictQuery, WaitQuery
from gateway.domain.recipes import RecipeParams
from gateway.domain.tasks import detections_of, state_of
from gateway.domain.views import job_url
from gateway.house import house
from gateway.neighbours import predict
from gateway.resume import resume
from gateway.submit import submit

COOK_WAIT_S = 60.0
MOST_PHOTOS = 32  # of one /predict/batch

blueprint = Blueprint("compat", __name__)


@blueprint.post("/api/upload")
def upload() -> Response:
    """Turn a photo into a figurine, answering with a task."""
    wait_s = float(request.args.get("wait", 0) or 0)
    photos, pairs = read_upload(request, most=1)
    params = read_params(FigurineParams, [pair for pair in pairs if pair[0] != "wait"])
    receipt = submit(house(), figurine_submission(request, _needed(photos), params))
    return _task(receipt.job, wait_s)


@blueprint.post("/test-vlm")
def see() -> Response:
    """Recognise the ingredients on photos; the task waits for ``/cook-from-image``."""
    photos, pairs = read_upload(request, most=5)
    params = read_params(RecipeParams, [*pairs, ("pause_after", "ingredients")])
    receipt = submit(house(), recipe_submission(request, _needed(photos), params))
    return _task(receipt.job, 0)


@blueprint.get("/task-result/<task>")
def task_result(task: str) -> Response:
    """Look at a task; ``wait`` delays the answer until it is done."""
    return _task(task, query_of(request, WaitQuery).wait, looked_at=True)


@blueprint.post("/cook-from-image/<task>")
def cook(task: str) -> Response:
    """Cook from a recognised photo, with ``ingredients`` corrected if they are sent."""
    record = job_of(request, task)
    if record.state is not JobState.SUCCEEDED:
        resume(house(), record, json_of(request))
    return _task(task, COOK_WAIT_S)


@blueprint.post("/predict")
def predict_one() -> Response:
    """Recognise the ingredients on one photo, in this very request."""
    return _predict("/predict", most=1)


@blueprint.post("/predict/batch")
def predict_many() -> Response:
    """Recognise the ingredients on several photos at once."""
    return _predict("/predict/batch", most=MOST_PHOTOS)


@blueprint.post("/predict/async")
def predict_later() -> Response:
    """Recognise the ingredients on a photo as a task."""
    return see()


def _predict(path: str, most: int) -> Response:
    photos, pairs = read_upload(request, most)
    query = read_params(PredictQuery, pairs)
    return jsonify(predict(house().settings.recipe_url + path, _needed(photos), query.all))


def _needed(photos: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if not photos:
        raise BadPhoto("the request carries no photo", "Send it as the file field `photo`.")
    return photos


def _task(task: str, wait_s: float, *, looked_at: bool = False) -> Response:
    record = job_of(request, task)
    if wait_s and not record.state.resting:
        record = house().hub.wait_for_rest(task, min(wait_s, COOK_WAIT_S)) or record
    state = state_of(record)
    body: dict[str, Any] = {
        "task_id": task,
        "job_id": task,
        "status": state,
        "status_url": job_url(task),
    }
    if state == "done":
        body |= _results(record)
    elif state == "failed":
        body |= {"error": record.error or {"code": str(record.state)}}
    response = jsonify(body)
    response.status_code = 200 if looked_at or state != "processing" else 202
    return response


def _results(record: JobRecord) -> dict[str, Any]:
    """Read what the job has made so far: the list, the recipes."""
    found: dict[str, Any] = {}
    if INGREDIENTS.name in record.artifacts:
        seen = IngredientList.model_validate_json(_read(record, INGREDIENTS.name))
        found["ingredients"] = [one.model_dump(mode="json") for one in seen.ingredients]
        found["detections"] = detections_of(seen)
    if RECIPES.name in record.artifacts:
        book = RecipeBook.model_validate_json(_read(record, RECIPES.name))
        found["recipes"] = [one.model_dump(mode="json") for one in book.recipes]
    if record.error and record.error.get("code") == NoIngredients.code:
        found["detections"] = []
    return found


def _read(record: JobRecord, name: str) -> bytes:
    return house().store.get(record.owner, record.artifacts[name])
