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
from common.stores import ArtifactStore
from gateway.follow import Hub
from gateway.keys import KeyRing
from gateway.rates import RateLimiter
from gateway.recall import Recall
from gateway.room import RoomGuard

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

    @cached_property
    def room(self) -> RoomGuard:
        """What the disks can still take."""
        return RoomGuard(self.settings, self.store)


def house() -> House:
    """Find the house of the request that is being answered."""
    return cast("House", current_app.extensions[EXTENSION])
