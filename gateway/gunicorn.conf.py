# noqa: N999  gunicorn looks for this name
"""How gunicorn serves the gateway: a few processes with many threads, most of them waiting.

A gateway that answers event streams alone (``KILN_GATEWAY_ROLE=events``) has a greenlet for each
instead; it needs gevent, and decodes no photo.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.workers.base import Worker  # type: ignore[import-untyped]

from common.hosts import also_here, in_url
from common.settings import Settings
from gateway import sockets

_settings = Settings()
if _settings.danger:
    sys.exit(_settings.danger)

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
_here = also_here(_settings.host)
_hosts = [_host] if _here == in_url(_settings.host) else [_host, _here]
bind = [f"{host}:{_settings.gateway_port}" for host in _hosts]
_streams_alone = _settings.gateway_role == "events"
worker_class = "gevent" if _streams_alone else "gateway.sockets.PatientWorker"
workers = _settings.gateway_processes
threads = _settings.gateway_threads
_busy = _settings.max_streams if _streams_alone else 2 * _settings.gateway_threads
worker_connections = _busy + 200  # streams and kept-alive connections
limit_request_line = 8190  # a list of ingredients may stand in the query
keepalive = 0 if _streams_alone else 30  # a connection is its stream: both end together
sendfile = False  # it waits for ever for a client that takes nothing
timeout = 30  # of the accept loop, not of a request
graceful_timeout = 10
control_socket_disable = True
proc_name = "kiln-gateway"
if Path("/dev/shm").is_dir():  # noqa: S108  heartbeat files; a disk that stalls must not kill workers
    worker_tmp_dir = "/dev/shm"  # noqa: S108

_pinned = hasattr(os, "sched_setaffinity") and _settings.gateway_pinned and not _streams_alone

# Workers share their metrics through files, chosen before prometheus_client is imported; a second
# gateway beside this one (for event streams) has a folder of its own.
_folder = _settings.data_dir / "metrics" / f"gateway-{_settings.gateway_port}"
_metrics = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_folder)))


def on_starting(_server: Arbiter) -> None:
    """Forget the metrics of the processes before."""
    _metrics.mkdir(parents=True, exist_ok=True)
    for file in _metrics.glob("*.db"):
        file.unlink()


def when_ready(server: Arbiter) -> None:
    """Bound how long a client may be silent."""
    sockets.bound(server.LISTENERS)


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Choose a core for a new worker: one that few others have."""
    cores = list(os.sched_getaffinity(0)) if _pinned else []
    random.shuffle(cores)  # gateways in several containers of a host do not all take the first
    taken = Counter(other.core for other in server.WORKERS.values())
    worker.core = min(cores, key=lambda core: taken[core], default=None)


def post_fork(_server: Arbiter, worker: Worker) -> None:
    """Keep all threads of a worker on its core.

    They take turns at one interpreter lock anyway; on several cores each turn wakes up another
    core, which costs as much CPU time as the answers do.
    """
    if worker.core is not None:
        with suppress(OSError):  # not allowed in here, or the core is gone: any core will do
            os.sched_setaffinity(0, {worker.core})


def post_worker_init(worker: Worker) -> None:
    """Let event streams end when this worker is told to leave; log no client that fell silent."""
    worker.log.error_log.addFilter(sockets.more_than_silence)
    worker.wsgi.extensions["kiln"].hub.leave_when(lambda: not worker.alive)


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Take a worker that has gone out of the gauges."""
    from prometheus_client import multiprocess  # noqa: PLC0415  after the folder was chosen

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
