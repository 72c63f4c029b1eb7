"""A Celery worker process of any service: warm first, then consume; leave nothing behind.

``worker.py`` of a service calls ``build_worker`` with its tasks and a function that loads its
models. The pool is ``threads``: native code releases the GIL, models exist once, no fork.
"""

from __future__ import annotations

import gc
import logging
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from celery import Celery, signals

from common import canvas, logs, metrics
from common.celery_app import make_app
from common.contracts.stages import stages_of
from common.errors import KilnError
from common.exposition import start_metrics
from common.heap import give_back
from common.lease import LeaseKeeper
from common.ledger.redis_ledger import RedisLedger, connect
from common.memo import source_version
from common.settings import Settings
from common.stage import Runtime, StageTask
from common.stores import open_store
from common.strands import run_in_turn, strand_of
from common.task_counts import TaskCounts

READY_PERIOD_S = 2.0
TIDY_PERIOD_S = 30.0
GOODBYE_S = 2.0
LINGER_S = 10.0  # a process that was told to leave begins no other stage of its message after that
ROOM = 1.5  # what a worker may hold, of what it held when it was warm
SPARE_MB = 64  # of freed memory that a process may keep: the next job uses it again
EXIT_CANNOT_START = 78  # EX_CONFIG of sysexits.h

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Service:
    """What makes one service's worker different from another's."""

    name: str
    queue: str
    tasks: tuple[StageTask, ...]
    load: Callable[[Settings], Any]  # called once, before the first message
    sources: tuple[str, ...]  # packages and modules whose code decides the outputs
    model_files: Callable[[Settings], Iterable[Path]] = lambda _: ()
    variant: Callable[[Settings], str] = lambda _: ""  # settings that decide the outputs too


def build_worker(service: Service) -> Celery:
    """Build the Celery app of a worker process and hook it into the worker's life."""
    settings = Settings()
    app = make_app(settings)
    life = _Life(app, settings, service)
    for task in service.tasks:
        app.task(_message_handler(life, task), name=task.row.name, bind=True)
    life.counts.listen()
    signals.setup_logging.connect(life.on_logging, weak=False)
    signals.worker_init.connect(life.on_init, weak=False)
    signals.worker_ready.connect(life.on_ready, weak=False)
    signals.worker_shutting_down.connect(life.on_leaving, weak=False)
    signals.worker_shutdown.connect(life.on_shutdown, weak=False)
    return app


def _message_handler(life: _Life, task: StageTask) -> Callable[..., dict[str, str]]:
    def on_message(request: Any, job: str, node: str, *then: str) -> dict[str, str]:  # noqa: ANN401
        """One message: ids in, a small receipt out. The ledger holds everything else."""
        headers = request.request.headers or {}
        republished = bool(headers.get(canvas.REPUBLISHED))
        strand = strand_of(node, task, then, life.tasks)
        status = run_in_turn(life.runtime, job, strand, life.lingers, republished=republished)
        life.leave_if_bloated()
        return {"status": status}

    return on_message


class _Life:
    """The stations of a worker process, as Celery signals them."""

    runtime: Runtime

    def __init__(self, app: Celery, settings: Settings, service: Service) -> None:
        self._app = app
        self._settings = settings
        self._service = service
        self.tasks = {task.row.name: task for task in service.tasks}
        self._slots = 1
        self.counts = TaskCounts(service.queue)
        self._most_mb = float(settings.worker_max_rss_mb)
        self._slim_mb = 0.0  # when free memory was last given back
        self._leaving = threading.Event()
        self._left_at = math.inf  # by the monotonic clock
        self._announcer = threading.Thread(target=self._announce, name="announce", daemon=True)

    def on_logging(self, **_: object) -> None:
        """Replace Celery's log format by the house's."""
        logs.configure(self._settings.log_level, self._service.name)

    def on_init(self, sender: Any, **_: object) -> None:  # noqa: ANN401  Celery is untyped
        """Before consuming: models, ledger, store. ``sender`` is the Celery worker."""
        self.on_logging()  # Celery asks for it only after this
        try:
            self._slots = int(sender.concurrency)
            self._count_from_nought(str(sender.hostname))
            self.runtime = self._warm_up(str(sender.hostname))
            self._take_over()
            # large models: a worker that is over the limit from the start must not leave each time
            self._most_mb = max(self._most_mb, ROOM * resident_mb())
            gc.collect()
            gc.freeze()  # what is loaded now stays: no collection need look at it again
        except Exception:
            # Celery would log this and consume all the same, with nothing to work with
            log.exception("the worker cannot start")
            os._exit(EXIT_CANNOT_START)
        start_metrics(self._settings, metrics.Process.WORKER, str(sender.hostname))

    def _count_from_nought(self, name: str) -> None:
        """Show counters before they move: the step from nothing to one is no increase."""
        stages = [task.row.name for task in self._service.tasks]
        self.counts.start(name, stages)
        for stage in stages:
            metrics.LEASE_LOST.labels(stage).inc(0)
            metrics.STAGE_QUEUE_SECONDS.labels(stage)
            for outcome in ("committed", "hit", "failed", "again"):
                metrics.STAGE_RUN_SECONDS.labels(stage, outcome)
            for reason in ("first", "again"):
                metrics.STAGE_ATTEMPTS.labels(stage, reason).inc(0)
            for result in ("hit", "miss"):
                metrics.CACHE_REQUESTS.labels(stage, result).inc(0)

    def _warm_up(self, name: str) -> Runtime:
        settings, service = self._settings, self._service
        started = time.perf_counter()
        models = service.load(settings)
        metrics.MODEL_LOAD_SECONDS.labels(service.name).set(time.perf_counter() - started)
        ledger = RedisLedger(connect(settings.ledger_url))
        version = source_version(
            service.sources, service.model_files(settings), service.variant(settings)
        )
        keeper = LeaseKeeper(ledger)
        keeper.start()
        return Runtime(
            worker=name,
            ledger=ledger,
            store=open_store(settings, settings.recipe_threads),
            models=models,
            versions={row.name: version for row in stages_of(service.name)},
            keeper=keeper,
            publish=partial(canvas.publish_again, self._app),
        )

    def _take_over(self) -> None:
        """Free what the predecessor of this name left, before this process has claims itself."""
        while True:
            try:
                self._release(counts=True)
            except KilnError as exc:
                log.warning("waiting for the ledger: %s", exc.detail)
                time.sleep(READY_PERIOD_S)
            else:
                return

    def on_ready(self, **_: object) -> None:
        """Consuming: say so."""
        self._announcer.start()

    def leave_if_bloated(self) -> None:
        """Between two jobs: ask this process to end warmly when it holds too much memory."""
        if resident_mb() <= self._most_mb or self._leaving.is_set():
            return
        self._give_back()
        if self._slim_mb > self._most_mb:
            log.warning("over %d MB: making room for a new process", self._slim_mb)
            os.kill(os.getpid(), signal.SIGTERM)

    def _give_back(self) -> None:
        """Free memory goes back to the system; what is touched again costs time again."""
        give_back()
        self._slim_mb = resident_mb()

    def on_leaving(self, **_: object) -> None:
        """SIGTERM, in its signal handler: no longer ready; what runs is finished."""
        self._left_at = time.monotonic()
        self._leaving.set()

    def lingers(self) -> bool:
        """Whether this process was told to leave long ago: a supervisor's patience ends."""
        return time.monotonic() > self._left_at + LINGER_S

    def on_shutdown(self, **_: object) -> None:
        """Hand back what could not be finished, without counting the attempt."""
        self._leaving.set()
        if self._announcer.is_alive():
            self._announcer.join(GOODBYE_S)
        try:
            self._release(counts=False)
        except KilnError as exc:
            log.warning("leases are not handed back: %s", exc.detail)

    def _announce(self) -> None:
        """Say that this worker is ready until it leaves, then that it has left."""
        ledger, queue, name = self.runtime.ledger, self._service.queue, self.runtime.worker
        tell_at = 0.0  # and now and then again: Redis may have been emptied
        while True:
            leaving = self._leaving.is_set()
            try:
                if leaving:
                    ledger.worker_down(queue, name)
                else:
                    if time.monotonic() >= tell_at:
                        # at first it has just warmed up: what it gave back the first job would take
                        if tell_at and resident_mb() > self._slim_mb + SPARE_MB:
                            self._give_back()  # not after each job: that took a tenth of its time
                        ledger.put_versions(self.runtime.versions)
                        tell_at = time.monotonic() + TIDY_PERIOD_S
                    ledger.worker_up(queue, name, self._slots)
            except Exception as exc:  # noqa: BLE001  a worker nobody sees is a worker lost
                log.warning("cannot announce this worker: %s", exc)
            if leaving:
                return
            self._leaving.wait(READY_PERIOD_S)

    def _release(self, *, counts: bool) -> None:
        self.runtime.publish(self.runtime.ledger.release(self.runtime.worker, counts=counts))


def resident_mb() -> float:
    """Resident memory of this process in MB; 0 where the system does not tell (macOS)."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6
