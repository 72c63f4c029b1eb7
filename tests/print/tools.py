"""The tools of other people that judge our files: found, run, and their reports read."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

import pytest

from fusion_service.domain.bodies import TEMPLATES
from tests.unit.fusion.factories import HairKind

ROOT = Path(__file__).resolve().parents[2]
KINDS: tuple[HairKind, ...] = ("short", "long", "curly", "bald")
EVERY = list(product(TEMPLATES, KINDS))
HEIGHTS = (40.0, 80.0, 100.0, 150.0, 200.0)

# as the print estimate assumes: fusion_service/domain/files/estimate.py
SETTINGS = {
    "layer-height": "0.2",
    "first-layer-height": "0.2",
    "perimeters": "2",
    "fill-density": "15%",
    "filament-diameter": "1.75",
    "bed-shape": "0x0,300x0,300x300,0x300",
    "max-print-height": "300",
}

# what admesh counts when it repairs
MENDED = (
    "Degenerate facets",
    "Edges fixed",
    "Facets removed",
    "Facets added",
    "Facets reversed",
)


def tool(name: str) -> str:
    """Find a program, or skip the test."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str) -> str:
    """Run a program that has to succeed; return what it says."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in done.stderr.lower(), done.stderr
    return done.stdout


def slice_model(model: Path, *options: str) -> str:
    """Slice a file with PrusaSlicer; return the G-code."""
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    code = model.with_suffix(".gcode")
    slicer = tool("prusa-slicer")
    run(slicer, "--export-gcode", *settings, *options, "--output", str(code), str(model))
    return code.read_text()


def slicer_estimate(code: str) -> tuple[float, float]:
    """Read the slicer's own estimate: cubic centimetres of filament, and minutes."""
    used = re.findall(r"^; filament used \[cm3\] = ([\d., ]+)$", code, re.MULTILINE)[-1]
    (time,) = re.findall(r"^; estimated printing time \(normal mode\) = (.+)$", code, re.MULTILINE)
    minutes = {"d": 24 * 60, "h": 60, "m": 1, "s": 1 / 60}
    spent = sum(int(n) * minutes[unit] for n, unit in re.findall(r"(\d+)([dhms])", time))
    return sum(map(float, used.split(", "))), spent


def assert_admesh_mends_nothing(path: Path) -> None:
    """Let admesh read an STL: one part, and nothing that it had to repair."""
    numbers = _counts(run(tool("admesh"), str(path)))
    assert numbers["Number of parts"] == 1
    assert {name: numbers[name] for name in MENDED} == dict.fromkeys(MENDED, 0)


def _counts(report: str) -> dict[str, int]:
    """Read the counts in a report of admesh."""
    return {
        name.strip(): int(number)
        for name, number in re.findall(r"^([A-Z][a-z ]+?) *: +(\d+)\b", report, re.MULTILINE)
    }
