"""A client that is generated from our description compiles, and a program that uses it as well.

The commands are those of docs/api-versions.md.
"""

from __future__ import annotations

import compileall
import os
import sys
from pathlib import Path

import pytest

from gateway.domain.openapi import build_openapi
from tests.generated.making import FLOW, PACKAGE, generator, make_client, run
from tests.venvs import NotHereError


def test_a_generated_client_compiles_and_its_types_are_true(tmp_path: Path) -> None:
    try:
        python = generator()
    except NotHereError as reason:
        pytest.fail(str(reason)) if os.environ.get("CI") else pytest.skip(str(reason))
    package = make_client(build_openapi("1.2.3"), tmp_path)
    assert compileall.compile_dir(package, quiet=1)
    modules = {path.stem for path in package.glob("api/*/*.py")} - {"__init__"}
    assert {"submit_figurine", "read_job", "read_archive", "cook_task"} <= modules
    nowhere = tmp_path / "mypy.ini"  # ours would look for our own packages
    nowhere.write_text("[mypy]\nstrict = True\n", "utf-8")
    flow = tmp_path / FLOW.name
    flow.write_text(FLOW.read_text("utf-8"), "utf-8")
    run(
        *(sys.executable, "-m", "mypy", "--config-file", nowhere, "--python-executable", python),
        *(PACKAGE, flow.name),
        cwd=tmp_path,
    )
