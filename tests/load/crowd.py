"""Lets users come to a stack, in a process of their own: Locust replaces the sockets of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.photos import new_portrait
from tests.load.samples import Sample
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
Steps = list[tuple[int, float]]  # users, seconds


@dataclass(frozen=True)
class Crowd:
    """Who comes, when, and how long they think."""

    who: dict[str, int]  # kinds of users (see ``swarm.KINDS``), and how many of each for how many
    steps: Steps
    think_s: dict[str, float]  # a kind's seconds between two meals or figurines


def steps_of(text: str, longer: float) -> Steps:
    """Read ``users:seconds,users:seconds``."""
    pairs = (step.partition(":") for step in text.split(","))
    return [(int(users), float(seconds) * longer) for users, _, seconds in pairs]


def come(stack: TestStack, folder: Path, crowd: Crowd) -> list[Sample]:
    """Return what each of them saw. Photos are taken from the folder, each once."""
    seen = folder / "seen.json"
    told = asdict(crowd) | {"url": stack.url, "folder": str(folder), "seen": str(seen)}
    command = [sys.executable, "-m", "tests.load.swarm", json.dumps(told)]
    subprocess.run(command, check=True, cwd=ROOT)
    return [Sample(**one) for one in json.loads(seen.read_text())]


def store_portraits(folder: Path, count: int) -> None:
    """Write portraits, never twice the same."""
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number:05}.jpg").write_bytes(new_portrait())


def wanted(steps: Steps, think_s: float, share: float = 1.0) -> int:
    """How many photos such users may take, with some to spare."""
    return round(1.5 * share * sum(users * seconds / think_s for users, seconds in steps)) + 20
