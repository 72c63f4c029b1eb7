"""``make bench``: how fast, as ratios taken in one run. Writes ``docs/benchmark.md``.

Absolute times depend on the machine and its neighbours; the ratios compare things that were
measured in turns in the same minutes. What got slower than the committed baseline is printed.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.ending import end_in_order_when_told

PARTS = ("functions", "job", "systems")
LIMIT = "limit"  # of the systems only Kiln and what it is measured by: more rounds in less time


def main() -> None:
    """Measure, print, write the page, and leave with an error only where that was asked for."""
    options = _options()
    end_in_order_when_told()
    _pin_threads()
    sys.exit(run(options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only", choices=(*PARTS, LIMIT), action="append", help="a part, without the page"
    )
    parser.add_argument("--short", action="store_true", help="as little as tells something")
    parser.add_argument("--rounds", type=int, default=2, help="of all systems")
    parser.add_argument("--singles", type=int, default=10, help="jobs one at a time")
    parser.add_argument("--turns", type=int, default=2, help="jobs of each of many clients")
    parser.add_argument("--repeats", type=int, default=9, help="of each function")
    parser.add_argument("--memory-jobs", type=int, default=200, help="jobs of the memory run")
    parser.add_argument("--tolerance", type=float, default=0.10, help="slower by less is the same")
    parser.add_argument("--baseline", action="store_true", help="keep what is measured as such")
    parser.add_argument("--check", action="store_true", help="fail where something got slower")
    options = parser.parse_args()
    if options.short:
        options.rounds, options.singles, options.turns = 1, 4, 1
        options.repeats, options.memory_jobs = 5, 0
    return options


def _pin_threads() -> None:
    """One thread a native library, as in a worker; they read this when they are imported."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def run(options: argparse.Namespace) -> int:
    """Measure what was asked for; returns the exit status."""
    from tests.bench import parts, regression, report  # noqa: PLC0415  after threads are pinned
    from tests.bench.rounds import Size  # noqa: PLC0415

    size = Size(options.rounds, options.singles, options.turns)
    wanted = options.only or PARTS
    outcome = parts.run_parts(wanted, size, options.repeats, options.memory_jobs)
    then = regression.read()
    suspects = regression.slower(regression.compare(then, outcome.measures, options.tolerance))
    parts.look_again(outcome, [one.name for one in suspects], options.repeats)
    changes = regression.compare(then, outcome.measures, options.tolerance)
    said = report.page(outcome, changes)
    if not (options.only or options.short):
        report.PAGE.write_text(said, "utf-8")
    path = report.write_json(outcome, changes)
    print(f"{said}\n{report.verdict(changes, options.tolerance)}\nNumbers: {path}")  # noqa: T201
    if options.baseline:
        regression.write(outcome.measures, outcome.taken)
    return int(options.check and bool(regression.slower(changes)))


if __name__ == "__main__":
    main()
