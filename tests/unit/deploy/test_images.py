"""The Dockerfile, which nobody can build here: what it names exists, and suffices."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.images import ROOT, TARGETS, copied, lineage, modules, requirements, stages

PINNED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)
SECRET = re.compile(r"password|secret|token|api_key|access_key", re.IGNORECASE)
LISTED = [one for one in TARGETS if one != "stylize-neural"]  # whose packages are in the venv
# Imports modules with only the packages of some lists in reach.
PROBE = """
import importlib, importlib.abc, importlib.metadata, json, sys
allowed, modules = json.loads(sys.argv[1])
names = {name.lower().replace('_', '-') for name in allowed}
owners = importlib.metadata.packages_distributions()
class Wall(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        found = {one.lower().replace('_', '-') for one in owners.get(name.partition('.')[0], ())}
        if found and not found & names:
            raise ModuleNotFoundError(f'{name} is in no list of this image', name=name)
sys.meta_path.insert(0, Wall())
for module in modules:
    importlib.import_module(module)
"""


def versions(path: Path) -> dict[str, str]:
    return dict(PINNED.findall(path.read_text("utf-8")))


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out: the last line that fits decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        rule = line.removeprefix("!")
        if rule and not rule.startswith("#") and fnmatch.fnmatch(path, rule):
            out = not line.startswith("!")
    return out


@pytest.mark.parametrize("target", TARGETS)
def test_everything_that_is_copied_exists_and_is_sent(target: str) -> None:
    assert copied(target)
    for name in copied(target):
        path = ROOT / name
        files = [path] if path.is_file() else [*path.rglob("*.py")]
        assert files, name
        shown = [str(file.relative_to(ROOT)) for file in files if "training" not in file.parts]
        assert [file for file in shown if ignored(file)] == []


@pytest.mark.parametrize("path", [".git/config", "data/redis/logins.json", ".venv/pyvenv.cfg"])
def test_nothing_else_is_sent(path: str) -> None:
    assert ignored(path)


def test_every_stage_that_is_copied_from_comes_before() -> None:
    seen: list[str] = []
    for name, stage in stages().items():
        sources = [rest.split()[0] for rest in stage.all("COPY") if rest.startswith("--from=")]
        assert {source.removeprefix("--from=") for source in sources} <= set(seen), name
        assert stage.base in seen or stage.base in {"${PYTHON}", "${NODE}"}, name
        seen.append(name)


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_is_nobody_s_and_says_how_it_is(target: str) -> None:
    stage = stages()[target]
    assert stage.all("USER")[-1] == "10001:10001"
    assert stage.command("ENTRYPOINT") == ["tini", "--"]
    assert stage.command()
    assert stage.command("HEALTHCHECK")[:3] == ["python", "-m", "common.alive"]
    # packages and sources come from what was built; no compiler, no pip, no list comes along
    runs = [rest for one in lineage(target) for rest in one.all("RUN")]
    assert not any("pip " in run or "curl" in run for run in runs)


def test_packages_are_installed_by_hash() -> None:
    installs = [run for one in stages().values() for run in one.all("RUN") if "pip install" in run]
    assert len(installs) > 6
    for run in installs:
        by_hash = "--require-hashes -r" in run
        assert by_hash or "--no-deps --no-build-isolation -e ." in run or "neural" in run, run
    for target in LISTED:
        for path in requirements(target):
            text = path.read_text("utf-8")
            assert text.count("--hash=sha256:") >= len(versions(path)) > 0
            assert "://" not in text


@pytest.mark.parametrize("target", LISTED)
def test_an_image_has_the_versions_that_are_tested(target: str) -> None:
    tested = versions(ROOT / "requirements-dev.txt") | versions(ROOT / "requirements.txt")
    for path in requirements(target):
        assert versions(path).items() <= tested.items(), path


@pytest.mark.parametrize("target", LISTED)
def test_what_an_image_starts_needs_no_other_package(target: str) -> None:
    lists = {name for path in requirements(target) for name in versions(path)}
    wanted = [name for name in modules(target) if name.partition(".")[0] != "vtkmodules"]
    assert wanted
    told = json.dumps([[*lists, "kiln", "setuptools"], wanted])
    command = [sys.executable, "-W", "ignore", "-c", PROBE, told]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_the_gateway_brings_the_viewer_that_is_pinned() -> None:
    assert not ignored("package-lock.json")
    (taken,) = (rest for rest in stages()["gateway"].all("COPY") if "=viewer" in rest)
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    package = taken.partition("/viewer/")[2].partition("/dist/")[0]
    assert lock["packages"][package]["integrity"].startswith("sha512-")


def test_the_gateway_carries_no_model_and_no_renderer() -> None:
    names = {name for path in requirements("gateway") for name in versions(path)}
    assert not names & {"torch", "vtk", "onnxruntime", "opencv-python-headless", "scikit-image"}


def test_no_layer_has_a_secret_or_a_floating_base() -> None:
    text = (ROOT / "deploy" / "docker" / "Dockerfile").read_text("utf-8")
    assert re.search(r"^ARG PYTHON=python:\d+\.\d+\.\d+-slim-\w+$", text, re.MULTILINE)
    assert re.search(r"^ARG NODE=node:\d+\.\d+\.\d+-\w+-slim$", text, re.MULTILINE)
    assert "ADD " not in text
    for stage in stages().values():
        for word in ("ENV", "ARG", "LABEL"):
            assert not any(SECRET.search(rest) for rest in stage.all(word))
