"""Keeps the claims of a process alive, and ends the process when a stage hangs.

One thread for all claims: it renews leases every two seconds until the stage's own hard
limit. Past that limit the native code that hangs cannot be interrupted, so the process goes
(exit code 70), the supervisor starts a new one and the ledger counts the attempt.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from common.errors import KilnError, StageHung
from common.ledger.protocol import HEARTBEAT_S, Ledger
from common.ledger.records import Claim

EXIT_HUNG = 70  # EX_SOFTWARE of sysexits.h
TICK_S = 0.25

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Somebody else goes on with the stage; whatever this worker makes is thrown away."""


class Losable(Protocol):
    """Something that can be told that its claim is lost."""

    lost: bool


@dataclass
class _Held:
    claim: Claim
    context: Losable
    hard_at: float
    hard_s: float
    renew_at: float


class LeaseKeeper:
    """Renews leases and watches hard limits for one worker process."""

    def __init__(self, ledger: Ledger, leave: Callable[[int], None] = os._exit) -> None:
        self._ledger = ledger
        self._leave = leave
        self._held: dict[int, _Held] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="lease-keeper", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    @contextmanager
    def holding(self, claim: Claim, context: Losable, hard_s: float) -> Iterator[None]:
        """Keep a claim alive inside the block."""
        now = time.monotonic()
        held = _Held(claim, context, now + hard_s, hard_s, now + HEARTBEAT_S)
        with self._lock:
            self._held[id(held)] = held
        try:
            yield
        finally:
            with self._lock:
                del self._held[id(held)]

    def _watch(self) -> None:
        while True:
            time.sleep(TICK_S)
            with self._lock:
                held = list(self._held.values())
            for one in held:
                self._look_at(one, time.monotonic())

    def _look_at(self, held: _Held, now: float) -> None:
        if now > held.hard_at:
            self._end_process(held)
        elif now > held.renew_at:
            held.renew_at = now + HEARTBEAT_S
            try:
                held.context.lost = not self._ledger.heartbeat(held.claim)
            except KilnError as exc:
                log.warning("lease of %s not renewed: %s", held.claim.node, exc.detail)

    def _end_process(self, held: _Held) -> None:
        log.critical("%s is past its hard limit: leaving", held.claim.node)
        try:
            hung = StageHung(f"{held.claim.node} did not end within {held.hard_s:.0f} s")
            self._ledger.fail(held.claim, hung)
        finally:
            self._leave(EXIT_HUNG)
