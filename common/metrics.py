"""Every Prometheus series of the house, by name, in one place: what it means and who tells it.

No label has a job id, a person or a path in it. Counting is cheap, so each series is counted where
the thing happens; what nobody sees happen (how long a queue is) one process reads off the ledger.
How all this gets out of a process is in ``common.exposition``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, TypeVar

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

# What lies above the last bucket is told as the last bucket by every quantile: runs reach to the
# longest hard limit of a stage, waits and jobs to the deadline of a job.
CALL_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
RUN_BUCKETS: Final = (*CALL_BUCKETS, 120, 150)
TASK_BUCKETS: Final = (*RUN_BUCKETS, 300, 600)
WAIT_BUCKETS: Final = (*CALL_BUCKETS, 120, 300, 600, 1200, 3600)
BATCH_BUCKETS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)

# Each counter would come with a second series of the moment of its birth, that nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Process(StrEnum):
    """Kinds of processes, as Prometheus is told to scrape them."""

    GATEWAY = "gateway"  # all processes of gunicorn together
    SERVICE = "services"  # the HTTP side of stylize, fusion and recipe
    WORKER = "workers"  # Celery workers
    RECONCILER = "reconciler"
    COURIER = "courier"


GATEWAY, SERVICE, WORKER, RECONCILER, COURIER = Process
TOLD_BY: Final[dict[str, frozenset[Process]]] = {}  # by name of the family

Series = TypeVar("Series", bound=MetricWrapperBase)


def _told(by: Iterable[Process], series: Series) -> Series:
    """Note who tells a series: in other processes it stands at nought and says nothing."""
    (family,) = series.describe()
    TOLD_BY[family.name] = frozenset(by)
    return series


def _gauge(
    by: Iterable[Process], name: str, text: str, labels: tuple[str, ...] = (), mode: str = "max"
) -> Gauge:
    """Make a gauge that several processes tell as one: by default, each would add its pid."""
    return _told(by, Gauge(name, text, labels, multiprocess_mode=mode))  # type: ignore[arg-type]


# -- what answers HTTP -----------------------------------------------------------------------
HTTP_SECONDS = _told(
    (GATEWAY, SERVICE),
    Histogram(
        "kiln_http_request_duration_seconds",
        "Time to answer a request, with the wait that it asked for (`wait`, `Prefer`), without the"
        " body of an event stream; `route` is the template, `unknown` where there is none",
        ("route", "method", "code"),
        buckets=(0.001, 0.0025, *CALL_BUCKETS),
    ),
)
REJECTED = _told(
    (GATEWAY,),
    Counter("kiln_admission_rejected_total", "Submits, streams and calls refused", ("reason",)),
)
SSE_CLIENTS = _gauge((GATEWAY,), "kiln_sse_clients", "Open event streams", mode="livesum")
ETAS = _told(
    (GATEWAY,),
    Counter(
        "kiln_eta_total",
        "Jobs that ended or paused within the `p90_s` that their 202 had told (`met`) or later"
        " (`missed`), failed and cancelled ones left out; the process that told it counts, so what"
        " it told before a restart is never counted",
        ("product", "outcome"),
    ),
)
BAD_FILES = _gauge(
    (GATEWAY,), "kiln_metrics_bad_files", "Metrics files nobody can read", mode="mostrecent"
)
BUILD_INFO = _gauge(Process, "kiln_build_info", "Always 1: which version runs", ("version",))

# -- stages, in the workers ------------------------------------------------------------------
STAGE_QUEUE_SECONDS = _told(
    (WORKER,),
    Histogram(
        "kiln_stage_queue_seconds",
        "From ready to claimed, by the clock of the ledger; each try of a stage counts",
        ("stage",),
        buckets=WAIT_BUCKETS,
    ),
)
STAGE_RUN_SECONDS = _told(
    (WORKER,),
    Histogram(
        "kiln_stage_run_seconds", "From claim to commit", ("stage", "outcome"), buckets=RUN_BUCKETS
    ),
)
STAGE_ATTEMPTS = _told(
    (WORKER,), Counter("kiln_stage_attempts_total", "Tries of a stage", ("stage", "reason"))
)
CACHE_REQUESTS = _told(
    (GATEWAY, WORKER),
    Counter(
        "kiln_cache_requests_total",
        "Memo lookups of stages: by workers, and by the gateway those of a job of which everything"
        " is known; where something is not, the worker that makes it looks",
        ("stage", "result"),
    ),
)
DUPLICATE_COMMITS = _told(
    (WORKER,), Counter("kiln_duplicate_commits_total", "Commits absorbed by the ledger")
)
LEASE_LOST = _told(
    (WORKER,),
    Counter("kiln_lease_lost_total", "Claims lost in mid-stage, or cancelled", ("stage",)),
)
CLAIM_REFUSED = _told(
    (WORKER,), Counter("kiln_claim_refused_total", "Messages that were no-ops", ("reason",))
)
MODEL_LOAD_SECONDS = _gauge(
    (WORKER,), "kiln_model_load_seconds", "Time to load the models", ("service",)
)
ENGINE_LOAD_SECONDS = _gauge(
    (WORKER, SERVICE), "kiln_engine_load_seconds", "Time to load one engine", ("engine",)
)
MODEL_BATCH_SIZE = _told(
    (WORKER, SERVICE),
    Histogram(
        "kiln_model_batch_size", "Pictures in one forward pass", ("model",), buckets=BATCH_BUCKETS
    ),
)
GPU_MEMORY = _gauge(
    (WORKER, SERVICE),
    "kiln_gpu_memory_bytes",
    "Memory of a GPU: allocated, reserved, used, total; none without one",
    ("device", "kind"),
)

# -- jobs and queues, told by the leader of the reconcilers ----------------------------------
JOBS = _told(
    (RECONCILER,),
    Counter(
        "kiln_jobs_total",
        "Jobs that ended: succeeded, failed, refused (the photo does not do), cancelled, expired;"
        " those that did while no reconciler was there are counted by the next one",
        ("product", "outcome"),
    ),
)
JOB_SECONDS = _told(
    (RECONCILER,),
    Histogram(
        "kiln_job_seconds",
        "From accept to the end, pauses included",
        ("product", "outcome"),
        buckets=WAIT_BUCKETS,
    ),
)
JOBS_OPEN = _gauge(
    (RECONCILER,), "kiln_jobs_open", "Jobs accepted and not ended, paused ones too", ("product",)
)
QUEUE_DEPTH = _gauge((RECONCILER,), "kiln_queue_depth", "Ready stages nobody runs yet", ("queue",))
OLDEST_READY = _gauge(
    (RECONCILER,), "kiln_oldest_ready_seconds", "Age of the oldest ready stage", ("queue",)
)
STAGE_RUNNING = _gauge((RECONCILER,), "kiln_stage_running", "Stages claimed now", ("queue",))
WORKER_READY = _gauge((RECONCILER,), "kiln_worker_ready", "Warm workers on a queue", ("queue",))
WORKER_SLOTS = _gauge(
    (RECONCILER,), "kiln_worker_slots", "Stages that its warm workers run at once", ("queue",)
)
DEAD_LETTERS = _gauge(
    (RECONCILER,),
    "kiln_dead_letters",
    "Jobs with a stage that used up its attempts and that nobody has replayed, up to 1000;"
    " erased jobs and those whose results have expired are none any more",
)
REPUBLISHED = _told(
    (RECONCILER,),
    Counter("kiln_reconciler_republished_total", "Stages published again", ("reason",)),
)
EXPIRED_FILES = _told(
    (RECONCILER,), Counter("kiln_expired_files_total", "Artifact files deleted by age")
)
REDIS_UP = _gauge(
    (RECONCILER,),
    "kiln_redis_up",
    "Whether Redis served the last round; 0 too while it is full or starts",
)
LAST_ROUND = _gauge(
    (RECONCILER,),
    "kiln_reconciler_last_round_timestamp_seconds",
    "When this one last came to the end of a round as the leader, by its own clock; 0 before",
)

# -- webhooks ----------------------------------------------------------------------------------
WEBHOOKS = _told(
    (COURIER,), Counter("kiln_webhook_calls_total", "Attempts to deliver a webhook", ("outcome",))
)
WEBHOOK_SECONDS = _told(
    (COURIER,),
    Histogram(
        "kiln_webhook_seconds", "Time a webhook takes to answer", ("outcome",), buckets=CALL_BUCKETS
    ),
)
WEBHOOK_OLDEST = _gauge(
    (COURIER,), "kiln_webhook_oldest_seconds", "Age of the oldest message that was never tried"
)

# -- Celery, by the names of celery-exporter: its dashboards and alerts fit -------------------
TASK = ("name", "hostname", "queue_name")
CELERY_SENT = _told(
    (GATEWAY, WORKER, RECONCILER),
    Counter(
        "celery_task_sent_total",
        "Messages put on the broker; `hostname` is always `generic`, the process tells who it was."
        " A message may carry stages that follow one another: here and in all of these it is one,"
        " named like the first",
        TASK,
    ),
)
CELERY_RECEIVED = _told(
    (WORKER,), Counter("celery_task_received_total", "Messages that a worker took", TASK)
)
CELERY_STARTED = _told((WORKER,), Counter("celery_task_started_total", "Tasks begun", TASK))
CELERY_SUCCEEDED = _told(
    (WORKER,),
    Counter(
        "celery_task_succeeded_total",
        "Tasks that returned; so does a stage that failed, or had nothing to do: it tells the"
        " ledger, and kiln_stage_run_seconds tells how it went",
        TASK,
    ),
)
CELERY_FAILED = _told(
    (WORKER,),
    Counter("celery_task_failed_total", "Tasks that raised: a bug", (*TASK, "exception")),
)
CELERY_RETRIED = _told(
    (WORKER,),
    Counter(
        "celery_task_retried_total",
        "Tasks that Celery will try again: none, the ledger does (kiln_stage_attempts_total)",
        TASK,
    ),
)
CELERY_REVOKED = _told(
    (WORKER,), Counter("celery_task_revoked_total", "Tasks that were dropped: none, by us", TASK)
)
CELERY_REJECTED = _told(
    (WORKER,), Counter("celery_task_rejected_total", "Messages of no task: all `unknown`", TASK)
)
CELERY_RUNTIME = _told(
    (WORKER,),
    Histogram(
        "celery_task_runtime",
        "Seconds a succeeded task took, with all of its stages",
        TASK,
        buckets=TASK_BUCKETS,
    ),
)
CELERY_ACTIVE = _gauge(
    (WORKER,), "celery_worker_tasks_active", "Tasks a worker runs now", ("hostname",)
)
CELERY_UP = _gauge(
    (RECONCILER,),
    "celery_worker_up",
    "1 for a warm worker, 0 for one that was there in the last ten minutes",
    ("hostname",),
)
CELERY_QUEUE = _gauge(
    (RECONCILER,),
    "celery_queue_length",
    "Messages on the broker that no worker has taken",
    ("queue_name",),
)
CELERY_WORKERS = _gauge(
    (RECONCILER,), "celery_active_worker_count", "Warm workers on a queue", ("queue_name",)
)
CELERY_CONSUMERS = _gauge(
    (RECONCILER,),
    "celery_active_consumer_count",
    "Readers of a queue: one a worker",
    ("queue_name",),
)
CELERY_PROCESSES = _gauge(
    (RECONCILER,),
    "celery_active_process_count",
    "Tasks that they run at once; in this house a pool has threads",
    ("queue_name",),
)
