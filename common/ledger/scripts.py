"""The Lua scripts of the ledger, and one way to say that Redis is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources

import redis

from common.errors import LedgerUnavailable
from common.ledger.erasure import DELETING_MS, KEPT_FOR, PUT_AGAIN_MS, REMEMBERED_MS
from common.ledger.protocol import HANDED_OUT_MS, PROMISES
from common.ledger.records import CANCEL_AFTER, CRASH, DEADLINE, PAUSE_MS

# Answers of a Redis that is there but cannot take the change now: full, starting, a replica,
# unable to write its log. Nothing was changed; the same call may work in a moment.
_NOT_NOW = ("OOM", "LOADING", "READONLY", "MISCONF", "MASTERDOWN", "NOREPLICAS", "BUSY", "TRYAGAIN")
_AWAY = (
    redis.ConnectionError,
    redis.TimeoutError,
    redis.OutOfMemoryError,
    redis.ReadOnlyError,
    redis.exceptions.TryAgainError,
    redis.exceptions.ClusterDownError,
)


def load_scripts(lease_ms: int, max_attempts: int) -> dict[str, str]:
    """Texts of the scripts by name, each with the library and its constants in front."""
    texts = dict(_sources())
    library = texts.pop("_lib")
    constants = (
        f"local LEASE_MS, MAX_ATTEMPTS, PAUSE_MS = {lease_ms}, {max_attempts}, {PAUSE_MS}\n"
        f"local CRASH, DEADLINE = [==[{json.dumps(CRASH)}]==], [==[{json.dumps(DEADLINE)}]==]\n"
        f"local CANCEL_AFTER, PROMISES = [==[{json.dumps(CANCEL_AFTER)}]==], '{PROMISES}'\n"
        f"local DELETING_MS, REMEMBERED_MS = {DELETING_MS}, {REMEMBERED_MS}\n"
        f"local HANDED_OUT_MS, PUT_AGAIN_MS = {HANDED_OUT_MS}, {PUT_AGAIN_MS}\n"
        f"local KEPT_FOR = {KEPT_FOR}\n"
    )
    return {name: constants + library + text for name, text in texts.items()}


@cache
def _sources() -> dict[str, str]:
    folder = resources.files("common.ledger") / "lua"
    return {
        file.name.removesuffix(".lua"): file.read_text("utf-8")
        for file in folder.iterdir()
        if file.name.endswith(".lua")
    }


@contextmanager
def within_reach() -> Iterator[None]:
    """Turn what a missing, full or starting Redis answers into ``LedgerUnavailable``."""
    try:
        yield
    except redis.RedisError as exc:
        if isinstance(exc, _AWAY) or str(exc).startswith(_NOT_NOW):
            raise LedgerUnavailable(f"Redis does not answer: {type(exc).__name__}") from exc
        raise
