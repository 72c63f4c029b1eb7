"""Files of a folder that outlive a power cut, written round the page cache.

A file has to lie on the disk before the ledger hears of it, and most are never read again. By way
of the cache, each page of them would be given to the file, copied into and thrown out: five
times the CPU time, where memory is new to a virtual machine (``docs/performance.md``).
"""

from __future__ import annotations

import errno
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_DIRECT: int = getattr(os, "O_DIRECT", 0)  # macOS has none
_NOT_HERE = {errno.EINVAL, errno.EOPNOTSUPP}  # nor have some file systems
_UNNAMED: int = getattr(os, "O_TMPFILE", 0)  # of Linux: a file that goes with its writer
_NO_NAME = _NOT_HERE | {errno.EISDIR, errno.ENOENT, errno.EXDEV, errno.EPERM}  # there, or no /proc
_BLOCK = 4096  # what disks write at once: memory, place and length are multiples of it (open(2))
_PIECE = 1 << 20

_of_thread = threading.local()


def write_durably(path: Path, data: bytes) -> None:
    """Write a file, or write it anew. Atomic: nobody reads half of it.

    It gets its name when it is whole. Where the file system knows no files without a name, a
    writer that is killed leaves one behind whose name begins like the file's, then a ``#``.

    Raises
    ------
    OSError
        The disk is full, or one may not write there; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not _write_unnamed(path, data):
        with _half_of(path) as half:
            _write(half, data)
    with path.open("rb") as file:
        os.fsync(file.fileno())  # its name, too, where the journal keeps the order of both


def _write_unnamed(path: Path, data: bytes) -> bool:
    """Write a file and give it its name; False where that cannot be done."""
    if not _UNNAMED:
        return False
    try:
        handle = os.open(path.parent, os.O_WRONLY | _UNNAMED | _DIRECT, 0o666)
        try:
            _write_blocks(handle, data)
            _name(handle, path)
        finally:
            os.close(handle)
    except OSError as exc:
        if exc.errno not in _NO_NAME:
            raise
        return False
    return True


def _name(handle: int, path: Path) -> None:
    """As open(2) does it; ``src_dir_fd`` is not looked at, but Python follows the link with it."""
    unnamed = f"/proc/self/fd/{handle}"
    try:
        os.link(unnamed, path, src_dir_fd=handle)
    except FileExistsError:
        with _half_of(path) as half:
            os.link(unnamed, half, src_dir_fd=handle)


@contextmanager
def _half_of(path: Path) -> Iterator[Path]:
    """Give a name beside a file's; what is there in the end becomes the file."""
    half = path.with_name(f"{path.name}#{uuid4().hex}")
    try:
        yield half
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | _DIRECT, 0o666)
        try:
            _write_blocks(handle, data)
        finally:
            os.close(handle)
    except OSError as exc:
        if exc.errno not in _NOT_HERE:
            raise
        path.write_bytes(data)


def _write_blocks(handle: int, data: bytes) -> None:
    """Write whole blocks, then cut off what is more than the data."""
    memory, view = _aligned_memory(), memoryview(data)
    for start in range(0, len(data), _PIECE):
        piece = view[start : start + _PIECE]
        memory[: len(piece)] = piece
        whole = -(-len(piece) // _BLOCK) * _BLOCK
        written = 0
        while written < whole:  # a disk that fills up takes a part before it says so
            written += os.write(handle, memory[written:whole])
    os.ftruncate(handle, len(data))


def _aligned_memory() -> memoryview:
    """Memory of this thread alone, from the beginning of a page on."""
    if not hasattr(_of_thread, "memory"):
        _of_thread.memory = memoryview(mmap.mmap(-1, _PIECE))
    memory: memoryview = _of_thread.memory
    return memory
