"""What one gateway process has: settings, ledger, store, publisher, hub, recall, keys, rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final, cast

import redis
from flask import current_app

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Plan
from common.ledger.protocol import Ledger
from common.ledger.records import ReadyNode
from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings
from common.stores import ArtifactStore, open_store
from gateway.answers import Answers
from gateway.door.keys import KeyRing, key_file
from gateway.door.rates import RateLimiter, redis_storage
from gateway.door.room import RoomGuard
from gateway.door.turns import Turns
from gateway.follow import Hub
from gateway.recall import Recall

EXTENSION = "kiln"  # key in Flask's `app.extensions`
FOR_STREAMS = 16  # connections to Redis, for thousands of streams: one follows all jobs

RUNS_FOR_S: Final = 1.0  # estimates may be made with run times as old as that

Publish = Callable[[str, Plan], None]
PublishAgain = Callable[[tuple[ReadyNode, ...]], None]


@dataclass(frozen=True)
class House:
    """See the module docstring. Nothing in here is connected before the first request."""

    settings: Settings
    ledger: Ledger
    store: ArtifactStore
    publish: Publish
    publish_again: PublishAgain
    hub: Hub
    recall: Recall
    keys: KeyRing
    rates: RateLimiter

    @cached_property
    def locked(self) -> bool:
        """Whether a request needs an API key."""
        return self.settings.locked

    @cached_property
    def answers(self) -> Answers:
        """What was told about jobs lately."""
        return Answers(self.ledger)

    @cached_property
    def turns(self) -> Turns:
        """Who waits outside while the house is full."""
        return Turns(self.ledger, self.settings.rates_url)

    @cached_property
    def room(self) -> RoomGuard:
        """What the disks can still take."""
        return RoomGuard(self.settings, self.store)


def open_house(
    settings: Settings,
    ledger: Ledger | None = None,
    store: ArtifactStore | None = None,
    publish: Publish | None = None,
    publish_again: PublishAgain | None = None,
) -> House:
    """Put a house together; what is not handed in is made from the settings."""
    ledger = ledger or _ledger(settings)
    celery = make_app(settings)
    return House(
        settings=settings,
        ledger=ledger,
        store=store or open_store(settings, settings.gateway_threads),
        publish=publish or partial(canvas.publish_plan, celery),
        publish_again=publish_again or partial(canvas.publish_again, celery),
        hub=Hub(ledger, settings.max_streams),
        recall=Recall(ledger),
        keys=KeyRing(key_file(settings)),
        rates=RateLimiter(
            redis_storage(settings.rates_url, take_turns=settings.gateway_role == "events")
        ),
    )


def _ledger(settings: Settings) -> RedisLedger:
    ledger = RedisLedger(_connected(settings))
    ledger.runs_for_s = RUNS_FOR_S
    return ledger


def _connected(settings: Settings) -> redis.Redis:
    """Connect as many times as there are threads; streams take turns at a few connections."""
    if settings.gateway_role == "events":
        return connect(settings.ledger_url, FOR_STREAMS, take_turns=True)
    return connect(settings.ledger_url, settings.gateway_threads + 32)


def house() -> House:
    """Find the house of the request that is being answered."""
    return cast("House", current_app.extensions[EXTENSION])
