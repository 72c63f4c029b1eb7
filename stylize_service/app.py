"""HTTP side of the stylize service: one direct call, catalogue, health, readiness, metrics."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request

from common import http
from common.contracts.figurine import PortraitRequest
from common.direct import read_parameters, read_photo
from common.lazily import Lazily
from common.ledger.protocol import Ledger
from common.ledger.redis_ledger import idle_ledger
from common.settings import Settings
from common.vision.png import encode_png
from common.vision.sandbox import decode_photo
from stylize_service.domain.styles import STYLES
from stylize_service.engines.choose import Engines
from stylize_service.warmup import load_engines


def create_app(settings: Settings | None = None, ledger: Ledger | None = None) -> Flask:
    """Build the app; engines are loaded with the first direct call, for there may never be one."""
    settings = settings or Settings()
    ledger = ledger or idle_ledger(settings.ledger_url)
    engines = Lazily(lambda: load_engines(settings))
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1_000_000
    http.install(app, lambda: http.missing_workers(ledger, ("stylize",)))
    http.guard(app, settings, inner=True)
    app.add_url_rule("/v1/catalog", "catalog", lambda: catalog(engines()))
    app.add_url_rule("/v1/portrait", "portrait", lambda: draw_portrait(engines()), methods=["POST"])
    return app


def catalog(engines: Engines) -> Response:
    """List the styles and engines of this service; of an engine that is not here, why."""
    styles = [
        {"name": s.name, "title": s.title, "description": s.description} for s in STYLES.values()
    ]
    return jsonify(styles=styles, engines=list(engines.catalogue()))


def draw_portrait(engines: Engines) -> Response:
    """Photo in, PNG out, in this very request; nothing is stored."""
    wanted = read_parameters(PortraitRequest, request)
    photo = decode_photo(read_photo(request))
    drawing = engines.draw(photo, wanted)
    answer = Response(encode_png(drawing.picture), mimetype="image/png")
    answer.headers["X-Kiln-Engine"] = drawing.engine
    return answer
