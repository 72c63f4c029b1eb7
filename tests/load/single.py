"""One user at a time, direct recognition, and what the recipe processes hold in memory."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from deploy.processes import descendants
from gateway.client import Kiln
from tests.load.pantry import new_list
from tests.stack import TestStack

WARM_UP = 5
CLIENTS = 4
RATE_S = 8.0


@dataclass(frozen=True)
class Alone:
    """What was measured without a crowd; times in ms."""

    dinners: list[float]  # submit to the last event, as the client sees it
    stages: list[float]  # of it, run times along the plan's longest path
    inference: list[float]  # a photo inside the recipe service: decode, network, answer
    responses: list[float]  # the same photo through the gateway, as the client sees it
    rate: float  # photos a second through the gateway


def measure(stack: TestStack, photos: list[Path], count: int) -> Alone:
    """Measure all of it; ``photos`` are taken from the end of the list and used up."""
    with Kiln(stack.url) as kiln:
        for _ in range(WARM_UP):
            _dinner(kiln, photos)
        pairs = [_dinner(kiln, photos) for _ in range(count)]
    dinners, stages = [total for total, _ in pairs], [run for _, run in pairs]
    if not photos:
        return Alone(dinners, stages, [], [], 0.0)
    inference, responses = _predictions(stack, [path.read_bytes() for path in photos[-40:]])
    return Alone(dinners, stages, inference, responses, _rate(stack, photos))


def _dinner(kiln: Kiln, photos: list[Path]) -> tuple[float, float]:
    had_photos = bool(photos)
    photo = [photos.pop()] if had_photos else []
    wanted = photo and photo[0].read_bytes()
    for path in photo:
        path.unlink()
    started = time.perf_counter()
    if wanted:
        job = kiln.submit_recipe([wanted])
    else:
        job = kiln.submit_recipe(ingredients=new_list(random.Random()))
    end = [event.type for event in kiln.stream(job["id"])][-1]
    total = (time.perf_counter() - started) * 1000
    if end != "succeeded":
        raise RuntimeError(kiln.job(job["id"])["error"])
    return total, _critical_path_ms(kiln.job(job["id"]))


def _critical_path_ms(job: dict[str, Any]) -> float:
    run = {stage["id"]: stage["run_ms"] for stage in job["stages"]}
    beside = max(ms for name, ms in run.items() if name.startswith("recipe.compose"))
    rest = sum(ms for name, ms in run.items() if not name.startswith("recipe.compose"))
    return float(beside + rest)


def _predictions(stack: TestStack, photos: list[bytes]) -> tuple[list[float], list[float]]:
    inside, outside = [], []
    with requests.Session() as session:
        session.trust_env = False
        for photo in photos:
            direct = session.post(f"{stack.settings.recipe_url}/predict", data=photo, timeout=30)
            direct.raise_for_status()
            inside.append(float(direct.headers["X-Process-Time"]) * 1000)
            started = time.perf_counter()
            session.post(f"{stack.url}/predict", data=photo, timeout=30).raise_for_status()
            outside.append((time.perf_counter() - started) * 1000)
    return inside, outside


def _rate(stack: TestStack, photos: list[Path]) -> float:
    """Photos a second with some clients that each send the next as soon as one is answered."""
    began = time.perf_counter()

    def client(number: int) -> int:
        with requests.Session() as session:
            session.trust_env = False
            done = 0
            while time.perf_counter() < began + RATE_S:
                photo = photos[(number + CLIENTS * done) % len(photos)].read_bytes()
                session.post(f"{stack.url}/predict", data=photo, timeout=30).raise_for_status()
                done += 1
            return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        done = sum(pool.map(client, range(CLIENTS)))
    return done / (time.perf_counter() - began)


def cpu_s(stack: TestStack) -> float:
    """CPU seconds that the processes of the stack have taken so far."""
    times = [psutil.Process(pid).cpu_times() for pid in stack.pids() if psutil.pid_exists(pid)]
    return float(sum(one.user + one.system for one in times))


def resident_mb(stack: TestStack) -> dict[str, float]:
    """Memory of the recipe worker and of the recipe service's processes together."""
    return {
        what: sum(
            psutil.Process(pid).memory_info().rss
            for top in stack.processes(name)
            for pid in (top.pid, *descendants(top.pid))
        )
        / 1e6
        for what, name in (
            ("recipe workers' processes together", "recipe-worker"),
            ("recipe service", "recipe"),
        )
    }
