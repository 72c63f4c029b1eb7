from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import disk
from common.disk import write_durably

MB = 1 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ann" / "ab" / "file"


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, MB - 1, MB, MB + 1, 3 * MB + 5])
def test_every_length_is_written_to_the_byte(path: Path, size: int) -> None:
    data = os.urandom(size)
    write_durably(path, os.urandom(5000))  # its end must not show behind a shorter one
    write_durably(path, data)
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_others_may_read_a_file(path: Path) -> None:
    write_durably(path, b"bytes")
    (other := path.with_name("other")).write_bytes(b"")
    assert path.stat().st_mode == other.stat().st_mode


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="of Linux")
def test_a_file_does_not_lie_in_memory(path: Path) -> None:
    write_durably(path, os.urandom(MB))
    if _lies_in_memory(path) and _stays_in_memory(path):
        pytest.skip("files of this folder are always in memory")
    assert not _lies_in_memory(path)


def _lies_in_memory(path: Path) -> bool:
    with path.open("rb", buffering=0) as file:
        try:
            return bool(os.preadv(file.fileno(), [bytearray(4096)], 0, os.RWF_NOWAIT))
        except BlockingIOError:  # it would have to ask the disk
            return False
        except OSError:  # there is no disk
            return True


def _stays_in_memory(path: Path) -> bool:
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return _lies_in_memory(path)


@pytest.mark.parametrize("refused", ["open", "write"])
@pytest.mark.parametrize("error", [errno.EINVAL, errno.EOPNOTSUPP])
def test_where_there_is_no_way_round_the_cache_it_goes_through(
    path: Path, monkeypatch: pytest.MonkeyPatch, refused: str, error: int
) -> None:
    real = getattr(os, refused)

    def refuse(first: object, *more: int) -> object:
        if refused == "write" or more[0] & disk._DIRECT:
            raise OSError(error, "not here")
        return real(first, *more)

    monkeypatch.setattr(f"common.disk.os.{refused}", refuse)
    write_durably(path, b"bytes" * 1000)
    monkeypatch.undo()
    assert path.read_bytes() == b"bytes" * 1000
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", sorted(disk._NO_NAME))
@pytest.mark.parametrize("call", ["open", "link"])
def test_where_there_are_no_files_without_a_name_it_has_one_from_the_start(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int
) -> None:
    real = os.open

    def refuse(first: object, *more: int, **_: object) -> int:
        if call == "link" or more[0] & disk._UNNAMED == disk._UNNAMED:
            raise OSError(error, "not here")
        return real(first, *more)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(f"common.disk.os.{call}", refuse)
    write_durably(path, b"bytes" * 1000)
    monkeypatch.undo()
    assert path.read_bytes() == b"bytes" * 1000
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("before", [[], [b"old"]])
def test_a_writer_that_is_killed_leaves_no_half_behind(path: Path, before: list[bytes]) -> None:
    path.parent.mkdir(parents=True)
    if not disk._write_unnamed(path, b"probe"):
        pytest.skip("this file system knows no files without a name")
    path.unlink()
    for data in before:
        write_durably(path, data)
    killed = "import os, pathlib, signal, sys; from common import disk\n"
    killed += "os.ftruncate = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    killed += "disk.write_durably(pathlib.Path(sys.argv[1]), bytes(1 << 20))"
    run = subprocess.run([sys.executable, "-c", killed, path], check=False)
    assert run.returncode == -signal.SIGKILL
    assert [one.read_bytes() for one in path.parent.iterdir()] == before


@pytest.fixture
def little_room() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MB // 2 + 100, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("little_room")
def test_what_does_not_fit_leaves_the_old_file_and_nothing_else(path: Path) -> None:
    write_durably(path, b"old")
    with pytest.raises(OSError, match="File too large"):
        write_durably(path, bytes(MB))
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_it_is_synced_under_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    real = os.fsync

    def note(handle: int) -> None:
        synced.append((path.exists(), os.fstat(handle).st_size))
        real(handle)

    monkeypatch.setattr("common.disk.os.fsync", note)
    write_durably(path, b"bytes")
    assert synced == [(True, 5)]
