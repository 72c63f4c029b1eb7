"""Messages to the hooks of jobs: a part of ``MemoryLedger``."""

from __future__ import annotations

from collections.abc import Iterator

from common.ledger.memory_entries import JobEntry, Message
from common.ledger.memory_house import MemoryHouse
from common.ledger.outbox import (
    ATTEMPTS_KEPT,
    Attempt,
    HookCall,
    HookMessage,
    message_id,
    message_of,
)


class MemoryOutbox(MemoryHouse):
    """``Outbox``, the part of ``Ledger`` that couriers use."""

    def due_calls(self, lease_ms: int, limit: int = 10) -> list[HookCall]:
        """See ``Outbox``."""
        with self._lock:
            waiting = [
                (message.due_ms, f"{job.new.job} {name}", job, name, message)
                for job, name, message in self._messages()
                if message.due_ms is not None and message.due_ms <= self._now()
            ]
            waiting.sort(key=lambda one: one[:2])
            found = []
            for _, _, job, name, message in waiting[:limit]:
                message.due_ms = self._now() + lease_ms
                found.append(_call(job, name, message))
            return found

    def _messages(self) -> Iterator[tuple[JobEntry, str, Message]]:
        for job in self._book.jobs.values():
            if self._book.find(job.new.job):
                yield from ((job, name, message) for name, message in job.messages.items())

    def called(self, call: HookCall, attempt: Attempt, next_in_ms: int | None) -> None:
        """See ``Outbox``."""
        with self._lock:
            job = self._book.find(call.job)
            message = job.messages.get(message_of(call)) if job else None
            if message is None:
                return
            message.tries += 1
            message.attempts = [*message.attempts, attempt][-ATTEMPTS_KEPT:]
            if not attempt.error:
                message.state = "delivered"
            elif message.state == "pending" and next_in_ms is None:
                message.state = "failed"
            if message.state != "pending":
                message.due_ms = None
            elif next_in_ms is not None:
                message.due_ms = self._now() + next_in_ms

    def calls(self, job: str) -> list[HookMessage]:
        """See ``Outbox``."""
        with self._lock:
            entry = self._book.find(job)
            messages = entry.messages.items() if entry else ()
            ordered = sorted(messages, key=lambda one: (one[1].created_ms, one[0]))
            return [_shown(job, name, message) for name, message in ordered]

    def call_again(self, job: str, owner: str, event: str | None = None) -> int:
        """See ``Outbox``."""
        with self._lock:
            entry = self._book.find(job)
            mine = entry.messages.values() if entry and entry.new.owner == owner else ()
            wanted = [message for message in mine if event in {None, message.event}]
            for message in wanted:
                message.state, message.tries, message.due_ms = "pending", 0, self._now()
            return len(wanted)


def _call(job: JobEntry, name: str, message: Message) -> HookCall:
    return HookCall(
        job=job.new.job,
        owner=job.new.owner,
        event=message.event,
        url=job.new.hook.url if job.new.hook else "",
        id=message_id(job.new.job, name),
        attempt=message.tries + 1,
        created_ms=message.created_ms,
    )


def _shown(job: str, name: str, message: Message) -> HookMessage:
    return HookMessage(
        id=message_id(job, name),
        event=message.event,
        state=message.state,
        created_ms=message.created_ms,
        next_ms=message.due_ms,
        attempts=tuple(message.attempts),
    )
