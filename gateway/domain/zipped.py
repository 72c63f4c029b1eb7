"""Many files as one zip, made while it is sent: stored, not deflated, for they are compressed.

The standard library writes the format (APPNOTE 6.3, sections 4.3.7 to 4.3.16). The checksum of a
file comes behind its bytes, as the sink cannot go back. Equal files make equal bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from zipfile import ZIP_STORED, ZipFile, ZipInfo

DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can have
READABLE = 0o100644 << 16  # a plain file and its rights, where Unix unpacks it
UNIX = 3


@dataclass(frozen=True)
class Member:
    """One file of the zip. ``read`` opens it, when its turn comes."""

    name: str
    size: int
    read: Callable[[], Iterable[bytes]]


def zipped(members: Iterable[Member]) -> Generator[bytes]:
    """Write the zip, piece by piece; no more than a piece is held in memory."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        for member in members:
            with archive.open(_entry(member), "w") as file:
                for piece in member.read():
                    file.write(piece)
                    yield sink.taken()
    yield sink.taken()


def length_of(members: Sequence[Member]) -> int:
    """Tell how many bytes ``zipped`` will write, without reading a file."""
    empty = [Member(member.name, 0, tuple) for member in members]
    return sum(map(len, zipped(empty))) + sum(member.size for member in members)


def _entry(member: Member) -> ZipInfo:
    found = ZipInfo(member.name, DATE)
    found.create_system = UNIX
    found.external_attr = READABLE
    found.file_size = member.size  # what needs 64 bits is known before it is written
    return found


class _Sink:
    """What the library writes to: a file without a way back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def close(self) -> None:
        """Nothing was opened."""

    def taken(self) -> bytes:
        """Hand out what was written since."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
