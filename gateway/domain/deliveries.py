"""What became of the messages of a job, as its owner sees it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from common.ledger.outbox import Attempt, HookMessage
from common.ledger.records import Hook
from gateway.domain.hook_params import HookEvent
from gateway.domain.views import moment


class AttemptView(BaseModel):
    """One attempt to deliver a message."""

    at: datetime
    status: int | None = Field(None, description="Status of the answer; null when none came")
    ms: int = Field(description="How long it took")
    error: str | None = Field(None, description="Why it failed; null when it was delivered")


class MessageView(BaseModel):
    """One message, and how its delivery goes."""

    id: str = Field(description="`webhook-id`: the same at every attempt")
    event: HookEvent
    state: Literal["pending", "delivered", "failed"] = Field(
        description="`failed` when it is given up"
    )
    created: datetime
    next: datetime | None = Field(None, description="When it is tried next")
    attempts: list[AttemptView] = Field(description="The latest fifty, oldest first")


class DeliveryLog(BaseModel):
    """Webhook of a job and its messages."""

    webhook_url: str | None = Field(None, description="The address that is called")
    events: list[HookEvent] = Field(description="What it is called for")
    messages: list[MessageView]


def delivery_log(hook: Hook | None, messages: Iterable[HookMessage]) -> DeliveryLog:
    """Show the webhook of a job; without one the log is empty."""
    return DeliveryLog(
        webhook_url=hook.url if hook else None,
        events=[HookEvent(event) for event in hook.events] if hook else [],
        messages=[_message_view(message) for message in messages],
    )


def _message_view(message: HookMessage) -> MessageView:
    return MessageView.model_validate(
        {
            "id": message.id,
            "event": message.event,
            "state": message.state,
            "created": moment(message.created_ms),
            "next": moment(message.next_ms),
            "attempts": [_attempt_view(attempt) for attempt in message.attempts],
        }
    )


def _attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView.model_validate(
        {
            "at": moment(attempt.at_ms),
            "status": attempt.status,
            "ms": round(attempt.ms),
            "error": attempt.error or None,
        }
    )
