"""HTTP side of the fusion service: one direct call, catalogue, health, readiness, metrics."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from common import http
from common.contracts import figurine, looks
from common.direct import read_parameters, read_photo
from common.lazily import Lazily
from common.ledger.protocol import Ledger
from common.ledger.redis_ledger import idle_ledger
from common.settings import Settings
from common.vision.sandbox import decode_photo
from fusion_service.domain.bodies import TEMPLATES
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.orders import paint_order, sculpt_order
from fusion_service.domain.photo.measure import study_people
from fusion_service.studio import Studio
from fusion_service.warmup import open_studio


class SculptDirect(figurine.SculptWish, looks.AskedLooks, figurine.MeasureRequest):
    """Parameters of the direct call: those of measuring, sculpting and painting."""


def create_app(settings: Settings | None = None, ledger: Ledger | None = None) -> Flask:
    """Build the app; its studio opens with the first direct call, for there may never be one."""
    settings = settings or Settings()
    ledger = ledger or idle_ledger(settings.ledger_url)
    studio = Lazily(lambda: open_studio(settings))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1_000_000
    http.install(app, lambda: http.missing_workers(ledger, ("fusion",)))
    http.guard(app, settings, inner=True)
    app.add_url_rule("/v1/catalog", view_func=catalog)
    app.add_url_rule("/v1/sculpt", "sculpt", lambda: sculpt_photo(studio()), methods=["POST"])
    return app


def catalog() -> Response:
    """List the templates of this service."""
    templates = [
        {"name": t.name, "title": t.title, "description": t.description} for t in TEMPLATES.values()
    ]
    return jsonify(templates=templates, engines=[{"name": "builtin", "available": True}])


def sculpt_photo(studio: Studio) -> Response:
    """Photo in, GLB out, in this very request; nothing is stored."""
    wanted = read_parameters(SculptDirect, request)
    photo = decode_photo(read_photo(request))
    measured, pictures = study_people(studio.faces, photo, wanted.subject, wanted.people)
    sculpture = paint_order(sculpt_order(measured, wanted), measured, wanted, pictures)
    return Response(to_glb(sculpture), mimetype="model/gltf-binary")
