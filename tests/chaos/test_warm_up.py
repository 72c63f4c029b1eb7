"""Workers that die or cannot start while they load their models; restarts of everything."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests

from deploy.processes import descendants
from tests.chaos.scene import until
from tests.extent import size

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chaos.scene import Scene


@pytest.mark.fault(23, "SIGKILL while the models are loaded", seconds=18)
def test_a_worker_killed_while_it_warms_up_takes_no_job(scene: Scene) -> None:
    scene.faults.at("warm up", "sleep", times=2, seconds=12, who="stylize")  # it fades after ten
    scene.kill("stylize-worker")
    until(lambda: scene.faults.made("warm up") == 1, 60)
    scene.kill("stylize-worker")  # in the middle of its warm-up
    until(lambda: "worker stylize" in scene.stack.missing(), 40)
    # Then other queues go on, and what needs this one waits
    job = scene.figurine()
    scene.succeed(scene.recipe())
    scene.stack.wait_until_ready(90)
    scene.succeed(job)
    assert scene.told(job, "running")["stylize.portrait"] == 1


@pytest.mark.fault("23b", "the file of a model is missing", seconds=16)
def test_a_worker_without_its_model_is_named_and_its_jobs_wait(
    scene: Scene, models_dir: Path
) -> None:
    link = models_dir / "selfie_segmentation.tflite"
    target = link.readlink()
    link.unlink()
    try:
        scene.kill("stylize-worker")
        until(lambda: "worker stylize" in scene.stack.missing(), 40)
        job = scene.figurine()
        scene.succeed(scene.recipe())
        until(lambda: scene.told(job, "done")["fusion.print"], 60)
        assert scene.job(job).state == "running"
    finally:
        link.symlink_to(target)
    scene.stack.wait_until_ready(120)  # the supervisor pauses between its tries
    scene.succeed(job)


@pytest.mark.fault(24, "a worker with a warm-up of ten seconds is killed", seconds=27)
def test_a_slow_warm_up_is_no_kill_loop(scene: Scene) -> None:
    """Threads have no children to give up on: the whole worker comes back, once."""
    scene.faults.at("warm up", "sleep", times=10, seconds=10, who="fusion-worker-1")
    job = scene.figurine()
    scene.struck()
    (killed,) = scene.stack.kill("fusion-worker-1")
    until(lambda: scene.stack.pid("fusion-worker-1") not in {0, killed}, 60)
    pid = scene.stack.pid("fusion-worker-1")
    until(lambda: scene.faults.made("warm up"), 60)
    until(lambda: len(scene.ledger.workers(["fusion"])["fusion"]) == 1, 30)  # it has faded
    until(lambda: len(scene.ledger.workers(["fusion"])["fusion"]) == 2, 90)
    assert scene.stack.pid("fusion-worker-1") == pid
    assert scene.faults.made("warm up") == 1
    scene.succeed(job)


@pytest.mark.fault(28, "every process is restarted (SIGTERM) under load", seconds=55)
def test_a_rolling_restart_fails_no_job_and_no_client(scene: Scene) -> None:
    clients = Clients(scene)
    clients.start()
    try:
        for process in scene.stack.processes():  # each by itself, also of those that are many
            if process.name not in {"gateway", "redis"} and process.pid:
                scene.struck()
                scene.stack.restart(process.name)
        scene.struck()
        # one process of the gateway after the other; its master keeps the port open
        for pid in descendants(scene.stack.pid("gateway")):
            os.kill(pid, signal.SIGTERM)
            time.sleep(size(5, 2))
        scene.stack.wait_until_ready(90)
        scene.struck()
        scene.stack.restart("redis")
        scene.stack.wait_until_ready(90)
        time.sleep(2)
    finally:
        clients.stop()
    scene.track(*clients.accepted)
    scene.succeed(timeout_s=size(600, 180))
    assert clients.accepted
    assert set(clients.codes) <= {202, 503}, clients.codes
    assert clients.dropped == [], "a request was cut off"
    assert clients.in_vain == [], "Retry-After was no good advice"
    scene.row.note = f"{clients.codes[202]} accepted, {clients.codes[503]} times 503"


class Clients:
    """Submit recipes, one after the other; after a 503 come back exactly when told, no sooner."""

    def __init__(self, scene: Scene, count: int = 2) -> None:
        self.accepted: list[str] = []
        self.codes: Counter[int] = Counter()
        self.dropped: list[str] = []
        self.in_vain: list[str] = []
        self._url = f"{scene.stack.url}/v1/recipes"
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._go, args=(n,)) for n in range(count)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _go(self, number: int) -> None:
        turn = 0
        while not self._stop.wait(0.3):
            turn += 1
            wish = {"ingredients": [f"{turn + number / 10} g rice", "eggs", "onion"], "count": 1}
            self._get_in(wish)

    def _get_in(self, wish: dict[str, Any]) -> None:
        headers = {"Idempotency-Key": uuid4().hex}
        for _ in range(10):
            try:
                answer = requests.post(self._url, json=wish, headers=headers, timeout=60)
            except requests.RequestException as exc:
                self.dropped.append(repr(exc))
                return
            self.codes[answer.status_code] += 1
            if answer.status_code == 202:
                self.accepted.append(answer.json()["id"])
            if answer.status_code != 503:
                return
            time.sleep(int(answer.headers["Retry-After"]))
        self.in_vain.append(headers["Idempotency-Key"])
