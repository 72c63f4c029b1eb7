"""``make bench``: how fast, as ratios taken in one run. Writes ``docs/benchmark.md``.

Absolute times depend on the machine and its neighbours; the ratios compare things that were
measured alternately in the same minutes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from common.celery_app import make_app
from tests.stack import TestStack

if TYPE_CHECKING:
    from tests.bench.served import Latency

Row = tuple[str, str, str]  # what, measured, goal
ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure, print the table, write it to the docs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5, help="alternating throughput runs")
    parser.add_argument("--jobs", type=int, default=24, help="jobs of one throughput run")
    parser.add_argument("--memory-jobs", type=int, default=200, help="jobs of the memory run")
    parser.add_argument("--singles", type=int, default=20, help="jobs one at a time")
    options = parser.parse_args()
    _pin_threads()
    with tempfile.TemporaryDirectory() as folder:
        lines = measure(options, Path(folder))
    text = "\n".join(lines) + "\n"
    print(text)  # noqa: T201
    (ROOT / "docs" / "benchmark.md").write_text(text, "utf-8")


def _pin_threads() -> None:
    """One thread a native library, as in a worker; they read this when they are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def measure(options: argparse.Namespace, folder: Path) -> list[str]:
    """Run everything; returns the lines of the report."""
    from gateway.client import Kiln  # noqa: PLC0415
    from tests.bench import bare, served  # noqa: PLC0415  after the threads are pinned
    from tests.bench.photos import new_portrait  # noqa: PLC0415

    core, alone = bare.core_seconds(new_portrait()), bare.one_job_ms(new_portrait())
    loop = bare.BareLoop(2, folder)
    pairs = []
    with TestStack() as stack:
        stack.stop("flower")
        make_app(stack.settings).control.disable_events()  # they are for Flower, which is off
        with Kiln(stack.url) as kiln:
            for _ in range(3):
                served.one_job(kiln)
            singles = [served.one_job(kiln) for _ in range(options.singles)]
            changes = [served.other_template_ms(kiln) for _ in range(options.singles)]
            colours = [served.other_colour_ms(kiln) for _ in range(options.singles)]
        for _ in range(options.runs):
            photos = [new_portrait() for _ in range(options.jobs)]
            limit = loop.run(photos)
            pairs.append((limit, served.throughput(stack.url, photos, clients=8)))
        loop.close()
        memory = [memory_mb(stack)]
        for _ in range(2):
            served.many_jobs(stack.url, options.memory_jobs // 2, clients=4)
            memory.append(memory_mb(stack))
    first = statistics.median(one.total for one in singles)
    rows = [
        *job_rows(core, alone, singles),
        ("another template after approval / a first run", _of(first, changes), "≤ 0.50"),
        ("another hair colour / a first run", _of(first, colours), "< 0.50"),
        *throughput_rows(pairs),
        (
            f"memory of a fusion worker over {options.memory_jobs} jobs of all templates, MB",
            ", ".join(f"{mb:.0f}" for mb in memory),
            "< 700",
        ),
    ]
    return report(options, rows)


def memory_mb(stack: TestStack) -> float:
    """Resident memory of the largest fusion worker."""
    workers = [process.pid for process in stack.processes("fusion-worker")]
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in workers]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def job_rows(core: float, alone: float, singles: list[Latency]) -> list[Row]:
    """One job at a time."""
    totals = [one.total for one in singles]
    share = [one.first_glb / one.total for one in singles]
    return [
        ("all files but the preview, CPU seconds of one core", f"{core:.2f}", "≤ 0.60"),
        ("one job, POST to the last file, ms", _spread(totals, 0), "≤ 600"),
        ("the bare functions one after the other, ms", f"{alone:.0f}", ""),
        ("one job / the bare functions", _of(alone, totals), ""),
        ("critical path of the stages, ms", _spread([one.critical for one in singles], 0), ""),
        ("overhead of the house, ms", _spread([one.overhead for one in singles], 0), "p50 ≤ 60"),
        ("first viewable GLB, share of the whole", _spread(share, 2), "< 0.60"),
    ]


def throughput_rows(pairs: list[tuple[float, float]]) -> list[Row]:
    """Many jobs at a time."""
    limits, rates = [limit for limit, _ in pairs], [kiln for _, kiln in pairs]
    ratios = [kiln / limit for limit, kiln in pairs]
    return [
        ("limit: bare two-process loop, jobs/s", _spread(limits, 2), ""),
        ("Kiln, 8 clients, jobs/s", _spread(rates, 2), ""),
        ("Kiln / limit, alternating runs", _spread(ratios, 2), "≥ 0.85"),
    ]


def report(options: argparse.Namespace, rows: list[Row]) -> list[str]:
    """Format the table."""
    return [
        "# Benchmark",
        "",
        (
            f"`make bench` on {os.cpu_count()} cores, one portrait of 1024² pixels, everything "
            f"warm, Flower off. {options.singles} single jobs, {options.runs} alternating "
            "throughput runs. Median (least to most)."
        ),
        "",
        "| what | measured | goal |",
        "| --- | --- | --- |",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
    ]


def _of(whole: float, parts: list[float]) -> str:
    return _spread([part / whole for part in parts], 2)


def _spread(values: list[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
