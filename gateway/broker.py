"""What lies on the broker: messages by queue, counted the way kombu stores them."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import redis

from common.celery_app import KEY_PREFIX
from common.ledger.scripts import within_reach

PRIORITY_STEPS: Final = ("", "\x06\x163", "\x06\x166", "\x06\x169")  # kombu's lists of one queue
FRESH_S: Final = 5.0  # by the clocks of the workers; from message to claim it takes milliseconds


class Messages(NamedTuple):
    """Messages of one queue."""

    waiting: int  # in its lists
    taken: int  # handed to a worker and not acknowledged
    fresh: int  # of these, a moment ago: the worker may be about to claim its stage

    def standing_for_ready(self, running: int) -> int:
        """Tell how many ready stages may have a message, while so many of the queue run.

        One that was taken long ago belongs to a stage that runs, or to nobody: where a connection
        was cut or a machine died, it lies there for as long as the broker's visibility timeout.
        Beside many that were just taken it still counts, so in a busy house too few are missed.
        """
        return max(0, self.waiting + min(self.fresh, self.taken - running))


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
        pipe.hgetall(f"{KEY_PREFIX}unacked")
        pipe.zrangebyscore(f"{KEY_PREFIX}unacked_index", time.time() - FRESH_S, "+inf")
        with within_reach():
            *lengths, unacked, fresh_tags = pipe.execute()
        taken = Counter(map(_routing_key, unacked.values()))
        fresh = Counter(_routing_key(unacked[tag]) for tag in fresh_tags if tag in unacked)
        many = len(PRIORITY_STEPS)
        return {
            queue: Messages(sum(lengths[at * many :][:many]), taken[queue], fresh[queue])
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
