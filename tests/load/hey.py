"""``hey``, as people run it: the same photo a thousand times, as a raw body."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import requests

from tests.bench.photos import new_portrait
from tests.load.samples import head, row
from tests.load.section import Section
from tests.stack import TestStack

CLIENTS = 10
LONGEST_S = 300.0
RAW, FORM = "image/jpeg", "multipart/form-data"  # the second without a boundary, as they send it
OPEN = ("queued", "running")


@dataclass(frozen=True)
class Heyday:
    """What hey printed."""

    sent_as: str
    known: bool  # the photo was known before
    rate: float
    ms: dict[int, float]  # by percentile
    statuses: dict[int, int]
    ended_s: float  # after which all jobs have ended
    failed: int


def run(stack: TestStack, folder: Path, options: argparse.Namespace) -> Section:
    """Run hey with a new photo, then again and again with the same one."""
    if shutil.which("hey") is None:
        return Section("hey", ["Not run: there is no `hey` here (`apt install hey`)."])
    photo = folder / "photo.jpg"
    photo.write_bytes(new_portrait())
    runs = ((RAW, False), (RAW, True), (FORM, True))
    days = [_day(stack, photo, kind, options.hey, known=known) for kind, known in runs]
    lines = [
        (
            f"`hey -n {options.hey} -c {CLIENTS} -m POST -T TYPE -D photo.jpg "
            "http://127.0.0.1:8000/api/upload`: a portrait of 1024² pixels as the raw body. "
            "The first time, nobody has seen the photo: each request is accepted as a job of its "
            "own, and the stages of all but the first ones are remembered. After that everything "
            "is known, and the answer is the finished figurine."
        ),
        "",
        *head(("type", "photo", "requests/s", "p50 / p95 / p99, ms", "answers", "all jobs ended",
               "failed")),
        *map(_row, days),
    ]  # fmt: skip
    return Section("hey", lines, {"days": [asdict(day) for day in days]})


def _day(stack: TestStack, photo: Path, kind: str, count: int, *, known: bool) -> Heyday:
    failed = _count(stack, "failed")
    began = time.perf_counter()
    said = subprocess.run(
        ["hey", "-n", str(count), "-c", str(CLIENTS), "-m", "POST", "-T", kind,
         "-D", str(photo), f"{stack.url}/api/upload"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    _wait_for_all(stack)
    found = re.findall(r"(\d+)% in ([\d.]+) secs", said)
    return Heyday(
        sent_as=kind,
        known=known,
        rate=float(re.findall(r"Requests/sec:\s+([\d.]+)", said)[0]),
        ms={int(percent): float(seconds) * 1000 for percent, seconds in found},
        statuses={int(a): int(b) for a, b in re.findall(r"\[(\d{3})\]\s+(\d+) responses", said)},
        ended_s=time.perf_counter() - began,
        failed=_count(stack, "failed") - failed,
    )


def _wait_for_all(stack: TestStack) -> None:
    give_up = time.monotonic() + LONGEST_S
    while any(_count(stack, state) for state in OPEN):
        if time.monotonic() > give_up:
            raise TimeoutError(f"jobs are unfinished {LONGEST_S:g} s after hey has ended")
        time.sleep(1)  # looking costs something, too


def _count(stack: TestStack, state: str) -> int:
    answer = requests.get(f"{stack.url}/v1/jobs?state={state}&limit=100", timeout=30)
    answer.raise_for_status()
    return len(answer.json()["jobs"])


def _row(day: Heyday) -> str:
    statuses = ", ".join(
        f"{count} times {status}" for status, count in sorted(day.statuses.items())
    )
    return row(
        (
            f"`{day.sent_as}`",
            "known" if day.known else "new",
            f"{day.rate:.0f}",
            " / ".join(f"{day.ms.get(percent, 0):.0f}" for percent in (50, 95, 99)),
            statuses,
            f"{day.ended_s:.0f} s after the start",
            day.failed,
        )
    )
