"""How much an owner may have at a time: the settings of the house and those of a key."""

from __future__ import annotations

from dataclasses import replace

from common.ledger.records import Limits
from gateway.house import House

MB, GB = 1e6, 1e9


def limits_of(house: House, owner: str) -> Limits:
    """Say what a new job must stay within.

    The newest key of an owner decides; a house without a lock has limits for all together only.
    """
    settings = house.settings
    key = house.keys.book().newest_of(owner) if settings.locked else None
    of_house = Limits(
        max_active=settings.max_active_jobs,
        max_depth=settings.max_queue_depth,
        max_bytes=_bytes(settings.store_quota_gb, GB),
    )
    if key is None:
        return of_house
    return replace(
        of_house,
        max_active_of_owner=key.max_active or settings.key_max_active,
        max_bytes_of_owner=_bytes(key.quota_mb or settings.key_quota_mb, MB),
    )


def _bytes(amount: float | None, unit: float) -> int | None:
    return None if amount is None else int(amount * unit)
