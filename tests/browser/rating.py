"""Lighthouse, which rates a page as a browser's makers do. Its packages are no part of ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

PACKAGES: Final = Path(__file__).parent / "lighthouse"
FOLDER: Final = Path(sys.prefix) / "lighthouse"
CHROME: Final = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
    " --disable-component-update --disable-sync --no-first-run"
)
DEVICES: Final = {"desktop": ("--preset=desktop",), "phone": ()}
# What this machine's other work decides, and not the page.
BY_TIME: Final = "performance"


@dataclass(frozen=True)
class Rating:
    """What Lighthouse says of one page on one device.

    Attributes
    ----------
    scores : dict of str to int
        0 to 100, by category.
    flaws : list of str
        What it would have otherwise, but for how long things took.
    """

    device: str
    scores: dict[str, int]
    flaws: list[str]


def rate(url: str, device: str, browser: str, folder: Path) -> Rating:
    """Rate a page; installs Lighthouse the first time."""
    report = folder / f"{device}.json"
    command = ("node", str(_lighthouse()), url, "--quiet", "--output=json")
    said = subprocess.run(
        [*command, f"--output-path={report}", f"--chrome-flags={CHROME}", *DEVICES[device]],
        env=os.environ | {"CHROME_PATH": browser}, capture_output=True, text=True, check=False,
        timeout=240,
    )  # fmt: skip
    assert report.exists(), said.stderr
    return _read(device, json.loads(report.read_text("utf-8")))


def table(ratings: list[Rating]) -> str:
    """Format what was found as a page."""
    names = list(ratings[0].scores)
    flaws = [f"- {one.device}: {flaw}" for one in ratings for flaw in one.flaws]
    return "\n".join(
        [
            "# How the page is rated",
            "",
            "Lighthouse on the start page, as `make verify` saw it last, in points of 100.",
            "How quick it is depends on what else the machine does meanwhile; the rest does not.",
            "",
            f"| device | {' | '.join(names)} |",
            f"| --- |{' ---: |' * len(names)}",
            *(
                f"| {one.device} | {' | '.join(str(one.scores[name]) for name in names)} |"
                for one in ratings
            ),
            "",
            "What costs points:" if flaws else "Nothing costs points but time.",
            *(["", *flaws] if flaws else []),
            "",
        ]
    )


def _lighthouse() -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here: Lighthouse cannot be installed")
    script = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not script.exists():
        shutil.copytree(PACKAGES, FOLDER, dirs_exist_ok=True)
        command = [npm, "ci", "--silent", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, check=False, timeout=280)
        if done.returncode:
            pytest.skip("Lighthouse cannot be had here")
    return script


def _read(device: str, report: dict[str, Any]) -> Rating:
    scores, flaws = {}, []
    for category in report["categories"].values():
        scores[category["title"]] = round(100 * (category["score"] or 0))
        for part in category["auditRefs"] if category["id"] != BY_TIME else ():
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 1:
                flaws.append(audit["title"])
    return Rating(device, scores, flaws)
