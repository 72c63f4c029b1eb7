"""What somebody says of the webhook of a job; ``webhooks.py`` has what the webhook says."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, Field

from common.ledger.records import Hook
from gateway.domain.addresses import LONGEST_URL

HOOK_NAMES: Final = frozenset({"webhook_url", "webhook_events"})


class HookEvent(StrEnum):
    """What a webhook can tell of a job. On the wire it is ``job.<event>``."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    PAUSED = "paused"


class HookParams(BaseModel):
    """Parameters of every submit that ask for a webhook. They are no parameters of the job."""

    webhook_url: Annotated[
        str | None,
        Field(
            max_length=LONGEST_URL,
            description="Address to call when the job ends or pauses: https, on the internet",
        ),
    ] = None
    webhook_events: Annotated[
        tuple[HookEvent, ...],
        Field(min_length=1, description="What to call it for; default: everything"),
    ] = tuple(HookEvent)

    @property
    def hook(self) -> Hook | None:
        """What the ledger keeps of it; its address is not checked here."""
        wanted = tuple(str(event) for event in HookEvent if event in self.webhook_events)
        return None if self.webhook_url is None else Hook(self.webhook_url, wanted)
