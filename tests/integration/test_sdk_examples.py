"""The Python of docs/sdk.md, from top to bottom, as somebody would who reads it; and ``kiln``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from common.settings import as_environment
from gateway.client import Kiln
from gateway.terminal.exits import Exit
from tests.docs.pages import blocks
from tests.house import ROOT
from tests.stack import TestStack

PAGE = ROOT / "docs" / "sdk.md"
PAGE_URL = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "tests" / "data" / "astronaut.jpg", tmp_path / "me.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_of_the_page_run(
    stack: TestStack, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = [one for one in blocks(PAGE) if one.language == "python"]
    assert len(examples) == 6
    names: dict[str, object] = {}
    for one in examples:
        code = one.text.replace(PAGE_URL, stack.url)
        exec(compile(code, f"{PAGE}:{one.line}", "exec"), names)  # noqa: S102  it is our page
    said = capsys.readouterr().out
    for words in (
        "succeeded ['portrait.png', 'figurine.glb'",
        "stylize.portrait running",
        "['portrait.png', 'manifest.json']",
        "not-there [Errno 2] No such file or directory",
        "422 bad_parameter template must be",
    ):
        assert words in said, words
    assert (folder / "me" / "figurine.stl").is_file()
    assert (folder / "dinner" / "recipes.md").is_file()
    assert sorted(path.name[:3] for path in (folder / "team").iterdir()) == ["me", "me-"]


def test_a_batch_again_makes_no_new_jobs(stack: TestStack, folder: Path) -> None:
    with Kiln(stack.url) as client:
        first, again = (
            {made.job["id"] for made in client.batch(["me.jpg"], product="portrait") if made.job}
            for _ in range(2)
        )
    assert len(first) == 1
    assert first == again


def kiln(stack: TestStack, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *words],
        env={"PATH": "/usr/bin:/bin", **as_environment(stack.settings)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_commands_work_together(stack: TestStack, folder: Path) -> None:
    """Without a terminal, as a script would call them."""
    made = kiln(stack, "figurine", "me.jpg", "--out", "me", "--json")
    assert made.returncode == Exit.FINE, made.stderr
    job = json.loads(made.stdout)["id"]
    listed = kiln(stack, "jobs", "-q", "--limit", "1")
    assert listed.stdout.strip() == job
    shown = kiln(stack, "job", "last")
    assert "✓ Sculpt the figurine" in shown.stdout
    assert "\x1b" not in shown.stdout
    fetched = kiln(stack, "fetch", job[:8], "*.stl", "--out", "again")
    assert fetched.returncode == Exit.FINE, fetched.stderr
    assert Path("again/figurine.stl").read_bytes() == Path("me/figurine.stl").read_bytes()
    rated = json.loads(kiln(stack, "eval", "last", "--json").stdout)
    assert rated["certificate"]["passed"]
    anew = kiln(stack, "eval", "--original", "me.jpg", "--avatar", "me/figurine.glb", "--json")
    assert anew.returncode == Exit.FINE, anew.stderr
    before, after = (
        one["likeness"]["figurine"]["score"] for one in (rated, json.loads(anew.stdout))
    )
    assert after == pytest.approx(before, abs=4)
    assert kiln(stack, "job", "f" * 32).returncode == Exit.REFUSED


def test_the_doctor_finds_a_running_house_well(stack: TestStack) -> None:
    examined = kiln(stack, "doctor", "--json")
    found = {one["name"]: one for one in json.loads(examined.stdout)["findings"]}
    wrong = {name: one for name, one in found.items() if one["state"] == "missing"}
    assert (examined.returncode, wrong) == (Exit.FINE, {})
    for name in ("Gateway", "Queue fusion", f"Port {stack.settings.redis_port}"):
        assert found[name]["state"] == "ok", found[name]
