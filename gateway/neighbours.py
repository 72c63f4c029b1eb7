"""Direct, synchronous calls to other services, for answers that need no job."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import requests
from pydantic import BaseModel, ValidationError

from common import errors
from common.errors import BadParameter, KilnError, ServiceUnavailable

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 30.0

Answer = TypeVar("Answer", bound=BaseModel)

_local = threading.local()  # a session is not safe to share between threads


def predict(
    url: str, photos: tuple[bytes, ...], model: type[Answer], *, everything: bool
) -> Answer:
    """Let the recipe service recognise ingredients.

    Parameters
    ----------
    url
        Of the service's call.
    photos
        Whole files.
    model
        Of its answer.
    everything
        Ask for the ten best of each photo, whatever the threshold.

    Raises
    ------
    BadPhoto, BadParameter
        The service refused a photo.
    ServiceUnavailable
        It does not answer, or not what it should.
    """
    try:
        response = _post(url, photos, {"all": int(everything)})
        body = response.json()
    except (requests.RequestException, ValueError) as exc:
        raise ServiceUnavailable(
            f"the recipe service does not answer ({type(exc).__name__})"
        ) from exc
    if not response.ok:
        raise _refusal(response.status_code, body if isinstance(body, dict) else {})
    try:
        return model.model_validate(body)
    except ValidationError as exc:
        raise ServiceUnavailable("the recipe service answers something else") from exc


def _post(url: str, photos: tuple[bytes, ...], query: dict[str, int]) -> requests.Response:
    files = [("photo", (f"photo-{n}", photo)) for n, photo in enumerate(photos)]
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    try:
        return _session().post(url, files=files, params=query, timeout=timeout)
    except requests.ConnectionError:  # a kept connection that was just closed
        return _session().post(url, files=files, params=query, timeout=timeout)


def _session() -> requests.Session:
    if not hasattr(_local, "session"):
        _local.session = requests.Session()
        _local.session.trust_env = False  # a neighbour is never behind a proxy
    session: requests.Session = _local.session
    return session


def _refusal(status: int, problem: dict[str, Any]) -> KilnError:
    """Pass on what the service refused, as our own error of the same code."""
    if status >= 500 or status == 404:
        return ServiceUnavailable(f"the recipe service failed: {problem.get('code', status)}")
    known = {cls.code: cls for cls in errors.tree(KilnError)}
    cls = known.get(str(problem.get("code")), BadParameter)
    return cls(str(problem.get("detail", "refused")), str(problem.get("hint", "")))
