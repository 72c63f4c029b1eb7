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
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from redis._parsers import _RESP3Parser
from werkzeug.test import create_environ, run_wsgi_app

from common.ledger.recent import RecentJobs
from common.ledger.redis_ledger import RedisLedger
from gateway import answers, recall, submit
from gateway.app import create_app
from gateway.client import Kiln
from gateway.house import EXTENSION
from tests.bench.photos import new_portrait
from tests.commit import stamp
from tests.machine import cores
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "tests" / "data" / "astronaut.jpg"
RUNS = 200  # of each stage: as many as a house remembers that has been at work
AT_ONCE = 5

NEVER = float("inf")

Change = Callable[[ExitStack, Flask], object]
Times = dict[str, tuple[float, float]]  # by case: CPU and wall time in ms
Rows = dict[str, Times]


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
    when, busy = stamp(), os.getloadavg()[0]
    with TestStack() as stack:
        stack.stop("flower")
        rows = measure(stack, options.turns)
    text = "\n".join(page(rows, when, busy)) + "\n"
    print(text)  # noqa: T201
    options.out.write_text(text, "utf-8")


def measure(stack: TestStack, turns: int) -> Rows:
    """Find CPU and wall time in ms by what was taken away and by case."""
    photo = PHOTO.read_bytes()
    with Kiln(stack.url) as kiln:
        finished = kiln.submit_figurine(photo)["id"]
        if kiln.wait(finished, timeout_s=120)["state"] != "succeeded":
            raise RuntimeError(finished)
        for program in ("stylize-worker", "fusion-worker"):
            stack.stop(program)
        unfinished = kiln.submit_figurine(new_portrait())["id"]
    _as_if_at_work(stack)
    cases = [
        Case("finished", lambda app: _get(app, finished)),
        Case("unfinished", lambda app: _get(app, unfinished)),
        Case("unfinished, a moment later", lambda app: _get_later(app, unfinished)),
        Case("the same photo again", lambda app: _post(app, photo)),
    ]
    changes: dict[str, Change] = {"": lambda *_: None, **WITHOUT, "all of these": _all}
    apps = {name: create_app(stack.settings) for name in changes}
    rows: Rows = {name: {case.name: (NEVER, NEVER) for case in cases} for name in changes}
    for _ in range(turns):  # all in turns: whatever else the machine does, it does to all of them
        for name, change in changes.items():
            with ExitStack() as taken_away:
                change(taken_away, apps[name])
                for case in cases:
                    cpu, wall = rows[name][case.name]
                    now_cpu, now_wall = _turn(case, apps[name])
                    rows[name][case.name] = min(cpu, now_cpu), min(wall, now_wall)
    return rows


def _all(stack: ExitStack, app: Flask) -> None:
    for change in WITHOUT.values():
        change(stack, app)


def _as_if_at_work(stack: TestStack) -> None:
    client = stack.ledger()._redis
    for queue, slots in {"stylize": 1, "fusion": 2}.items():  # so that there are estimates
        RedisLedger(client, worker_ttl_ms=3_600_000).worker_up(queue, queue, slots)
    for key in client.keys("kiln:runs:*"):
        client.lpush(key, *range(300, 300 + RUNS))
        client.ltrim(key, 0, RUNS - 1)


def _get(app: Flask, job: str) -> int:
    environ = create_environ(f"/v1/jobs/{job}", "http://localhost")
    return int(run_wsgi_app(app, environ)[1].partition(" ")[0])


def _get_later(app: Flask, job: str) -> int:
    app.extensions[EXTENSION].answers.forget(job)  # the estimate is too old
    return _get(app, job)


def _post(app: Flask, photo: bytes) -> int:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    base = "http://localhost"
    environ = create_environ("/v1/figurines", base, method="POST", data=photo, headers=key)
    body, status, _ = run_wsgi_app(app, environ)
    return int(status.partition(" ")[0]) if b'"state":"succeeded"' in b"".join(body) else 0


def _turn(case: Case, app: Flask) -> tuple[float, float]:
    case.ask(app)  # connects, and brings back what other cases have pushed out
    wall, cpu = time.perf_counter(), time.process_time()
    statuses = {case.ask(app) for _ in range(AT_ONCE)}
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if not statuses <= {200, 202}:
        raise RuntimeError(f"{case.name}: {statuses}")
    return cpu / AT_ONCE * 1000, wall / AT_ONCE * 1000


def page(rows: Rows, when: str, busy: float) -> list[str]:
    """Format the page."""
    whole = rows[""]
    lines = [_row(name or "nothing", found, whole) for name, found in rows.items()]
    return [
        "# What the shortcuts of the gateway save",
        "",
        (
            f"`python -m tests.load.hot_path` {when} on {cores()} with a load average "
            f"of {busy:.1f} before it began. The gateway answers inside the measuring process, not "
            "over HTTP: CPU time of a request in ms, the best of many short turns, and how many "
            "times as much it is without one shortcut, and without all; for the submit the time "
            "that passes, too. `GET` of a finished and of an unfinished figurine, twice within a "
            f"moment and later, in a house that remembers {RUNS} runs of each stage, and `POST` of "
            "a photo whose figurine is remembered. What saves nothing here saves waiting where "
            "Redis and the store are on other hosts: the way through the memos a question for each "
            "level of the plan, a photo that is stored already its upload."
        ),
        "",
        f"| without | {' | '.join(whole)} | the same: time |",
        f"| --- |{' ---: |' * (len(whole) + 1)}",
        *lines,
    ]


def _row(name: str, found: Times, whole: Times) -> str:
    cells = [f"{cpu:.2f} (x {cpu / whole[case][0]:.1f})" for case, (cpu, _) in found.items()]
    last = list(whole)[-1]
    cells.append(f"{found[last][1]:.1f} (x {found[last][1] / whole[last][1]:.1f})")
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
