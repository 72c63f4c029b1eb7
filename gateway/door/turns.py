"""Who was sent away from a full house, and when to come back: a line that all processes share.

``Retry-After`` is honest only if there is a place then. So each refusal gets a moment of its own,
one after the other at the pace at which jobs end, and while people of the line are due, newcomers
find fewer places. Only whole seconds can be told, and who was sent away together would come back
together: so no more are told one moment than the house serves around it. A client is known by its
Idempotency-Key: the same request has the same turn. Who sends none is told when the line ends, and
takes his chance.

The line lives in Redis, beside the rates. It may be lost: then it is only less orderly.
"""

from __future__ import annotations

import logging
import math
import random
import secrets
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Final

import redis

from common.contracts.stages import QUEUES
from common.errors import LedgerUnavailable
from common.ledger.protocol import Ledger
from common.ledger.records import Limits
from common.ledger.redis_ledger import connect
from gateway.domain.drain import seconds_a_job

LEAST_S, MOST_S = 1, 600
STUCK_S: Final = 30  # where no worker is there, and nobody knows when one comes
LATE_S: Final = 3  # so long a place is kept for who is late
CROWDED_S: Final = 30  # after a refusal the line is asked about
PACE_FOR_S: Final = 1.0
MOST_KEPT: Final = 0.5  # of all places, so that those who do not come back cost nothing
TIMEOUT_S: Final = 0.5
WINDOW_S, SHORTEST_WINDOW_S = 20, 1
MOMENT_S: Final = 0.5  # who comes within it may find the places that are left at once
KEY, ADMITTED, BY_TURN = "kiln:turns", "kiln:admitted", "kiln:admitted:turn"

log = logging.getLogger(__name__)


class Turns:
    """The line before the door of one house."""

    def __init__(self, ledger: Ledger, url: str) -> None:
        self._ledger = ledger
        self._url = url
        self._crowded_since = self._crowded_until = 0.0
        self._active = 0
        self._pace_s: dict[frozenset[str], tuple[float, float | None]] = {}

    @cached_property
    def _redis(self) -> redis.Redis:
        return connect(self._url, timeout_s=TIMEOUT_S)

    def within(self, limits: Limits, who: str | None) -> Limits:
        """Leave places free for those whose turn has come; all of them to who is one of these."""
        if time.monotonic() > self._crowded_until:
            return limits
        now = time.time()
        with suppress(redis.RedisError):
            if who and (due := self._due(who)) and due <= now:
                return limits
            kept = int(self._redis.zcount(KEY, now - LATE_S, now))
            depth = limits.max_depth and _without(limits.max_depth, kept)
            return replace(limits, max_active=_without(limits.max_active, kept), max_depth=depth)
        return limits

    def leave(self, who: str | None) -> None:
        """Note that somebody got in; he is in the line no longer."""
        if time.monotonic() > self._crowded_until:
            return
        now = time.time()
        with suppress(redis.RedisError):
            had_turn = who is not None and self._redis.zrem(KEY, who)
            for key in (ADMITTED, BY_TURN)[: 2 if had_turn else 1]:
                self._redis.zadd(key, {secrets.token_hex(8): now})
                self._redis.zremrangebyscore(key, "-inf", now - WINDOW_S)
                self._redis.expire(key, WINDOW_S)

    def wait_s(self, who: str | None, queues: Collection[str]) -> float:
        """Say how long to wait, and keep that turn.

        Parameters
        ----------
        who
            By what the client will be known; None where it cannot.
        queues
            Where work must end to make room.
        """
        now = time.monotonic()
        if now > self._crowded_until:
            self._crowded_since = now
        self._crowded_until = now + CROWDED_S
        pace = self._pace(frozenset(queues))
        if pace is None:
            return STUCK_S
        try:
            pace = max(pace, self._seen_pace(now - self._crowded_since))
            wait = self._take_turn(who, pace) - time.time()
        except redis.RedisError as exc:
            log.warning("no line is kept: %s", type(exc).__name__)
            wait = pace * random.uniform(1, 10)
        return min(MOST_S, max(LEAST_S, wait))

    def own_wait_s(self, jobs: int) -> float:
        """Say how long until a job ends of somebody who has so many of those in the house."""
        pace, active = self._pace(frozenset(QUEUES)), max(self._active, jobs)
        return STUCK_S if pace is None else min(MOST_S, max(LEAST_S, pace * active / max(1, jobs)))

    def _seen_pace(self, crowded_s: float) -> float:
        """Time between those of the line who got in lately; who takes his chance is faster.

        Into a full house as many come as leave. The work alone does not tell that where jobs
        are so short that all else takes longer.
        """
        window_s = min(WINDOW_S, crowded_s)
        if window_s < SHORTEST_WINDOW_S:
            return 0.0
        now = time.time()
        came, by_turn = (
            int(self._redis.zcount(key, now - window_s, now)) for key in (ADMITTED, BY_TURN)
        )
        return window_s / max(1.0, by_turn, came * MOST_KEPT)

    def _due(self, who: str) -> float | None:
        return self._redis.zscore(KEY, who)

    def _take_turn(self, who: str | None, pace: float) -> float:
        now = time.time()
        self._redis.zremrangebyscore(KEY, "-inf", now - LATE_S)
        before = self._due(who) if who else None
        if before and before > now:
            return before
        if who is None:
            last = self._redis.zrange(KEY, -1, -1, withscores=True)
            end = min(max(now, float(last[0][1]) if last else 0), now + MOST_S)
            return end + pace * random.uniform(1, 10)
        ahead = int(self._redis.zcount(KEY, now, math.inf))
        wait = math.ceil(min(MOST_S, (ahead + 1) * pace))
        while wait < MOST_S and self._is_taken(now + wait, pace):
            wait += 1
        self._redis.zadd(KEY, {who: now + wait})
        self._redis.expire(KEY, MOST_S + LATE_S)
        return now + wait

    def _is_taken(self, moment: float, pace: float) -> bool:
        around = max(MOMENT_S, pace)
        come = int(self._redis.zcount(KEY, moment - around / 2, moment + around / 2))
        return come >= math.floor(around / pace)

    def _pace(self, queues: frozenset[str]) -> float | None:
        """Read how long one job takes to end; not more than once a second."""
        read, pace = self._pace_s.get(queues, (-math.inf, None))
        if time.monotonic() - read > PACE_FOR_S:
            with suppress(LedgerUnavailable):
                outlook = self._ledger.outlook(QUEUES)
                pace, self._active = seconds_a_job(outlook, queues), outlook.active
            self._pace_s[queues] = time.monotonic(), pace
        return pace


def _without(places: int, kept: int) -> int:
    """Take away what is kept for others, as far as one goes."""
    return places - min(kept, math.floor(places * MOST_KEPT))
