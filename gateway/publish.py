"""Putting a plan on the broker."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery.backends.redis import RedisBackend

from common import canvas
from common.celery_app import make_app
from common.settings import Settings
from gateway.house import Publish


class SilentBackend(RedisBackend):  # type: ignore[misc]  # Celery is untyped
    """Results nobody waits for: the ledger tells how a job went.

    Celery's own backend would subscribe to the result of every message, on one connection per
    thread that nobody ever reads, until Redis cuts it off in the middle of a publish.
    """

    def on_task_call(self, *_: object) -> None:
        """Subscribe to nothing."""

    def add_pending_result(self, result: Any, **_: object) -> Any:  # noqa: ANN401  as in Celery
        """Wait for nothing."""
        return result

    def remove_pending_result(self, result: Any) -> Any:  # noqa: ANN401  as in Celery
        """Forget nothing."""
        return result


def publisher(settings: Settings) -> Publish:
    """Make the function that publishes plans; it connects with its first call."""
    app = make_app(settings)
    app.backend_cls = f"{__name__}:{SilentBackend.__name__}+{settings.results_url}"
    return partial(canvas.publish_plan, app)
