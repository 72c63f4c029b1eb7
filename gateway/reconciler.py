"""The reconciler: brings back what got lost. ``python -m gateway.reconciler``.

Every period, one leader: ends jobs past their deadline, publishes again the stages whose
worker died and those whose message is missing, and deletes files nobody refers to. It never
floods: a stage that only waits its turn in a long queue still has its message there.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import statistics
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from operator import sub

from celery import Celery

from common import canvas, exposition, logs, metrics
from common.celery_app import make_app
from common.contracts.stages import QUEUES
from common.errors import LedgerUnavailable, StorageError
from common.http import status_of_code
from common.ledger.protocol import Ledger
from common.ledger.records import Event, ReadyNode
from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings
from common.stores import ArtifactStore, open_store
from gateway.broker import Broker
from gateway.collector import Collector
from gateway.rounds import run_until, told_to_stop
from gateway.watch import PromiseWatch

LEADER_TTL_MS = 5_000
LEADER_ROUNDS = 2.5  # of a leader who may be slow once, where rounds are rarer than that
LATE_S = 4.0  # a round may be; leases live for longer than that without Redis
RENEWAL_S = 8.0  # in which everybody alive renews his leases, once he hears of Redis again
PATIENCE_MS = 10_000  # a stage that waits longer is published again, though its message is there
SLOW_AT_ONCE = 5  # of those, in one period: a long queue must not be doubled
NEVER_MS = 10**12
RECOUNT_S = 3600.0
TRASH_GRACE = timedelta(minutes=10)  # longer than any stage can run
TRASH_S = 1.0  # for files in one period
TRASH_BATCH = 10

log = logging.getLogger(__name__)


class Reconciler:
    """One period is one ``sweep``. Reads what lies on the broker, writes only through Celery."""

    def __init__(
        self,
        app: Celery,
        ledger: Ledger,
        store: ArtifactStore,
        broker: Broker,
        period_s: float = 1.0,
    ) -> None:
        self._app = app
        self._ledger = ledger
        self._store = store
        self._broker = broker
        self._who = f"{socket.gethostname()}:{os.getpid()}"
        self._seen = ""  # position in the stream of all events, of who leads
        self._deaf_s = period_s + LATE_S
        self._leader_ttl_ms = max(LEADER_TTL_MS, int(LEADER_ROUNDS * period_s * 1000))
        self._recount_at = -math.inf  # at once
        self._recounting: Future[int] | None = None
        self._aside = ThreadPoolExecutor(1, "recount")
        self._heard_at = (-math.inf, -math.inf)
        self._reap_at = math.inf
        self._promises = PromiseWatch(ledger, store)
        self._collector = Collector()

    def sweep(self) -> None:
        """Do one round, if this process leads; a duty that fails does not keep the others away.

        Raises
        ------
        LedgerUnavailable
            Redis is away: there is nothing to do.
        """
        try:
            self._do_round()
        except LedgerUnavailable:
            metrics.REDIS_UP.set(0)
            self._collector.forget()
            raise

    def _do_round(self) -> None:
        leads = self._ledger.lead("reconciler", self._who, self._leader_ttl_ms)
        ended = self._count() if leads else []
        metrics.REDIS_UP.set(1)
        self._note_outage()
        if leads:
            self._lead(ended)
        else:
            self._collector.forget()
            self._seen = ""
        self._note_sleep()

    def _lead(self, ended: list[Event]) -> None:
        duties: list[Callable[[], object]] = [self._reap, self._bring_back, self._ledger.expire]
        duties += [self._empty_trash, self._recount, self._promises.look_for_loss]
        self._promises.note(ended)
        for duty in (*duties, self._promises.forget):
            try:
                duty()
            except LedgerUnavailable:
                raise
            except Exception:
                log.exception("bug in the reconciler's duty %s; it goes on", duty.__name__)
        metrics.LAST_ROUND.set_to_current_time()

    def _note_outage(self) -> None:
        """Tell an outage, in which leases ran out, from a call that failed.

        A start is one too, and so is a sleep of the machine.
        """
        if max(self._since_heard()) > self._deaf_s:
            self._reap_at = time.monotonic() + RENEWAL_S

    def _note_sleep(self) -> None:
        """Tell whether the machine slept in this round: leases ran out then, too.

        A round that merely took long is no outage: others renewed their leases meanwhile.
        """
        awake, passed = self._since_heard()
        if passed - awake > LATE_S:
            self._reap_at = time.monotonic() + RENEWAL_S

    def _since_heard(self) -> tuple[float, float]:
        """Seconds by both clocks since this was asked before."""
        before, self._heard_at = self._heard_at, _clocks()
        awake, passed = map(sub, self._heard_at, before)
        return awake, passed

    def _count(self) -> list[Event]:
        """Count jobs that have ended, also those that did while nobody led; return their ends."""
        seen = self._seen or self._ledger.counted()
        ended: list[Event] = []
        events: list[Event] | None = None
        while events != []:
            seen, events = self._ledger.follow(seen, block_ms=1)
            ended += [event for event in events if event.terminal]
        for event in ended:
            count_job(event)
        begins, self._seen = not self._seen, seen
        if ended or begins:
            self._ledger.count_up_to(seen)
        return ended

    def _reap(self) -> None:
        # after an outage, that a lease ran out says nothing of whoever could not renew it
        leases = time.monotonic() >= self._reap_at
        self._publish(self._ledger.reap(leases=leases).again, "lease")

    def _bring_back(self) -> None:
        census = self._ledger.census(QUEUES)
        messages = self._broker.messages(QUEUES)
        self._collector.tell(census, messages)
        for queue, row in census.queues.items():
            missing = row.ready - messages[queue].standing_for_ready(row.running)
            if missing > 0:
                self._publish(self._ledger.overdue(queue, missing, NEVER_MS), "lost")
            elif row.ready and row.workers:  # without a worker every stage waits long
                patience_ms = self._patience_ms(queue)
                self._publish(self._ledger.overdue(queue, 0, patience_ms, SLOW_AT_ONCE), "slow")

    def _patience_ms(self, queue: str) -> int:
        waits = self._ledger.waits_ms(queue)
        if len(waits) < 20:
            return PATIENCE_MS
        return max(PATIENCE_MS, int(2 * statistics.quantiles(waits, n=100)[98]))

    def _publish(self, nodes: Iterable[ReadyNode], reason: str) -> None:
        for node in nodes:
            log.info("publishing %s of job %s again (%s)", node.id, node.job, reason)
            canvas.publish_again(self._app, [node])
            metrics.REPUBLISHED.labels(reason).inc()

    def _empty_trash(self) -> None:
        # a few files at a time: a store that is slow, or away, must not keep the leases waiting
        grace_ms = int(TRASH_GRACE.total_seconds() * 1000)
        stop_at = time.monotonic() + TRASH_S
        while time.monotonic() < stop_at and (batch := self._ledger.trash(grace_ms, TRASH_BATCH)):
            for owner, sha256 in batch:
                gone = time.monotonic() < stop_at and self._deleted(owner, sha256)
                self._ledger.emptied(owner, sha256, gone=gone)
                metrics.EXPIRED_FILES.inc(gone)

    def _deleted(self, owner: str, sha256: str) -> bool:
        """Delete a file, unless it was put after it was let go, or by another machine's clock."""
        try:
            return self._store.delete_stale(owner, sha256, TRASH_GRACE)
        except StorageError as exc:
            log.warning("%s; it goes back to the trash", exc.detail)
            return False

    def _recount(self) -> None:
        """Set counters right, beside the rounds: it takes as long as there is much.

        Processes of an older version do not keep them. Without an upgrade none is ever off, so
        what is found is worth a line in the log.
        """
        if self._recounting is None and time.monotonic() >= self._recount_at:
            self._recount_at = time.monotonic() + RECOUNT_S
            self._recounting = self._aside.submit(self._ledger.recount)
        if self._recounting is None or not self._recounting.done():
            return
        counted, self._recounting = self._recounting, None
        try:
            if off := counted.result():
                log.warning("%d counters of the ledger were off and are right now", off)
        except LedgerUnavailable:
            self._recount_at = -math.inf


def _clocks() -> tuple[float, float]:
    """Read a clock that nobody sets, and one that goes on in a sleep, as that of Redis does."""
    return time.monotonic(), time.time()


def count_job(event: Event) -> None:
    """Count a job that has ended; the leader alone does, so each is counted once.

    A photo that does not do is no failure of the house: its job is ``refused`` here.
    """
    code = (event.data.get("error") or {}).get("code", "")
    refused = event.type == "failed" and status_of_code(code) < 500
    labels = (event.data["product"], "refused" if refused else event.type)
    metrics.JOBS.labels(*labels).inc()
    metrics.JOB_SECONDS.labels(*labels).observe(event.data["total_ms"] / 1000)


def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    logs.configure(settings.log_level, "reconciler")
    stop = told_to_stop()
    reconciler = Reconciler(
        make_app(settings),
        RedisLedger(connect(settings.ledger_url)),
        open_store(settings),
        Broker(connect(settings.broker_url)),
        settings.reconcile_s,
    )
    exposition.start_metrics(settings, metrics.Process.RECONCILER)
    run_until(stop, settings.reconcile_s, reconciler.sweep)


if __name__ == "__main__":
    main()
