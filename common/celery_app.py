"""The Celery app of every process, configured from the stage table.

Each value has its reason in the failure list of ARCHITECTURE.md: what can be lost, repeated
or stuck with the defaults. The broker stays swappable by URL; Redis is what is tested.
"""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue

from common.chords import ChordBackend
from common.contracts.stages import QUEUES, STAGES
from common.settings import Settings
from common.task_counts import count_sent

KEY_PREFIX = "kiln:"
VISIBILITY_TIMEOUT_S = 360  # longer than all stages of a message may run: none comes back meanwhile


def make_app(settings: Settings) -> Celery:
    """Build the app; nothing is connected before the first publish or consume."""
    counter = f"{ChordBackend.__module__}:{ChordBackend.__qualname__}"
    # by itself, Celery looks at no certificate of the broker, and refuses such a backend
    checked = "?ssl_cert_reqs=CERT_REQUIRED" if settings.redis.startswith("rediss:") else ""
    backend = f"{counter}+{settings.results_url}{checked}"
    app = Celery("kiln", broker=f"{settings.broker_url}{checked}", backend=backend)
    app.conf.update(_CONFIG)
    exchange = Exchange("kiln", "direct")  # type: ignore[no-untyped-call]
    app.conf.task_queues = [
        Queue(name, exchange, routing_key=name)  # type: ignore[no-untyped-call]
        for name in QUEUES
    ]
    app.conf.task_routes = {stage.name: {"queue": stage.queue} for stage in STAGES}
    app.conf.task_default_queue = "gateway"
    app.conf.task_default_exchange = exchange.name
    app.conf.broker_pool_limit = settings.gateway_threads
    count_sent()
    return app


_CONFIG: dict[str, Any] = {
    # delivery: the ledger counts attempts, Celery only brings messages back
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    "worker_pool": "threads",  # OpenCV is not fork-safe, and the lease keeper is a thread
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": False,
    "worker_deduplicate_successful_tasks": False,  # would skip the chord part of a redelivery
    "worker_cancel_long_running_tasks_on_connection_loss": False,  # loses chords; 6.0 flips it
    "worker_soft_shutdown_timeout": 10,
    # connections: never give up, never hang
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    # one more try for a connection that went stale; then the reconciler publishes
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0},
    "broker_transport_options": {
        "visibility_timeout": VISIBILITY_TIMEOUT_S,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 15,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "global_keyprefix": KEY_PREFIX,
    },
    "result_backend_transport_options": {"global_keyprefix": KEY_PREFIX},
    "redis_socket_timeout": 5,
    "redis_socket_connect_timeout": 2,
    "result_backend_always_retry": True,
    "result_backend_max_retries": 8,
    "result_expires": 3600,
    "result_chord_expires": 7200,
    # messages: ids only, JSON only, known queues only
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "result_accept_content": ["json"],
    "task_create_missing_queues": False,
    # what Flower shows; the ledger holds `running`. Flower switches the workers' events on when
    # it starts: 8 % of the CPU time of a job that nobody else should pay
    "worker_send_task_events": False,
    "task_send_sent_event": True,
    "task_track_started": False,
    "worker_hijack_root_logger": False,
}
