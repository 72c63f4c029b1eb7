"""What one gateway process has: settings, ledger, store, publisher, hub, recall, keys, rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from flask import current_app

from common.contracts.plans import Plan
from common.ledger.protocol import Ledger
from common.ledger.records import ReadyNode
from common.settings import Settings
from common.stores import ArtifactStore, open_store
from gateway.answers import Answers
from gateway.door.inflow import Inflow
from gateway.door.keys import KeyRing, key_file
from gateway.door.rates import RateLimiter
from gateway.door.room import RoomGuard
from gateway.door.turns import Turns
from gateway.follow import Hub
from gateway.lines import ledger_of, publishers_of, rates_of
from gateway.recall import Recall

EXTENSION = "kiln"  # key in Flask's `app.extensions`

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
    inflow: Inflow

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
        """What the disks and Redis can still take."""
        return RoomGuard(self.settings, self.store, self.ledger.filled)


def open_house(
    settings: Settings,
    ledger: Ledger | None = None,
    store: ArtifactStore | None = None,
    publish: Publish | None = None,
    publish_again: PublishAgain | None = None,
) -> House:
    """Put a house together; what is not handed in is made from the settings."""
    ledger = ledger or ledger_of(settings)
    publish_plan, publish_stages = publishers_of(settings)
    return House(
        settings=settings,
        ledger=ledger,
        store=store or open_store(settings, settings.gateway_threads),
        publish=publish or publish_plan,
        publish_again=publish_again or publish_stages,
        hub=Hub(ledger, settings.max_streams, _share(settings)),
        recall=Recall(ledger),
        keys=KeyRing(key_file(settings)),
        rates=rates_of(settings),
        inflow=Inflow(settings.uploads_mb * 1_000_000),
    )


def _share(settings: Settings) -> int | None:
    """Places for long answers that one of several owners may have: others find some, too."""
    return max(1, settings.max_streams // 2) if settings.locked else None


def house() -> House:
    """Find the house of the request that is being answered."""
    return cast("House", current_app.extensions[EXTENSION])
