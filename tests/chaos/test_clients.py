"""Clients that repeat themselves, change their mind, come in crowds or send bombs."""

from __future__ import annotations

import io
import itertools
import os
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from common.ledger.records import Approval
from deploy.processes import descendants
from tests.bench.photos import new_portrait
from tests.chaos.scene import Scene, until
from tests.chaos.test_workers import hash_of
from tests.extent import size
from tests.stack import TestStack


# -- 19: the same request from many ------------------------------------------------------------
@pytest.mark.fault(19, "one Idempotency-Key from fifty clients at once", seconds=6)
def test_fifty_clients_with_one_key_share_one_job(scene: Scene) -> None:
    key, photo = os.urandom(8).hex(), new_portrait()

    def submit(body: bytes) -> requests.Response:
        url = f"{scene.stack.url}/v1/figurines"
        return requests.post(url, data=body, headers={"Idempotency-Key": key}, timeout=60)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(submit, [photo] * 50))
    assert {answer.status_code for answer in answers} <= {200, 202}
    (job,) = {answer.json()["id"] for answer in answers}
    scene.track(job)
    scene.struck()
    other = submit(new_portrait())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    scene.succeed(job)


# -- 20: cancel ------------------------------------------------------------
def cancel(scene: Scene, job: str) -> int:
    return requests.post(f"{scene.stack.url}/v1/jobs/{job}/cancel", timeout=20).status_code


@pytest.mark.fault(20, "cancel: queued, running, between stages, twice, after the end", seconds=30)
def test_a_cancelled_job_ends_at_once_and_never_runs_later(scene: Scene) -> None:
    photo = new_portrait()
    scene.faults.at(f"{hash_of(photo)} fusion.sculpt", "sleep", seconds=3)
    # running
    job = scene.figurine(photo)
    scene.running(job, "fusion.sculpt")
    scene.struck()
    started = time.monotonic()
    assert cancel(scene, job) == 202
    assert scene.job(job).state == "cancelled"
    assert time.monotonic() - started < 5  # promised: one second
    assert cancel(scene, job) == 202  # twice is once
    # while no worker is there: it does not run when one comes
    for workers in ("fusion-worker", "stylize-worker"):
        scene.stack.stop(workers)
    queued = scene.figurine()
    assert cancel(scene, queued) == 202
    for workers in ("fusion-worker", "stylize-worker"):
        scene.stack.start(workers)
    # between two stages: measured, and the next one is ready
    scene.stack.stop("recipe-worker")
    paused = scene.recipe(pause_after="ingredients")
    scene.stack.start("recipe-worker")
    until(lambda: scene.job(paused).state == "paused", 60)
    assert cancel(scene, paused) == 202
    assert scene.ledger.resume(paused, "local", Approval({})).status == "not_paused"
    # after the end
    done = scene.recipe()
    scene.succeed(done)
    assert cancel(scene, done) == 409
    time.sleep(4)  # what still ran has ended
    for one in (job, queued, paused):
        assert scene.ledger.events(one)[-1].type == "cancelled"
    assert not scene.told(queued, "running")
    assert not scene.told(job, "done")["fusion.sculpt"]


# -- 26: event streams ------------------------------------------------------------
def gateway_rss_mb(stack: TestStack) -> float:
    pages = [
        int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        for pid in descendants(stack.pid("gateway"))
    ]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.fault(
    26, "200 event streams that break off, resume, and outlive a gateway", seconds=20
)
def test_a_crowd_of_streams_misses_nothing_and_is_no_burden(scene: Scene) -> None:
    scene.stack.stop("stylize-worker")
    job = scene.figurine()
    connections = len(scene.redis.client_list())
    streams = [Stream(scene, job) for _ in range(size(200, 60))]
    for stream in streams:
        stream.start()
    until(lambda: all(stream.seen for stream in streams), 60)
    waits = sorted(health_s(scene) for _ in range(size(200, 50)))
    p50, p99 = (1000 * waits[int(share * (len(waits) - 1))] for share in (0.5, 0.99))
    scene.row.note = f"`/health` beside them: p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    scene.struck()
    for pid in descendants(scene.stack.pid("gateway")):
        os.kill(pid, 15)  # one process after the other is told to leave
        time.sleep(1)
    scene.stack.start("stylize-worker")
    scene.succeed(job)
    for stream in streams:
        stream.join(90)
    ids = [event.id for event in scene.ledger.events(job)]
    assert all(stream.seen == ids for stream in streams)
    # a pool keeps what a rush needed at once; each stream was opened many times over
    until(lambda: len(scene.redis.client_list()) <= connections + len(streams) + 20, 30)


def health_s(scene: Scene) -> float:
    started = time.monotonic()
    assert requests.get(f"{scene.stack.url}/health", timeout=10).ok
    return time.monotonic() - started


class Stream(threading.Thread):
    """Follows a job as a browser does: drops the line after a while, comes back, on and on."""

    def __init__(self, scene: Scene, job: str) -> None:
        super().__init__(daemon=True)
        self.seen: list[str] = []
        self._url = f"{scene.stack.url}/v1/jobs/{job}/events"
        self._give_up = time.monotonic() + 150

    def run(self) -> None:
        piece = itertools.count(2)
        while time.monotonic() < self._give_up:
            try:
                if self._read(next(piece)):
                    return
            except requests.RequestException:
                pass
            time.sleep(0.2)

    def _read(self, most: int) -> bool:
        headers = {"Last-Event-ID": self.seen[-1]} if self.seen else {}
        with requests.get(self._url, headers=headers, stream=True, timeout=30) as answer:
            if answer.status_code == 204:
                return True
            if answer.status_code != 200:
                return False
            for line in answer.iter_lines(decode_unicode=True):
                if line.startswith("id:"):
                    self.seen.append(line.removeprefix("id:").strip())
                    most -= 1
                if most == 0:
                    return False
        return False


# -- 31: bombs ------------------------------------------------------------
def png(width: int, height: int) -> bytes:
    """Encode a PNG of zeros: a few kilobytes, whatever it says of its size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b""))
    out = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    out.seek(0, os.SEEK_END)
    for kind, data in chunks:
        checksum = zlib.crc32(kind + data)
        out.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum))
    return out.getvalue()


@pytest.mark.fault(31, "bombs: 50k x 50k pixels, 21 MB, 1001 parts, half a JPEG", seconds=2)
def test_bombs_are_refused_at_once_and_leave_no_trace(scene: Scene) -> None:
    url = f"{scene.stack.url}/v1/figurines"
    parts = {f"field{n}": (None, "x") for n in range(1001)}
    bombs: dict[str, tuple[dict[str, Any], set[int]]] = {
        "pixels": ({"files": {"photo": ("me.png", png(50_000, 50_000))}}, {422}),
        "bytes": ({"files": {"photo": ("me.jpg", bytes(60_000_000))}}, {413}),
        "parts": ({"files": parts}, {413, 422}),
        "half": ({"files": {"photo": ("me.jpg", new_portrait()[:-5000])}}, {422}),
    }
    before = gateway_rss_mb(scene.stack)
    for name, (sent, codes) in bombs.items():
        started = time.monotonic()
        answer = requests.post(url, timeout=30, **sent)
        assert answer.status_code in codes, (name, answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert time.monotonic() - started < 0.2 * 10, name  # promised: 200 ms
    assert gateway_rss_mb(scene.stack) - before < 50 + 60  # two copies of the largest in transit
    scene.succeed(scene.recipe())


# -- 32: metrics ------------------------------------------------------------
@pytest.mark.fault(32, "a corrupt metrics file, and one of a process long gone", seconds=2)
def test_metrics_are_told_whatever_lies_in_their_folder(scene: Scene) -> None:
    (folder,) = (scene.stack.folder / "metrics").glob("gateway-*")
    assert list(folder.glob("*.db"))
    corrupt, stale = folder / "counter_999999.db", folder / "gauge_livesum_999998.db"
    corrupt.write_bytes(b"\xff" * 64)
    stale.write_bytes(b"")
    try:
        answer = requests.get(f"{scene.stack.url}/metrics", timeout=10)
        assert answer.status_code == 200
        assert "kiln_http_request_duration_seconds" in answer.text
    finally:
        corrupt.unlink(missing_ok=True)
        stale.unlink(missing_ok=True)
    scene.succeed(scene.recipe())
