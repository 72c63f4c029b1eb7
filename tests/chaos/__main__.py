"""``make chaos``: all failure tests in full; prints its table and writes ``docs/chaos.md``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.machine import cores

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "chaos.md"


def main() -> int:
    """Run, print, write; 0 when every test has passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="the numbers of `make test`")
    parser.add_argument("-k", default="", help="only these tests; writes no page")
    parser.add_argument("--junitxml", help="a report for others to read")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kiln-chaos-") as folder:
        results = Path(folder) / "rows.jsonl"
        results.touch()
        started = time.monotonic()
        failed = _pytest(results, options) != 0
        rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    rows.sort(key=_order)
    text = page(rows, time.monotonic() - started, small=options.small)
    print(text)  # noqa: T201
    if not options.k:
        FILE.write_text(text, "utf-8")
    return int(failed)


def _pytest(results: Path, options: argparse.Namespace) -> int:
    environment = {**os.environ, "KILN_TEST_CHAOS_RESULTS": str(results)}
    if not options.small:
        environment["KILN_TEST_FULL"] = "1"
    command = [sys.executable, "-m", "pytest", "tests/chaos", "-q"]
    command += ["-k", options.k] if options.k else []
    command += [f"--junitxml={options.junitxml}"] if options.junitxml else []
    return subprocess.call(command, cwd=ROOT, env=environment)


def _order(row: dict[str, Any]) -> tuple[int, str]:
    digits = "".join(character for character in row["number"] if character.isdigit())
    return (100 if row["number"].startswith("L") else int(digits)), row["number"]


def page(rows: list[dict[str, Any]], seconds: float, *, small: bool) -> str:
    """Text of the page."""
    numbers = "small numbers, as in `make test`" if small else "full numbers"
    lines = [
        "# Chaos",
        "",
        (
            f"`make chaos` on {datetime.now(UTC):%Y-%m-%d}, {cores()}, {numbers}, "
            f"{seconds / 60:.0f} minutes. Each line is a fault made on a real stack with jobs in "
            "flight (unfinished when it came, or accepted while it lasted), followed by the audit "
            "of the ledger and the store. *Lost*: accepted jobs "
            "that did not end. *Doubled*: stages committed, or ends told, more than once. "
            "*Worst recovery*: the longest time that a stage which it interrupted waited to run "
            "again, or that no job at all moved."
        ),
        "",
        "| # | fault | in flight | lost | doubled | worst recovery, s | result |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
        *(_line(row) for row in rows),
        "",
        (
            f"{sum(row['in_flight'] for row in rows)} jobs in flight, "
            f"{sum(row['lost'] for row in rows)} lost, "
            f"{sum(row['duplicated'] for row in rows)} doubled, "
            f"{sum(row['passed'] for row in rows)} of {len(rows)} tests passed."
        ),
        "",
    ]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    recovery = "-" if row["recovery_s"] is None else f"{row['recovery_s']:.1f}"
    result = "passed" if row["passed"] else "**failed**"
    result += f" ({row['note']})" if row["note"] else ""
    cells = (row["number"], row["fault"], row["in_flight"], row["lost"], row["duplicated"])
    return f"| {' | '.join(map(str, cells))} | {recovery} | {result} |"


if __name__ == "__main__":
    sys.exit(main())
