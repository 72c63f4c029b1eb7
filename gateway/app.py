"""The front door as a Flask app."""

from __future__ import annotations

from flask import Flask

from common import http
from common.contracts.stages import QUEUES
from common.errors import KilnError
from common.ledger.protocol import Ledger
from common.metrics import Process
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.api import (
    archives,
    artifacts,
    catalog,
    compat,
    docs,
    events,
    figurines,
    jobs,
    pages,
    portraits,
    recipe_pages,
    recipes,
    webhooks,
)
from gateway.api.reading import LONGEST_TEXT
from gateway.door import cors, farewell, headers, inflow
from gateway.door.lock import lock
from gateway.door.rest import read_rests
from gateway.house import EXTENSION, House, Publish, PublishAgain, open_house
from gateway.noughts import count_in_gateway

FOLLOWING = (events,)  # what a process for event streams answers
NOUNS = (
    *(figurines, portraits, recipes, jobs, webhooks, events, artifacts, archives),
    *(recipe_pages, catalog, docs, pages, compat),
)


def create_app(
    settings: Settings | None = None,
    ledger: Ledger | None = None,
    store: ArtifactStore | None = None,
    publish: Publish | None = None,
    publish_again: PublishAgain | None = None,
) -> Flask:
    """Build the app. Nothing is connected before the first request.

    Parameters
    ----------
    settings
        Read from the environment by default.
    ledger, store, publish, publish_again
        Made from the settings by default; tests hand their own in.

    Raises
    ------
    ValueError
        With these settings everybody could come in.
    """
    settings = settings or Settings()
    if settings.danger:
        raise ValueError(settings.danger)
    the_house = open_house(settings, ledger, store, publish, publish_again)
    app = Flask(__name__, static_folder="web", static_url_path="/web")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1_000_000 + LONGEST_TEXT
    app.extensions[EXTENSION] = the_house
    for noun in NOUNS if settings.gateway_role == "all" else FOLLOWING:
        app.register_blueprint(noun.blueprint)
    http.install(app, lambda: missing(the_house), Process.GATEWAY)
    http.guard(app, settings)
    cors.let_pages_in(app, settings.origins)
    lock(app)
    farewell.tell_deprecations(app)
    headers.harden(app)
    read_rests(app)
    inflow.let_go(app, the_house.inflow)
    count_in_gateway()
    return app


def missing(house: House) -> dict[str, str]:
    """Find what stands between this house and a finished job; empty when ready."""
    found = {}
    for name, ping in (("redis", house.ledger.ping), ("store", house.store.ping)):
        try:
            ping()
        except KilnError as exc:
            found[name] = exc.detail
    return found if "redis" in found else found | http.missing_workers(house.ledger, QUEUES)
