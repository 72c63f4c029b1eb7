"""``make arrival``: requests at a constant rate, and where that ends. Writes ``docs/arrival.md``.

An open loop (``open_loop.py``) asks for jobs at rates that a stack has to stand for minutes, then
at rates that grow until it does not; then the same photo is sent again and again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from common.contracts.stages import QUEUES
from deploy.processes import descendants
from gateway.client import Kiln
from tests.bench.cpu import Accountant
from tests.bench.photos import new_portrait
from tests.commit import stamp
from tests.load.arrival_page import Measured, Step, page
from tests.load.open_loop import Kind, Plan, Seen
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
PHOTO = ROOT / "tests" / "data" / "astronaut.jpg"
LASTING = "200:300,300:180,400:120"
FIRST_STATUS, FIRST_SUBMIT, GROWTH, MOST_STEPS = 400, 20, 1.25, 16
FINISHED, UNFINISHED = 6, 6  # jobs that are asked for
ALONE = 5  # submits a second, of which hardly two meet
WARM_UP_S, SHORT_S = 3.0, 4.0
PARTS = ("gateway", "redis")


def main() -> None:
    """Measure, print the page, write it to the docs."""
    options = _options()
    when, busy = stamp(), os.getloadavg()[0]
    with TestStack() as stack:
        stack.stop("flower")
        measured = measure(stack, options)
    text = "\n".join(page(measured, when, busy)) + "\n"
    print(text)  # noqa: T201
    options.out.write_text(text, "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.arrival", description=__doc__)
    parser.add_argument("--lasting", default=LASTING, help="rate:seconds, comma between steps")
    parser.add_argument("--step", type=float, default=15, help="seconds of a step to the knee")
    parser.add_argument(
        "--short", action="store_true", help="a dry run: seconds instead of minutes"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "arrival.md")
    options = parser.parse_args()
    options.steps = [
        (float(rate), SHORT_S if options.short else float(seconds))
        for rate, _, seconds in (step.partition(":") for step in options.lasting.split(","))
    ]
    options.step = SHORT_S if options.short else options.step
    return options


def measure(stack: TestStack, options: argparse.Namespace) -> Measured:
    """Run everything."""
    with Kiln(stack.url) as kiln:
        finished = [_finished(kiln, PHOTO.read_bytes())]
        finished += [_finished(kiln, new_portrait()) for _ in range(FINISHED - 1)]
        alone, submits = _submitted(stack, options.step)
        with _nobody_works(stack):
            unfinished = [kiln.submit_figurine(new_portrait())["id"] for _ in range(UNFINISHED)]
            reads = _reads(stack, finished, unfinished)
            _drive(stack, reads, 50, WARM_UP_S)
            lasting = [_drive(stack, reads, *step) for step in options.steps]
            to_knee = _to_knee(lambda rate: _drive(stack, reads, rate, options.step), FIRST_STATUS)
        for job in unfinished:
            kiln.cancel(job)
    return Measured(lasting, to_knee, alone, submits, stack.settings.gateway_processes)


def _submitted(stack: TestStack, seconds: float) -> tuple[Step, list[Step]]:
    """Send the same photo: one at a time, then more and more."""
    again = _submits(stack)
    _drive(stack, again, ALONE, WARM_UP_S)
    alone = _drive(stack, again, ALONE, seconds)
    return alone, _to_knee(lambda rate: _drive(stack, again, rate, seconds), FIRST_SUBMIT)


def _finished(kiln: Kiln, photo: bytes) -> str:
    job = kiln.submit_figurine(photo)
    if kiln.wait(job["id"], timeout_s=120)["state"] != "succeeded":
        raise RuntimeError(job["id"])
    return str(job["id"])


@contextmanager
def _nobody_works(stack: TestStack) -> Iterator[None]:
    """Hold jobs unfinished, while the ledger hears of workers: estimates are made as ever."""
    away, ledger = threading.Event(), stack.ledger()
    slots = {queue: (names, ledger.slots([queue])[queue]) for queue, names in _workers(stack)}

    def say() -> None:
        while not away.wait(1.0):
            for queue, (names, count) in slots.items():
                for name in names:
                    ledger.worker_up(queue, name, max(1, count // len(names)))

    programs = ("stylize-worker", "fusion-worker")
    for program in programs:
        stack.stop(program)
    teller = threading.Thread(target=say)
    teller.start()
    try:
        yield
    finally:
        away.set()
        teller.join()
        for program in programs:
            stack.start(program)
        stack.wait_until_ready()


def _workers(stack: TestStack) -> list[tuple[str, list[str]]]:
    return [(queue, names) for queue, names in stack.ledger().workers(QUEUES).items() if names]


def _reads(stack: TestStack, finished: list[str], unfinished: list[str]) -> list[Kind]:
    """Ask for jobs, as polling clients do: some know what they were told last."""
    done = [_head(stack, f"GET /v1/jobs/{job}") for job in finished]
    open_ = [_head(stack, f"GET /v1/jobs/{job}") for job in unfinished]
    return [
        Kind("finished", 0.3, done),
        Kind("finished, known", 0.2, done, ask_again=True),
        Kind("unfinished", 0.3, open_),
        Kind("unfinished, known", 0.2, open_, ask_again=True),
    ]


def _submits(stack: TestStack) -> list[Kind]:
    size = PHOTO.stat().st_size
    told = f"Content-Type: image/jpeg\r\nContent-Length: {size}"
    head = f"{_head(stack, 'POST /v1/figurines')}\r\n{told}"
    known = '"state":"succeeded"'
    return [
        Kind("the same photo again", 1, [head], str(PHOTO), own_key=True, expects=known),
    ]


def _head(stack: TestStack, call: str) -> str:
    return f"{call} HTTP/1.1\r\nHost: {urlsplit(stack.url).netloc}"


def _to_knee(step: Callable[[float], Step], first: float) -> list[Step]:
    """Ask for more and more; the last step is the one that was too much."""
    steps: list[Step] = []
    rate = first
    while not steps or (steps[-1].good and len(steps) < MOST_STEPS):
        steps.append(step(round(rate)))
        rate *= GROWTH
    return steps


def _drive(stack: TestStack, kinds: list[Kind], rate: float, seconds: float) -> Step:
    where = urlsplit(stack.url)
    plan = Plan(where.hostname or "", where.port or 80, rate, seconds, kinds)
    before, machine = _cpu_s(stack), Accountant(dict)
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.open_loop"],
        input=json.dumps(asdict(plan)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=seconds + 120,
    )
    cpu = {part: after - before[part] for part, after in _cpu_s(stack).items()}
    step = Step(rate, seconds, Seen(**json.loads(done.stdout)), cpu, machine.account().taken)
    print(step.line(), flush=True)  # noqa: T201
    return step


def _cpu_s(stack: TestStack) -> dict[str, float]:
    return {
        part: sum(
            sum(psutil.Process(pid).cpu_times()[:2])
            for top in stack.processes(part)
            for pid in (top.pid, *descendants(top.pid))
        )
        for part in PARTS
    }


if __name__ == "__main__":
    main()
