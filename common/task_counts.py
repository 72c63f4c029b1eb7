"""Celery's own view of the tasks, counted from its signals in the process where they are sent.

The names and labels are those of celery-exporter. An exporter listens to Celery's events, which
cost the workers a message each and are lost while nobody listens; a signal is a function call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from celery import signals

from common import metrics

if TYPE_CHECKING:  # a gateway needs no worker's modules
    from celery.app.task import Task
    from celery.worker.request import Request

UNKNOWN: Final = "unknown"  # a name from a message that nobody here has sent is no label
ANYBODY: Final = "generic"  # as the exporter has it, where each publisher would make series


def count_sent() -> None:
    """Count from now on every message that this process puts on the broker."""
    signals.after_task_publish.connect(_on_sent, weak=False, dispatch_uid="kiln.sent")


def _on_sent(sender: str, routing_key: str = "", **_: object) -> None:
    # each queue of the house has its own name as routing key
    metrics.CELERY_SENT.labels(sender, ANYBODY, routing_key).inc()


class TaskCounts:
    """What one worker process counts: it serves one queue, and knows its name when it starts."""

    def __init__(self, queue: str) -> None:
        self._queue = queue
        self._hostname = ""

    def listen(self) -> None:
        """Count from now on."""
        signals.task_received.connect(self._on_received, weak=False)
        signals.task_prerun.connect(self._on_prerun, weak=False)
        signals.task_postrun.connect(self._on_postrun, weak=False)
        signals.task_success.connect(self._on_success, weak=False)
        signals.task_failure.connect(self._on_failure, weak=False)
        signals.task_retry.connect(self._on_retry, weak=False)
        signals.task_revoked.connect(self._on_revoked, weak=False)
        for signal in (signals.task_unknown, signals.task_rejected):
            signal.connect(self._on_rejected, weak=False)

    def start(self, hostname: str, tasks: Iterable[str]) -> None:
        """Begin at nought for every task of this worker: a first failure is an increase then."""
        self._hostname = hostname
        metrics.CELERY_ACTIVE.labels(hostname).set(0)
        for task in tasks:
            labels = (task, hostname, self._queue)
            metrics.CELERY_FAILED.labels(*labels, "").inc(0)
            metrics.CELERY_RUNTIME.labels(*labels)
            for counter in (
                *(metrics.CELERY_RECEIVED, metrics.CELERY_STARTED),
                *(metrics.CELERY_SUCCEEDED, metrics.CELERY_RETRIED, metrics.CELERY_REVOKED),
            ):
                counter.labels(*labels).inc(0)
        metrics.CELERY_REJECTED.labels(*self._of(UNKNOWN)).inc(0)

    def _of(self, task: str) -> tuple[str, str, str]:
        return task, self._hostname, self._queue

    def _on_received(self, request: Request, **_: object) -> None:
        metrics.CELERY_RECEIVED.labels(*self._of(request.name)).inc()

    def _on_prerun(self, sender: Task, **_: object) -> None:
        metrics.CELERY_STARTED.labels(*self._of(sender.name)).inc()
        metrics.CELERY_ACTIVE.labels(self._hostname).inc()

    def _on_postrun(self, **_: object) -> None:
        metrics.CELERY_ACTIVE.labels(self._hostname).dec()

    def _on_success(self, sender: Task, runtime: float, **_: object) -> None:
        metrics.CELERY_SUCCEEDED.labels(*self._of(sender.name)).inc()
        metrics.CELERY_RUNTIME.labels(*self._of(sender.name)).observe(runtime)

    def _on_failure(self, sender: Task, exception: BaseException, **_: object) -> None:
        metrics.CELERY_FAILED.labels(*self._of(sender.name), type(exception).__name__).inc()

    def _on_revoked(self, sender: Task, **_: object) -> None:
        metrics.CELERY_REVOKED.labels(*self._of(sender.name)).inc()

    def _on_rejected(self, **_: object) -> None:
        metrics.CELERY_REJECTED.labels(*self._of(UNKNOWN)).inc()

    def _on_retry(self, sender: Task, **_: object) -> None:
        metrics.CELERY_RETRIED.labels(*self._of(sender.name)).inc()
