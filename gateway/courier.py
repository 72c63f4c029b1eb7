"""The courier: delivers the messages of the outbox. ``python -m gateway.courier``.

It takes what is due from the ledger, a few at a time, calls the addresses from several threads,
and notes how it went. A message that it took and did not note, because it was killed or because
Redis was away, is due again after a while: each is delivered at least once, under the same id.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol
from urllib.parse import urlsplit

from common import logs, metrics
from common.errors import BadWebhook, LedgerUnavailable
from common.exposition import start_metrics
from common.ledger.outbox import Attempt, HookCall, Outbox
from common.ledger.records import JobRecord
from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings
from gateway.calling import Caller, Reply, target_of
from gateway.domain.addresses import Target
from gateway.domain.webhooks import Verdict, message, pause_s, signed_headers, verdict
from gateway.door.keys import webhook_secrets
from gateway.rounds import run_until, told_to_stop

PERIOD_S: Final = 0.25
# At most so many in all, of one host, and of one owner: a slow host leaves threads to the others,
# and so does somebody who names many of them.
RUNNING: Final = (16, 4, 12)
HELD: Final = (200, 100, 150)  # in hand: called, or waiting for a thread
NOTE_AGAIN_S: Final = 0.5
TAKEN_AGAIN_S: Final = 1.0  # in which what is due again is taken again, here or elsewhere
GIVEN_UP: Final = "given_up"

log = logging.getLogger(__name__)


class Ledger(Outbox, Protocol):
    """What a courier needs of the ledger."""

    def job(self, job: str) -> JobRecord | None:
        """Read one job."""
        ...


@dataclass(frozen=True)
class Rules:
    """What a courier goes by."""

    schedule_s: Sequence[float]  # pauses between attempts
    timeout_s: float  # of one call
    target: Callable[[str], Target]  # judges an address
    secrets: Callable[[str], tuple[str, ...]]  # of an owner, the newest first

    @property
    def patience_s(self) -> float:
        """How long a message may wait for a thread before it is let go, to be taken later."""
        return self.timeout_s

    @property
    def lease_ms(self) -> int:
        """How long a message is ours: it waits, is called, and what came of it is noted."""
        return round((self.patience_s + 2 * self.timeout_s) * 1000)


@dataclass(frozen=True)
class _Held:
    """A message in hand."""

    call: HookCall
    since: float

    @property
    def groups(self) -> tuple[str, str, str]:
        """What it counts for: all, its host, its owner."""
        return "", f"host {urlsplit(self.call.url).netloc}", f"owner {self.call.owner}"

    def fits(self, counted: Counter[str], most: tuple[int, int, int]) -> bool:
        """Tell whether one more of its kind is within the limits."""
        return all(counted[name] < limit for name, limit in zip(self.groups, most, strict=True))


class Courier:
    """Takes what is due in ``sweep``, and delivers it in threads of its own."""

    def __init__(self, ledger: Ledger, caller: Caller, rules: Rules) -> None:
        self._ledger = ledger
        self._caller = caller
        for outcome in (*Verdict, GIVEN_UP):  # from nothing to one is no increase
            metrics.WEBHOOKS.labels(str(outcome)).inc(0)
            metrics.WEBHOOK_SECONDS.labels(str(outcome))
        self._rules = rules
        self._pool = ThreadPoolExecutor(RUNNING[0], thread_name_prefix="courier")
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._waiting: list[_Held] = []
        self._running: Counter[str] = Counter()  # by group
        self._held: Counter[str] = Counter()  # by group, running or waiting
        # Of what is not in hand and not due yet, one of each round: until when, the oldest of it.
        self._aside: list[tuple[float, int]] = []

    def sweep(self) -> None:
        """Take what is due, as much as there is room for, and start what can be started.

        Raises
        ------
        LedgerUnavailable
            Redis is away; what is in hand goes on.
        """
        with self._lock:
            too_old = time.monotonic() - self._rules.patience_s
            let_go = [held for held in self._waiting if held.since <= too_old]
            for held in let_go:
                self._waiting.remove(held)
                self._held.subtract(held.groups)
            self._put_aside(let_go)
            room = HELD[0] - self._held[""]
        if room > 0:
            taken = self._ledger.due_calls(self._rules.lease_ms, room)
            with self._lock:
                self._hold([_Held(call, time.monotonic()) for call in taken])
        self._start()
        self._tell_age()

    def leave(self) -> None:
        """End what runs; what waits is due again when its lease runs out."""
        self._leaving.set()
        with self._lock:
            self._waiting.clear()
        self._pool.shutdown()

    @property
    def idle(self) -> bool:
        """Whether nothing is in hand."""
        with self._lock:
            return not self._held[""]

    def _hold(self, taken: list[_Held]) -> None:
        left = []
        for new in taken:
            if new.fits(self._held, HELD):
                self._waiting.append(new)
                self._held.update(new.groups)
            else:  # it comes again, and others come first
                left.append(new)
        self._put_aside(left)

    def _put_aside(self, left: list[_Held]) -> None:
        """Remember what is ours and not in hand: until its lease ends, nobody else sees it wait."""
        if untried := [held for held in left if held.call.attempt == 1]:
            due = max(held.since for held in untried) + self._rules.lease_ms / 1000
            oldest = min(held.call.created_ms for held in untried)
            self._aside.append((due + TAKEN_AGAIN_S, oldest))

    def _start(self) -> None:
        with self._lock:
            left = []
            for held in self._waiting:
                if held.fits(self._running, RUNNING):
                    self._running.update(held.groups)
                    self._pool.submit(self._run, held)
                else:
                    left.append(held)
            self._waiting = left

    def _run(self, held: _Held) -> None:
        try:
            self._deliver(held)
        except LedgerUnavailable as exc:
            log.warning("message %s is sent again later: %s", held.call.id, exc.detail)
        except Exception:
            log.exception("bug in the courier; message %s is sent again later", held.call.id)
        finally:
            with self._lock:
                self._running.subtract(held.groups)
                self._held.subtract(held.groups)
                self._running, self._held = +self._running, +self._held  # forgets what is at rest
        self._start()

    def _deliver(self, held: _Held) -> None:
        call, at_ms = held.call, round(time.time() * 1000)
        record = self._ledger.job(call.job)
        if record is None or record.erased_ms is not None:
            self._note(held, Attempt(at_ms, None, 0, "the job is gone"), None)
            return
        reply = self._post(call, record)
        found, pause = verdict(reply.status), None
        if found is Verdict.AGAIN:
            asked = reply.retry_after_s
            pause = pause_s(self._rules.schedule_s, call.attempt, random.random(), asked)
        outcome = GIVEN_UP if found is Verdict.AGAIN and pause is None else str(found)
        metrics.WEBHOOKS.labels(outcome).inc()
        metrics.WEBHOOK_SECONDS.labels(outcome).observe(reply.ms / 1000)
        attempt = Attempt(at_ms, reply.status, reply.ms, _reason(reply, found))
        self._note(held, attempt, None if pause is None else round(pause * 1000))

    def _post(self, call: HookCall, record: JobRecord) -> Reply:
        body = message(record, call.event, call.created_ms)
        try:
            target = self._rules.target(call.url)
            secrets = self._rules.secrets(call.owner)
            headers = signed_headers(secrets, call.id, time.time(), body)
            return self._caller.post(target, headers, body.encode())
        except BadWebhook as exc:
            return Reply(None, 0, exc.detail)
        except Exception:  # an attempt like any other, so that it ends some day
            log.exception("message %s cannot be sent", call.id)
            return Reply(None, 0, "a fault of this house")

    def _note(self, held: _Held, attempt: Attempt, next_in_ms: int | None) -> None:
        """Note how it went, also over a short outage of Redis: what is not noted comes twice."""
        over = held.since + self._rules.lease_ms / 1000
        while True:
            try:
                self._ledger.called(held.call, attempt, next_in_ms)
            except LedgerUnavailable:
                if time.monotonic() > over or self._leaving.wait(NOTE_AGAIN_S):
                    raise
            else:
                return

    def _tell_age(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._aside = [(until, oldest) for until, oldest in self._aside if until > now]
            born = [held.call.created_ms for held in self._waiting if held.call.attempt == 1]
            born += [oldest for _, oldest in self._aside]
        oldest_s = time.time() - min(born) / 1000 if born else 0.0
        metrics.WEBHOOK_OLDEST.set(max(0.0, oldest_s))


def _reason(reply: Reply, found: Verdict) -> str:
    """Say for the log of deliveries how an attempt went; nothing when it was delivered."""
    if found is Verdict.DELIVERED:
        return ""
    if found is Verdict.GONE:
        return "answered 410: the receiver wants no more"
    if reply.status is not None and 300 <= reply.status <= 399:
        return f"answered {reply.status}: redirects are not followed"
    return reply.error or f"answered {reply.status}"


def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    logs.configure(settings.log_level, "courier")
    stop = told_to_stop()
    rules = Rules(
        schedule_s=settings.webhook_schedule_s,
        timeout_s=settings.webhook_timeout_s,
        target=partial(target_of, settings),
        secrets=partial(webhook_secrets, settings),
    )
    ledger = RedisLedger(connect(settings.ledger_url))
    courier = Courier(ledger, Caller(settings.webhook_timeout_s), rules)
    start_metrics(settings, metrics.Process.COURIER)
    run_until(stop, PERIOD_S, courier.sweep)
    courier.leave()


if __name__ == "__main__":
    main()
