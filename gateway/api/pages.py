"""``/``: the start page and its two files."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def start() -> Response:
    """Show the start page."""
    return with_page_headers(current_app.send_static_file("index.html"))


def with_page_headers(response: Response) -> Response:
    """Allow a page nothing that does not come from here."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
