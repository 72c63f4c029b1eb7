"""``/v1/catalog``: what can be asked for here."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, jsonify, request

from common.contracts.figurine import Engine
from common.contracts.recipe import MAX_COUNT, MAX_INGREDIENTS, MAX_PHOTOS
from common.models import unavailable
from common.vision import headers
from gateway.api.reading import query_of
from gateway.domain import upload
from gateway.domain.catalog import build_catalog
from gateway.domain.queries import LONGEST_WAIT_S, NoQuery
from gateway.house import house

WEB: Final = Path(__file__).resolve().parents[1] / "web"

blueprint = Blueprint("catalog", __name__)


@blueprint.get("/v1/catalog")
def read_catalog() -> Response:
    """List what is available, what is not, and why not."""
    query_of(request, NoQuery)
    settings = house().settings
    limits = {
        "photo_mb": settings.max_upload_mb,
        "jpeg_megapixels": headers.JPEG_MAX_PIXELS // 1_000_000,
        "other_megapixels": headers.OTHER_MAX_PIXELS // 1_000_000,
        "smallest_side_px": upload.MIN_SIDE,
        "longest_side_px": upload.MAX_SIDE,
        "wait_s": LONGEST_WAIT_S,
        "recipe_photos": MAX_PHOTOS,
        "recipe_ingredients": MAX_INGREDIENTS,
        "recipe_count": MAX_COUNT,
    }
    catalog = build_catalog(
        limits,
        language_model=settings.llm_url is not None,
        engines={engine: unavailable(engine, settings.models) for engine in Engine},
        pictures=_pictures(),
    )
    return jsonify(catalog.model_dump(mode="json", exclude_none=True))


@cache
def _pictures() -> dict[str, str]:
    """Find the pictures that ``tests.catalog_pictures`` drew, by ``styles/NAME``."""
    found = sorted(WEB.glob("pictures/*/*.webp"))
    return {
        f"{path.parent.name}/{path.stem}": f"/web/{path.relative_to(WEB).as_posix()}"
        for path in found
    }
