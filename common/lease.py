"""Keeps the claims of a process alive, and ends the process when a stage hangs.

One thread renews all leases every two seconds, until the stage's own hard limit. Another one
watches that limit and never talks to Redis, which may hang as well. Past the limit the native
code that hangs cannot be interrupted, so the process goes (exit code 70), the supervisor starts
a new one and the ledger counts the attempt. Native code that never gives the interpreter back
stops these threads too: a timer of faulthandler, which needs no interpreter, ends the process
unless the watchdog winds it up again.
"""

from __future__ import annotations

import faulthandler
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
TICK_S = 0.5  # leases are renewed every two seconds, and hard limits are tens of seconds
LAST_WORDS_S = 1.0
STDERR = 2
FROZEN_S = 30.0  # no thread has run for so long: the leases are lost long since
WINDINGS = 6  # of the timer that ends a frozen process, in the time it gives

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
        self._wound_at = float("-inf")
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to renew and to watch."""
        for name, look in (("lease-keeper", self.renew_due), ("watchdog", self.watch)):
            threading.Thread(target=_for_ever, args=(look,), name=name, daemon=True).start()

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

    def holds(self, claim: Claim) -> bool:
        """Whether a stage of this process runs under this claim."""
        with self._lock:
            held = {(one.claim.job, one.claim.node, one.claim.token) for one in self._held.values()}
        return (claim.job, claim.node, claim.token) in held

    def renew_due(self, now: float) -> None:
        """Renew the leases whose time has come; nobody renews past the hard limit."""
        with self._lock:
            due = [held for held in self._held.values() if held.renew_at <= now < held.hard_at]
        for held in due:
            held.renew_at = now + HEARTBEAT_S
            try:
                if not self._ledger.heartbeat(held.claim):
                    held.context.lost = True
            except KilnError as exc:
                log.warning("lease of %s not renewed: %s", held.claim.node, exc.detail)

    def watch(self, now: float) -> None:
        """Wind up the timer that ends a frozen process, then look for a stage that hangs."""
        if not self._wound_at <= now < self._wound_at + FROZEN_S / WINDINGS:
            # not at each look: it takes a thread of its own
            faulthandler.dump_traceback_later(FROZEN_S, exit=True, file=STDERR)
            self._wound_at = now
        self.end_if_hung(now)

    def end_if_hung(self, now: float) -> None:
        """Leave the process when a stage is past its hard limit."""
        with self._lock:
            hung = [held for held in self._held.values() if held.hard_at < now]
        if hung:
            self._end_process(hung[0])

    def _end_process(self, held: _Held) -> None:
        log.critical("%s is past its hard limit: leaving", held.claim.node)
        last_words = threading.Thread(target=self._tell_ledger, args=(held,), daemon=True)
        last_words.start()
        last_words.join(LAST_WORDS_S)  # Redis may hang too; then the lease just runs out
        self._leave(EXIT_HUNG)

    def _tell_ledger(self, held: _Held) -> None:
        try:
            hung = StageHung(f"{held.claim.node} did not end within {held.hard_s:.0f} s")
            self._ledger.fail(held.claim, hung)
        except Exception as exc:  # noqa: BLE001  the process ends in any case
            log.warning("the ledger does not know that the stage hung: %s", exc)


def _for_ever(look: Callable[[float], None]) -> None:
    while True:
        time.sleep(TICK_S)
        try:
            look(time.monotonic())
        except Exception:
            # this thread must not die: without it leases run out under running stages
            log.exception("bug in the lease keeper; it goes on")
