"""Importing a module does no work: no file is written, no thread started, no socket opened."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house import ENTRY_POINTS, ROOT, modules, sources

# Watches one process import everything, with no environment at all.
WATCHER = """
import importlib, json, os, sys, threading
seen = {"written": [], "sockets": [], "processes": [], "failed": []}

def watch(event, args):
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        seen["written"].append(str(args[0]))
    elif event in {"os.mkdir", "os.remove", "os.rename", "shutil.rmtree"}:
        seen["written"].append(str(args[0]))
    elif event in {"socket.connect", "socket.bind", "socket.getaddrinfo"}:
        seen["sockets"].append(f"{event} {args[1:]}")
    elif event in {"subprocess.Popen", "os.system", "os.fork", "os.exec", "os.posix_spawn"}:
        seen["processes"].append(f"{event} {args[:1]}")

sys.path.insert(0, ROOT)
sys.addaudithook(watch)
before = dict(os.environ)
for name in MODULES:
    try:
        importlib.import_module(name)
    except Exception as error:
        seen["failed"].append(f"{name}: {error!r}")
seen["threads"] = [thread.name for thread in threading.enumerate()][1:]
seen["environment"] = sorted(set(os.environ.items()) ^ set(before.items()))
print(json.dumps(seen))
"""

# What a pure function has no use for.
ROOMS = ("gateway", "stylize_service", "fusion_service", "recipe_service")
IMPURE = {"os", "time", "logging", "socket", "subprocess", "random", "secrets", "tempfile"}
# Libraries that change their own environment variables when they are imported.
FOREIGN = ("KMP_", "QT_", "CV_", "OPENCV_", "LD_LIBRARY_PATH", "FORKED_BY_MULTIPROCESSING")
IPV6_PROBE = "socket.bind (('::1', 0),)"  # urllib3 asks whether there is IPv6


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    folder = tmp_path_factory.mktemp("empty")
    code = f"ROOT, MODULES = {str(ROOT)!r}, {modules()!r}\n{WATCHER}"
    result = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert list(folder.iterdir()) == []
    found: dict[str, list[Any]] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_every_module_can_be_imported_without_settings(seen: dict[str, list[Any]]) -> None:
    assert seen["failed"] == []


@pytest.mark.parametrize("what", ["written", "sockets", "processes", "threads"])
def test_importing_leaves_nothing_behind(seen: dict[str, list[Any]], what: str) -> None:
    ours = [one for one in seen[what] if one not in {os.devnull, IPV6_PROBE}]
    assert ours == []


def test_importing_changes_no_environment(seen: dict[str, list[Any]]) -> None:
    assert [name for name, _ in seen["environment"] if not name.startswith(FOREIGN)] == []


def test_every_entry_point_exists() -> None:
    for name in ENTRY_POINTS:
        folder, _, module = name.partition(".")
        assert (ROOT / folder / f"{module}.py").is_file(), name


def test_the_packages_of_the_project_are_the_folders_that_hold_code() -> None:
    folders = {path.parent.name for path in Path(ROOT).glob("*/__init__.py")}
    assert folders == {"common", "deploy", *ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_a_domain_asks_neither_the_system_nor_the_clock(room: str) -> None:
    """Same input, same output; import-linter watches the libraries, this the standard library."""
    asking = {
        str(path.relative_to(ROOT)): sorted(IMPURE & imported)
        for path in sources(f"{room}/domain")
        if IMPURE & (imported := imported_by(path))
    }
    assert asking == {}


def imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
