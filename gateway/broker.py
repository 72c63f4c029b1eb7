"""What lies on the broker: messages by queue, counted the way kombu stores them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import redis

from common.celery_app import KEY_PREFIX
from common.ledger.scripts import within_reach

PRIORITY_STEPS: Final = ("", "\x06\x163", "\x06\x166", "\x06\x169")  # kombu's lists of one queue


class Messages(NamedTuple):
    """Messages of one queue."""

    waiting: int  # in its lists
    taken: int  # handed to a worker and not acknowledged


class Broker:
    """Reads kombu's lists; never writes."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def messages(self, queues: Iterable[str]) -> dict[str, Messages]:
        """Count the messages of some queues, in one round trip.

        Raises
        ------
        LedgerUnavailable
            Redis does not answer.
        """
        queues = tuple(queues)
        pipe = self._redis.pipeline(transaction=False)
        for queue in queues:
            for step in PRIORITY_STEPS:
                pipe.llen(f"{KEY_PREFIX}{queue}{step}")
        pipe.hvals(f"{KEY_PREFIX}unacked")
        with within_reach():
            *lengths, unacked = pipe.execute()
        taken = Counter(map(_routing_key, unacked))
        many = len(PRIORITY_STEPS)
        return {
            queue: Messages(sum(lengths[at * many : (at + 1) * many]), taken[queue])
            for at, queue in enumerate(queues)
        }


def _routing_key(entry: str) -> str | None:
    """Queue of an unacknowledged message: ``[message, exchange, routing key]`` as kombu has it."""
    try:
        fields = json.loads(entry)
    except ValueError:
        return None
    readable = isinstance(fields, list) and len(fields) == 3 and isinstance(fields[2], str)
    return fields[2] if readable else None
