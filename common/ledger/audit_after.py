"""The part of the audit about what comes after: messages to hooks, and jobs that were erased."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import redis

from common.ledger.audit_rules import Finding, Kind, Snapshot
from common.ledger.erasure import EMPTIED, KEPT_FIELDS

STAYS = frozenset({*KEPT_FIELDS, *EMPTIED, "erased_at", "receipt"})


def afterwards(job: Snapshot) -> Iterator[Finding]:
    """Find what is wrong with a job once it has told its end, or was erased."""
    for detail in _messages(job):
        yield Finding(Kind.MESSAGE, job.record.id, detail)
    if job.record.erased_ms is not None:
        for detail in _left_of_the_erased(job):
            yield Finding(Kind.ERASED, job.record.id, detail)


def _messages(job: Snapshot) -> Iterator[str]:
    hook, state = job.record.hook, str(job.record.state)
    wanted = hook.events if hook else ()
    for name, event, message_state in job.messages:
        if event not in wanted:
            yield f"its hook does not want the message {name}"
        if (message_state == "pending") != (("outbox", name) in job.found):
            yield f"the message {name} is {message_state}, and {_listed(job, name)}"
    told = {event for _, event, _ in job.messages}
    if job.record.state.resting and state in wanted and state not in told:
        yield f"{state}, and its hook will never be told"


def _listed(job: Snapshot, name: str) -> str:
    return "in the outbox" if ("outbox", name) in job.found else "nobody will send it"


def _left_of_the_erased(job: Snapshot) -> Iterator[str]:
    record = job.record
    if not record.state.terminal:
        yield f"erased, and {record.state}"
    if "receipt" not in job.fields:
        yield "erased without a receipt"
    if kept := sorted(job.fields - STAYS):
        yield f"its record still has {', '.join(kept)}"
    if record.params or record.nodes or job.inputs or record.trace:
        yield "its record still has parameters, stages, inputs or a trace"
    if any(not event.terminal or event.data.get("error") for event in job.events):
        yield "its events tell more than its end"
    for what, where in job.found:
        if what in {"owner", "expiry"}:
            yield f"it is still listed as {what} {where}".rstrip()


def outbox(
    client: redis.Redis, prefix: str, members: Sequence[str], jobs: Mapping[str, Snapshot]
) -> Iterator[Finding]:
    """Find entries of the outbox without a message."""
    for member in members:
        job, _, name = member.partition(" ")
        if job not in jobs:
            continue  # the walk through the jobs has told, or it was accepted just now
        known = {message for message, _, _ in jobs[job].messages}
        if name not in known and _says_so_still(client, prefix, job, name):
            yield Finding(Kind.MESSAGE, job, f"the outbox has {name}, which there is not")


def _says_so_still(client: redis.Redis, prefix: str, job: str, name: str) -> bool:
    """Look again: the job may have ended after it was read."""
    pipe = client.pipeline()  # in one moment
    pipe.zscore(f"{prefix}outbox", f"{job} {name}")
    pipe.hexists(f"{prefix}hooks:{job}", name)
    listed, there = pipe.execute()
    return listed is not None and not there
