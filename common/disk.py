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
from pathlib import Path
from uuid import uuid4

_DIRECT: int = getattr(os, "O_DIRECT", 0)  # macOS has none
_NOT_HERE = {errno.EINVAL, errno.EOPNOTSUPP}  # nor have some file systems
_BLOCK = 4096  # what disks write at once: memory, place and length are multiples of it (open(2))
_PIECE = 1 << 20

_of_thread = threading.local()


def write_durably(path: Path, data: bytes) -> None:
    """Write a file, or write it anew. Atomic: nobody reads half of it.

    A writer that is killed leaves a file behind whose name begins like the file's, then a ``#``.

    Raises
    ------
    OSError
        The disk is full, or one may not write there; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}#{uuid4().hex}")
    try:
        _write(half, data)
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    with path.open("rb") as file:
        os.fsync(file.fileno())  # its name, too, where the journal keeps the order of both


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
