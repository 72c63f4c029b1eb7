"""``python -m tests.load.peer_status``: status reads a second, ours and FastAPI's, side by side.

One process each, the same Redis, the same record, the same client, in turns. Writes
``docs/peer_status.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from deploy.processes import descendants
from gateway.client import Kiln
from tests.bench.peers.launch import free_ports, running, wait_until_ready
from tests.bench.peers.venv import peers_python
from tests.commit import stamp
from tests.machine import cores
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
TEXT = "peer"  # key of the text that lies ready
PHOTO = ROOT / "tests" / "data" / "astronaut.jpg"
OURS, RECORD, READY = "Kiln", "FastAPI, from the record", "FastAPI, a text that lies ready"


@dataclass(frozen=True)
class Turn:
    """Some seconds of one server."""

    rate: float  # requests a second
    p50_ms: float
    p99_ms: float
    cpu_ms: float  # of the server, a request


def main() -> None:
    """Measure, print the page, write it to the docs."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.peer_status", description=__doc__)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3, help="of a turn")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "peer_status.md")
    options = parser.parse_args()
    when, busy, python = stamp(), os.getloadavg()[0], peers_python()
    with TestStack(gateway_processes=1) as stack:
        stack.stop("flower")
        turns = measure(stack, python, options)
    text = "\n".join(page(turns, options, when, busy)) + "\n"
    print(text)  # noqa: T201
    options.out.write_text(text, "utf-8")


def measure(
    stack: TestStack, python: Path, options: argparse.Namespace
) -> Mapping[str, Sequence[Turn]]:
    """Let each server answer in turns."""
    with Kiln(stack.url) as kiln:
        job = kiln.submit_figurine(PHOTO.read_bytes())["id"]
        if kiln.wait(job, timeout_s=120)["state"] != "succeeded":
            raise RuntimeError(job)
    (port,) = free_ports(1)
    os.environ["PEER_REDIS"] = stack.settings.ledger_url  # not on a command line: it has a password
    with running(python, {"peer": [("tests.load.peer_app", str(port))]}) as pids:
        wait_until_ready([str(port)])
        _on_the_cores_of(stack.pid("gateway"), pids["peer"])
        urls = {
            OURS: f"{stack.url}/v1/jobs/{job}",
            RECORD: f"http://127.0.0.1:{port}/v1/jobs/{job}",
            READY: f"http://127.0.0.1:{port}/text/{TEXT}",
        }
        _lay_ready(stack, job, urls)
        tops = {OURS: [stack.pid("gateway")], RECORD: pids["peer"], READY: pids["peer"]}
        turns: dict[str, list[Turn]] = {name: [] for name in urls}
        for _ in range(options.rounds + 1):
            for name, url in urls.items():
                turns[name].append(_turn(url, options, lambda name=name: _cpu_s(tops[name])))
    return {name: found[1:] for name, found in turns.items()}  # the first round warms up


def _on_the_cores_of(ours: int, peers: Sequence[int]) -> None:
    """Keep the peer to the core that our process keeps to."""
    allowed = set[int].union(*(os.sched_getaffinity(pid) for pid in descendants(ours)))
    for pid in peers:
        os.sched_setaffinity(pid, allowed)


def _lay_ready(stack: TestStack, job: str, urls: Mapping[str, str]) -> None:
    """Put our text into Redis for the peer, and see that all three tell the same."""
    ours = requests.get(urls[OURS], timeout=10)
    stack.ledger()._redis.set(TEXT, ours.content)
    for name, url in urls.items():
        told = requests.get(url, timeout=10).json() | {"warnings": []}
        if told != ours.json() | {"warnings": []}:
            raise RuntimeError(f"{name} tells something else")


def _turn(url: str, options: argparse.Namespace, cpu_s: Callable[[], float]) -> Turn:
    before = cpu_s()
    command = (sys.executable, "-m", "tests.load.closed_loop", url)
    done = subprocess.run(
        (*command, str(options.connections), str(options.seconds)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    seen = json.loads(done.stdout)
    cpu_ms = (cpu_s() - before) * 1000 / seen["count"]
    return Turn(seen["rate"], seen["p50_ms"], seen["p99_ms"], cpu_ms)


def _cpu_s(tops: Sequence[int]) -> float:
    pids = [pid for top in tops for pid in (top, *descendants(top))]
    return float(sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids))


def page(
    turns: Mapping[str, Sequence[Turn]], options: argparse.Namespace, when: str, busy: float
) -> list[str]:
    """Format the page."""
    ours = turns[OURS]
    rows = []
    for name, found in turns.items():
        ratio = statistics.median(a.rate / b.rate for a, b in zip(ours, found, strict=True))
        cpu = statistics.median(b.cpu_ms / a.cpu_ms for a, b in zip(ours, found, strict=True))
        cells = (
            f"{statistics.median(turn.rate for turn in found):.0f}",
            f"{statistics.median(turn.p50_ms for turn in found):.2f}",
            f"{statistics.median(turn.p99_ms for turn in found):.2f}",
            f"{statistics.median(turn.cpu_ms for turn in found):.2f}",
            *(f"{ratio:.2f}", f"{cpu:.2f}"),
        )
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return [
        "# Reading a job: Kiln and FastAPI",
        "",
        (
            f"`python -m tests.load.peer_status` {when} on {cores()} with a load "
            f"average of {busy:.1f} before it began; client, Redis and servers on the same "
            f"machine, one process each, {options.connections} kept-alive connections that ask "
            f"all the time, medians of {options.rounds} rounds of {options.seconds:g} s in "
            "turns. A finished figurine, some six kilobytes of JSON. Kiln serves it with its "
            "real settings: owners, ETag, request id, metrics and headers. The peer is FastAPI "
            "on uvicorn with uvloop and httptools, and has none of that: once it reads the same "
            "record and writes the same JSON, once it sends a text that lies ready in Redis, "
            "which is the least that any server can do. It keeps to the core that Kiln's "
            "process keeps to. What Kiln has written of an unchanged record it sends again "
            "([hot_path.md](hot_path.md) has the time without that); Redis is asked each time "
            "whether it has changed. *Kiln is faster*: requests a second, ours by theirs. *Kiln "
            "is cheaper*: CPU time of the server for a request, theirs by ours; unlike the "
            "first it hardly depends on what else the machine does."
        ),
        "",
        "| server | requests/s | p50 ms | p99 | CPU ms | Kiln is faster | Kiln is cheaper |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        *rows,
    ]


if __name__ == "__main__":
    main()
