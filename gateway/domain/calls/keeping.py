"""Calls about the house itself."""

from __future__ import annotations

from typing import Final

from gateway.domain.calls.call import Answer, Call, problem
from gateway.domain.catalog_view import CatalogView
from gateway.domain.house_view import Description, StatusView

HOUSE: Final[tuple[Call, ...]] = (
    Call(
        "GET",
        "/v1/catalog",
        "What can be asked for here, what not, and why",
        id="read_catalog",
        tag="House",
        details="For menus: each choice with a title, a sentence and, of styles and templates, a"
        " picture; swatches for skin, hair, eyes and shirt. What cannot be had says `why`.",
        answers=(
            Answer(200, "Styles, templates, formats, diets, engines, limits, stages", CatalogView),
        ),
        example="curl {base}/v1/catalog",
    ),
    Call(
        "GET",
        "/health",
        "Is the process alive?",
        id="check_health",
        tag="House",
        answers=(Answer(200, "Yes", StatusView, example={"status": "ok"}),),
    ),
    Call(
        "GET",
        "/readyz",
        "Can jobs be done?",
        id="check_ready",
        tag="House",
        details="Jobs are accepted without workers too: they wait.",
        answers=(
            Answer(200, "Yes", StatusView, example={"status": "ready"}),
            problem(503, "No: `missing` names Redis, the store or the queues without a worker"),
        ),
    ),
    Call(
        "GET",
        "/metrics",
        "Prometheus metrics",
        id="read_metrics",
        tag="House",
        answers=(
            Answer(
                200,
                "All processes of the gateway",
                media_type="text/plain",
                example="# TYPE kiln_build_info gauge\nkiln_build_info 1.0\n",
            ),
        ),
    ),
    Call(
        "GET",
        "/openapi.json",
        "This description, for programs",
        id="read_openapi",
        tag="House",
        answers=(Answer(200, "OpenAPI 3.1", Description),),
    ),
    Call(
        "GET",
        "/docs",
        "This description, for people",
        id="read_docs",
        tag="House",
        answers=(Answer(200, "A page", media_type="text/html"),),
    ),
    Call(
        "GET",
        "/",
        "The start page: send a photo, watch it become a figurine",
        id="read_start_page",
        tag="House",
        answers=(Answer(200, "A page", media_type="text/html"),),
    ),
    Call(
        "GET",
        "/web/{filename}",
        "Script and style of the pages",
        id="read_web_file",
        tag="House",
        answers=(Answer(200, "The file", media_type="*/*"), problem(404, "No such file")),
    ),
)
