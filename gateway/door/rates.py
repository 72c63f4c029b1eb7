"""How often each key may ask: moving windows in Redis, one count for all gateway processes."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import Final

import redis
from limits import parse
from limits.storage import RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from common.ledger.redis_ledger import connect

REDIS_TIMEOUT_S: Final = 0.5  # longest wait of a request for being counted
TURNS: Final = 4  # connections, where there are more who ask
AWAY_S: Final = 2.0  # a Redis that was away is not asked again before

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Count:
    """Where a key stands after one more request."""

    admitted: bool
    limit: int
    window_s: int
    remaining: int
    reset_s: float  # until the oldest request in the window no longer counts


def redis_storage(url: str, *, take_turns: bool = False) -> Storage:
    """Keep the counts in Redis; connects with the first request.

    Many greenlets ``take_turns`` at a few connections.
    """
    if take_turns:
        client = connect(url, TURNS, REDIS_TIMEOUT_S, take_turns=True)
    else:
        client = connect(url, timeout_s=REDIS_TIMEOUT_S)
    pool = client.connection_pool
    return RedisStorage(url, connection_pool=pool, key_prefix="kiln:rate")


class RateLimiter:
    """Counts requests. Without Redis nobody is refused: the ledger answers for that."""

    def __init__(self, storage: Storage) -> None:
        self._windows = MovingWindowRateLimiter(storage)
        self._away_until = 0.0

    def count(self, key: str, rate: str) -> Count | None:
        """Count one request of a key; None when there was nobody to count it."""
        if time.monotonic() < self._away_until:
            return None
        window = _window(rate)
        try:
            admitted = self._windows.hit(window, key)
            standing = self._windows.get_window_stats(window, key)
        except redis.RedisError as exc:
            self._away_until = time.monotonic() + AWAY_S
            log.warning("requests are not counted: %s", type(exc).__name__)
            return None
        return Count(
            admitted=admitted,
            limit=window.amount,
            window_s=window.get_expiry(),
            remaining=max(0, standing.remaining),
            reset_s=max(0.0, standing.reset_time - time.time()),
        )


_window = cache(parse)  # there are as many as keys have rates of their own
