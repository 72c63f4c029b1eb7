"""Calls that look at jobs and fetch what was made."""

from __future__ import annotations

from typing import Final

from gateway.domain import queries
from gateway.domain.calls.call import AWAY, ERASED, JOB, REFUSED, UNKNOWN, Answer, Call, problem
from gateway.domain.calls.examples import EVENTS
from gateway.domain.timeline import Timeline
from gateway.domain.views import JobList, JobView

LOOK: Final[tuple[Call, ...]] = (
    Call(
        "GET",
        "/v1/jobs",
        "List jobs, newest first",
        id="list_jobs",
        tag="Look",
        query=queries.JobsQuery,
        answers=(Answer(200, "One page", JobList), REFUSED, AWAY),
        example="curl '{base}/v1/jobs?state=failed&limit=5'",
    ),
    Call(
        "GET",
        JOB,
        "Read a job",
        id="read_job",
        tag="Look",
        details="`wait` delays the answer until the job has ended or paused. `queue_position` and"
        " `eta` tell how long it will take. A job of which no more than the `eta` has changed is a"
        " 304.",
        query=queries.WaitQuery,
        headers=(("If-None-Match", "ETag of the answer before"),),
        answers=(
            Answer(200, "The job", JobView, headers=("ETag",)),
            Answer(304, "Unchanged"),
            UNKNOWN,
            ERASED,
            REFUSED,
            AWAY,
        ),
        example="curl '{base}/v1/jobs/$JOB?wait=30'",
    ),
    Call(
        "GET",
        f"{JOB}/events",
        "Follow a job",
        id="follow_job",
        tag="Look",
        details="Server-sent events: `accepted`, `stage`, `artifact`, `progress` (what a language"
        " model has written so far), `paused` and `resumed`, and at last one of `succeeded`,"
        " `failed`, `cancelled`, `expired`. Beside them `eta` comes every few seconds, without an"
        " id: when the job will end, and how many come before it. The ids resume the stream"
        " without a gap or a repeat."
        " It closes after the last event, and after five minutes.",
        query=queries.EventsQuery,
        headers=(("Last-Event-ID", "Only events after this one"),),
        answers=(
            Answer(200, "The stream", media_type="text/event-stream", example=EVENTS),
            Answer(204, "The job has ended and you have seen it all"),
            UNKNOWN,
            ERASED,
            REFUSED,
            AWAY,
        ),
        example="curl -N {base}/v1/jobs/$JOB/events",
    ),
    Call(
        "GET",
        f"{JOB}/timeline",
        "See where the time of a job went",
        id="read_timeline",
        tag="Look",
        answers=(Answer(200, "The waterfall", Timeline), UNKNOWN, ERASED, AWAY),
        example="curl {base}/v1/jobs/$JOB/timeline",
    ),
    Call(
        "GET",
        f"{JOB}/artifacts/{{name}}",
        "Fetch a file",
        id="read_artifact",
        tag="Look",
        details="The ETag is the SHA-256 of the file.",
        headers=(
            ("Range", "One range of bytes"),
            ("If-Range", "ETag: send the range only of this very file"),
            ("If-None-Match", "ETag of the file you have"),
        ),
        answers=(
            Answer(200, "The file", media_type="*/*", headers=("ETag", "Content-Disposition")),
            Answer(206, "The part asked for", media_type="*/*"),
            Answer(
                303,
                "Where the file is for a minute: a house that keeps it in a bucket may say so",
                media_type="*/*",
            ),
            Answer(304, "You have it already"),
            UNKNOWN,
            problem(410, "It has expired, or the job was erased"),
            problem(416, "The range lies outside the file"),
            AWAY,
        ),
        example="curl -OJ {base}/v1/jobs/$JOB/artifacts/figurine.glb",
    ),
    Call(
        "GET",
        f"{JOB}/recipe.html",
        "Read a recipe as a page",
        id="read_recipe_page",
        tag="Look",
        details="To print, and to import: the page holds the recipe as schema.org JSON-LD, so its"
        " address can be given to Mealie and Tandoor. They send no key, and call no private"
        " address: in a house with a lock, or one they cannot reach, save the page and import the"
        " file, or paste its text (Mealie: *Import from HTML or JSON*; Tandoor: *Source*).",
        query=queries.RecipePageQuery,
        headers=(("If-None-Match", "ETag of the page you have"),),
        answers=(
            Answer(200, "The page", media_type="text/html"),
            Answer(304, "You have it already"),
            problem(404, "No such job, no recipe of that number, or none yet: `detail` says which"),
            problem(410, "It has expired, or the job was erased"),
            REFUSED,
            AWAY,
        ),
        example="curl '{base}/v1/jobs/$JOB/recipe.html?number=2'",
    ),
    Call(
        "GET",
        f"{JOB}/recipe.png",
        "See a recipe as a drawn plate",
        id="read_recipe_picture",
        tag="Look",
        details="640 x 480 pixels, drawn of what is in the recipe and as much as there is of it;"
        " the page of the recipe names it as its picture.",
        query=queries.RecipePageQuery,
        headers=(("If-None-Match", "ETag of the picture you have"),),
        answers=(
            Answer(200, "The picture", media_type="image/png"),
            Answer(304, "You have it already"),
            problem(404, "No such job, no recipe of that number, or none yet: `detail` says which"),
            problem(410, "It has expired, or the job was erased"),
            REFUSED,
            AWAY,
        ),
        example="curl -o plate.png {base}/v1/jobs/$JOB/recipe.png",
    ),
)
