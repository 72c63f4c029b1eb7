"""The ledger: the truth about jobs. Celery is only the fast path.

Two implementations pass one test suite: ``RedisLedger`` (atomic Lua, Redis TIME) and
``MemoryLedger`` (a lock and a clock handed in). Every method is atomic and safe to repeat.
All raise ``LedgerUnavailable`` when the store behind them cannot be reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from common.contracts.artifacts import ArtifactRef
from common.errors import KilnError
from common.ledger.census import Census
from common.ledger.erasure import Eraser
from common.ledger.outbox import Outbox
from common.ledger.records import (
    DAY_MS,
    Accepted,
    Approval,
    Claim,
    Committed,
    Event,
    JobRecord,
    Limits,
    MemoHit,
    NewJob,
    NodeResult,
    ReadyNode,
    Reaped,
    Refusal,
    Resumed,
    Standing,
)

LEASE_MS = 10_000  # a job whose worker died runs again within 15 s
HEARTBEAT_S = 2.0
MAX_ATTEMPTS = 3
WORKER_TTL_MS = 8_000  # a worker that stopped is missing from /readyz after this
IDEMPOTENCY_TTL_MS = DAY_MS
PROMISES = "promises"  # owner of the files that outlive the ledger; never a name of somebody
HANDED_OUT_MS = 60_000  # whoever deletes what lay in the trash has ended long before
RECORD_LINGER_MS = 7 * DAY_MS  # an expired artifact is a 410, not a 404, for this long


class Ledger(Eraser, Outbox, Protocol):
    """See the module docstring."""

    # -- a job's life ---------------------------------------------------------------
    def accept(self, new: NewJob, limits: Limits) -> Accepted:
        """Write job, plan, idempotency record and first event; or say why not.

        A job that is memoised whole costs no work: only files that it would add are counted.
        """
        ...

    def claim(
        self, job: str, node: str, worker: str, *, alone: bool = True, again: bool = False
    ) -> Claim | Refusal:
        """Take a ready node and count the attempt.

        A node that has taken its process along is refused as ``alone`` unless it will be. Who asks
        ``again``, because the answer got lost, gets the claim that he got without knowing.
        """
        ...

    def heartbeat(self, claim: Claim) -> bool:
        """Extend the lease; False when the claim is lost (cancelled, taken over, ended)."""
        ...

    def recall(self, claim: Claim, memo_key: str) -> Committed:
        """Commit what is remembered under a key: ``hit``, ``miss``, ``duplicate`` or ``lost``."""
        ...

    def announce(self, claim: Claim, artifact: ArtifactRef) -> bool:
        """Show an artifact before its stage has ended."""
        ...

    def commit(
        self,
        claim: Claim,
        artifacts: Iterable[ArtifactRef],
        result: NodeResult,
        memo_key: str,
    ) -> Committed:
        """End the node; ``committed`` names the successors now ready, ``lost`` changed nothing."""
        ...

    def fail(self, claim: Claim, error: KilnError, delay_ms: int = 0) -> Committed:
        """End the node in an error: ``failed again dead skipped lost`` (see ``KilnError``)."""
        ...

    def release(self, worker: str, *, counts: bool) -> tuple[ReadyNode, ...]:
        """Give back all claims of a worker: it restarted (counts) or is leaving (does not)."""
        ...

    def report(self, claim: Claim, data: dict[str, Any]) -> bool:
        """Tell followers how a stage gets on; False when the claim is lost."""
        ...

    def resume(self, job: str, owner: str, approval: Approval) -> Resumed:
        """Let a paused job go on, with parameters that may have changed."""
        ...

    def cancel(self, job: str, owner: str) -> str:
        """End the job: ``cancelled``, ``ended`` (it was over) or ``unknown``."""
        ...

    # -- looking ----------------------------------------------------------------------
    def job(self, job: str) -> JobRecord | None:
        """Read one job."""
        ...

    def jobs(self, owner: str, before_ms: int | None, limit: int) -> list[JobRecord]:
        """Jobs of an owner, newest first, accepted before a moment."""
        ...

    def events(self, job: str, after: str = "0") -> list[Event]:
        """Events of a job with ids greater than ``after``."""
        ...

    def follow(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """Next events of all jobs after a position (``$`` = from now), and the new position."""
        ...

    def follow_rests(self, after: str, block_ms: int) -> tuple[str, list[Event]]:
        """As ``follow``, but only what ends or pauses a job, and without data."""
        ...

    def memos(self, owner: str, keys: list[str]) -> list[MemoHit | None]:
        """Look stage outputs up by memo key, without promising that they stay."""
        ...

    def standing(self, job: str) -> Standing | None:
        """Tell where a job stands; None when it is unknown, paused or over."""
        ...

    def outlook(self, queues: Iterable[str], *, runs: bool = True) -> Standing:
        """Tell how a job would stand that came now, with the slots of some queues.

        The run times are most of the work; they may be left out.
        """
        ...

    def bytes_of(self, owner: str | None = None) -> int:
        """Tell how much the files of an owner, or of the house, take; promises not counted."""
        ...

    def filled(self) -> float:
        """Tell which share of its memory is taken; 0 where it has no limit, or does not say.

        From 1 on nothing can be changed any more, and every call is ``LedgerUnavailable``.
        """
        ...

    # -- keeping house ------------------------------------------------------------------
    def reap(self, limit: int = 100, *, leases: bool = True) -> Reaped:
        """End jobs past their deadline or their own time, free nodes whose lease ran out.

        Without ``leases`` those are left to their holders, who may not have been able to renew.
        """
        ...

    def overdue(
        self, queue: str, missing: int, patience_ms: int, limit: int = 100
    ) -> list[ReadyNode]:
        """Ready nodes to publish again: ``missing`` messages are known to be lost.

        What a failed try made ready has no message in any case.
        """
        ...

    def expire(self, limit: int = 100) -> int:
        """Drop references to photos and results whose time has come; how many were dropped."""
        ...

    def trash(self, grace_ms: int, limit: int = 100) -> list[tuple[str, str]]:
        """Hand out (owner, sha256) of files in the trash that nobody refers to.

        They count as being deleted, for ``DELETING_MS`` at most, until they are ``emptied``; those
        that never are come again after ``HANDED_OUT_MS`` and the grace.
        """
        ...

    def emptied(self, owner: str, sha256: str, *, gone: bool = True) -> None:
        """Say that a file that was handed out is deleted by now, or goes back to the trash."""
        ...

    def dead_letters(self, limit: int = 100) -> list[str]:
        """Jobs with a node that used up its attempts, latest first.

        They are listed until somebody has settled them, or their results have expired.
        """
        ...

    def settle_letter(self, job: str) -> None:
        """Take a job off the list of dead letters: somebody has seen to it."""
        ...

    def discard(self, owner: str, hashes: Iterable[str]) -> None:
        """Send files to the trash that were stored but never committed."""
        ...

    def lead(self, name: str, who: str, ttl_ms: int) -> bool:
        """Take or keep a leader lock."""
        ...

    def counted(self) -> str:
        """Say up to where in ``follow`` ended jobs are counted; ``$`` where nobody has begun."""
        ...

    def count_up_to(self, place: str) -> None:
        """Note that for whoever leads next."""
        ...

    def whole(self) -> bool:
        """Whether somebody has made sure that this ledger did not lose its jobs.

        False of an empty one: nobody can tell a new ledger from one that was lost.
        """
        ...

    def declare_whole(self) -> None:
        """Say that nothing is missing, or that all that could be was brought back."""
        ...

    def recount(self) -> int:
        """Set right every counter that is off, as after an upgrade; how many were."""
        ...

    # -- what the machines tell each other ----------------------------------------------
    def worker_up(self, queue: str, worker: str, slots: int = 1) -> None:
        """Say that a warm worker listens on a queue; fades after ``WORKER_TTL_MS``.

        ``slots`` is how many stages it runs at once.
        """
        ...

    def worker_down(self, queue: str, worker: str) -> None:
        """Say at once that a worker has left."""
        ...

    def workers(self, queues: Iterable[str]) -> dict[str, list[str]]:
        """Warm workers by queue."""
        ...

    def slots(self, queues: Iterable[str]) -> dict[str, int]:
        """How many stages the warm workers of each queue run at once."""
        ...

    def put_versions(self, versions: dict[str, str]) -> None:
        """Publish the stage versions a service runs (see ``common.memo``)."""
        ...

    def versions(self) -> dict[str, str]:
        """Stage versions by stage name."""
        ...

    def census(self, queues: Iterable[str]) -> Census:
        """Count in one moment: nodes and workers by queue, unfinished jobs, dead letters."""
        ...

    def waits_ms(self, queue: str) -> list[float]:
        """Tell the last 200 queue waits of a queue, latest first."""
        ...

    def ping(self) -> None:
        """Raise ``LedgerUnavailable`` unless the store answers."""
        ...
