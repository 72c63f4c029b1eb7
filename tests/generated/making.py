"""Makes a client of our own description, as a stranger would: openapi-python-client, our settings.

A warning of the generator is a failure: then it has left something out.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.venvs import python_with

HERE: Final = Path(__file__).parent
PACKAGE: Final = "kiln_client"
FLOW: Final = HERE / "flow.py"


def generator() -> Path:
    """Python with the generator, and with what its clients need; installed the first time."""
    return python_with(HERE / "requirements.txt", "generator")


def make_client(document: dict[str, Any], folder: Path) -> Path:
    """Write the client into a folder, as the package ``kiln_client``; returns its folder."""
    description, package = folder / "openapi.json", folder / PACKAGE
    description.write_text(json.dumps(document), "utf-8")
    run(
        *(generator(), "-m", "openapi_python_client", "generate", "--meta", "none"),
        *("--fail-on-warning", "--path", description, "--config", HERE / "config.yaml"),
        *("--output-path", package),
    )
    return package


def run(*command: object, **options: Any) -> str:
    """Run a tool; what it complained of is in the failure of the test."""
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout
