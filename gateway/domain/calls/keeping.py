"""Calls about the house itself."""

from __future__ import annotations

from typing import Final

from gateway.domain.calls.call import Answer, Call, problem
from gateway.domain.catalog_view import CatalogView

HOUSE: Final[tuple[Call, ...]] = (
    Call(
        "GET",
        "/v1/catalog",
        "What can be asked for here, what not, and why",
        tag="House",
        details="For menus: each choice with a title, a sentence and, of styles and templates, a"
        " picture; swatches for skin, hair, eyes and shirt. What cannot be had says `why`.",
        answers=(
            Answer(200, "Styles, templates, formats, diets, engines, limits, stages", CatalogView),
        ),
        example="curl {base}/v1/catalog",
    ),
    Call("GET", "/health", "Is the process alive?", tag="House", answers=(Answer(200, "Yes"),)),
    Call(
        "GET",
        "/readyz",
        "Can jobs be done?",
        tag="House",
        details="Jobs are accepted without workers too: they wait.",
        answers=(
            Answer(200, "Yes"),
            problem(503, "No: `missing` names Redis, the store or the queues without a worker"),
        ),
    ),
    Call(
        "GET",
        "/metrics",
        "Prometheus metrics",
        tag="House",
        answers=(Answer(200, "All processes of the gateway", media_type="text/plain"),),
    ),
    Call(
        "GET",
        "/openapi.json",
        "This description, for programs",
        tag="House",
        answers=(Answer(200, "OpenAPI 3.1"),),
    ),
    Call(
        "GET",
        "/docs",
        "This description, for people",
        tag="House",
        answers=(Answer(200, "A page", media_type="text/html"),),
    ),
    Call(
        "GET",
        "/",
        "The start page: send a photo, watch it become a figurine",
        tag="House",
        answers=(Answer(200, "A page", media_type="text/html"),),
    ),
    Call(
        "GET",
        "/web/{filename}",
        "Script and style of the pages",
        tag="House",
        answers=(Answer(200, "The file", media_type="text/plain"), problem(404, "No such file")),
    ),
)
