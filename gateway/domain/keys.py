"""API keys: who they belong to, what they may do. Only the hash of a key is ever kept."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.rates import RATE
from common.errors import BadParameter

PREFIX: Final = "kiln_"  # what a key starts with, so that secret scanners can find lost ones
PSEUDO_OWNERS: Final = frozenset({"promises"})  # folders of the store that are nobody's
NAME: Final = r"^[a-z0-9][a-z0-9_-]{0,39}$"  # it is a folder of the store, and part of Redis keys


class Scope(StrEnum):
    """What a key may do. None of them implies another one."""

    SUBMIT = "submit"  # make, change, cancel and delete jobs
    READ = "read"  # look at jobs and fetch what was made
    ADMIN = "admin"  # look at the house: metrics


class Key(BaseModel):
    """One key. Several may have the same owner: the new one is made before the old one goes."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer version's file is read too

    id: str
    owner: Annotated[str, Field(pattern=NAME)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: frozenset[Scope]
    created: datetime
    rate: Annotated[str, Field(pattern=RATE)] | None = None
    max_active: Annotated[int, Field(ge=1)] | None = None
    quota_mb: Annotated[int, Field(ge=1)] | None = None


class KeyBook(BaseModel):
    """Every key of the house, the newest last."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = 1
    keys: tuple[Key, ...] = ()

    def find(self, presented: str) -> Key | None:
        """Find a key by what somebody presents, in a time that tells nothing about the others."""
        wanted, found = digest(presented), None
        for key in self.keys:
            if hmac.compare_digest(key.sha256, wanted):
                found = key
        return found

    def newest_of(self, owner: str) -> Key | None:
        """Find the key whose quotas count for an owner."""
        return next((key for key in reversed(self.keys) if key.owner == owner), None)

    def with_key(self, key: Key) -> KeyBook:
        """Add a key."""
        return self.model_copy(update={"keys": (*self.keys, key)})

    def without(self, name_or_id: str) -> tuple[KeyBook, tuple[Key, ...]]:
        """Take out one key by its id, or all of an owner; also returns what was taken out."""
        gone = tuple(key for key in self.keys if name_or_id in {key.id, key.owner})
        kept = tuple(key for key in self.keys if key not in gone)
        return self.model_copy(update={"keys": kept}), gone


def digest(presented: str) -> str:
    """Hash a key. It is random enough (256 bits) that no slow hash is needed."""
    return hashlib.sha256(presented.encode("utf-8", "surrogateescape")).hexdigest()


def checked_owner(name: str) -> str:
    """Check the name of an owner.

    Raises
    ------
    BadParameter
        It cannot be a folder, or is one of the house's own.
    """
    if not re.fullmatch(NAME, name) or name in PSEUDO_OWNERS:
        raise BadParameter(
            f"{name!r} cannot be the name of a key",
            "1 to 40 lower-case letters, digits, - and _, starting with a letter or digit.",
        )
    return name


def checked_rate(rate: str | None) -> str | None:
    """Check how many requests are allowed in which time.

    Raises
    ------
    BadParameter
        It is not written as it should be.
    """
    if rate is not None and not re.fullmatch(RATE, rate):
        raise BadParameter(f"{rate!r} is no rate", "Such as 10/second or 60/minute, up to 9999.")
    return rate


def checked_scopes(names: Iterable[str]) -> frozenset[Scope]:
    """Read scopes.

    Raises
    ------
    BadParameter
        One is unknown, or there is none.
    """
    wanted = {name.strip() for name in names if name.strip()}
    known = {str(scope) for scope in Scope}
    if not wanted or wanted - known:
        raise BadParameter(
            f"unknown scope {min(wanted - known)!r}" if wanted else "a key needs a scope",
            f"Scopes are {', '.join(sorted(known))}.",
        )
    return frozenset(Scope(name) for name in wanted)
