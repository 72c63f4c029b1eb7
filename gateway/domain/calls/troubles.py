"""What a problem document looks like, by status: the examples of the description."""

from __future__ import annotations

from typing import Any, Final

from common import errors
from common.errors import KilnError

# the usual error behind a status, and what it might say
_USUAL: Final[dict[int, tuple[type[KilnError], str]]] = {
    401: (errors.Unauthorized, "this call needs a key"),
    403: (errors.Forbidden, "the key K1A2B3C4D of anna may not do that: it lacks `submit`"),
    404: (errors.NotFound, "there is no job 3f0c5b1f9d0e4c6aa2f7d3b6c1e8a954"),
    409: (errors.NotPaused, "job 3f0c5b1f9d0e4c6aa2f7d3b6c1e8a954 is succeeded"),
    410: (errors.Gone, "the artifacts of job 3f0c5b1f9d0e4c6aa2f7d3b6c1e8a954 have expired"),
    413: (errors.PhotoTooLarge, "the request has more than 21.0 MB"),
    416: (errors.RangeNotSatisfiable, "figurine.glb has 912344 bytes"),
    422: (errors.BadParameter, "height_mm must be a number from 40 to 200, not '500'"),
    429: (errors.RateLimited, "key K1A2B3C4D may send 600 requests in 60 s"),
    503: (errors.LedgerUnavailable, "Redis cannot be reached"),
    507: (errors.NoRoom, "412 MB are free on this machine; no more are taken in"),
}
# ends of a job that no error stands for
CANCELLED: Final = ("cancelled", "the job was cancelled before it had a result")
DEADLINE: Final = ("deadline", "the job did not end in 3600 s")


def trouble(
    status: int, error: type[KilnError] | None = None, said: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Make an example of a problem document (RFC 9457)."""
    usual = _USUAL.get(status)
    found = error or (usual[0] if usual else KilnError)
    told = usual[1] if usual and found is usual[0] else _sentence(found)
    code, detail = said or (found.code, told)
    return {
        "type": f"urn:kiln:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        "hint": "" if said else found.hint,
    }


def _sentence(error: type[KilnError]) -> str:
    return (error.__doc__ or "").strip().partition("\n")[0].rstrip(".")
