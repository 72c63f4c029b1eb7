"""``@stage``: a task is a view. Everything around the domain call happens here, once.

claim → parse → memo lookup → domain call → store → commit, with events, timings, error
policy and lease. A task body reads artifacts, calls the domain, writes artifacts.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from common import logs, metrics
from common.company import Company
from common.contracts.artifacts import ArtifactRef
from common.contracts.facts import Facts
from common.contracts.plans import slot_of
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
from common.losses import noticed
from common.memo import memo_key
from common.stores import ArtifactStore, reference

CLAIM_PATIENCE_S = 10.0  # with the hard limits of a message still below the visibility timeout
LAST_CALL_S = 6.0  # a call to a Redis that hangs; it must end before the watchdog does
HELD = "held"  # refusal of a stage that runs
ALONE = "alone"  # refusal of a stage that took its process along before, and may again
AWAY = "unavailable"  # status of a message that met no Redis: its lease or message is lost

T = TypeVar("T")

log = logging.getLogger(__name__)


class StageContext:
    """What a task body may touch: its artifacts, and a way to stop in time."""

    def __init__(self, row: Stage, claim: Claim, ledger: Ledger, store: ArtifactStore) -> None:
        self.claim = claim
        self.engine = "builtin"
        self.stands_in = False  # the engine, for one that failed just now: not to be remembered
        self.written: list[ArtifactRef] = []
        self.lost = False
        self._intends = True
        self._row = row
        self._ledger = ledger
        self._store = store
        now = time.monotonic()
        self._stop_at = now + row.soft_s
        self.commit_by = now + max(0, row.hard_s - LAST_CALL_S)

    def read(self, name: str) -> bytes:
        """Read an input artifact."""
        ref = self.claim.artifacts[name]
        with noticed(self._ledger, self.claim.job, ref):
            return self._store.get(self.claim.owner, ref)

    def write(self, output: Output, data: bytes) -> ArtifactRef:
        """Store an output."""
        (ref,) = self.write_all({output: data})
        return ref

    def write_all(
        self, outputs: Mapping[Output, bytes], *, early: Output | None = None
    ) -> list[ArtifactRef]:
        """Store several outputs in little more than the time of one; an ``early`` one is shown."""
        self.checkpoint()
        files = [
            (reference(output.name, output.media_type, data, internal=output.internal), data)
            for output, data in outputs.items()
        ]
        refs = [ref for ref, _ in files]
        self._intend(refs)
        self.written += refs
        self._store.keep_all(self.claim.owner, files)
        for ref, output in zip(refs, outputs, strict=True):
            if output is early:
                self._show(ref)
        return refs

    def has(self, name: str) -> bool:
        """Tell whether an input artifact is there; which ones are, differs from job to job."""
        return name in self.claim.artifacts

    def report(self, **data: str | float) -> None:
        """Tell followers how this stage gets on; a nicety that may get lost."""
        self.checkpoint()
        try:
            if not self._ledger.report(self.claim, data):
                self.lost = True
        except LedgerUnavailable as exc:
            log.info("progress is not told: %s", exc.detail)

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

    def _intend(self, refs: list[ArtifactRef]) -> None:
        """Let files lie in the trash until they are committed, should this process die before."""
        if not self._intends:
            return
        try:
            self._ledger.discard(self.claim.owner, [ref.sha256 for ref in refs])
        except LedgerUnavailable as exc:
            self._intends = False  # one wait for a Redis that hangs is enough for a stage
            log.info("%s may be left over: %s", ", ".join(ref.name for ref in refs), exc.detail)

    def _show(self, ref: ArtifactRef) -> None:
        try:
            if not self._ledger.announce(self.claim, ref):
                self.lost = True
        except LedgerUnavailable as exc:  # a nicety: the commit shows it too
            log.info("%s is not shown early: %s", ref.name, exc.detail)


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
    company: Company = field(default_factory=Company)


def run(runtime: Runtime, task: StageTask, job: str, node: str, *, republished: bool) -> str:
    """Run one node of one job and say how it went; never raises for an error of the job."""
    with logs.bound(job=job, stage=node):
        with runtime.company.among_others():
            outcome = _run_if_claimed(runtime, task, job, node, alone=False)
        if outcome.status == ALONE:
            with runtime.company.alone():
                outcome = _run_if_claimed(runtime, task, job, node, alone=True)
        if republished and outcome.successors:
            _if_reachable(lambda: runtime.publish(outcome.successors))
        return outcome.status


def _run_if_claimed(
    runtime: Runtime, task: StageTask, job: str, node: str, *, alone: bool
) -> Committed:
    claim = _claim(runtime, job, node, alone=alone)
    if isinstance(claim, Refusal):
        metrics.CLAIM_REFUSED.labels(claim.status).inc()
        return Committed(claim.status)
    with logs.bound(trace=claim.trace):
        return _run_claimed(runtime, task, claim)


def _claim(runtime: Runtime, job: str, node: str, *, alone: bool) -> Claim | Refusal:
    give_up = time.monotonic() + CLAIM_PATIENCE_S
    tries = itertools.count()

    def claim() -> Claim | Refusal:
        again = next(tries) > 0
        answer = runtime.ledger.claim(job, node, runtime.worker, alone=alone, again=again)
        if again and isinstance(answer, Claim) and runtime.keeper.holds(answer):
            return Refusal(HELD)  # a doubled message: it is the claim of another thread
        return answer

    try:
        return _patiently(claim, give_up)
    except LedgerUnavailable as exc:
        log.warning("not run, the reconciler will publish it again: %s", exc.detail)
        return Refusal(AWAY)


def _run_claimed(runtime: Runtime, task: StageTask, claim: Claim) -> Committed:
    row, started = task.row, time.perf_counter()
    metrics.STAGE_QUEUE_SECONDS.labels(row.name).observe(claim.wait_ms / 1000)
    metrics.STAGE_ATTEMPTS.labels(row.name, "first" if claim.attempt == 1 else "again").inc()
    context = StageContext(row, claim, runtime.ledger, runtime.store)
    with runtime.keeper.holding(claim, context, row.hard_s):
        try:
            outcome = _settle(runtime, task, context)
        except LedgerUnavailable as exc:
            log.warning("no receipt, the lease will run out: %s", exc.detail)
            outcome = Committed(AWAY)
    if outcome.status == "lost":  # heard at a checkpoint, or at the end
        metrics.LEASE_LOST.labels(row.name).inc()
    if context.written and outcome.status not in {"committed", "duplicate"}:
        # files that a job refers to (shown early) are not thrown away by this
        hashes = [ref.sha256 for ref in context.written]
        _if_reachable(lambda: runtime.ledger.discard(claim.owner, hashes))
    seconds = time.perf_counter() - started
    metrics.STAGE_RUN_SECONDS.labels(row.name, outcome.status).observe(seconds)
    return outcome


def _settle(runtime: Runtime, task: StageTask, context: StageContext) -> Committed:
    """Work, and tell the ledger how it ended."""
    name = task.row.name
    error: KilnError
    try:
        return _work(runtime, task, context)
    except LeaseLost:
        return Committed("lost")
    except LedgerUnavailable:
        raise  # not the stage's fault, and there is nobody to tell
    except KilnError as exc:
        log.info("stage failed: %s: %s", exc.code, exc.detail)
        error = exc
    except (Exception, SystemExit):  # libraries that call sys.exit must not end the worker
        log.exception("bug in stage %s", name)
        error = InternalError(f"{name} failed unexpectedly")
    pause_ms = error.pause_ms(context.claim.attempt)
    failed = partial(runtime.ledger.fail, context.claim, error, pause_ms)
    return _patiently(failed, context.commit_by)


def _work(runtime: Runtime, task: StageTask, context: StageContext) -> Committed:
    row, claim = task.row, context.claim
    try:
        request = row.request.model_validate(claim.params | slot_of(claim.node))
    except ValidationError as exc:
        raise BadParameter(f"{row.name}: {exc.error_count()} parameters are not valid") from exc
    key = memo_key(row, runtime.versions[row.name], claim.artifacts, request)
    recalled = _patiently(partial(runtime.ledger.recall, claim, key), context.commit_by)
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
    if context.stands_in:
        key = f"{key}:{claim.job}:{claim.node}"  # that nobody looks up
    commit = partial(runtime.ledger.commit, claim, context.written, result, key)
    done = _patiently(commit, context.commit_by)
    if done.status == "duplicate":
        metrics.DUPLICATE_COMMITS.inc()
    return done


def _patiently(call: Callable[[], T], give_up: float) -> T:
    """Repeat while Redis is away: the work is done, only its receipt is missing."""
    while True:
        try:
            return call()
        except LedgerUnavailable:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)


def _if_reachable(call: Callable[[], None]) -> None:
    """Do what others make good when Redis is away just now."""
    try:
        call()
    except LedgerUnavailable as exc:
        log.warning("left to the reconciler: %s", exc.detail)
