"""Calls of older load tests and clients: tasks instead of jobs."""

from __future__ import annotations

from typing import Final

from common import errors
from gateway.domain import queries
from gateway.domain.calls.call import AWAY, ERASED, FULL, Answer, Body, Call, problem
from gateway.domain.calls.examples import TASK
from gateway.domain.figurines import FigurineParams
from gateway.domain.recipes import RecipeParams
from gateway.domain.tasks import Prediction, Predictions, TaskResult

_TAG: Final = "Older calls"
_UNKNOWN: Final = problem(404, "There is no such task (or it is somebody else's)")
_REFUSED: Final = problem(422, "Photo or parameter refused: `code`, `detail` and `hint` say why")
_TOO_LARGE: Final = problem(413, "A photo, or the whole request, is too large")
_DOWN: Final = problem(
    503, "The recipe service does not answer; see Retry-After", errors.ServiceUnavailable
)

_KNOWN: Final = Answer(200, "The task is done already: its photos are known", TaskResult)

OLDER: Final[tuple[Call, ...]] = (
    Call(
        "POST",
        "/api/upload",
        "Turn a portrait photo into a figurine, as a task",
        id="upload_photo",
        tag=_TAG,
        details="Send the photo as the file field `photo` or `file`, or as the whole body. The same"
        " as `POST /v1/figurines`, with its parameters.",
        query=queries.WaitQuery,
        body=Body(FigurineParams, photos=1, photo_needed=True),
        answers=(
            Answer(200, "It was done within `wait`", TaskResult),
            Answer(202, "The task is accepted", TaskResult, example=TASK),
            _TOO_LARGE,
            _REFUSED,
            AWAY,
            FULL,
        ),
        example="curl -F file=@me.jpg '{base}/api/upload?wait=30'",
    ),
    Call(
        "POST",
        "/test-vlm",
        "Recognise the ingredients on photos, as a task",
        id="start_recognition",
        tag=_TAG,
        details="The same as `POST /v1/recipes` with `pause_after=ingredients`. The task is `done`"
        " when the list is there; it waits a day for `POST /cook-from-image/{task}`.",
        body=Body(RecipeParams, photos=5, photo_needed=True, without=("pause_after",)),
        answers=(
            _KNOWN,
            Answer(202, "The task is accepted", TaskResult, example=TASK),
            _TOO_LARGE,
            _REFUSED,
            AWAY,
            FULL,
        ),
        example="curl -F photo=@table.jpg {base}/test-vlm",
    ),
    Call(
        "GET",
        "/task-result/{task}",
        "Look at a task",
        id="read_task",
        tag=_TAG,
        details="`done` comes with `detections` and `ingredients`, and once cooked with `recipes`;"
        " `failed` with an `error`. A photo with nothing edible is `done` too, with no detections"
        " and the error `no_ingredients`.",
        query=queries.WaitQuery,
        answers=(
            Answer(200, "The task", TaskResult),
            _UNKNOWN,
            problem(410, "What it made has expired, or it was erased"),
            _REFUSED,
            AWAY,
        ),
        example="curl '{base}/task-result/$TASK?wait=10'",
    ),
    Call(
        "POST",
        "/cook-from-image/{task}",
        "Cook from a recognised photo",
        id="cook_task",
        tag=_TAG,
        details="The same as `POST /v1/jobs/{job}/resume`, and waits up to a minute for the"
        " recipes. A task that was cooked already answers with its recipes again.",
        body=Body(
            RecipeParams,
            json={"ingredients": ["leek", "rice"]},
            without=tuple(RecipeParams.fixed),
            changes=True,
        ),
        answers=(
            Answer(200, "The recipes", TaskResult),
            Answer(202, "It takes longer: look at `status_url`", TaskResult, example=TASK),
            _UNKNOWN,
            ERASED,
            problem(409, "`job_not_paused`: still recognising, or cooked from another list"),
            problem(422, "A parameter was refused, or the task has failed: `code` says how"),
            AWAY,
        ),
        example="curl -X POST {base}/cook-from-image/$TASK",
    ),
    Call(
        "POST",
        "/predict",
        "Recognise the ingredients on a photo, at once",
        id="predict",
        tag=_TAG,
        details="Nothing is stored, there is no task. Best first; without `all` only what is sure.",
        body=Body(queries.PredictQuery, photos=1, photo_needed=True),
        answers=(
            Answer(200, "What was seen", Prediction),
            _TOO_LARGE,
            _REFUSED,
            _DOWN,
        ),
        example="curl -F photo=@table.jpg '{base}/predict?all=1'",
    ),
    Call(
        "POST",
        "/predict/batch",
        "Recognise the ingredients on up to 32 photos, at once",
        id="predict_batch",
        tag=_TAG,
        details="All photos go through the network together; one result each, in their order.",
        body=Body(queries.PredictQuery, photos=32, photo_needed=True),
        answers=(
            Answer(200, "What was seen on each", Predictions),
            _TOO_LARGE,
            _REFUSED,
            _DOWN,
        ),
        example="curl -F photo=@one.jpg -F photo=@two.jpg {base}/predict/batch",
    ),
    Call(
        "POST",
        "/predict/async",
        "Recognise the ingredients on photos, as a task",
        id="predict_async",
        tag=_TAG,
        details="The same as `POST /test-vlm`.",
        body=Body(RecipeParams, photos=5, photo_needed=True, without=("pause_after",)),
        answers=(
            _KNOWN,
            Answer(202, "The task is accepted", TaskResult, example=TASK),
            _TOO_LARGE,
            _REFUSED,
            AWAY,
            FULL,
        ),
        example="curl -F photo=@table.jpg {base}/predict/async",
    ),
)
