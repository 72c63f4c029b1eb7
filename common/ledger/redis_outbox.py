"""Messages to the hooks of jobs: a part of ``RedisLedger``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from common.ledger.outbox import (
    ATTEMPTS_KEPT,
    Attempt,
    HookCall,
    HookMessage,
    message_id,
    message_of,
)
from common.ledger.reading import rows
from common.ledger.redis_link import RedisLink


class RedisOutbox(RedisLink):
    """``Outbox``, the part of ``Ledger`` that couriers use."""

    def due_calls(self, lease_ms: int, limit: int = 10) -> list[HookCall]:
        """See ``Outbox``."""
        return [_call(row) for row in rows(self._run("due_calls", lease_ms, limit)["calls"])]

    def called(self, call: HookCall, attempt: Attempt, next_in_ms: int | None) -> None:
        """See ``Outbox``."""
        again = "" if next_in_ms is None else next_in_ms
        note = json.dumps(asdict(attempt))
        delivered = int(not attempt.error)
        self._run("called", call.job, message_of(call), note, delivered, again, ATTEMPTS_KEPT)

    def calls(self, job: str) -> list[HookMessage]:
        """See ``Outbox``."""
        return [_message(job, row) for row in rows(self._run("calls", job)["calls"])]

    def call_again(self, job: str, owner: str, event: str | None = None) -> int:
        """See ``Outbox``."""
        return int(self._run("call_again", job, owner, event or ""))


def _call(row: dict[str, Any]) -> HookCall:
    return HookCall(
        job=row["job"],
        owner=row["owner"],
        event=row["event"],
        url=row["url"],
        id=message_id(row["job"], row["name"]),
        attempt=row["attempt"],
        created_ms=row["created_ms"],
    )


def _message(job: str, row: dict[str, Any]) -> HookMessage:
    return HookMessage(
        id=message_id(job, row["name"]),
        event=row["event"],
        state=row["state"],
        created_ms=row["created"],
        next_ms=None if row["next"] is None else int(float(row["next"])),
        attempts=tuple(Attempt(**one) for one in rows(row["attempts"])),
    )
