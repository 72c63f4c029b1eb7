"""Calls about webhooks: those that this house makes."""

from __future__ import annotations

from typing import Any, Final

from gateway.domain.calls.call import AWAY, ERASED, JOB, REFUSED, UNKNOWN, Answer, Call, problem
from gateway.domain.deliveries import DeliveryLog
from gateway.domain.queries import RedeliverQuery

_ID: Final = "3f0b6c1d2e4a58697a8b9c0d1e2f3a4b"
_EXAMPLE: Final[dict[str, Any]] = {
    "webhook_url": "https://shop.example/kiln",
    "events": ["succeeded", "failed"],
    "messages": [
        {
            "id": f"msg_{_ID}_succeeded",
            "event": "succeeded",
            "state": "delivered",
            "created": "2026-11-21T10:00:04.310Z",
            "next": None,
            "attempts": [
                {
                    "at": "2026-11-21T10:00:04.480Z",
                    "status": 502,
                    "ms": 120,
                    "error": "answered 502",
                },
                {"at": "2026-11-21T10:00:09.910Z", "status": 204, "ms": 85, "error": None},
            ],
        }
    ],
}

CALL_BACK: Final[tuple[Call, ...]] = (
    Call(
        "GET",
        f"{JOB}/webhooks",
        "See how the webhooks of a job were delivered",
        id="read_webhooks",
        tag="Look",
        details="A job that was sent with `webhook_url=https://…` calls that address when it ends"
        " or pauses, signed as Standard Webhooks describes; `docs/webhooks.md` shows how to check.",
        answers=(Answer(200, "The log", DeliveryLog, example=_EXAMPLE), UNKNOWN, ERASED, AWAY),
        example="curl {base}/v1/jobs/$JOB/webhooks",
    ),
    Call(
        "POST",
        f"{JOB}/webhooks/redeliver",
        "Send the webhooks of a job once more",
        id="redeliver_webhooks",
        tag="Make",
        details="At once, under the same ids, whatever came of them before; where that fails it is"
        " tried again as at first.",
        query=RedeliverQuery,
        answers=(
            Answer(202, "They are on their way", DeliveryLog, example=_EXAMPLE),
            problem(404, "There is no such job, or it has no such message"),
            ERASED,
            REFUSED,
            AWAY,
        ),
        example="curl -X POST '{base}/v1/jobs/$JOB/webhooks/redeliver?event=succeeded'",
    ),
)
