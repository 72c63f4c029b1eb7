"""Calls that will go say so with every answer."""

from __future__ import annotations

from flask import Flask, Response, request

from gateway.domain.deprecations import DEPRECATIONS
from gateway.door.lock import call_of


def tell_deprecations(app: Flask) -> None:
    """Add the headers of the deprecation table; costs nothing while it is empty."""
    if DEPRECATIONS:
        app.after_request(_tell)


def _tell(response: Response) -> Response:
    found = DEPRECATIONS.get(call_of(request))
    if found is not None:
        for name, value in found.headers.items():
            response.headers.add(name, value)
    return response
