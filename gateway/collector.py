"""The gauges that nobody sees change: one process reads them and tells them for all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from common import metrics
from common.ledger.census import Census
from gateway.broker import Messages
from gateway.noughts import PRODUCTS, count_in_reconciler

GONE_FOR_S: Final = 600.0  # so long a worker that has left is told as such
GAUGES: Final = (
    *(metrics.QUEUE_DEPTH, metrics.OLDEST_READY, metrics.STAGE_RUNNING),
    *(metrics.WORKER_READY, metrics.WORKER_SLOTS, metrics.JOBS_OPEN),
    *(metrics.CELERY_UP, metrics.CELERY_QUEUE, metrics.CELERY_WORKERS),
    *(metrics.CELERY_CONSUMERS, metrics.CELERY_PROCESSES),
)


class Collector:
    """One of a reconciler; only that of the leader tells anything."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}  # when each worker was last there
        count_in_reconciler()
        self.forget()  # nought dead letters at the start would look like new ones a round later

    def tell(self, census: Census, messages: Mapping[str, Messages]) -> None:
        """Set every gauge to what was counted."""
        for queue, row in census.queues.items():
            metrics.QUEUE_DEPTH.labels(queue).set(row.ready)
            metrics.OLDEST_READY.labels(queue).set(row.oldest_s)
            metrics.STAGE_RUNNING.labels(queue).set(row.running)
            metrics.WORKER_READY.labels(queue).set(len(row.workers))
            metrics.WORKER_SLOTS.labels(queue).set(row.slots)
            metrics.CELERY_QUEUE.labels(queue).set(messages[queue].waiting)
            metrics.CELERY_WORKERS.labels(queue).set(len(row.workers))
            metrics.CELERY_CONSUMERS.labels(queue).set(len(row.workers))
            metrics.CELERY_PROCESSES.labels(queue).set(row.slots)
        for product in {*PRODUCTS, *census.open}:
            metrics.JOBS_OPEN.labels(product).set(census.open.get(product, 0))
        metrics.DEAD_LETTERS.set(census.dead)
        self._tell_workers({name for row in census.queues.values() for name in row.workers})

    def forget(self) -> None:
        """Tell nothing rather than what was true once: another leads, or Redis is away."""
        for gauge in GAUGES:
            gauge.clear()
        metrics.DEAD_LETTERS.set(float("nan"))  # it has no labels: it cannot be left out
        self._seen.clear()

    def _tell_workers(self, warm: set[str]) -> None:
        now = self._clock()
        self._seen |= dict.fromkeys(warm, now)
        for name, at in list(self._seen.items()):
            if now - at > GONE_FOR_S:
                del self._seen[name]
                metrics.CELERY_UP.remove(name)
            else:
                metrics.CELERY_UP.labels(name).set(name in warm)
