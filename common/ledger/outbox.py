"""The outbox: messages to the hooks of jobs, kept until they are delivered or given up.

A job with a hook writes its message in the very step in which it ends or pauses, so none is lost
between the two. Any number of couriers may take messages: each is delivered at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

ATTEMPTS_KEPT = 50  # of one message, the latest


@dataclass(frozen=True)
class HookCall:
    """A message that a courier has taken and should deliver now."""

    job: str
    owner: str
    event: str  # type of the event, such as succeeded
    url: str
    id: str  # stays the same however often the message is sent
    attempt: int  # 1 for the first since the message was written, or sent by hand
    created_ms: int


@dataclass(frozen=True)
class Attempt:
    """How one try to deliver a message went; it was delivered when ``error`` is empty."""

    at_ms: int
    status: int | None  # of the answer; None when there was none
    ms: float
    error: str = ""


@dataclass(frozen=True)
class HookMessage:
    """A message and its history. Times are ms since the epoch."""

    id: str
    event: str
    state: str  # pending delivered failed
    created_ms: int
    next_ms: int | None  # when it is tried next; None unless pending
    attempts: tuple[Attempt, ...]


class Outbox(Protocol):
    """The part of ``Ledger`` that couriers use."""

    def due_calls(self, lease_ms: int, limit: int = 10) -> list[HookCall]:
        """Take messages whose time has come; who is silent for so long loses them to others."""
        ...

    def called(self, call: HookCall, attempt: Attempt, next_in_ms: int | None) -> None:
        """Note a try; with ``next_in_ms`` None the message is delivered or given up.

        A late note of another courier never takes back that a message was delivered.
        """
        ...

    def calls(self, job: str) -> list[HookMessage]:
        """Messages of a job, oldest first."""
        ...

    def call_again(self, job: str, owner: str, event: str | None = None) -> int:
        """Send the messages of a job (of one event) now, whatever came of them; how many."""
        ...


def message_id(job: str, message: str) -> str:
    """Id of a message on the wire; ``message`` is its name in the ledger (``paused_2``)."""
    return f"msg_{job}_{message}"


def message_of(call: HookCall) -> str:
    """Name of a message in the ledger, from its id."""
    return call.id.removeprefix(message_id(call.job, ""))
