"""What a webhook says, how it is signed, and what follows from the answer.

Standard Webhooks, https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from standardwebhooks import Webhook

from common.ledger.records import JobRecord, JobState
from gateway.domain.views import links, moment

MEDIA_TYPE: Final = "application/json"
JITTER: Final = 0.2  # of each pause: many that failed together do not come back together
SHORTEST_ASKED_S: Final = 1.0
LONGEST_ASKED_S: Final = 86_400.0  # a Retry-After beyond that is not followed so far


class Verdict(StrEnum):
    """What an attempt has come to."""

    DELIVERED = "delivered"
    AGAIN = "again"  # unless it was the last attempt
    GONE = "gone"  # the receiver wants no more


def message(record: JobRecord, event: str, at_ms: int) -> str:
    """Say what has happened, without saying anything about the person on the photo.

    The body of a message is the same at every attempt: it tells of the event, not of what has
    become of the job meanwhile.

    Parameters
    ----------
    record
        The job.
    event
        One of ``HookEvent``.
    at_ms
        When it happened, in ms since the epoch.
    """
    over = JobState(event).terminal
    error = record.error if over and record.error else None
    data = {
        "id": record.id,
        "product": record.product,
        "state": event,
        "created": _text(record.created_ms),
        "started": _text(record.started_ms),
        "finished": _text(record.finished_ms) if over else None,
        "error": error and {name: error.get(name) for name in ("code", "detail", "hint", "stage")},
        "links": {name: links(record)[name] for name in ("self", "events", "timeline")},
    }
    told = {"type": f"job.{event}", "timestamp": _text(at_ms), "data": data}
    return json.dumps(told, separators=(",", ":"))


def _text(milliseconds: int | None) -> str | None:
    at = moment(milliseconds)
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def signed_headers(secrets: Sequence[str], id_: str, at_s: float, body: str) -> dict[str, str]:
    """Headers that prove who sent a body, and when.

    Parameters
    ----------
    secrets
        ``whsec_…``; while a secret is exchanged the new one and the old one, and each signs.
    id_
        Of the message: the same at every attempt.
    at_s
        Moment of the attempt, in s since the epoch: an old copy is worth nothing.
    body
        As it will be sent, to the letter.
    """
    at = datetime.fromtimestamp(int(at_s), UTC)
    return {
        "content-type": MEDIA_TYPE,
        "webhook-id": id_,
        "webhook-timestamp": str(int(at_s)),
        "webhook-signature": " ".join(Webhook(one).sign(id_, at, body) for one in secrets),
    }


def verdict(status: int | None) -> Verdict:
    """Judge an answer; None is no answer. A redirect is not followed, so it is a failure too."""
    if status is not None and 200 <= status <= 299:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.AGAIN


def pause_s(
    schedule_s: Sequence[float], attempt: int, chance: float, asked_s: float | None = None
) -> float | None:
    """Seconds until the next attempt; None when it was the last one.

    Parameters
    ----------
    schedule_s
        The pause after each attempt but the last; the first attempt is made at once.
    attempt
        Number of the attempt that failed, from 1.
    chance
        A random number from 0 to 1.
    asked_s
        ``Retry-After`` of the answer, in s: never earlier than that, within reason.
    """
    if attempt > len(schedule_s):
        return None
    pause = schedule_s[attempt - 1] * (1 + JITTER * chance)
    if asked_s is None:
        return pause
    return max(pause, min(max(asked_s, SHORTEST_ASKED_S), LONGEST_ASKED_S))
