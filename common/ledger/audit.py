"""The audit: reads the whole ledger and the store, and tells every broken promise.

It changes nothing and may run beside a busy house: what belongs to one job is read in one
moment, and what comes from two reads is looked at once more before it is told.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import redis

from common.ledger import reading
from common.ledger.audit_after import afterwards, outbox
from common.ledger.audit_files import FilesAudit
from common.ledger.audit_rules import Finding, Kind, Snapshot, violations
from common.ledger.protocol import LEASE_MS, MAX_ATTEMPTS
from common.ledger.scripts import load_scripts, within_reach
from common.stores import ArtifactStore

ORPHAN_GRACE = timedelta(minutes=15)  # longer than a stage takes to commit what it wrote

# Every family of keys. Some have a TTL from the start; those of a job get one when it ends (see
# ``audit_rules``). The others are the allow-list: indexes that empty themselves, and a few keys
# that never grow. Members of the indexes begin with the id of a job.
WITH_TTL = frozenset({"idem", "memo", "leader"})
OF_A_JOB = frozenset({"job", "events", "hooks"})
OF_AN_OWNER = frozenset({"owner", "active_of"})
SORTED_INDEXES = OF_AN_OWNER | {
    "active",
    "deadlines",
    "cancels",
    "expiry",
    "ready",
    "leases",
    "outbox",
}
INDEXES = SORTED_INDEXES | {"held", "refs"}
# a field at nought goes, and the last with its key
COUNTERS = frozenset({"files", "bytes", "open", "open_jobs"})
NEVER_GROWS = COUNTERS | {
    "trash",
    "whole",
    "counted",
    "dead",
    "waits",
    "runs",
    "rests",
    "up",
    "slots",
    "erased",
    "versions",
    "clock",
}


@dataclass(frozen=True)
class Report:
    """What an audit has seen: jobs by state, files in the store, and what is wrong."""

    jobs: dict[str, int]
    files: int
    findings: tuple[Finding, ...]

    @property
    def clean(self) -> bool:
        """Whether every promise is kept."""
        return not self.findings


def audit(
    client: redis.Redis,
    store: ArtifactStore,
    prefix: str = "kiln:",
    *,
    check_hashes: bool = True,
    grace: timedelta = ORPHAN_GRACE,
) -> Report:
    """Compare the ledger with itself and with the store.

    Parameters
    ----------
    client
        Connection to the ledger's database, as ``redis_ledger.connect`` makes it.
    store
        Where the artifacts are.
    prefix
        Of the ledger's keys.
    check_hashes
        Read every file and check it; without, a file only has to be there.
    grace
        A file younger than this may still be on its way into the ledger.

    Raises
    ------
    LedgerUnavailable, StorageError
        Redis or the store does not answer.
    """
    files = list(store.files())  # before the ledger: what is committed later is no orphan
    with within_reach():
        ledger = _LedgerAudit(client, prefix)
        findings = list(ledger.keys())
        findings += ledger.jobs()
        look = FilesAudit(client, prefix, store, check_hashes=check_hashes)
        findings += ledger.counters()
        findings += look.counted(ledger.names("refs"), ledger.names("files"))
        members = ledger.members("outbox") if ledger.names("outbox") else []
        findings += outbox(client, prefix, members, ledger.kept)
        findings += look.references(ledger.names("refs"), ledger.kept)
        findings += look.artifacts(ledger.kept)
        findings += look.promises(ledger.kept)
        findings += look.orphans(files, grace)
    return Report(dict(ledger.states), len(files), tuple(findings))


class _LedgerAudit:
    """One walk through all keys and all jobs of a ledger."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._redis = client
        self._prefix = prefix
        scripts = load_scripts(LEASE_MS, MAX_ATTEMPTS)
        self._look = client.register_script(scripts["audit"])
        self._recount = client.register_script(scripts["recount"])
        self._families: defaultdict[str, set[str]] = defaultdict(set)
        self.states: Counter[str] = Counter()
        self.kept: dict[str, Snapshot] = {}

    def names(self, family: str) -> list[str]:
        """All keys of a family, without the prefix."""
        return sorted(self._families[family])

    def keys(self) -> Iterator[Finding]:
        """Sort the keys into families; tell those of none, and those that would stay for ever."""
        for key in self._redis.scan_iter(f"{self._prefix}*", count=1000):
            name = str(key).removeprefix(self._prefix)
            family = name.partition(":")[0]
            self._families[family].add(name)
            if family not in WITH_TTL | OF_A_JOB | INDEXES | NEVER_GROWS:
                yield Finding(Kind.KEY, "", f"nobody knows the key {key}")
        for name in (name for family in WITH_TTL for name in self.names(family)):
            if self._redis.pttl(self._prefix + name) == -1:
                yield Finding(Kind.TTL, "", f"{self._prefix}{name} would stay for ever")

    def jobs(self) -> Iterator[Finding]:
        """Look at every job that has a record, a stream of events or an entry in an index."""
        listed = self._listed()
        for name in (name for family in OF_A_JOB for name in self.names(family)):
            family, _, job = name.partition(":")
            if job:
                listed[job].add(family)
        queues = [name.partition(":")[2] for name in self.names("ready")]
        workers = [name.partition(":")[2] for name in self.names("held")]
        for job in sorted(listed):
            try:
                answer = self._look(keys=[self._prefix], args=[job, len(queues), *queues, *workers])
            except redis.ResponseError as exc:
                if "script" not in str(exc):
                    raise
                yield _unreadable(job, exc)
                continue
            yield from self._judged(job, json.loads(answer), listed[job])

    def counters(self) -> Iterator[Finding]:
        """Compare every counter with what it counts, in one moment."""
        keys = (*self.names("active_of"), *self.names("files"))
        owners = sorted({name.partition(":")[2] for name in keys})
        answer = json.loads(self._recount(keys=[self._prefix], args=[0, *owners]))
        for counter, field, told, real in reading.rows(answer["off"]):
            yield Finding(Kind.COUNTER, "", f"{counter} says {told} of {field}: there are {real}")

    def _judged(self, job: str, answer: dict[str, Any], listed: set[str]) -> Iterator[Finding]:
        if not answer["fields"]:
            yield from self._without_record(job, listed)
            return
        try:
            snapshot = _snapshot(job, answer)
        except (LookupError, ValueError, TypeError) as exc:
            yield _unreadable(job, exc)
            return
        self.states[str(snapshot.record.state)] += 1
        self.kept[job] = snapshot
        yield from violations(snapshot)
        yield from afterwards(snapshot)

    def _without_record(self, job: str, listed: set[str]) -> Iterator[Finding]:
        """Tell a job that is listed without a record, unless its record has gone just now."""
        for name in sorted(listed):
            if name in OF_A_JOB:  # they go within a moment of each other
                there = self._redis.pttl(f"{self._prefix}{name}:{job}") == -1
            else:
                there = any(m.split(" ")[0] == job for m in self.members(name))
            if there:
                yield Finding(Kind.UNKNOWN_JOB, job, f"listed in {name} without a record")

    def _listed(self) -> defaultdict[str, set[str]]:
        """Names of the indexes that mention a job, by job."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for name in (name for family in INDEXES for name in self.names(family)):
            for member in self.members(name):
                found[member.partition(" ")[0]].add(name)
        return found

    def members(self, name: str) -> list[str]:
        """Members of an index."""
        key: Any = self._prefix + name
        sorted_ = name.partition(":")[0] in SORTED_INDEXES
        found: Any = self._redis.zrange(key, 0, -1) if sorted_ else self._redis.smembers(key)
        return list(found)


def _unreadable(job: str, why: Exception) -> Finding:
    return Finding(Kind.UNREADABLE, job, f"its record cannot be read: {why!r}")


def _snapshot(job: str, answer: dict[str, Any]) -> Snapshot:
    flat = answer["fields"]
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    events = []
    for id_, pairs in reading.rows(answer["events"]):
        told = dict(zip(pairs[::2], pairs[1::2], strict=True))
        events.append(reading.event(job, id_, told))
    return Snapshot(
        now_ms=answer["now"],
        record=reading.job_record(fields),
        inputs=frozenset(fields["inputs"].split()),
        approved=fields.get("approved") == "1",
        found={(what, where): float(n) for what, where, n in reading.rows(answer["found"])},
        events=tuple(events),
        ttl_ms=answer["ttl"],
        events_ttl_ms=answer["events_ttl"],
        fields=frozenset(fields),
        messages=tuple(map(tuple, reading.rows(answer["messages"]))),
        hooks_ttl_ms=answer["hooks_ttl"],
    )
