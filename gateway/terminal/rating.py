"""How good a result is, as one report: from what a job has found out, or from files.

The house rates every figurine as it makes it, so ``report_of_job`` only gathers. Files are rated
by those who make such files, in processes of their own: ``fusion_service.evaluate`` and
``stylize_service.evaluate``. The gateway imports neither, and where they are not installed (in
the gateway's own container) that is said.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import typer

from gateway.client import Job, Kiln
from gateway.terminal.exits import Exit
from gateway.terminal.screen import err, mark

Report = dict[str, Any]
CERTIFICATE: Final = "certificate.json"
PATIENCE_S: Final = 300.0
SHAPES: Final = frozenset({".glb", ".stl"})
PREVIEW: Final = "preview.png"


def report_of_job(kiln: Kiln, job: Job) -> Report:
    """Gather what a job has found out; what it did not make is None."""
    facts = job["facts"]
    written = next((one for one in job["artifacts"] if one["name"] == CERTIFICATE), None)
    return {
        "job": job["id"],
        "original": None,
        "avatar": None,
        "quality": facts.get("fusion.measure", {}).get("quality"),
        "likeness": {
            "portrait": facts.get("stylize.portrait", {}).get("likeness"),
            "figurine": facts.get("fusion.render", {}).get("likeness"),
        },
        "certificate": json.loads(kiln.fetch(written)) if written else None,
    }


def report_of_files(original: Path, avatar: Path) -> Report:
    """Rate a file against a photo; what it does not show is None."""
    rated = _rated("fusion_service", original, avatar)
    of_figurine, of_portrait = rated.get("likeness"), None
    if avatar.suffix.lower() not in SHAPES and of_figurine is None:
        of_portrait = _rated("stylize_service", original, avatar).get("likeness")
    return {
        "job": None,
        "original": str(original),
        "avatar": str(avatar),
        "quality": rated.get("quality"),
        "likeness": {"portrait": of_portrait, "figurine": of_figurine},
        "certificate": rated.get("certificate"),
    }


def _rated(service: str, original: Path, avatar: Path) -> dict[str, Any]:
    if importlib.util.find_spec(service) is None:
        name = service.partition("_")[0]
        says = f" files are rated by the {name} service, which is not installed here"
        err.print(mark("missing", err).append(says, style="red"))
        err.print("  On the machine of the house: `kiln eval`; anywhere: `kiln eval JOB`.")
        raise typer.Exit(Exit.REFUSED)
    asked = [sys.executable, "-m", f"{service}.evaluate", str(original), str(avatar)]
    done = subprocess.run(  # noqa: S603  ours
        asked, capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        said = {"error": {"code": "crash", "detail": last, "hint": "`kiln doctor` looks why."}}
    if error := said.get("error"):
        says = f" {error['code']}: {error['detail']}"
        err.print(mark("missing", err).append(says, style="red"), soft_wrap=True)
        err.print(f"  {error['hint']}", soft_wrap=True, markup=False)
        raise typer.Exit(Exit.REFUSED)
    return said
