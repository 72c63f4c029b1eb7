"""``make verify``: every suite in full, one after the other; the table goes into the docs.

It is written after each suite: what was seen stays, even if the run is stopped.
Suites that tests select with a setting run at their full size here (ten kills instead of two).
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tests.commit import ROOT, commit
from tests.machine import cores

FILE: Final = ROOT / "docs" / "verify.md"
BIN: Final = Path(sys.executable).parent
SERVICES: Final = ("gateway", "stylize_service", "fusion_service", "recipe_service")
SOURCES: Final = (*SERVICES, "common", "deploy", "tests")
FULL: Final = {
    "KILN_TEST_FULL": "1",
    "KILN_TEST_SHOTS": "docs/page",
    "CI": "true",
}

LOOKS: Final = {
    "lint": ("ruff", "check", *SOURCES),
    "format": ("ruff", "format", "--check", *SOURCES),
    "types": ("mypy",),
    "imports": ("lint-imports", "--no-cache"),
}
PYTEST: Final = ("-m", "pytest", "-q")
TWO: Final = (*PYTEST, "-n", "2", "--dist", "loadfile")  # two files at a time
SUITES: Final = {
    "unit": (*TWO, "tests/unit"),
    "contract": (*TWO, "tests/contract"),
    "print": (*TWO, "tests/print"),
    "fuzz": (*PYTEST, "tests/fuzz"),
    "integration": (*TWO, "tests/integration"),
    "browser": (*PYTEST, "tests/browser"),
    "dashboards": (*PYTEST, "tests/dashboards"),
    "docs": (*PYTEST, "tests/docs"),
    "hosts": (*PYTEST, "tests/hosts"),
    "chaos": ("-m", "tests.chaos"),  # writes a page of its own, too
}


@dataclass(frozen=True)
class Outcome:
    """One line of the table."""

    suite: str
    passed: int
    failed: int
    skipped: int
    seconds: float


def main() -> int:
    """Run everything, write the table, return 0 when nothing failed."""
    code = commit()  # now: the suites draw pictures anew
    outcomes = []
    for outcome in _run_all():
        outcomes.append(outcome)
        _say(f"{outcome.suite}: {outcome.passed} passed, {outcome.failed} failed")
        FILE.write_text(page(outcomes, code), "utf-8")
    _say(f"wrote {FILE}")
    return int(any(outcome.failed for outcome in outcomes))


def page(outcomes: list[Outcome], commit: str) -> str:
    """Format the page; suites that are not in it have not run yet."""
    lines = [
        "# Verified",
        "",
        f"`make verify` on {datetime.now(UTC):%Y-%m-%d}, commit {commit}, {_machine()}.",
        "",
        "| suite | passed | failed | skipped | seconds |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {o.suite} | {o.passed} | {o.failed} | {o.skipped} | {o.seconds:.0f} |"
            for o in outcomes
        ),
        "",
    ]
    return "\n".join(lines)


def _run_all() -> Iterator[Outcome]:
    for name, (tool, *arguments) in LOOKS.items():
        started = time.monotonic()
        failed = subprocess.call([str(BIN / tool), *arguments], cwd=ROOT) != 0
        yield Outcome(name, int(not failed), int(failed), 0, time.monotonic() - started)
    for name, arguments in SUITES.items():
        yield _tests(name, arguments)


def _tests(name: str, arguments: tuple[str, ...]) -> Outcome:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, *arguments, f"--junitxml={report}"]
        subprocess.call(command, cwd=ROOT, env={**os.environ, **FULL})
        seconds = time.monotonic() - started
        if not report.exists():
            return Outcome(name, 0, 1, 0, seconds)
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314  written by pytest
        return _counted(name, next(suites).attrib, seconds)


def _counted(name: str, counts: dict[str, str], seconds: float) -> Outcome:
    failed = int(counts["failures"]) + int(counts["errors"])
    skipped = int(counts["skipped"])
    return Outcome(name, int(counts["tests"]) - failed - skipped, failed, skipped, seconds)


def _machine() -> str:
    python = f"Python {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {cores()}"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
