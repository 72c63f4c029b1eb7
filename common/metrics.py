"""Every Prometheus series of the house, by name, in one place. No job ids in labels."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, cast

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
    multiprocess,
)

WAIT_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
RUN_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
BATCH_BUCKETS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)

HTTP_SECONDS = Histogram(
    "kiln_http_request_duration_seconds",
    "Time to answer a request",
    ("route", "method", "code"),
    buckets=(0.001, 0.0025, *RUN_BUCKETS),
)
STAGE_QUEUE_SECONDS = Histogram(
    "kiln_stage_queue_seconds", "From ready to claimed", ("stage",), buckets=WAIT_BUCKETS
)
STAGE_RUN_SECONDS = Histogram(
    "kiln_stage_run_seconds", "From claim to commit", ("stage", "outcome"), buckets=RUN_BUCKETS
)
STAGE_ATTEMPTS = Counter("kiln_stage_attempts_total", "Tries of a stage", ("stage", "reason"))
CACHE_REQUESTS = Counter("kiln_cache_requests_total", "Memo lookups", ("stage", "result"))
DUPLICATE_COMMITS = Counter("kiln_duplicate_commits_total", "Commits absorbed by the ledger")
LEASE_LOST = Counter("kiln_lease_lost_total", "Claims lost while a stage ran", ("stage",))
CLAIM_REFUSED = Counter("kiln_claim_refused_total", "Messages that were no-ops", ("reason",))
JOBS = Counter("kiln_jobs_total", "Jobs that ended", ("product", "outcome"))
JOB_SECONDS = Histogram(
    "kiln_job_seconds", "From accept to the end", ("product", "outcome"), buckets=WAIT_BUCKETS
)
REPUBLISHED = Counter("kiln_reconciler_republished_total", "Stages published again", ("reason",))
REJECTED = Counter("kiln_admission_rejected_total", "Submits refused", ("reason",))
EXPIRED_FILES = Counter("kiln_expired_files_total", "Artifact files deleted by age")
MODEL_LOAD_SECONDS = Gauge("kiln_model_load_seconds", "Time to load the models", ("service",))
ENGINE_LOAD_SECONDS = Gauge("kiln_engine_load_seconds", "Time to load one engine", ("engine",))
MODEL_BATCH_SIZE = Histogram(
    "kiln_model_batch_size", "Pictures in one forward pass", ("model",), buckets=BATCH_BUCKETS
)
GPU_MEMORY = Gauge(
    "kiln_gpu_memory_bytes", "Memory of a GPU: allocated, reserved, used, total", ("device", "kind")
)
QUEUE_DEPTH = Gauge("kiln_queue_depth", "Ready stages nobody runs yet", ("queue",))
OLDEST_READY = Gauge("kiln_oldest_ready_seconds", "Age of the oldest ready stage", ("queue",))
WORKER_READY = Gauge("kiln_worker_ready", "Warm workers on a queue", ("queue",))
WEBHOOKS = Counter("kiln_webhook_calls_total", "Attempts to deliver a webhook", ("outcome",))
WEBHOOK_SECONDS = Histogram(
    "kiln_webhook_seconds", "Time a webhook takes to answer", ("outcome",), buckets=RUN_BUCKETS
)
WEBHOOK_OLDEST = Gauge(
    "kiln_webhook_oldest_seconds", "Age of the oldest message that was never tried"
)
BAD_FILES = Gauge(
    "kiln_metrics_bad_files", "Metrics files nobody can read", multiprocess_mode="mostrecent"
)
SSE_CLIENTS = Gauge("kiln_sse_clients", "Open event streams", multiprocess_mode="livesum")


def render() -> bytes:
    """Text exposition of this process, or of all gunicorn processes that share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    _Collector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


class _Collector(multiprocess.MultiProcessCollector):
    """Skips the file of a process that died while it wrote, instead of telling nothing at all."""

    def collect(self) -> Iterable[Metric]:
        files = [str(path) for path in sorted(Path(self._path).glob("*.db"))]
        good = [file for file in files if self._is_readable(file)]
        BAD_FILES.set(len(files) - len(good))
        return cast("Iterable[Metric]", self.merge(good, accumulate=True))  # type: ignore[no-untyped-call]

    def _is_readable(self, file: str) -> bool:
        try:
            self.merge([file], accumulate=True)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001  whatever half a file leads to
            return False
        return True
