"""``/``: the page; its files are in ``web``."""

from __future__ import annotations

from flask import Blueprint, Response, current_app

from gateway.door.headers import VIEWER_PAGE, as_page

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def start() -> Response:
    """Show the start page."""
    return as_page(current_app.send_static_file("index.html"), VIEWER_PAGE)
