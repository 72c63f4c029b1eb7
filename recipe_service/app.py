"""HTTP side of the recipe service: direct recognition, catalogue, health, readiness, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field

from common import http
from common.contracts.recipe import Diet
from common.direct import read_parameters, read_photos
from common.ledger.protocol import Ledger
from common.ledger.redis_ledger import idle_ledger
from common.settings import Settings
from recipe_service.engines.recogniser import Detection, Recogniser
from recipe_service.kitchen import Kitchen, open_kitchen

MOST_PHOTOS: Final = 32
BEST: Final = 10


class PredictRequest(BaseModel):
    """Parameters of a direct recognition."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    all: Annotated[bool, Field(description="The ten best, whatever the threshold")] = False


def create_app(settings: Settings | None = None, ledger: Ledger | None = None) -> Flask:
    """Build the app with its recogniser loaded."""
    settings = settings or Settings()
    ledger = ledger or idle_ledger(settings.ledger_url)
    kitchen = open_kitchen(settings)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_PHOTOS * settings.max_upload_mb * 1_000_000
    http.install(app, lambda: http.missing_workers(ledger, ("recipe",)))
    http.guard(app, settings, inner=True)
    app.add_url_rule("/v1/catalog", "catalog", lambda: catalog(kitchen))
    app.add_url_rule("/predict", "predict", lambda: predict(kitchen), methods=["POST"])
    app.add_url_rule("/predict/batch", "batch", lambda: predict_batch(kitchen), methods=["POST"])
    return app


def catalog(kitchen: Kitchen) -> Response:
    """List what is recognised, what is known, and the engines that are here."""
    return jsonify(
        classes=list(kitchen.recogniser.facts.coarse),
        ingredients=len(kitchen.knowledge.foods),
        dishes=len(kitchen.dishes),
        diets=[diet.value for diet in Diet],
        engines=[
            {"name": "builtin", "available": True},
            {"name": "openai", "available": kitchen.server is not None},
        ],
    )


def predict(kitchen: Kitchen) -> Response:
    """One photo in, what was seen on it out, in this very request; nothing is stored."""
    wanted = read_parameters(PredictRequest, request)
    found = kitchen.recogniser.recognise(read_photos(request, 1))
    return jsonify(detections=_shown(found[0], kitchen.recogniser, everything=wanted.all))


def predict_batch(kitchen: Kitchen) -> Response:
    """Several photos in, one answer each out, by one run of the network."""
    wanted = read_parameters(PredictRequest, request)
    found = kitchen.recogniser.recognise(read_photos(request, MOST_PHOTOS))
    shown = [_shown(one, kitchen.recogniser, everything=wanted.all) for one in found]
    return jsonify(results=[{"detections": detections} for detections in shown])


def _shown(
    found: Sequence[Detection], recogniser: Recogniser, *, everything: bool
) -> list[dict[str, Any]]:
    sure = [one for one in found if one.confidence >= recogniser.threshold]
    return [
        {
            "name": one.name,
            "id": one.id,
            "coarse": one.coarse,
            "confidence": round(one.confidence, 4),
            "bbox": None if one.box is None else [round(side, 4) for side in one.box],
        }
        for one in (found[:BEST] if everything else sure)
    ]
