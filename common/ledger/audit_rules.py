"""What must be true of one job, whatever has died around it: the rules of the audit.

Each rule looks at a snapshot of the job that was taken in one moment and yields what is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from common.ledger.records import Event, JobRecord, JobState, NodeRecord

LATE_MS = 60_000  # the reconciler looks every second; after so long it does not look at all
SATISFIED = {"done", "skipped"}
OPEN = {"waiting", "ready", "running"}


class Kind(StrEnum):
    """What a finding is about."""

    UNREADABLE = "unreadable"  # a record that nobody can read
    UNKNOWN_JOB = "unknown_job"  # an index names a job that has no record
    STATE = "state"  # the record contradicts itself
    STUCK = "stuck"  # unfinished, and nothing will ever move it
    OVERDUE = "overdue"  # a deadline or a lease passed long ago and nobody acted
    INDEX = "index"  # an index and the record disagree
    LEFT_BEHIND = "left_behind"  # the job has ended, and a stage is still ready, leased or held
    EVENTS = "events"  # not exactly one terminal event, or something after it
    COMMITS = "commits"  # a stage that was not committed exactly once
    TTL = "ttl"  # a key of an ended job that stays, or of a living one that goes
    REFERENCE = "reference"  # references and artifacts disagree
    FILE = "file"  # an artifact whose file is missing or is not what its hash says
    ORPHAN = "orphan"  # a file nobody refers to and nobody will delete
    KEY = "key"  # a key of no known family
    COUNTER = "counter"  # a counter that is not what it counts
    MESSAGE = "message"  # a message to a hook that is missing, or that nobody will send
    ERASED = "erased"  # something is left of an erased job


@dataclass(frozen=True)
class Finding:
    """One violation. ``job`` is empty where it belongs to none."""

    kind: Kind
    job: str
    detail: str
    path: str = ""  # of a file in the store


@dataclass(frozen=True)
class Snapshot:
    """All the ledger knows of one job in one moment (see ``lua/audit.lua``).

    ``found`` tells where the job is listed: ``(what, node or artifact)`` to a score.
    """

    now_ms: int
    record: JobRecord
    inputs: frozenset[str]
    approved: bool
    found: dict[tuple[str, str], float]
    events: tuple[Event, ...]
    ttl_ms: int
    events_ttl_ms: int
    fields: frozenset[str]
    messages: tuple[tuple[str, str, str], ...]  # to the hook of the job: name, event, state
    hooks_ttl_ms: int


def violations(job: Snapshot) -> Iterator[Finding]:
    """Find everything that is wrong with one job, its files excepted."""
    rules = (
        (Kind.STATE, _contradictions),
        (Kind.TTL, _ttls),
        (Kind.EVENTS, _events),
        (Kind.COMMITS, _commits),
        (Kind.REFERENCE, _references),
        (Kind.REFERENCE, _promised),
        *(_ENDED if job.record.state.terminal else _ALIVE),
    )
    for kind, rule in rules:
        for detail in rule(job):
            yield Finding(kind, job.record.id, detail)


def nodes_in(job: Snapshot, *states: str) -> list[NodeRecord]:
    """Nodes of a job in one of these states."""
    return [node for node in job.record.nodes if node.state in states]


def _contradictions(job: Snapshot) -> Iterator[str]:
    record = job.record
    if record.state.terminal != (record.finished_ms is not None):
        yield f"{record.state}, but finished at {record.finished_ms}"
    if (record.state == JobState.FAILED) > (record.error is not None) and not record.erased_ms:
        yield "failed for no reason"
    if (record.state == JobState.SUCCEEDED) > (record.error is None):
        yield f"succeeded with an error: {record.error}"
    states = {node.id: node.state for node in record.nodes}
    for node in nodes_in(job, "done"):
        if node.result is None:
            yield f"{node.id} is done without a result"
    for planned in record.plan.nodes:
        begun = states[planned.id] not in {"waiting", "stopped"}
        if begun and not SATISFIED.issuperset(states[parent] for parent in planned.after):
            yield f"{planned.id} is {states[planned.id]} before what it builds on"
    wanted = {JobState.SUCCEEDED: SATISFIED, JobState.FAILED: {*SATISFIED, "failed", "stopped"}}
    allowed = wanted.get(record.state, {*SATISFIED, "stopped"} if record.state.terminal else None)
    for node in record.nodes:
        if allowed is not None and node.state not in allowed:
            yield f"{record.state}, but {node.id} is {node.state}"


def _ttls(job: Snapshot) -> Iterator[str]:
    ttls = {"record": job.ttl_ms, "events": job.events_ttl_ms, "hooks": job.hooks_ttl_ms}
    for name, ttl_ms in ttls.items():
        if job.record.state.terminal and ttl_ms == -1:
            yield f"ended, but its {name} would stay for ever"
        if not job.record.state.terminal and ttl_ms >= 0:
            yield f"{job.record.state}, but its {name} would go in {ttl_ms} ms"


def _events(job: Snapshot) -> Iterator[str]:
    ends = [event.type for event in job.events if event.terminal]
    if not job.record.state.terminal:
        if ends:
            yield f"{job.record.state}, but told as {', '.join(ends)}"
        return
    if ends != [str(job.record.state)]:
        yield f"{job.record.state}, but told as {', '.join(ends) or 'nothing'}"
    elif not job.events[-1].terminal:
        yield f"{job.events[-1].type} after its end"


def _commits(job: Snapshot) -> Iterator[str]:
    if not job.events or job.events[0].type != "accepted":
        return  # the stream keeps the last few hundred events: an early commit may be cut off
    commits = commits_of(job.events)
    for node in job.record.nodes:
        wanted = int(node.state == "done")
        if commits[node.id] != wanted:
            yield f"{node.id} is {node.state} and was committed {commits[node.id]} times"


def commits_of(events: tuple[Event, ...]) -> Counter[str]:
    """Count commits by node, from the last time that somebody had it run anew."""
    commits: Counter[str] = Counter()
    for event in events:
        if event.type == "resumed":
            for node in event.data.get("again", ()):
                del commits[node]
        if event.type == "stage" and event.data.get("state") == "done":
            commits[event.data["stage"]] += 1
    return commits


def _references(job: Snapshot) -> Iterator[str]:
    record = job.record
    for name in record.artifacts:
        is_input = name in job.inputs
        gone = record.photo_expired_ms if is_input else record.artifacts_expired_ms
        if gone is None and ("ref", name) not in job.found:
            yield f"{name} is not referred to: its file may be deleted"
        if gone is not None and ("ref", name) in job.found:
            yield f"{name} has expired and is still referred to"


def _promised(job: Snapshot) -> Iterator[str]:
    wanted, kept = not job.record.state.terminal, ("promise", "") in job.found
    if job.record.promise and wanted != kept:
        yield f"{job.record.state}, and its promise is {'' if kept else 'not '}kept"


def _not_listed_as_ended(job: Snapshot) -> Iterator[str]:
    record = job.record
    for what in ("active", "active of owner", "deadline", "cancel"):
        if (what, "") in job.found:
            yield f"ended, but listed as {what}"
    if record.erased_ms is not None:
        return
    for what, gone in (
        ("photo", record.photo_expired_ms),
        ("results", record.artifacts_expired_ms),
    ):
        if gone is None and ("expiry", what) not in job.found:
            yield f"its {what} will never expire"
    if record.artifacts_expired_ms is None and ("owner", "") not in job.found:
        yield "its owner cannot list it"


def _left_behind(job: Snapshot) -> Iterator[str]:
    for what, where in job.found:
        if what == "lease" or what.startswith(("ready ", "held ")):
            yield f"{where} is still listed under {what}"


def _listed_as_alive(job: Snapshot) -> Iterator[str]:
    record = job.record
    counts = record.state != JobState.PAUSED
    for what in ("active", "active of owner"):
        if ((what, "") in job.found) != counts:
            yield f"{record.state}, and {'not ' if counts else ''}listed as {what}"
    for what, at in (("deadline", record.deadline_ms), ("cancel", record.cancel_at_ms)):
        if job.found.get((what, "")) != at:
            yield f"its {what} is listed as {job.found.get((what, ''))}"
    if ("owner", "") not in job.found:
        yield "its owner cannot list it"
    queues = {node.id: node.queue for node in record.plan.nodes}
    listed = {(what, where) for what, where in job.found if what not in _OF_THE_JOB}
    wanted = {(f"ready {queues[node.id]}", node.id) for node in nodes_in(job, "ready")}
    wanted |= {("lease", node.id) for node in nodes_in(job, "running")}
    wanted |= {(f"held {node.worker}", node.id) for node in nodes_in(job, "running")}
    for what, where in sorted(wanted - listed):
        yield f"{where} is not listed under {what}"
    for what, where in sorted(listed - wanted):
        yield f"{where} is listed under {what}"


_OF_THE_JOB = {
    "active",
    "deadline",
    "expiry",
    "outbox",
    "owner",
    "ref",
    "active of owner",
    "cancel",
    "promise",
}


def _stuck(job: Snapshot) -> Iterator[str]:
    moving = nodes_in(job, "ready", "running")
    if job.record.state != JobState.PAUSED and not moving:
        yield f"{job.record.state}, and no stage is ready or running"
    if job.record.state == JobState.PAUSED and moving:
        yield f"paused, but {moving[0].id} is {moving[0].state}"
    states = {node.id: node.state for node in job.record.nodes}
    holds = {node.id for node in job.record.plan.nodes if node.hold and not job.approved}
    for planned in job.record.plan.nodes:
        free = SATISFIED.issuperset(states[parent] for parent in planned.after)
        if states[planned.id] == "waiting" and free and holds.isdisjoint(planned.after):
            yield f"{planned.id} waits for nothing"


def _overdue(job: Snapshot) -> Iterator[str]:
    late_ms = job.now_ms - job.record.deadline_ms
    if late_ms > LATE_MS:
        yield f"its deadline passed {late_ms / 1000:.0f} s ago"
    for (what, where), until_ms in job.found.items():
        if what == "lease" and job.now_ms - until_ms > LATE_MS:
            yield f"the lease of {where} ran out {(job.now_ms - until_ms) / 1000:.0f} s ago"


_ENDED = ((Kind.INDEX, _not_listed_as_ended), (Kind.LEFT_BEHIND, _left_behind))
_ALIVE = ((Kind.INDEX, _listed_as_alive), (Kind.STUCK, _stuck), (Kind.OVERDUE, _overdue))
