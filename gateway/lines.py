"""Lines of a gateway process to Redis: its ledger, its counts and its publishers.

As many connections as there are threads; where event streams are all that is answered, thousands
of greenlets take turns at a few.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from common import canvas
from common.celery_app import make_app
from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings
from gateway.door.rates import RateLimiter, redis_storage

FOR_STREAMS: Final = 16  # connections for all streams: one of them follows all jobs
RUNS_FOR_S: Final = 1.0  # estimates may be made with run times as old as that


def ledger_of(settings: Settings) -> RedisLedger:
    """Open the ledger; connects with the first request."""
    streams_alone = settings.gateway_role == "events"
    most = FOR_STREAMS if streams_alone else settings.gateway_threads + 32
    ledger = RedisLedger(connect(settings.ledger_url, most, take_turns=streams_alone))
    ledger.runs_for_s = RUNS_FOR_S
    return ledger


def rates_of(settings: Settings) -> RateLimiter:
    """Open the counts of requests by key."""
    streams_alone = settings.gateway_role == "events"
    return RateLimiter(redis_storage(settings.rates_url, take_turns=streams_alone))


def publishers_of(
    settings: Settings,
) -> tuple[partial[None], partial[None]]:
    """Make what publishes a plan, and what publishes single stages again."""
    celery = make_app(settings)
    return partial(canvas.publish_plan, celery), partial(canvas.publish_again, celery)
