"""What the house sends to a webhook, as OpenAPI describes it: docs/webhooks.md has the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from gateway.domain.calls.examples import FINISHED
from gateway.domain.hook_params import HookEvent
from gateway.domain.views import ErrorView

HookType = Literal["job.succeeded", "job.failed", "job.cancelled", "job.expired", "job.paused"]


class HookData(BaseModel):
    """The job as the event found it; nothing of the person on the photo."""

    id: str
    product: str
    state: HookEvent
    created: datetime
    started: datetime | None
    finished: datetime | None
    error: ErrorView | None = Field(description="Why there is no result")
    links: dict[str, str]


class HookMessage(BaseModel):
    """A message (Standard Webhooks): the same body at every attempt."""

    type: HookType
    timestamp: datetime = Field(description="When it happened")
    data: HookData


_SIGNED: Final = {
    "webhook-id": ("The same at every attempt: keep it to know a repeat", "msg_3f0c_succeeded"),
    "webhook-timestamp": ("When this attempt was made, in s since the epoch", "1795255204"),
    "webhook-signature": ("HMAC-SHA256 of `id.timestamp.body`", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnk="),
}
_EXAMPLE: Final[dict[str, Any]] = {
    "type": "job.succeeded",
    "timestamp": FINISHED["finished"],
    "data": {name: FINISHED[name] for name in ("id", "product", "created", "started", "finished")}
    | {"state": "succeeded", "error": None, "links": FINISHED["links"]},
}
WEBHOOKS: Final[dict[str, Any]] = {
    "job": {
        "post": {
            "operationId": "tell_job",
            "summary": "A job that was sent with `webhook_url` has ended or paused",
            "description": "Answer 2xx within ten seconds. 410 ends the calls for this job;"
            " after anything else the house tries again for days.",
            "tags": ["Look"],
            "security": [],
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": text,
                    "schema": {"type": "string"},
                    "example": example,
                }
                for name, (text, example) in _SIGNED.items()
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/HookMessage"},
                        "example": _EXAMPLE,
                    }
                },
            },
            "responses": {"2XX": {"description": "Taken"}, "410": {"description": "No more"}},
        }
    }
}
