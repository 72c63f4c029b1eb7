from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from common.private_files import made_once, write_private


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_may_read_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    write_private(path, "one")
    assert mode(path) == 0o600
    path.chmod(0o644)
    write_private(path, "two")
    assert (path.read_text(), mode(path)) == ("two", 0o600)
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    write_private(path, "old")

    def broken(_: int) -> None:
        raise OSError("no room")

    monkeypatch.setattr("common.private_files.os.fsync", broken)
    with pytest.raises(OSError, match="no room"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_who_ask_at_once_one_makes_it(tmp_path: Path) -> None:
    path, made, seen = tmp_path / "secret", list[str](), list[str]()
    start = threading.Barrier(8)

    def make() -> str:
        made.append(f"secret {len(made)}")
        return made[-1]

    def ask() -> None:
        start.wait()
        seen.append(made_once(path, make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert seen == made * 8
