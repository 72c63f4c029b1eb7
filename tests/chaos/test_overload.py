"""Ten times as much as the house can do: some are sent away, and what is accepted stays fast."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests

from deploy.processes import descendants
from tests.chaos.scene import Scene
from tests.extent import FULL, size
from tests.stack import SMALL, TestStack, require_stack

if TYPE_CHECKING:
    from tests.chaos.faults import Faults

PLACES, DEPTH = 20, 8
PATIENT, IMPATIENT = 60, 4
KEPT_MB = 0.04  # in Redis, of a job that has ended (docs/operations.md)
SPARE_MB = 10  # of Redis, for those who are connected


@pytest.fixture
def small_house(faults: Faults) -> Iterator[TestStack]:
    """A house that takes twenty jobs at a time, and eight stages in a queue."""
    require_stack()
    house = TestStack(max_active_jobs=PLACES, max_queue_depth=DEPTH, **SMALL)
    try:
        house.stack.up(240)
        yield house
    finally:
        house.__exit__(None, None, None)


@dataclass
class Crowd:
    """Everybody who wants something at once, and what they were told."""

    scene: Scene
    stop_at: float
    codes: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    asked_s: list[int] = field(default_factory=list)
    returns: Counter[bool] = field(default_factory=Counter)  # found a place after the wait?
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._numbers = itertools.count()

    def patient(self, _: int) -> None:
        """Wait as long as one is told, come back with the same request, then want something new."""
        with requests.Session() as session:
            while time.monotonic() < self.stop_at:
                key, wish, waited = uuid4().hex, self._wish(), False
                while True:
                    answer = self._ask(session, wish, {"Idempotency-Key": key})
                    with self.lock:
                        if waited:
                            self.returns[answer.status_code == 202] += 1
                    if answer.status_code == 202:
                        break
                    wait_s = int(answer.headers["Retry-After"])
                    if time.monotonic() + wait_s > self.stop_at:
                        return
                    time.sleep(wait_s)
                    waited = True

    def impatient(self, _: int) -> None:
        """Ask again at once, whatever is answered."""
        with requests.Session() as session:
            while time.monotonic() < self.stop_at:
                self._ask(session, self._wish(), {})
                time.sleep(0.05)

    def _ask(
        self, session: requests.Session, wish: dict[str, Any], headers: dict[str, str]
    ) -> requests.Response:
        url = f"{self.scene.stack.url}/v1/recipes"
        answer = session.post(url, json=wish, headers=headers, timeout=60)
        with self.lock:
            self.codes[answer.status_code] += 1
            if answer.status_code == 202:
                self.scene.track(answer.json()["id"])
            else:
                self.asked_s.append(int(answer.headers["Retry-After"]))
                self.reasons["deep" if "wait in a queue" in answer.text else "busy"] += 1
        return answer

    def _wish(self) -> dict[str, Any]:
        grams = next(self._numbers) + time.time() % 1
        return {"ingredients": [f"{grams:.3f} g rice", "2 eggs", "1 onion"], "count": 1}


@pytest.mark.fault(
    25, "ten times as many requests as the house can serve, for a minute", seconds=95
)
def test_overload_is_refused_and_what_is_accepted_stays_fast(
    scene: Scene, small_house: TestStack
) -> None:
    inside, seconds = Scene(small_house, scene.faults, scene.row), size(60, 25)
    crowd = Crowd(inside, time.monotonic() + seconds)
    seen: list[tuple[float, float, int]] = []
    for after in (seconds / 3, seconds - 1):
        threading.Timer(
            after, lambda: seen.append((*resident_mb(small_house), len(inside.jobs)))
        ).start()
    threading.Timer(5, inside.struck).start()
    with ThreadPoolExecutor(PATIENT + IMPATIENT) as pool:
        everybody = [pool.submit(crowd.patient, n) for n in range(PATIENT)]
        everybody += [pool.submit(crowd.impatient, n) for n in range(IMPATIENT)]
        for one in everybody:
            one.result()
    inside.conclude()
    assert set(crowd.codes) <= {202, 429, 503}, crowd.codes
    assert crowd.codes[503] > 0, "that was no overload"
    assert crowd.reasons["deep"] > 0, "the depth of a queue has refused nobody"
    assert all(1 <= asked <= 600 for asked in crowd.asked_s)
    # twenty at a time: nobody waits for more than twenty others
    took = sorted(seconds_of(inside, job) for job in inside.jobs)
    p95 = took[int(0.95 * (len(took) - 1))]
    assert p95 < 60
    (gateway, its_redis, jobs), (gateway_later, redis_later, more_jobs) = seen
    assert gateway_later - gateway < 60
    assert redis_later - its_redis < SPARE_MB + KEPT_MB * (more_jobs - jobs)
    came_back = max(1, crowd.returns.total())
    share = crowd.returns[True] / came_back
    scene.row.note = (
        f"{crowd.codes[202]} accepted, {crowd.codes[503]} refused"
        f" ({crowd.reasons['deep']} by depth); p95 {p95:.1f} s; of {came_back} who came back when"
        f" told {share:.0%} got in; {gateway_later - gateway:+.0f} MB gateway,"
        f" {redis_later - its_redis:+.0f} MB Redis"
    )
    assert share > 0.5 or not FULL, scene.row.note  # few have come back in a short run


def seconds_of(scene: Scene, job: str) -> float:
    record = scene.job(job)
    return ((record.finished_ms or 0) - record.created_ms) / 1000


def resident_mb(stack: TestStack) -> tuple[float, float]:
    """Memory of the gateway's processes, and of Redis."""
    gateway = sum(map(rss_mb, descendants(stack.pid("gateway"))))
    return gateway, rss_mb(stack.pid("redis"))


def rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
