"""Direct, synchronous calls to other services, for answers that need no job."""

from __future__ import annotations

import threading
from typing import Any

import requests

from common import errors
from common.errors import BadParameter, KilnError, ServiceUnavailable

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 30.0

_local = threading.local()  # a session is not safe to share between threads


def predict(url: str, photos: tuple[bytes, ...], everything: bool) -> Any:  # noqa: ANN401  JSON
    """Let the recipe service recognise ingredients.

    Raises
    ------
    BadPhoto, BadParameter
        The service refused a photo.
    ServiceUnavailable
        It does not answer.
    """
    files = [("photo", (f"photo-{n}", photo)) for n, photo in enumerate(photos)]
    try:
        response = _session().post(
            url,
            files=files,
            params={"all": int(everything)},
            timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S),
        )
        body = response.json()
    except (requests.RequestException, ValueError) as exc:
        raise ServiceUnavailable(
            f"the recipe service does not answer ({type(exc).__name__})"
        ) from exc
    if response.ok:
        return body
    raise _refusal(response.status_code, body)


def _session() -> requests.Session:
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
    session: requests.Session = _local.session
    return session


def _refusal(status: int, problem: dict[str, Any]) -> KilnError:
    """Pass on what the service refused, as our own error of the same code."""
    if status >= 500:
        return ServiceUnavailable(f"the recipe service failed: {problem.get('code', status)}")
    known = {cls.code: cls for cls in errors.tree(KilnError)}
    cls = known.get(str(problem.get("code")), BadParameter)
    return cls(str(problem.get("detail", "refused")), str(problem.get("hint", "")))
