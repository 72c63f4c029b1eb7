"""``make curves``: how cost grows with workers, with the pixels of a photo, with waiting jobs.

Writes ``docs/curves.md`` with its plots, and what one job costs for ``python -m deploy.capacity``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.capacity import MEASURED
from gateway.client import Kiln
from tests.bench.cpu import Accountant, families
from tests.bench.curves_page import (
    CLIENTS,
    DOCS,
    SIDES,
    STAGES,
    Cost,
    Curves,
    Drained,
    Sized,
    draw,
    page,
)
from tests.bench.drive import HttpSystem, crowd
from tests.bench.photos import new_portrait
from tests.bench.yardstick import pace
from tests.commit import stamp
from tests.groceries import have_groceries
from tests.load.pantry import new_list, store_photos
from tests.machine import cores
from tests.stack import TestStack

QUEUES: Final = {"dinners": (10, 30, 100, 300, 1000), "figurines": (10, 30, 100)}  # jobs
DINNERS: Final = 80  # of which the cost is taken
PACES: Final = 5
NOT_OF_A_JOB: Final = ("flower", "prometheus")  # what only looks on


def main() -> None:
    """Measure, plot and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=40, help="figurines for a number of workers")
    parser.add_argument("--each", type=int, default=9, help="jobs for each size of photo")
    parser.add_argument("--longest", type=int, default=1000, help="the longest queue")
    options = parser.parse_args()
    curves = measure(options.jobs, options.each, options.longest)
    draw(curves)
    (DOCS / "curves.md").write_text("\n".join(page(curves)) + "\n", "utf-8")
    MEASURED.write_text(json.dumps(_for_capacity(curves), indent=2) + "\n", "utf-8")


def measure(jobs: int, each: int, longest: int) -> Curves:
    """Run everything: a stack with one fusion worker, then one as ``make up`` starts it."""
    when, busy = stamp(), os.getloadavg()[0]
    paces = [pace() for _ in range(PACES)]
    with TestStack(fusion_workers=1) as stack:
        one = _figurines(stack, _portraits(jobs))
    with TestStack(max_queue_depth=10_000) as stack:
        _figurines(stack, _portraits(3))
        costs, rates, portraits = {}, {1: one}, _portraits(jobs)
        with _taken(stack, portraits, costs, "figurine"):
            rates[2] = _figurines(stack, portraits)
        paces += [pace() for _ in range(PACES)]
        sizes = {side: _sized(stack, side, each) for side in SIDES}
        tables = _tables(stack, DINNERS + CLIENTS)
        _dinners(stack, tables[DINNERS:])
        with _taken(stack, tables[:DINNERS], costs, "recipe"):
            _dinners(stack, tables[:DINNERS])
        send = {"dinners": _send_list, "figurines": _send_portrait}
        drained = [
            _drain(stack, what, many, send[what])
            for what, queues in QUEUES.items()
            for many in queues
            if many <= longest
        ]
    pace_ms = statistics.median(paces) * 1000
    return Curves(when, busy, pace_ms, rates, sizes, drained, costs)


def _for_capacity(curves: Curves) -> dict[str, Any]:
    return {
        "machine": f"{cores()}, load average {curves.busy:.1f} before",
        "when": curves.when,
        "pace": round(curves.pace_ms, 1),
        "recipes_of": "a photo" if have_groceries() else "a list",
        "cpu_ms": {product: cost.cpu_ms for product, cost in curves.costs.items()},
        "files_from": "",  # what there is to say of the next two
        "photo_mb": {product: cost.photo_mb for product, cost in curves.costs.items()},
        "results_mb": {product: cost.results_mb for product, cost in curves.costs.items()},
        "redis_kb": {product: cost.redis_kb for product, cost in curves.costs.items()},
    }


@contextmanager
def _taken(
    stack: TestStack, photos: Sequence[bytes], into: dict[str, Cost], product: str
) -> Iterator[None]:
    """Note what a job for each of these photos takes; a photo is kept as it was sent."""
    jobs = len(photos)
    accountant, stored, records = Accountant(lambda: _kinds(stack)), _stored(stack), _records(stack)
    yield
    used = accountant.account().groups
    files_mb, photos_mb = _stored(stack) - stored, sum(map(len, photos)) / 1e6
    into[product] = Cost(
        {kind: round(1000 * one.seconds / jobs, 2) for kind, one in sorted(used.items())},
        round(photos_mb / jobs, 4),
        round((files_mb - photos_mb) / jobs, 4),
        round((_records(stack) - records) / jobs, 2),
    )


def _portraits(many: int) -> list[bytes]:
    return [new_portrait() for _ in range(many)]


def _figurines(stack: TestStack, photos: list[bytes]) -> float:
    return crowd(HttpSystem(stack.url), photos, CLIENTS).rate


def _sized(stack: TestStack, side: int, each: int) -> Sized:
    totals, runs = [], []
    with Kiln(stack.url) as kiln:
        for _ in range(each):
            started = time.perf_counter()
            job = kiln.wait(kiln.submit_figurine(new_portrait(side))["id"])
            totals.append((time.perf_counter() - started) * 1000)
            runs.append({stage["id"]: stage["run_ms"] for stage in job["stages"]})
    middle = {stage: statistics.median(run[stage] for run in runs) for stage in STAGES}
    return Sized(statistics.median(totals), middle)


def _tables(stack: TestStack, many: int) -> list[bytes]:
    """Photos to make dinners of; empty ones, for a list each, where there are none."""
    with tempfile.TemporaryDirectory() as folder:
        paths = store_photos(Path(folder) / "tables", many, stack.settings.recipe_url)
        return [path.read_bytes() for path in paths] or [b""] * many


def _dinners(stack: TestStack, tables: Sequence[bytes]) -> None:
    """Make all, a few at once."""
    kiln, rng = Kiln(stack.url), random.Random(1)

    def dinner(photo: bytes) -> None:
        listed = {} if photo else {"ingredients": new_list(rng)}
        job = kiln.submit_recipe([photo] if photo else [], **listed)
        if kiln.wait(job["id"])["state"] != "succeeded":
            raise RuntimeError(job)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(dinner, tables))


def _send_list(kiln: Kiln, rng: random.Random) -> str:
    return str(kiln.submit_recipe(ingredients=new_list(rng))["id"])


def _send_portrait(kiln: Kiln, _: random.Random) -> str:
    return str(kiln.submit_figurine(new_portrait())["id"])


def _drain(
    stack: TestStack, what: str, many: int, send: Callable[[Kiln, random.Random], str]
) -> Drained:
    """Send jobs as fast as the house takes them, and wait for all."""
    rng = random.Random(many)
    started = time.perf_counter()
    with Kiln(stack.url) as kiln, ThreadPoolExecutor(CLIENTS) as pool:

        def submit(_: int) -> tuple[str, float]:
            began = time.perf_counter()
            job = send(kiln, rng)
            return job, (time.perf_counter() - began) * 1000

        sent = list(pool.map(submit, range(many)))
        states = Counter(kiln.wait(job)["state"] for job, _ in sent)
    if set(states) != {"succeeded"}:
        raise RuntimeError(f"not all {what} are there: {states}")
    return Drained(what, many, time.perf_counter() - started, [ms for _, ms in sent])


def _kinds(stack: TestStack) -> dict[str, list[int]]:
    """Processes of the stack by what they are, whichever their number."""
    found: dict[str, list[int]] = {}
    for process in stack.processes():
        name = process.name.rstrip("0123456789").rstrip("-")
        if name not in NOT_OF_A_JOB and process.pid:
            found.setdefault(name, []).append(process.pid)
    return families(found, {})


def _stored(stack: TestStack) -> float:
    """MB of all artifacts."""
    files = (stack.settings.data_dir / "artifacts").rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def _records(stack: TestStack) -> float:
    """Return the kB that Redis holds."""
    return float(stack.ledger()._redis.info("memory")["used_memory"]) / 1e3


if __name__ == "__main__":
    main()
