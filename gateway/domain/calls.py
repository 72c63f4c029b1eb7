"""THE CALL TABLE: every call of the gateway, once. OpenAPI and /docs are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel

from gateway.domain import queries
from gateway.domain.params import FigurineParams
from gateway.domain.timeline import Timeline
from gateway.domain.views import JobList, JobView

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """One possible answer; ``model`` is the schema of its JSON."""

    status: int
    meaning: str
    model: type[BaseModel] | None = None
    media_type: str = JSON


@dataclass(frozen=True)
class Call:
    """One call. ``path`` is written as in OpenAPI."""

    method: str
    path: str
    summary: str
    answers: tuple[Answer, ...]
    tag: str
    details: str = ""
    query: type[BaseModel] | None = None
    form: type[BaseModel] | None = None  # parameters beside an uploaded photo
    headers: tuple[tuple[str, str], ...] = ()
    example: str = ""


def _problem(status: int, meaning: str) -> Answer:
    return Answer(status, meaning, media_type=PROBLEM)


_UNKNOWN: Final = _problem(404, "There is no such job (or it is somebody else's)")
_AWAY: Final = _problem(503, "Redis is away or the house is full; see Retry-After")
_REFUSED: Final = _problem(422, "Photo or parameter refused: `code`, `detail` and `hint` say why")
_JOB: Final = "/v1/jobs/{job}"

CALLS: Final[tuple[Call, ...]] = (
    Call(
        "POST",
        "/v1/figurines",
        "Turn a portrait photo into a figurine",
        tag="Make",
        details="Send the photo as the multipart file field `photo`, or as the whole body with the"
        " parameters in the query. JPEG, PNG, WebP, GIF (first frame) and HEIC are read. The"
        " answer comes at once; follow `Location`. With `Prefer: wait=60` it brings the result.",
        form=FigurineParams,
        headers=(
            ("Idempotency-Key", "Up to 255 characters: the same request again gets the same job"),
            ("Prefer", "`wait=N`: wait up to N seconds (60 at most) for the end of the job"),
            ("traceparent", "W3C trace context; its trace id appears in the logs"),
        ),
        answers=(
            Answer(200, "The job has ended (waited for, or replayed)", JobView),
            Answer(202, "The job is accepted; `Location` is where it is", JobView),
            _problem(413, "The photo is too large"),
            _REFUSED,
            _AWAY,
        ),
        example="curl -F photo=@me.jpg -F style=cel -F template=superhero {base}/v1/figurines",
    ),
    Call(
        "GET",
        "/v1/jobs",
        "List jobs, newest first",
        tag="Look",
        query=queries.JobsQuery,
        answers=(Answer(200, "One page", JobList), _REFUSED, _AWAY),
        example="curl '{base}/v1/jobs?state=failed&limit=5'",
    ),
    Call(
        "GET",
        _JOB,
        "Read a job",
        tag="Look",
        details="`wait` delays the answer until the job has ended. An unchanged job is a 304.",
        query=queries.WaitQuery,
        headers=(("If-None-Match", "ETag of the answer before"),),
        answers=(
            Answer(200, "The job", JobView),
            Answer(304, "Unchanged"),
            _UNKNOWN,
            _REFUSED,
            _AWAY,
        ),
        example="curl '{base}/v1/jobs/$JOB?wait=30'",
    ),
    Call(
        "GET",
        f"{_JOB}/events",
        "Follow a job",
        tag="Look",
        details="Server-sent events: `accepted`, `stage`, `artifact`, and at last one of"
        " `succeeded`, `failed`, `cancelled`, `expired`. The ids resume the stream without a gap"
        " or a repeat. It closes after the last event, and after five minutes.",
        query=queries.EventsQuery,
        headers=(("Last-Event-ID", "Only events after this one"),),
        answers=(
            Answer(200, "The stream", media_type="text/event-stream"),
            Answer(204, "The job has ended and you have seen it all"),
            _UNKNOWN,
            _REFUSED,
            _AWAY,
        ),
        example="curl -N {base}/v1/jobs/$JOB/events",
    ),
    Call(
        "GET",
        f"{_JOB}/timeline",
        "See where the time of a job went",
        tag="Look",
        answers=(Answer(200, "The waterfall", Timeline), _UNKNOWN, _AWAY),
        example="curl {base}/v1/jobs/$JOB/timeline",
    ),
    Call(
        "POST",
        f"{_JOB}/cancel",
        "Cancel a job",
        tag="Make",
        details="What runs stops at its next checkpoint; nothing of it will appear.",
        answers=(
            Answer(202, "The job is cancelled (also when it was before)", JobView),
            _UNKNOWN,
            _problem(409, "The job has ended already"),
            _AWAY,
        ),
        example="curl -X POST {base}/v1/jobs/$JOB/cancel",
    ),
    Call(
        "GET",
        f"{_JOB}/artifacts/{{name}}",
        "Fetch a file",
        tag="Look",
        details="The ETag is the SHA-256 of the file.",
        headers=(
            ("Range", "One range of bytes"),
            ("If-Range", "ETag: send the range only of this very file"),
            ("If-None-Match", "ETag of the file you have"),
        ),
        answers=(
            Answer(200, "The file", media_type="application/octet-stream"),
            Answer(206, "The part asked for", media_type="application/octet-stream"),
            Answer(304, "You have it already"),
            _UNKNOWN,
            _problem(410, "It has expired"),
            _problem(416, "The range lies outside the file"),
            _AWAY,
        ),
        example="curl -OJ {base}/v1/jobs/$JOB/artifacts/figurine.glb",
    ),
    Call(
        "GET",
        "/v1/catalog",
        "What can be asked for here, what not, and why",
        tag="House",
        answers=(Answer(200, "Styles, templates, formats, engines, limits, stages"),),
        example="curl {base}/v1/catalog",
    ),
    Call("GET", "/health", "Is the process alive?", tag="House", answers=(Answer(200, "Yes"),)),
    Call(
        "GET",
        "/readyz",
        "Can jobs be done?",
        tag="House",
        details="Jobs are accepted without workers too: they wait.",
        answers=(
            Answer(200, "Yes"),
            _problem(503, "No: `missing` names Redis, the store or the queues without a worker"),
        ),
    ),
    Call(
        "GET",
        "/metrics",
        "Prometheus metrics",
        tag="House",
        answers=(Answer(200, "All processes of the gateway", media_type="text/plain"),),
    ),
    Call(
        "GET",
        "/openapi.json",
        "This description, for programs",
        tag="House",
        answers=(Answer(200, "OpenAPI 3.1"),),
    ),
    Call(
        "GET",
        "/docs",
        "This description, for people",
        tag="House",
        answers=(Answer(200, "A page", media_type="text/html"),),
    ),
    Call(
        "GET",
        "/",
        "The start page: send a photo, watch it become a figurine",
        tag="House",
        answers=(Answer(200, "A page", media_type="text/html"),),
    ),
    Call(
        "GET",
        "/web/{filename}",
        "Script and style of the pages",
        tag="House",
        answers=(Answer(200, "The file", media_type="text/plain"), _problem(404, "No such file")),
    ),
)
