"""Pages of other sites, where ``KILN_CORS_ORIGINS`` names them; without it nothing is said.

Own code, of some forty lines: the list is the one by which ``common.http.guard`` refuses foreign
pages, and ``Vary`` stands on answers to strangers too, or a cache would hand them to a guest.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, request

from common.origins import ANY
from gateway.domain.crossing import ANSWER_HEADERS, preflight

EXPOSED = ", ".join(ANSWER_HEADERS)
ASKED = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")


def let_pages_in(app: Flask, origins: frozenset[str]) -> None:
    """Answer preflights of pages that are let in, and let them read what they get."""

    def answer_preflight() -> Response | None:
        asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        if not asked or request.url_rule is None:
            return None
        usual: Response = current_app.make_default_options_response()
        response = Response(status=204)
        response.headers["Allow"] = usual.headers["Allow"]
        response.vary.update(ASKED)
        if _allowed(origins) is not None:
            response.headers.extend(preflight(set(usual.allow)))
        return response

    def say_who_may_read(response: Response) -> Response:
        allowed = _allowed(origins)
        if ANY not in origins:
            response.vary.add("Origin")
        if allowed is not None:
            response.headers["Access-Control-Allow-Origin"] = allowed
            response.headers["Access-Control-Expose-Headers"] = EXPOSED
        return response

    if origins:
        app.before_request(answer_preflight)
        app.after_request(say_who_may_read)


def _allowed(origins: frozenset[str]) -> str | None:
    origin = request.headers.get("Origin")
    if ANY in origins:
        return ANY
    return origin if origin in origins else None
