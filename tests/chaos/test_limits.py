"""Memory, disk and clocks: what a machine runs out of."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from common.ledger.records import Limits, NewJob
from deploy.processes import is_alive
from tests.bench.photos import new_portrait
from tests.chaos.faults import ALWAYS
from tests.chaos.memory import memory_limit
from tests.chaos.scene import OWNER, tiny_plan, until
from tests.chaos.test_workers import assert_dead, hash_of

if TYPE_CHECKING:
    from tests.chaos.scene import Scene


@pytest.mark.fault(22, "out of memory: the kernel kills a worker (control group)", seconds=12)
def test_a_worker_killed_for_its_memory_costs_an_attempt(scene: Scene) -> None:
    greedy = new_portrait()
    scene.faults.at(f"{hash_of(greedy)} fusion.measure", "eat")
    scene.stack.stop("fusion-worker-2")
    pid = scene.stack.pid("fusion-worker-1")
    with memory_limit(pid, more_mb=200):
        scene.struck()
        job, neighbour = scene.figurine(greedy), scene.figurine()
        with suppress(AssertionError):
            until(lambda: scene.stack.pid("fusion-worker-1") not in {0, pid}, 30)
        if is_alive(pid):
            # on a busy machine the kernel may swap pages in and out at the limit for minutes
            # instead of killing; then systemd-oomd would do this
            os.kill(pid, signal.SIGKILL)
    scene.stack.start("fusion-worker-2")
    scene.succeed(job, neighbour)
    assert scene.node(job, "fusion.measure").attempts == 2
    log = (scene.stack.stack.logs / "supervisord.log").read_text()
    assert log.count("terminated by SIGKILL") >= 1


@pytest.mark.fault("22b", "out of memory each time: address space of a worker is full", seconds=3)
def test_a_worker_that_may_not_take_more_memory_says_why(scene: Scene) -> None:
    """RLIMIT_AS: allocation fails instead of a kill. The job has a reason, nothing restarts."""
    greedy = new_portrait()
    scene.faults.at(f"{hash_of(greedy)} fusion.measure", "eat", times=ALWAYS)
    pids = [process.pid for process in scene.stack.processes("fusion-worker")]
    for pid in pids:
        mapped = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
        resource.prlimit(pid, resource.RLIMIT_AS, (mapped + (700 << 20), resource.RLIM_INFINITY))
    scene.struck()
    job, neighbour = scene.figurine(greedy), scene.figurine()
    scene.wait(job)
    assert scene.job(job).state == "failed"
    scene.succeed(neighbour)
    assert [process.pid for process in scene.stack.processes("fusion-worker")] == pids
    for pid in pids:
        infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(pid, resource.RLIMIT_AS, infinite)


@contextmanager
def largest_file(pids: list[int], size: int) -> Iterator[None]:
    """Let processes write no file beyond a size: like a disk that is full, without one."""
    infinite = resource.RLIM_INFINITY
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, infinite))
    try:
        yield
    finally:
        for pid in pids:
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (infinite, infinite))


@pytest.mark.fault(29, "the workers' disk is full", seconds=10)
def test_a_full_disk_is_a_storage_error_after_three_attempts(scene: Scene) -> None:
    pids = [process.pid for process in scene.stack.processes("fusion-worker")]
    with largest_file(pids, 100):
        scene.struck()
        job = scene.figurine()
        scene.wait(job)
        assert_dead(scene, job, "fusion.measure", "storage")
    scene.succeed(scene.figurine())  # and all is well again


@pytest.mark.fault("29b", "the workers' disk is full for a moment", seconds=6)
def test_a_disk_that_has_room_again_in_time_fails_nobody(scene: Scene) -> None:
    pids = [process.pid for process in scene.stack.processes("fusion-worker")]
    with largest_file(pids, 100):
        job = scene.figurine()
        until(lambda: scene.told(job, "retrying")["fusion.measure"], 30)
        scene.struck()
    scene.succeed(job)


@pytest.mark.fault("29c", "the folder of the artifacts is gone for a while", seconds=32)
def test_a_store_that_is_away_refuses_new_jobs_and_loses_none(scene: Scene) -> None:
    """A mount that vanished; root may write into read-only folders, so that would prove nothing."""
    folder = scene.stack.folder / "artifacts"
    away = folder.with_name("artifacts.away")
    photo = new_portrait()
    scene.faults.at(f"{hash_of(photo)} fusion.measure", "sleep", seconds=2)
    job = scene.figurine(photo)
    scene.running(job, "fusion.measure")
    folder.rename(away)
    folder.write_text("not a folder")
    scene.struck()
    try:
        answer = requests.post(f"{scene.stack.url}/v1/figurines", data=new_portrait(), timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage")
        assert "Retry-After" in answer.headers
        assert requests.get(f"{scene.stack.url}/readyz", timeout=10).status_code == 503
        until(lambda: scene.told(job, "retrying")["fusion.measure"] == 2, 30)
        time.sleep(10)  # of the 20 s that the last attempt waits
    finally:
        folder.unlink()
        away.rename(folder)
    scene.succeed(job)


@pytest.mark.fault(30, "the clock of a worker jumps by a minute, forwards and back", seconds=10)
def test_a_wrong_clock_costs_nothing(scene: Scene) -> None:
    """Leases and deadlines go by the time of Redis; only kombu reads the clock of the worker."""
    for jump in (60, -60):
        jobs = [*scene.figurines(1), *scene.recipes(4)]
        scene.struck()
        scene.faults.at("clock", who="-worker-1", seconds=jump)
        time.sleep(1)
        jobs += [*scene.figurines(1), *scene.recipes(4)]
        scene.succeed(*jobs)


@pytest.mark.fault(34, "artifacts expire while one is downloaded and a job runs", seconds=6)
def test_expiry_waits_for_the_reader_and_for_the_job(scene: Scene) -> None:
    # Given a finished job whose results and photo expire at once, in mid-download
    job = short_lived(scene)
    scene.succeed(job)
    url = f"{scene.stack.url}/v1/jobs/{job}/artifacts/manifest.json"
    with requests.get(url, stream=True, timeout=10) as download:
        assert download.status_code == 200
        until(lambda: scene.job(job).artifacts_expired_ms, 20)
        for owner, sha256 in scene.ledger.trash(grace_ms=-1000, limit=10_000):
            path = scene.stack.folder / "artifacts" / owner / sha256[:2] / sha256
            path.unlink(missing_ok=True)  # ten minutes later
            scene.ledger.emptied(owner, sha256)
        # Then the download completes, and afterwards the files are gone
        assert len(download.content) == int(download.headers["Content-Length"])
    assert requests.get(url, timeout=10).status_code == 410
    assert scene.job(job).state == "succeeded"


@pytest.mark.fault("34b", "the life of a photo ends while its job still waits", seconds=9)
def test_the_inputs_of_a_job_live_as_long_as_it_does(scene: Scene) -> None:
    scene.stack.stop("gateway-worker")
    job = short_lived(scene)
    time.sleep(2)  # longer than the photo may live
    note = scene.job(job).artifacts["note"]
    assert scene.stack.store().get(OWNER, note)
    scene.struck()
    scene.stack.start("gateway-worker")
    scene.succeed(job)
    until(lambda: scene.job(job).photo_expired_ms, 20)


def short_lived(scene: Scene) -> str:
    """Accept a job whose photo and results live a second."""
    job = f"short-{os.urandom(8).hex()}"
    note = scene.stack.store().put(OWNER, "note", "text/plain", job.encode(), internal=True)
    lives = {"photo_ttl_ms": 1000, "result_ttl_ms": 1000}
    scene.ledger.accept(
        NewJob(job, OWNER, "figurine", {}, tiny_plan(), (note,), **lives), Limits(100_000)
    )
    return scene.track(job)[0]
