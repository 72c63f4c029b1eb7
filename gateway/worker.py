"""Entry point of the Celery worker: ``celery -A gateway.worker worker -Q gateway``."""

from __future__ import annotations

from common.worker import Service, build_worker
from gateway.tasks import TASKS

app = build_worker(
    Service(
        name="gateway",
        queue="gateway",
        tasks=TASKS,
        load=lambda _: None,
        sources=("gateway.domain", "gateway.tasks", "common.contracts"),
    )
)
