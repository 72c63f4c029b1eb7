"""The fetch on stand-in wheels: nothing here touches the network."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from common.errors import EngineUnavailable
from common.vision import fetch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small wheel with the right members, and pins that fit it."""
    path = tmp_path / "stand-in.whl"
    contents = {}
    with zipfile.ZipFile(path, "w") as archive:
        for name, (member, _) in fetch.CONTENTS.items():
            archive.writestr(member, f"content of {name}")
            sha256 = hashlib.sha256(f"content of {name}".encode()).hexdigest()
            contents[name] = (member, sha256)
    monkeypatch.setattr(fetch, "CONTENTS", contents)
    monkeypatch.setattr(fetch, "WHEEL_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def fake_python(folder: Path, body: str) -> str:
    """An "interpreter" that ignores ``-m pip`` and does what ``body`` says."""
    script = folder / "python"
    script.write_text(f"#!{sys.executable}\nimport os, shutil, sys\n{body}\n")
    script.chmod(0o755)
    return str(script)


def test_the_models_and_their_licence_are_unpacked_once(wheel: Path, tmp_path: Path) -> None:
    destination = tmp_path / "deep" / "models"
    copies = f"shutil.copy({str(wheel)!r}, sys.argv[sys.argv.index('--dest') + 1])"
    fetch.fetch_models(destination, fake_python(tmp_path, copies))
    assert sorted(path.name for path in destination.iterdir()) == sorted(fetch.CONTENTS)
    assert fetch.missing_files(destination) == []
    fetch.fetch_models(destination, "there-is-no-such-python")


def test_a_wrong_file_is_fetched_again(wheel: Path, tmp_path: Path) -> None:
    fetch.unpack_wheel(wheel, tmp_path)
    (tmp_path / fetch.MASK_FILE).write_bytes(b"half")
    assert fetch.missing_files(tmp_path) == [fetch.MASK_FILE]
    fetch.unpack_wheel(wheel, tmp_path)
    assert fetch.missing_files(tmp_path) == []


def test_a_changed_wheel_is_refused_before_it_is_opened(wheel: Path, tmp_path: Path) -> None:
    wheel.write_bytes(wheel.read_bytes() + b"!")
    with pytest.raises(EngineUnavailable, match="sha256"):
        fetch.unpack_wheel(wheel, tmp_path)
    assert not list(tmp_path.glob("*.tflite"))


def test_a_changed_member_is_refused(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, _ = fetch.CONTENTS[fetch.MASK_FILE]
    monkeypatch.setitem(fetch.CONTENTS, fetch.MASK_FILE, (member, "0" * 64))
    with pytest.raises(EngineUnavailable, match=r"selfie_segmentation\.tflite has sha256"):
        fetch.unpack_wheel(wheel, tmp_path)


def test_without_network_the_error_says_what_to_copy(tmp_path: Path) -> None:
    python = fake_python(tmp_path, "sys.exit('ERROR: no network here')")
    with pytest.raises(EngineUnavailable, match="no network here") as caught:
        fetch.fetch_models(tmp_path / "models", python)
    for name in fetch.CONTENTS:
        assert name in caught.value.advice


def test_the_command_line_reports_and_returns_a_status(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch.main([]) == 2
    fetch.unpack_wheel(wheel, tmp_path)
    assert fetch.main([str(tmp_path)]) == 0
    assert str(tmp_path) in capsys.readouterr().out
