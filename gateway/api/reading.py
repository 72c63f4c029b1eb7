"""What several calls read in the same way: from a request, and of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar

from flask import Request, Response, g
from pydantic import BaseModel

from common.contracts.artifacts import ArtifactRef
from common.errors import BadParameter, Erased, KilnError, LedgerUnavailable, NotFound, Unauthorized
from common.ledger.records import JobRecord
from common.losses import noticed
from common.vision.headers import photo_format
from gateway.domain.keys import Key
from gateway.domain.params import read_params, read_values
from gateway.domain.queries import LONGEST_WAIT_S
from gateway.house import House, house

LONGEST_TEXT: Final = 1_000_000  # bytes of parameters in a body
LOCAL: Final = "local"  # the one owner in a house without a lock

Query = TypeVar("Query", bound=BaseModel)

_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})\"?\s*(?:$|[,;])", re.IGNORECASE)
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_LONGEST_KEY: Final = 255
_DURATION: Final = re.compile(r"([0-9]{1,6})(s|m|h)?")
_SECONDS: Final = {None: 1, "s": 1, "m": 60, "h": 3600}
_CANCEL_AFTER_S: Final = (5, 24 * 3600)


def owner_of(_: Request) -> str:
    """Who is asking: the owner of the key that ``gateway.door.lock`` let in.

    Raises
    ------
    Unauthorized
        Nobody that is known here.
    """
    key: Key | None = g.get("key")
    if key is None and house().locked:
        raise Unauthorized("this call needs a key")
    return LOCAL if key is None else key.owner


def query_of(request: Request, model: type[Query]) -> Query:
    """Read the query; unknown names and bad values are ``BadParameter``."""
    return read_params(model, list(request.args.items(multi=True)))


def says_json(request: Request) -> bool:
    """Tell whether the body is JSON: declared, or plain to see. A photo never is."""
    if request.mimetype == "multipart/form-data":
        return False
    body = request.get_data()
    return photo_format(body) is None and (request.is_json or body.lstrip()[:1] == b"{")


def json_of(request: Request) -> dict[str, Any]:
    """Read the body as a JSON object; an empty body is an empty object.

    Raises
    ------
    BadParameter
        It is something else.
    """
    size = len(request.get_data())
    if not size:
        return {}
    if size > LONGEST_TEXT:
        raise BadParameter(f"the JSON body has {size} bytes, at most {LONGEST_TEXT} are read")
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # nested to no end
        body = None
    if not isinstance(body, dict):
        raise BadParameter("the body is not a JSON object", 'Such as {"ingredients": ["rice"]}.')
    return body


def values_of(request: Request, model: type[BaseModel]) -> dict[str, Any]:
    """Read parameters from the query and a JSON body; only their names are checked.

    Raises
    ------
    BadParameter
        A name is unknown or was given twice, or the body is no JSON object.
    """
    values = read_values(model, request.args.items(multi=True))
    body = json_of(request)
    if twice := sorted(values.keys() & body.keys()):
        raise BadParameter(f"parameter {twice[0]!r} was given more than once")
    return values | body


def job_of(request: Request, job: str) -> JobRecord:
    """Read a job of the caller; somebody else's does not exist."""
    return own(request, job, house().ledger.job(job))


def own(request: Request, job: str, record: JobRecord | None) -> JobRecord:
    """Check that a record is there, is the caller's and was not erased."""
    if record is None or record.owner != owner_of(request):
        raise unknown(job)
    if record.erased_ms is not None:
        raise Erased(f"job {job} was erased", "DELETE it once more to read the receipt again.")
    return record


def unknown(job: str) -> KilnError:
    """Say that there is no job of that name; or, after a loss, that nobody can tell yet."""
    if house().ledger.whole():
        return NotFound(f"there is no job {job}")
    return LedgerUnavailable(
        f"job {job} is not known, but jobs may be missing: Redis was lost, or has just begun",
        "Try again later. The operator should run `kiln recover` (see the reconciler's log).",
    )


def preferred_wait_s(request: Request) -> int:
    """Seconds of ``Prefer: wait=N`` (RFC 7240, section 4.3), bounded; 0 without it."""
    found = _WAIT.search(",".join(request.headers.getlist("Prefer")))
    return min(int(found[1]), LONGEST_WAIT_S) if found else 0


def idempotency_key_of(request: Request) -> str | None:
    """Read the ``Idempotency-Key``.

    Raises
    ------
    BadParameter
        It is empty, too long or not printable ASCII.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise BadParameter(
            f"Idempotency-Key must be 1 to {_LONGEST_KEY} printable ASCII characters",
            "A UUID is a good key.",
        )
    return key


def cancel_after_of(request: Request) -> int | None:
    """Read ``Cancel-After``: seconds, or a number with s, m or h.

    Raises
    ------
    BadParameter
        It is something else, or out of range.
    """
    text = request.headers.get("Cancel-After")
    if text is None:
        return None
    least, most = _CANCEL_AFTER_S
    found = _DURATION.fullmatch(text.strip())
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not least <= seconds <= most:
        raise BadParameter("Cancel-After must be 5s to 24h", "Such as 90, 90s, 5m or 1h.")
    return seconds


def trace_of(request: Request) -> str:
    """Trace id of ``traceparent`` (W3C Trace Context), or else the request id."""
    found = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    return found[1] if found else str(g.request_id)


def job_response(record: JobRecord, status: int = 200) -> Response:
    """Answer with the view of a job."""
    answer = house().answers.of(record)
    if status == 202 and answer.eta is not None:
        at_ms = answer.eta.at.timestamp() * 1000
        by_ms = at_ms + answer.eta.p90_s * 1000
        house().hub.expect(record.id, record.product, at_ms, by_ms)
    response = Response(answer.body, status, content_type="application/json")
    response.headers["ETag"] = answer.etag
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def read_file(rooms: House, record: JobRecord, ref: ArtifactRef) -> bytes:
    """Read a whole file, checked.

    Raises
    ------
    Gone, StorageError
        It is not there, or cannot be read.
    """
    with noticed(rooms.ledger, record.id, ref):
        return rooms.store.get(record.owner, ref)


def stream_file(
    rooms: House, record: JobRecord, ref: ArtifactRef, start: int, end: int
) -> Iterator[bytes]:
    """Read bytes ``start`` to ``end`` (exclusive) in chunks; the file is opened at once.

    Raises
    ------
    Gone, StorageError
        It is not there, or cannot be read.
    """
    with noticed(rooms.ledger, record.id, ref):
        return rooms.store.stream(record.owner, ref, start, end)
