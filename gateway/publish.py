"""Putting a plan on the broker."""

from __future__ import annotations

from celery.result import denied_join_result

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Plan
from common.settings import Settings
from gateway.house import Publish


def publisher(settings: Settings) -> Publish:
    """Make the function that publishes plans; it connects with its first call."""
    app = make_app(settings)

    def publish(job: str, plan: Plan) -> None:
        # Results are read from the ledger: without this, Celery would subscribe to the result of
        # every message on a connection that nobody reads.
        with denied_join_result():
            canvas.publish_plan(app, job, plan)

    return publish
