"""The same photos through a running stack, seen from a client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from gateway.client import Kiln
from tests.bench.photos import new_portrait


@dataclass(frozen=True)
class Latency:
    """One job at a time, in ms."""

    total: float  # POST to the terminal event, as the client sees it
    critical: float  # run times along the plan's longest path
    first_glb: float  # POST to the event that shows the GLB

    @property
    def overhead(self) -> float:
        """What the house adds to the work."""
        return self.total - self.critical


def one_job(kiln: Kiln) -> Latency:
    """Send one photo and follow it by its events."""
    photo = new_portrait()
    started = time.perf_counter()
    job = kiln.submit_figurine(photo)
    glb = 0.0
    for event in kiln.stream(job["id"]):
        if event.type == "artifact" and event.data["name"] == "figurine.glb":
            glb = (time.perf_counter() - started) * 1000
        if event.type == "failed":
            raise RuntimeError(event.data)
    total = (time.perf_counter() - started) * 1000
    return Latency(total, critical_path_ms(kiln.job(job["id"])), glb)


def critical_path_ms(job: dict[str, Any]) -> float:
    """Longest chain of run times along the plan (measure, sculpt, slowest of the rest, finish)."""
    run = {stage["id"]: stage["run_ms"] for stage in job["stages"]}
    ends = run["fusion.measure"] + run["fusion.sculpt"] + run["gateway.finish"]
    beside = ("fusion.render", "fusion.print", "fusion.package", "stylize.portrait")
    return float(ends + max(run[name] for name in beside))


def throughput(url: str, photos: list[bytes], clients: int) -> float:
    """Jobs per second with some clients that each send, wait and send again."""

    def run(photo: bytes) -> None:
        with Kiln(url) as kiln:
            job = kiln.submit_figurine(photo)
            done = kiln.wait(job["id"], timeout_s=300)
            if done["state"] != "succeeded":
                raise RuntimeError(done["error"])

    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(run, photos))
    return len(photos) / (time.perf_counter() - started)
