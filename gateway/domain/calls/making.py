"""Calls that make something."""

from __future__ import annotations

from typing import Any, Final

from common import errors
from gateway.domain.calls import troubles
from gateway.domain.calls.call import (
    AWAY,
    ERASED,
    FULL,
    JOB,
    REFUSED,
    UNKNOWN,
    Answer,
    Body,
    Call,
    problem,
)
from gateway.domain.calls.examples import ACCEPTED, CANCELLED
from gateway.domain.calls.examples import JOB as EARLIER
from gateway.domain.erasures import ErasureReceipt
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.recipes import RecipeParams
from gateway.domain.views import JobView

SUBMIT_HEADERS: Final = (
    ("Idempotency-Key", "Up to 255 characters: the same request again gets the same job"),
    (
        "Cancel-After",
        "`90s`, `5m`, `1h` (5 s to 24 h): the job is cancelled if it has not ended by then",
    ),
    ("Prefer", "`wait=N`: wait up to N seconds (60 at most) for the end of the job"),
    ("traceparent", "W3C trace context; its trace id appears in the logs"),
)
NOT_YOURS: Final = problem(404, "There is no job `from` (or it is somebody else's)")
WHERE: Final = ("Location", "Idempotent-Replayed", "Preference-Applied")
ACCEPTED_JOB: Final = Answer(
    202,
    "The job is accepted; `Location` is where it is",
    JobView,
    example=ACCEPTED,
    headers=WHERE,
)
# what a waited-for job that ended without a result answers, beside 422 and 503; 500 is a fault
WITHOUT_RESULT: Final = (
    problem(409, "Waited for: the job was cancelled", said=troubles.CANCELLED),
    problem(
        504,
        "Waited for: the job did not end before its deadline, or `Cancel-After`",
        said=troubles.DEADLINE,
    ),
)
NO_PHOTO_ANY_MORE: Final = problem(410, "The photo of the job `from` has expired or was erased")

_RECEIPT: Final[dict[str, Any]] = {
    "job": EARLIER,
    "erased_at": "2026-11-21T10:15:04.310Z",
    "erased": [
        {"name": "figurine.glb", "sha256": "9f2c4be1" * 8, "size": 912_344},
        {"name": "photo", "sha256": "51d0a7e3" * 8, "size": 2_345_678},
    ],
    "kept": [],
    "pending": [],
}

MAKE: Final[tuple[Call, ...]] = (
    Call(
        "POST",
        "/v1/figurines",
        "Turn a portrait photo into a figurine",
        id="submit_figurine",
        tag="Make",
        details="Send the photo as the multipart file field `photo`, or as the whole body with the"
        " parameters in the query. JPEG, PNG, WebP, GIF (first frame) and HEIC are read. The"
        " answer comes at once; follow `Location`. With `Prefer: wait=60` it brings the result."
        " `from=<job id>` takes the photo of an earlier job of yours instead of a new one, with the"
        " parameters of this request: what is remembered of that photo is not made again, and"
        " the photo is kept for the new job as if it had been sent. With `pause_after=portrait` the"
        " job stops as `paused` behind the portrait and the measuring, until you resume it. What"
        " you say of hair, glasses, beard, face and colours counts instead of what was measured"
        " (in a couple, for the larger face); `facts` says how sure the measuring was. A figurine"
        " that fails a gate of its print certificate fails with `unprintable`, unless"
        " `accept=unprintable`.",
        body=Body(FigurineParams, photos=1, json={"from": EARLIER, "style": "pop"}),
        headers=SUBMIT_HEADERS,
        answers=(
            Answer(
                200, "The job has ended or paused (waited for, or replayed)", JobView, headers=WHERE
            ),
            ACCEPTED_JOB,
            NOT_YOURS,
            NO_PHOTO_ANY_MORE,
            problem(413, "The photo is too large"),
            problem(
                422,
                "Refused: a bad photo or parameter, `engine_unavailable`, `name_does_not_fit`; or"
                " waited for and ended with `no_face`, `unprintable` and others: `detail` says why",
            ),
            AWAY,
            FULL,
            *WITHOUT_RESULT,
        ),
        example="curl -F photo=@me.jpg -F style=cel -F template=superhero {base}/v1/figurines",
    ),
    Call(
        "POST",
        "/v1/portraits",
        "Turn a portrait photo into a cartoon portrait, and nothing else",
        id="submit_portrait",
        tag="Make",
        details="The first half of `POST /v1/figurines`, sent in the same way: a PNG of up to 2048"
        " px, with `background=transparent` cut out. `from=<job id>` takes the photo of an earlier"
        " portrait or figurine of yours.",
        body=Body(
            PortraitParams, photos=1, json={"from": EARLIER, "style": "oil", "size_px": 2048}
        ),
        headers=SUBMIT_HEADERS,
        answers=(
            Answer(200, "The job has ended (waited for, or replayed)", JobView, headers=WHERE),
            ACCEPTED_JOB,
            NOT_YOURS,
            NO_PHOTO_ANY_MORE,
            problem(413, "The photo is too large"),
            REFUSED,
            AWAY,
            FULL,
            *WITHOUT_RESULT,
        ),
        example="curl -F photo=@me.jpg -F style=cel -F background=transparent {base}/v1/portraits",
    ),
    Call(
        "POST",
        "/v1/recipes",
        "Turn photos of groceries, or a list of ingredients, into recipes",
        id="submit_recipe",
        tag="Make",
        details="Send one to five photos as multipart file fields `photo`, or a list as"
        " `ingredients`, or both; or one JSON object with the same names. Ingredients are"
        " understood in English, Russian, Vietnamese and Traditional Chinese. With"
        " `pause_after=ingredients` the job stops behind the recognition, as `paused`, until you"
        " resume it with a corrected list. `from=<job id>` takes the photos of an earlier recipe.",
        body=Body(RecipeParams, photos=5, json={"ingredients": ["2 onions", "rice"], "count": 2}),
        headers=SUBMIT_HEADERS,
        answers=(
            Answer(
                200, "The job has ended or paused (waited for, or replayed)", JobView, headers=WHERE
            ),
            ACCEPTED_JOB,
            NOT_YOURS,
            NO_PHOTO_ANY_MORE,
            problem(413, "A photo, or the whole request, is too large"),
            problem(
                422,
                "Refused: `no_ingredients` without photo and list, `language_unavailable` and"
                " `engine_unavailable` without a language model, or a bad photo or parameter",
            ),
            AWAY,
            FULL,
            *WITHOUT_RESULT,
        ),
        example="curl -F photo=@table.jpg -F 'ingredients=2 onions, rice' -F diet=vegetarian"
        " {base}/v1/recipes",
    ),
    Call(
        "POST",
        f"{JOB}/resume",
        "Let a paused job go on, with what you have changed",
        id="resume_job",
        tag="Make",
        details="Parameters by name; what is not sent stays as it was. A stage runs again only if a"
        " parameter that it reads has changed: for a figurine another `style` draws the portrait"
        " anew, another `template` or colour does not. Of a recipe, `ingredients` is the whole list"
        " as corrected; it does not recognise anew, another `engine` does. `pause_after` pauses"
        " once more. `formats`, the number of recipes and the time they are kept are fixed.",
        body=Body(
            FigurineParams,
            other=RecipeParams,
            changes=True,
            json={"style": "pop", "template": "chef", "hair": "ginger"},
            without=tuple(FigurineParams.fixed | RecipeParams.fixed),
        ),
        answers=(
            Answer(202, "The job goes on", JobView, example=ACCEPTED),
            UNKNOWN,
            ERASED,
            problem(409, "`job_not_paused`: it runs, has gone on already, or has ended"),
            REFUSED,
            AWAY,
        ),
        example="""curl --json '{"ingredients": ["2 onions", "rice", "feta"]}'"""
        " {base}/v1/jobs/$JOB/resume",
    ),
    Call(
        "POST",
        f"{JOB}/cancel",
        "Cancel a job",
        id="cancel_job",
        tag="Make",
        details="What runs stops at its next checkpoint; nothing of it will appear.",
        answers=(
            Answer(
                202, "The job is cancelled (also when it was before)", JobView, example=CANCELLED
            ),
            UNKNOWN,
            ERASED,
            problem(409, "The job has ended already", errors.NotAllowedNow),
            AWAY,
        ),
        example="curl -X POST {base}/v1/jobs/$JOB/cancel",
    ),
    Call(
        "DELETE",
        JOB,
        "Erase a job and its files",
        id="erase_job",
        tag="Make",
        details="A job that runs is cancelled first. Its files are deleted at once: the photo, what"
        " was measured and all that was made, but not what another job of yours has too. What was"
        " remembered of them is forgotten. The receipt says what is gone; asking again answers it"
        " again, and every other call to the job is a 410 from then on.",
        answers=(
            Answer(200, "The receipt", ErasureReceipt, example=_RECEIPT),
            UNKNOWN,
            AWAY,
        ),
        example="curl -X DELETE {base}/v1/jobs/$JOB",
    ),
)
