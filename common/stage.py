"""``@stage``: a task is a view. Everything around the domain call happens here, once.

parse → claim → memo lookup → domain call → store → commit, with events, timings, error
policy and lease. A task body reads artifacts, calls the domain, writes artifacts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import ValidationError

from common import logs, metrics
from common.contracts.artifacts import ArtifactRef
from common.contracts.figurine import Facts
from common.contracts.stages import BY_NAME, Output, Stage
from common.errors import (
    BadParameter,
    InternalError,
    KilnError,
    LedgerUnavailable,
    StageHung,
)
from common.lease import LeaseKeeper, LeaseLost
from common.ledger.protocol import Ledger
from common.ledger.records import Claim, Committed, NodeResult, ReadyNode, Refusal
from common.memo import memo_key
from common.stores import ArtifactStore

RETRY_DELAY_MS = 2_000
COMMIT_PATIENCE_S = 20.0

log = logging.getLogger(__name__)


class StageContext:
    """What a task body may touch: its artifacts, and a way to stop in time."""

    def __init__(self, row: Stage, claim: Claim, ledger: Ledger, store: ArtifactStore) -> None:
        self.claim = claim
        self.engine = "builtin"
        self.written: list[ArtifactRef] = []
        self.lost = False
        self._row = row
        self._ledger = ledger
        self._store = store
        self._stop_at = time.monotonic() + row.soft_s

    def read(self, name: str) -> bytes:
        """Read an input artifact."""
        return self._store.get(self.claim.owner, self.claim.artifacts[name])

    def write(self, output: Output, data: bytes, *, early: bool = False) -> None:
        """Store an output; an ``early`` one is shown before the stage has ended."""
        self.checkpoint()
        ref = self._store.put(
            self.claim.owner, output.name, output.media_type, data, internal=output.internal
        )
        self.written.append(ref)
        if early:
            self._ledger.announce(self.claim, ref)

    def checkpoint(self) -> None:
        """Stop here when the job was cancelled or the soft limit has passed.

        Raises
        ------
        LeaseLost
            The job ended, or another worker has taken the stage over.
        StageHung
            The stage is past its soft limit.
        """
        if self.lost:
            raise LeaseLost(self.claim.job)
        if time.monotonic() > self._stop_at:
            raise StageHung(f"{self._row.name} took longer than {self._row.soft_s:.0f} s")


Body = Callable[[StageContext, Any, Any], Facts]


@dataclass(frozen=True)
class StageTask:
    """A row of the stage table together with the function that does the work."""

    row: Stage
    body: Body


def stage(name: str) -> Callable[[Body], StageTask]:
    """Bind a task body ``(context, request, models) -> facts`` to its row in the stage table."""
    return lambda body: StageTask(BY_NAME[name], body)


@dataclass(frozen=True)
class Runtime:
    """What one worker process has: its name, the ledger, the store, its models."""

    worker: str
    ledger: Ledger
    store: ArtifactStore
    models: Any
    versions: dict[str, str]
    keeper: LeaseKeeper
    publish: Callable[[tuple[ReadyNode, ...]], None]


def run(runtime: Runtime, task: StageTask, job: str, node: str, *, republished: bool) -> str:
    """Run one node of one job and say how it went; never raises for an error of the job."""
    with logs.bound(job=job, stage=node):
        claim = runtime.ledger.claim(job, node, runtime.worker)
        if isinstance(claim, Refusal):
            metrics.CLAIM_REFUSED.labels(claim.status).inc()
            return claim.status
        outcome = _run_claimed(runtime, task, claim)
        if republished and outcome.successors:
            runtime.publish(outcome.successors)
        return outcome.status


def _run_claimed(runtime: Runtime, task: StageTask, claim: Claim) -> Committed:
    row, started = task.row, time.perf_counter()
    metrics.STAGE_QUEUE_SECONDS.labels(row.name).observe(claim.wait_ms / 1000)
    metrics.STAGE_ATTEMPTS.labels(row.name, "first" if claim.attempt == 1 else "again").inc()
    context = StageContext(row, claim, runtime.ledger, runtime.store)
    with runtime.keeper.holding(claim, context, row.hard_s):
        try:
            outcome = _work(runtime, task, context)
        except LeaseLost:
            metrics.LEASE_LOST.labels(row.name).inc()
            outcome = Committed("lost")
        except KilnError as error:
            log.info("stage failed: %s: %s", error.code, error.detail)
            outcome = _patiently(partial(runtime.ledger.fail, claim, error, RETRY_DELAY_MS))
        except Exception:
            log.exception("bug in stage %s", row.name)
            bug = InternalError(f"{row.name} failed unexpectedly")
            outcome = _patiently(partial(runtime.ledger.fail, claim, bug))
    if outcome.status == "lost" and context.written:
        runtime.ledger.discard(claim.owner, [ref.sha256 for ref in context.written])
    seconds = time.perf_counter() - started
    metrics.STAGE_RUN_SECONDS.labels(row.name, outcome.status).observe(seconds)
    return outcome


def _work(runtime: Runtime, task: StageTask, context: StageContext) -> Committed:
    row, claim = task.row, context.claim
    try:
        request = row.request.model_validate(claim.params)
    except ValidationError as exc:
        raise BadParameter(f"{row.name}: {exc.error_count()} parameters are not valid") from exc
    key = memo_key(row, runtime.versions[row.name], claim.artifacts, request)
    recalled = runtime.ledger.recall(claim, key)
    metrics.CACHE_REQUESTS.labels(row.name, recalled.status).inc()
    if recalled.status != "miss":
        return recalled
    started = time.perf_counter()
    facts = task.body(context, request, runtime.models)
    result = NodeResult(
        engine=context.engine,
        facts=facts.model_dump(mode="json"),
        domain_ms=round((time.perf_counter() - started) * 1000, 1),
    )
    context.checkpoint()
    done = _patiently(lambda: runtime.ledger.commit(claim, context.written, result, key))
    if done.status == "duplicate":
        metrics.DUPLICATE_COMMITS.inc()
    return done


def _patiently(call: Callable[[], Committed]) -> Committed:
    """Repeat while Redis is away: the work is done, only its receipt is missing."""
    give_up = time.monotonic() + COMMIT_PATIENCE_S
    while True:
        try:
            return call()
        except LedgerUnavailable:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)
