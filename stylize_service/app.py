"""HTTP side of the stylize service: one direct call, catalogue, health, readiness, metrics."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from common import http
from common.contracts.figurine import PortraitRequest
from common.direct import read_parameters, read_photo
from common.ledger.protocol import Ledger
from common.settings import Settings
from common.vision.sandbox import decode_photo
from common.worker import idle_ledger
from stylize_service.domain.styles import STYLES
from stylize_service.engines.builtin import BuiltinEngine, encode_png
from stylize_service.tasks import PORTRAIT_PX
from stylize_service.warmup import load_engine


def create_app(settings: Settings | None = None, ledger: Ledger | None = None) -> Flask:
    """Build the app with its engine loaded."""
    settings = settings or Settings()
    ledger = ledger or idle_ledger(settings)
    engine = load_engine(settings.models)
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1_000_000
    http.install(app, lambda: http.missing_workers(ledger, ("stylize",)))
    http.guard(app, settings)
    app.add_url_rule("/v1/catalog", view_func=catalog)
    app.add_url_rule("/v1/portrait", "portrait", lambda: draw_portrait(engine), methods=["POST"])
    return app


def catalog() -> Response:
    """List the styles and engines of this service."""
    styles = [
        {"name": s.name, "title": s.title, "description": s.description} for s in STYLES.values()
    ]
    return jsonify(styles=styles, engines=[{"name": BuiltinEngine.name, "available": True}])


def draw_portrait(engine: BuiltinEngine) -> Response:
    """Photo in, PNG out, in this very request; nothing is stored."""
    wanted = read_parameters(PortraitRequest, request)
    photo = decode_photo(read_photo(request))
    picture = engine.portrait(photo, wanted.style, wanted.subject, PORTRAIT_PX, wanted.seed)
    return Response(encode_png(picture), mimetype="image/png")
