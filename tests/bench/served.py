"""The same photos through a running stack, seen from a client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from common.contracts.figurine import PAIRS, TemplateName
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
    return Latency(total, float(kiln.timeline(job["id"])["critical_path_ms"]), glb)


def other_template_ms(kiln: Kiln) -> float:
    """Approve a portrait, but in another template: from there to the last file."""
    job = kiln.submit_figurine(new_portrait(), pause_after="portrait")
    if kiln.wait(job["id"])["state"] != "paused":
        raise RuntimeError("the job did not wait for its approval")
    started = time.perf_counter()
    kiln.resume(job["id"], template="casual")
    last = [event.type for event in kiln.stream(job["id"])][-1]
    if last != "succeeded":
        raise RuntimeError(last)
    return (time.perf_counter() - started) * 1000


def other_colour_ms(kiln: Kiln) -> float:
    """Ask for a figurine again with other hair: from there to the last file."""
    first = kiln.submit_figurine(new_portrait())
    kiln.wait(first["id"])
    started = time.perf_counter()
    again = kiln.submit_figurine(photo_of=first["id"], hair="#c0622c")
    for event in kiln.stream(again["id"]):
        if event.type == "failed":
            raise RuntimeError(event.data)
    return (time.perf_counter() - started) * 1000


def many_jobs(url: str, count: int, clients: int) -> None:
    """Make figurines of all templates for one person, several at a time."""
    templates = [name for name in TemplateName if name not in PAIRS]

    def run(number: int) -> None:
        with Kiln(url) as kiln:
            wish = {"template": templates[number % len(templates)], "accept": "unprintable"}
            job = kiln.submit_figurine(new_portrait(), **wish)
            done = kiln.wait(job["id"], timeout_s=300)
            if done["state"] != "succeeded":
                raise RuntimeError(done["error"])

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(run, range(count)))
