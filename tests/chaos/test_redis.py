"""Redis that stops, dies, hangs, fills up, or drops a connection."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from common import canvas
from tests.bench.photos import new_portrait
from tests.chaos.scene import until
from tests.extent import size

if TYPE_CHECKING:
    from tests.chaos.scene import Scene

LONGEST_S = 6.0  # promised; five times as much would prove nothing here, the socket gives up at 5
HEADROOM_S = 6.0  # for a machine that does other things too


class Poll:
    """Asks the gateway again and again, as clients do, and keeps what came back."""

    def __init__(self, url: str, job: str) -> None:
        self.answers: list[tuple[int, float]] = []
        self.without_retry_after = 0
        self._asks = [("GET", f"{url}/v1/jobs/{job}", None), ("GET", f"{url}/readyz", None)]
        self._asks.append(("POST", f"{url}/v1/figurines", new_portrait()))
        self._stop = threading.Event()
        self.accepted: list[str] = []

    @contextmanager
    def going(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=ask) for ask in self._asks]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _ask(self, method: str, url: str, data: bytes | None) -> None:
        while not self._stop.wait(0.1 if method == "GET" else 1.0):
            started = time.monotonic()
            answer = requests.request(method, url, data=data, timeout=60)
            self.answers.append((answer.status_code, time.monotonic() - started))
            if answer.status_code == 202:
                self.accepted.append(answer.json()["id"])
            if answer.status_code == 503 and "Retry-After" not in answer.headers:
                self.without_retry_after += 1

    def check(self) -> None:
        """503 with Retry-After is the only thing that may go wrong, and it does not take long."""
        codes = {code for code, _ in self.answers}
        assert codes <= {200, 202, 304, 503}, codes
        assert self.without_retry_after == 0
        assert max(seconds for _, seconds in self.answers) < LONGEST_S + HEADROOM_S


@pytest.mark.fault(7, "Redis stops and is back after three seconds", seconds=18)
def test_a_redis_that_restarts_costs_seconds(scene: Scene) -> None:
    jobs = [*scene.figurines(2), *scene.recipes(size(20, 4)), *scene.tiny(size(100, 10))]
    poll = Poll(scene.stack.url, jobs[0])
    with poll.going():
        scene.struck()
        scene.stack.stop("redis")
        time.sleep(3)
        scene.stack.start("redis")
        until(lambda: requests.get(f"{scene.stack.url}/readyz", timeout=10).ok, 60)
    poll.check()
    assert 503 in {code for code, _ in poll.answers}
    scene.track(*poll.accepted)
    scene.succeed(timeout_s=180)


@pytest.mark.fault(8, "Redis is killed right after the 202s", seconds=14)
def test_what_was_accepted_is_on_disk(scene: Scene) -> None:
    jobs = [*scene.recipes(size(50, 5)), *scene.tiny(size(100, 20)), *scene.figurines(2)]
    scene.kill("redis")
    scene.succeed(*jobs, timeout_s=180)


@pytest.mark.fault(9, "Redis stands still (SIGSTOP): half-open connections", seconds=20)
def test_a_redis_that_hangs_is_a_503_and_nothing_is_committed_twice(scene: Scene) -> None:
    jobs = [*scene.figurines(2), *scene.recipes(4), *scene.tiny(10)]
    poll = Poll(scene.stack.url, jobs[0])
    with poll.going():
        scene.struck()
        (pid,) = scene.stack.kill("redis", signal.SIGSTOP)
        assert pid
        time.sleep(size(20, 8))
        scene.stack.kill("redis", signal.SIGCONT)
        time.sleep(2)
    poll.check()
    scene.track(*poll.accepted)
    scene.succeed(timeout_s=180)


@pytest.mark.fault(10, "the broker connections of all workers are cut in mid-stage", seconds=25)
def test_cut_connections_repeat_messages_but_not_commits(scene: Scene) -> None:
    jobs = [*scene.figurines(2), *scene.recipes(4), *scene.tiny(10)]
    for _ in range(size(5, 2)):
        until(lambda now=tuple(jobs): scene.states(now)["running"], 20)
        scene.struck()
        for client in scene.broker.client_list():
            if client["db"] == "0" and client["cmd"] != "client|list":
                scene.broker.client_kill_filter(_id=client["id"])
        time.sleep(1)
        jobs += [*scene.figurines(1), *scene.recipes(2)]
    scene.succeed(*jobs)


@pytest.mark.fault(33, "Redis is full and evicts nothing", seconds=12)
def test_a_full_redis_refuses_new_jobs_and_loses_none(scene: Scene) -> None:
    jobs = [*scene.figurines(2), *scene.recipes(4)]
    before = scene.redis.dbsize()
    scene.struck()
    scene.redis.config_set("maxmemory", "1mb")
    try:
        answer = until(lambda: refused(scene), 20)
        assert int(answer["retry_after"]) >= 1
        time.sleep(size(10, 3))
        assert scene.redis.info("stats")["evicted_keys"] == 0
        assert scene.redis.dbsize() >= before - 5  # leader locks may have run out
    finally:
        scene.redis.config_set("maxmemory", "0")
    scene.succeed(*jobs, timeout_s=180)


def refused(scene: Scene) -> dict[str, Any] | None:
    answer = requests.post(
        f"{scene.stack.url}/v1/recipes", json={"ingredients": ["rice", "eggs"]}, timeout=20
    )
    if answer.status_code == 202:
        scene.track(answer.json()["id"])
        return None
    assert answer.status_code == 503, answer.text
    return {"retry_after": answer.headers["Retry-After"]}


@pytest.mark.fault("L1", "messages vanish from the broker altogether (FLUSHDB)", seconds=12)
def test_a_broker_that_forgot_everything_gets_all_messages_again(scene: Scene) -> None:
    scene.stack.stop("gateway-worker")
    jobs = scene.tiny(size(200, 30))
    scene.struck()
    scene.broker.flushdb()
    scene.stack.start("gateway-worker")
    scene.succeed(*jobs)
    assert all(scene.job(job).republications for job in jobs)


@pytest.mark.fault("L6", "a broker that doubles every message", seconds=10)
def test_every_message_twice_is_no_harm(scene: Scene) -> None:
    scene.struck()
    for job in scene.tiny(size(200, 30)):
        record = scene.job(job)
        try:
            canvas.publish_plan(scene.app, job, record.plan)
        except ValueError:
            pytest.fail("a tiny plan is flat")
    scene.succeed()
