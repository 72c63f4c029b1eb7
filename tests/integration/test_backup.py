"""What docs/backup.md says is done here, line by line, on a house with jobs in flight."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.processes import is_alive
from deploy.stack import ROOT
from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait
from tests.stack import SMALL, TestStack, require_stack, until

pytestmark = pytest.mark.verify_only  # a house of its own, for minutes

DINNER = ["3 tomatoes", "2 onions", "200 g rice", "eggs", "spinach"]
PAGE = (ROOT / "docs" / "backup.md").read_text("utf-8")
BIN = Path(sys.executable).parent


def commands(name: str) -> list[str]:
    """Lines of a block of the page."""
    (block,) = re.findall(rf"^```sh {name}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return [line.replace(".venv/bin", str(BIN)) for line in block.splitlines()]


def run(lines: list[str], house: TestStack, **variables: Path) -> str:
    """Run lines as a person would, in one shell."""
    more = {name: str(path) for name, path in variables.items()}
    result = subprocess.run(
        ["bash", "-e", "-c", "\n".join(lines)],
        cwd=ROOT,
        env=house.stack.environment() | more,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def target() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="kiln-backup-") as folder:
        yield Path(folder) / "of today"


def test_everything_is_lost_and_the_backup_brings_it_back(target: Path) -> None:
    require_stack()
    with TestStack(**SMALL) as first:
        done, unfinished, late = _live(first, target)
        _destroy(first)
    second = TestStack(**SMALL)
    try:
        *restoring, last = commands("restore")
        assert "kiln audit" in last  # it judges what is whole: when all jobs have ended
        run(restoring, second, BACKUP=target, NEW_DATA=second.folder)
        with Kiln(second.url) as kiln:
            _is_as_it_was(kiln, done)
            _all_end(kiln, unfinished)
            with pytest.raises(ApiError, match="there is no job"):
                kiln.job(late)
        until(lambda: _audit(last, second) is None, 30)
        assert (second.folder / "keys.json").read_text() == "[]"
    finally:
        second.__exit__(None, None, None)


def _live(house: TestStack, target: Path) -> tuple[list[dict[str, Any]], list[str], str]:
    """Jobs that have ended, jobs in flight at the moment of the backup, one that came later."""
    (house.folder / "keys.json").write_text("[]")
    with Kiln(house.url) as kiln:
        sent = [
            kiln.submit_figurine(new_portrait(), formats="glb"),
            kiln.submit_recipe(ingredients=DINNER, count=2),
        ]
        done = [kiln.wait(job["id"], timeout_s=90) for job in sent]
        paused = kiln.submit_recipe(ingredients=DINNER[1:], pause_after="ingredients")["id"]
        until(lambda: kiln.job(paused)["state"] == "paused")
        unfinished = [kiln.submit_figurine(new_portrait(), formats="glb")["id"] for _ in range(8)]
        until(lambda: "running" in {kiln.job(job)["state"] for job in unfinished})
        run(commands("backup"), house, BACKUP=target)
        assert stat.S_IMODE(target.stat().st_mode) == 0o700
        states = [kiln.job(job)["state"] for job in unfinished]
        assert {"queued", "running"} & set(states), "the backup took longer than the jobs"
        late = kiln.submit_recipe(ingredients=DINNER[2:])["id"]
    return done, [*unfinished, paused], late


def _destroy(house: TestStack) -> None:
    pids = house.pids()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(is_alive(pid) for pid in pids))
    shutil.rmtree(house.folder)


def _is_as_it_was(kiln: Kiln, jobs: list[dict[str, Any]]) -> None:
    for before in jobs:
        after = kiln.job(before["id"])
        assert after["state"] == before["state"] == "succeeded"
        assert after["artifacts"] == before["artifacts"]
        for artifact in after["artifacts"]:
            assert hashlib.sha256(kiln.fetch(artifact)).hexdigest() == artifact["sha256"]
        assert [event.type for event in kiln.stream(before["id"])][-1] == "succeeded"


def _all_end(kiln: Kiln, jobs: list[str]) -> None:
    *figurines, paused = jobs
    assert kiln.job(paused)["state"] == "paused"
    kiln.resume(paused)
    for job in (*figurines, paused):
        ended = kiln.wait(job, timeout_s=120)
        assert ended["state"] == "succeeded", ended["error"]


def _audit(command: str, house: TestStack) -> str | None:
    try:
        run([command], house)
    except AssertionError as found:
        return str(found)
    return None


@pytest.fixture
def idle() -> Iterator[TestStack]:
    """A stack that was never started."""
    made = TestStack()
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


def deploy(house: TestStack, *arguments: str) -> tuple[int, str]:
    result = subprocess.run(
        [sys.executable, "-m", "deploy", *arguments],
        cwd=ROOT,
        env=house.stack.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.returncode, result.stderr


def test_nothing_is_overwritten(idle: TestStack, target: Path) -> None:
    (idle.folder / "redis").mkdir(exist_ok=True)
    target.mkdir()
    status, says = deploy(idle, "backup", str(target))
    assert (status, "exists" in says) == (1, True)
    status, says = deploy(idle, "backup", str(idle.folder / "backup"))
    assert (status, "inside" in says) == (1, True)
    status, says = deploy(idle, "restore", str(target))
    assert (status, "is no backup" in says) == (1, True)
    status, says = deploy(idle, "backup", str(target / "new"))
    assert status == 0, says
    (idle.folder / "redis" / "appendonly.aof").write_text("")
    status, says = deploy(idle, "restore", str(target / "new"))
    assert (status, "is not empty" in says) == (1, True)


def test_a_word_too_few_is_explained(idle: TestStack) -> None:
    status, says = deploy(idle, "backup")
    assert status == 2
    assert "backup FOLDER" in says


def test_a_redis_elsewhere_is_not_backed_up_from_here(target: Path) -> None:
    house = TestStack(redis_url="redis://127.0.0.1:1")
    try:
        status, says = deploy(house, "backup", str(target))
        assert (status, "KILN_REDIS_URL" in says) == (1, True)
    finally:
        shutil.rmtree(house.folder)
