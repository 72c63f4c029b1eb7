"""``/openapi.json`` and ``/docs``: the API described, for programs and for people."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify, request

from common.exposition import house_version
from gateway.domain.docs_page import render_docs
from gateway.domain.openapi import build_openapi
from gateway.door.headers import as_page

blueprint = Blueprint("docs", __name__)


@blueprint.get("/openapi.json")
def read_openapi() -> Response:
    """Describe the API to programs."""
    return jsonify(_document())


@blueprint.get("/docs")
def read_docs() -> Response:
    """Describe the API to people."""
    page = render_docs(_document(), request.url_root.rstrip("/"))
    return as_page(Response(page, mimetype="text/html"))


@cache
def _document() -> dict[str, Any]:
    return build_openapi(house_version())
