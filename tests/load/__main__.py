"""``make load``: photo to recipes with 5 to 30 users at once. Writes ``docs/load.md``.

The users run in a process of their own (Locust replaces the standard library's sockets) against
a stack of their own on the same machine, so what they cost is in the numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.load import pantry, single
from tests.load.report import Load, Machine, Sample, report
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
STEPS = "5:100,10:60,20:50,30:70"
SATURATED_USERS = 30
MOST_DINNERS = 15  # a second, while nobody thinks


def main() -> None:
    """Measure, print the report, write it to the docs."""
    options = _options()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, TestStack() as stack:
        stack.stop("flower")
        text = "\n".join(measure(stack, options, Path(folder), busy)) + "\n"
    print(text)  # noqa: T201
    options.out.write_text(text, "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--steps", default=STEPS, help="users:seconds, comma between steps")
    parser.add_argument("--longer", type=float, default=1, help="all steps so many times longer")
    parser.add_argument("--think", type=float, default=18, help="seconds a user thinks a dinner")
    parser.add_argument("--saturated", type=float, default=20, help="seconds without thinking")
    parser.add_argument("--singles", type=int, default=30, help="dinners of a single user")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "load.md")
    return parser.parse_args()


def measure(stack: TestStack, options: argparse.Namespace, folder: Path, busy: float) -> list[str]:
    """Run everything; returns the lines of the report."""
    steps = [
        (int(users), float(seconds) * options.longer)
        for users, _, seconds in (step.partition(":") for step in options.steps.split(","))
    ]
    thinking = sum(users * seconds / options.think for users, seconds in steps)
    wanted = round(1.5 * thinking + MOST_DINNERS * options.saturated) + 100
    photos = pantry.store_photos(folder / "photos", wanted, stack.settings.recipe_url)
    alone = single.measure(stack, photos, options.singles)
    before = single.cpu_s(stack)
    samples = _swarm(stack, folder, steps, options.think)
    cpu = single.cpu_s(stack) - before
    if options.saturated:
        samples += _swarm(stack, folder, [(SATURATED_USERS, options.saturated)], 0)
    memory = single.resident_mb(stack)
    machine = Machine(busy, cpu, memory)
    times = (options.think, options.saturated)
    return report(Load(alone, samples, machine, steps, *times, photos=bool(photos)))


def _swarm(
    stack: TestStack, folder: Path, steps: list[tuple[int, float]], think_s: float
) -> list[Sample]:
    """Let users come, step by step; returns what each of them saw."""
    seen = folder / "seen.json"
    command = [sys.executable, "-m", "tests.load.swarm", stack.url, str(folder), str(seen)]
    command += [json.dumps(steps), str(think_s)]
    subprocess.run(command, check=True, cwd=ROOT)
    return [Sample(**one) for one in json.loads(seen.read_text())]


if __name__ == "__main__":
    main()
