"""``python -m tests.load.hot_path``: what each shortcut of the gateway saves, in one run.

The gateway answers inside this process, on the Redis of a real stack, with one shortcut taken away
at a time and with all of them; CPU time of a request, the best of many short turns. Writes
``docs/hot_path.md``.
"""

from __future__ import annotations

import argparse
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from redis._parsers import _RESP3Parser

from common.ledger.recent import RecentJobs
from common.ledger.redis_ledger import RedisLedger
from gateway import answers, recall, submit
from gateway.app import create_app
from gateway.client import Kiln
from gateway.house import EXTENSION
from tests.bench.photos import new_portrait
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "tests" / "data" / "astronaut.jpg"
RUNS = 200  # of each stage: as many as a house remembers that has been at work
AT_ONCE = 5

Change = Callable[[ExitStack, Flask], object]


@dataclass(frozen=True)
class Case:
    """Requests of one kind."""

    name: str
    ask: Callable[[Flask], int]  # status


def _ledger(app: Flask) -> RedisLedger:
    ledger = app.extensions[EXTENSION].ledger
    assert isinstance(ledger, RedisLedger)
    return ledger


def _parse_in_python(_: ExitStack, app: Flask) -> None:
    _ledger(app)._redis.connection_pool.connection_kwargs["parser_class"] = _RESP3Parser


def _parse_again(stack: ExitStack, app: Flask) -> None:
    stack.enter_context(patch.object(_ledger(app), "_recent", RecentJobs(kept=0)))


def _write_again(stack: ExitStack, _: Flask) -> None:
    stack.enter_context(patch.object(answers, "KEPT", 0))


def _read_runs_again(stack: ExitStack, app: Flask) -> None:
    stack.enter_context(patch.object(_ledger(app), "runs_for_s", 0.0))


def _level_by_level(stack: ExitStack, _: Flask) -> None:
    stack.enter_context(patch.object(recall, "WAYS_KEPT", 0))


def _store_again(stack: ExitStack, _: Flask) -> None:
    stack.enter_context(patch.object(submit, "_are_stored", lambda *_: False))


WITHOUT: dict[str, Change] = {
    "the parser in C": _parse_in_python,
    "records that did not change": _parse_again,
    "answers that did not change": _write_again,
    "run times of a second ago": _read_runs_again,
    "the way through the memos": _level_by_level,
    "photos that are stored already": _store_again,
}


def main() -> None:
    """Measure, print the page, write it to the docs."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.hot_path", description=__doc__)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "hot_path.md")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    with TestStack() as stack:
        stack.stop("flower")
        rows = measure(stack, options.turns)
    text = "\n".join(page(rows, busy)) + "\n"
    print(text)  # noqa: T201
    options.out.write_text(text, "utf-8")


def measure(stack: TestStack, turns: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Find CPU and wall time in ms by what was taken away and by case."""
    photo = PHOTO.read_bytes()
    with Kiln(stack.url) as kiln:
        finished = kiln.submit_figurine(photo)["id"]
        if kiln.wait(finished, timeout_s=120)["state"] != "succeeded":
            raise RuntimeError(finished)
        for program in ("stylize-worker", "fusion-worker"):
            stack.stop(program)
        unfinished = kiln.submit_figurine(new_portrait())["id"]
    _remember_many_runs(stack)
    cases = [
        Case("finished", lambda app: _get(app, finished)),
        Case("unfinished", lambda app: _get(app, unfinished)),
        Case("the same photo again", lambda app: _post(app, photo)),
    ]
    rows: dict[str, dict[str, tuple[float, float]]] = {}
    everything = {"": lambda *_: None, **WITHOUT, "all of these": _all}
    for name, change in everything.items():
        with _app(stack, change) as app:
            rows[name] = {case.name: _best(case, app, turns) for case in cases}
    return rows


def _all(stack: ExitStack, app: Flask) -> None:
    for change in WITHOUT.values():
        change(stack, app)


def _remember_many_runs(stack: TestStack) -> None:
    client = stack.ledger()._redis
    for key in client.keys("kiln:runs:*"):
        client.lpush(key, *range(300, 300 + RUNS))
        client.ltrim(key, 0, RUNS - 1)


@contextmanager
def _app(stack: TestStack, change: Change) -> Iterator[Flask]:
    with ExitStack() as changes:
        app = create_app(stack.settings)
        change(changes, app)
        slots = {"stylize": 1, "fusion": 2}
        for queue, count in slots.items():  # so that there are estimates
            RedisLedger(_ledger(app)._redis, worker_ttl_ms=3_600_000).worker_up(queue, queue, count)
        yield app


def _get(app: Flask, job: str) -> int:
    return int(app.test_client().get(f"/v1/jobs/{job}").status_code)


def _post(app: Flask, photo: bytes) -> int:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    answer = app.test_client().post("/v1/figurines", data=photo, headers=key)
    return int(answer.status_code) if answer.json["state"] == "succeeded" else 0


def _best(case: Case, app: Flask, turns: int) -> tuple[float, float]:
    best_cpu = best_wall = float("inf")
    for _ in range(turns + 3):  # the first turns warm up, and are not the best
        wall, cpu = time.perf_counter(), time.process_time()
        statuses = {case.ask(app) for _ in range(AT_ONCE)}
        best_cpu = min(best_cpu, (time.process_time() - cpu) / AT_ONCE)
        best_wall = min(best_wall, (time.perf_counter() - wall) / AT_ONCE)
        if not statuses <= {200, 202}:
            raise RuntimeError(f"{case.name}: {statuses}")
    return best_cpu * 1000, best_wall * 1000


def page(rows: dict[str, dict[str, tuple[float, float]]], busy: float) -> list[str]:
    """Format the page."""
    whole = rows.pop("")
    lines = []
    for without, found in rows.items():
        cells = (
            f"{cpu:.2f} (x {cpu / whole[case][0]:.1f}) | {wall:.2f} (x {wall / whole[case][1]:.1f})"
            for case, (cpu, wall) in found.items()
        )
        lines.append(f"| {without} | {' | '.join(cells)} |")
    now = " | ".join(f"{cpu:.2f} | {wall:.2f}" for cpu, wall in whole.values())
    return [
        "# What the shortcuts of the gateway save",
        "",
        (
            f"`python -m tests.load.hot_path` on {os.cpu_count()} cores with a load average of "
            f"{busy:.1f} before it began. The gateway answers inside the measuring process, not "
            "over HTTP: CPU time and wall time of a request in ms, the best of many turns, and how "
            "many times as much it is without one shortcut, and without all. `GET` of a "
            f"finished and of an unfinished figurine, in a house that remembers {RUNS} runs of "
            "each stage, and `POST` of a photo whose figurine is remembered."
        ),
        "",
        f"| without | {' | '.join(f'{case}: CPU | wall' for case in whole)} |",
        f"| --- |{' ---: |' * 2 * len(whole)}",
        f"| nothing | {now} |",
        *lines,
    ]


if __name__ == "__main__":
    main()
