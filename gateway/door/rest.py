"""What is left of a body when it was answered early: read on, where a proxy sends it.

A proxy that still sends when the connection closes tells its client 502, and the answer with its
``Retry-After`` is lost. It has the whole body already, so the rest comes in a moment. Whoever comes
directly is not waited for.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from flask import Flask, Response, request
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]

from gateway.door.lock import PROXY_HEADERS

WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
REFUSALS: Final = 400  # an answer of success has read its body
CHUNK: Final = 1 << 16
MOST_S: Final = 2.0  # so long a proxy is listened to


def read_rests(app: Flask) -> None:
    """Read the rest of every body that was refused."""
    app.after_request(_read_rest)


def _read_rest(response: Response) -> Response:
    if response.status_code < REFUSALS or request.method not in WITH_BODY:
        return response
    if any(name in request.headers for name in PROXY_HEADERS):
        body, give_up = request.environ["wsgi.input"], time.monotonic() + MOST_S
        with suppress(OSError, ParseException, NoMoreData):
            while time.monotonic() < give_up and body.read(CHUNK):
                pass
    return response
