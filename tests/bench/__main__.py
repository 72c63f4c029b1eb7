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

from common.celery_app import make_app
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Measure, print the table, write it to the docs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5, help="alternating throughput runs")
    parser.add_argument("--jobs", type=int, default=24, help="jobs of one throughput run")
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
    from tests.bench import bare, served  # noqa: PLC0415  after the threads are pinned
    from tests.bench.photos import new_portrait  # noqa: PLC0415

    core = bare.core_seconds(new_portrait())
    loop = bare.BareLoop(2, folder)
    pairs = []
    with TestStack() as stack:
        stack.stop("flower")
        make_app(stack.settings).control.disable_events()  # they are for Flower, which is off
        with served.Kiln(stack.url) as kiln:
            for _ in range(3):
                served.one_job(kiln)
            singles = [served.one_job(kiln) for _ in range(options.singles)]
        for _ in range(options.runs):
            photos = [new_portrait() for _ in range(options.jobs)]
            limit = loop.run(photos)
            pairs.append((limit, served.throughput(stack.url, photos, clients=8)))
    loop.close()
    return report(core, singles, pairs)


def report(core: float, singles: list, pairs: list[tuple[float, float]]) -> list[str]:  # type: ignore[type-arg]
    """Format the table."""
    overhead = [one.overhead for one in singles]
    share = [one.first_glb / one.total for one in singles]
    ratios = [kiln / limit for limit, kiln in pairs]
    limits = [limit for limit, _ in pairs]
    rates = [kiln for _, kiln in pairs]
    rows = [
        ("all files but the preview, CPU seconds of one core", f"{core:.2f}", "≤ 0.60"),
        ("one job, POST to the last file, ms", _spread([s.total for s in singles], 0), ""),
        (
            "of it the critical path of the stages, ms",
            _spread([s.critical for s in singles], 0),
            "",
        ),
        ("overhead of the house, ms", _spread(overhead, 0), "p50 ≤ 60"),
        ("first viewable GLB, share of the whole", _spread(share, 2), "< 0.60"),
        ("limit: bare two-process loop, jobs/s", _spread(limits, 2), ""),
        ("Kiln, 8 clients, jobs/s", _spread(rates, 2), ""),
        ("Kiln / limit, alternating runs", _spread(ratios, 2), "≥ 0.85"),
    ]
    return [
        "# Benchmark",
        "",
        (
            f"`make bench` on {os.cpu_count()} cores, one portrait of 1024² pixels, everything "
            f"warm, Flower off. {len(singles)} single jobs, {len(pairs)} alternating throughput "
            "runs. Median (least to most)."
        ),
        "",
        "| what | measured | goal |",
        "| --- | --- | --- |",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
    ]


def _spread(values: list[float], digits: int) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    main()
