"""What a row of the call table says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from common import errors
from common.errors import KilnError
from gateway.domain.calls.troubles import trouble

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """One possible answer; ``model`` is the schema of its JSON."""

    status: int
    meaning: str
    model: type[BaseModel] | None = None
    media_type: str = JSON
    example: dict[str, Any] | str | None = None  # default: that of the model
    headers: tuple[str, ...] = ()  # beside those that a status always has


@dataclass(frozen=True)
class Body:
    """What may be sent: photos, and parameters as a form, in the query or as JSON."""

    params: type[BaseModel]
    photos: int = 0  # at most
    photo_needed: bool = False
    json: dict[str, Any] | None = None  # an example, where a JSON object is understood as well
    without: tuple[str, ...] = ()  # parameters of the model that this call does not take
    other: type[BaseModel] | None = None  # where the product of the job decides
    changes: bool = False  # what is not sent stays as it was: there are no defaults


@dataclass(frozen=True)
class Call:
    """One call. ``path`` is written as in OpenAPI."""

    method: str
    path: str
    summary: str
    answers: tuple[Answer, ...]
    tag: str
    id: str  # its name in generated clients: for ever
    details: str = ""
    query: type[BaseModel] | None = None
    body: Body | None = None
    headers: tuple[tuple[str, str], ...] = ()
    example: str = ""


def problem(
    status: int,
    meaning: str,
    error: type[KilnError] | None = None,
    *,
    said: tuple[str, str] | None = None,
) -> Answer:
    """Say what can go wrong; the example shows an error, or code and detail that were ``said``."""
    return Answer(status, meaning, media_type=PROBLEM, example=trouble(status, error, said))


# What any call may answer, whatever it is for. The server itself says so, as a small page.
MISUNDERSTOOD: Final = (
    Answer(400, "This is no HTTP request for this house", media_type="*/*"),
    Answer(414, "The path with its query is longer than 8190 bytes", media_type="*/*"),
    Answer(431, "The headers are too large", media_type="*/*"),
)
UNKNOWN: Final = problem(404, "There is no such job (or it is somebody else's)")
ERASED: Final = problem(410, "The job was erased", errors.Erased)
AWAY: Final = problem(503, "Redis is away or the house is full; see Retry-After")
FULL: Final = problem(507, "No room: a disk or the store is full, or the key's quota is")
REFUSED: Final = problem(422, "Photo or parameter refused: `code`, `detail` and `hint` say why")
JOB: Final = "/v1/jobs/{job}"
