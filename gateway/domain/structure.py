"""Size and completeness of image files, read from their structure alone.

Every function takes the whole file and returns ``(width, height)`` in px, or raises
``CorruptPhoto``. All loops are bounded: a file made to be slow is damaged by definition.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Final

from common.errors import CorruptPhoto
from common.vision import headers

MAX_PARTS: Final = 200_000  # segments, chunks or boxes; the largest real photos have thousands

_NOT_FF: Final = re.compile(rb"[^\xff]")
_START_OF_FRAME: Final = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # DHT, JPG, DAC
_PROGRESSIVE: Final = {0xC2, 0xC6, 0xCA, 0xCE}
_WITHOUT_LENGTH: Final = {0x01, *range(0xD0, 0xD9)}  # TEM, RST, SOI
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_PNG_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"


def jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments up to the first scan, then look for the end mark (ITU-T T.81, B.1)."""
    size: tuple[int, int] | None = None
    for marker, at, length in _jpeg_segments(data):
        if marker in _START_OF_FRAME and length >= 8:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = (width, height)
        if marker == _START_OF_SCAN:
            # The thumbnail in the EXIF segment has an end mark too: only look behind this one.
            return _complete("JPEG", size, whole=data.rfind(b"\xff\xd9", at + length) > 0)
    raise CorruptPhoto("the JPEG file is cut off or damaged before its first pixel")


def jpeg_is_progressive(data: bytes) -> bool:
    """Whether a decoder must hold every coefficient at once (ITU-T T.81, table B.1)."""
    return any(marker in _PROGRESSIVE for marker, _, _ in _jpeg_segments(data))


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, where its length stands, length) up to the first scan or the damage."""
    at = 2
    for _ in range(MAX_PARTS):
        found = _NOT_FF.search(data, at)
        if found is None or found.start() == at:
            return
        marker = data[found.start()]
        at = found.start() + 1
        if marker in _WITHOUT_LENGTH:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if marker == _END_OF_IMAGE or length < 2 or at + length > len(data):
            return
        yield marker, at, length
        if marker == _START_OF_SCAN:
            return
        at += length


def png_size(data: bytes) -> tuple[int, int]:
    """Read IHDR and look for IDAT and IEND (PNG specification, sections 5.6 and 11.2)."""
    if data[8:16] != b"\x00\x00\x00\rIHDR" or len(data) < 33:
        raise CorruptPhoto("the PNG file does not begin with its header")
    size = struct.unpack_from(">II", data, 16)
    whole = data.find(b"IDAT", 33) > 0 and data.rfind(_PNG_END) > 0
    return _complete("PNG", (size[0], size[1]), whole=whole)


def webp_size(data: bytes) -> tuple[int, int]:
    """Compare the RIFF length with the file (RFC 9649, section 2.4)."""
    try:
        size = headers.webp_size(data)
    except ValueError as exc:
        raise CorruptPhoto(f"the WebP file is damaged: {exc}") from exc
    riff_length = int.from_bytes(data[4:8], "little")
    return _complete("WebP", size, whole=8 + riff_length <= len(data))


def gif_size(data: bytes) -> tuple[int, int]:
    """Walk to the end of the first frame, the only one used (GIF89a, sections 18 to 22)."""
    if len(data) < 13:
        raise CorruptPhoto("the GIF file is cut off in its header")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _colour_table(flags)
    for _ in range(MAX_PARTS):
        block = data[at : at + 1]
        if block == b"!":
            at = _after_sub_blocks(data, at + 2)
        elif block == b",":
            frame = data[at + 1 : at + 10]
            if len(frame) < 9:
                break
            left, top, frame_width, frame_height, flags = struct.unpack("<HHHHB", frame)
            size = (max(width, left + frame_width), max(height, top + frame_height))
            end = _after_sub_blocks(data, at + 10 + _colour_table(flags) + 1)
            return _complete("GIF", size, whole=end <= len(data))
        else:
            break
    raise CorruptPhoto("the GIF file holds no picture")


def _colour_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_sub_blocks(data: bytes, at: int) -> int:
    for _ in range(MAX_PARTS):
        if at >= len(data):
            break
        if data[at] == 0:
            return at + 1
        at += 1 + data[at]
    raise CorruptPhoto("the GIF file is cut off")


def heif_size(data: bytes) -> tuple[int, int]:
    """Find the largest ``ispe`` property (ISO 23008-12, 6.5.3) and check the outer boxes."""
    sizes = []
    end = 0
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta":
            sizes += list(_image_sizes(data, start + 4, min(end, len(data))))
    if not sizes:
        raise CorruptPhoto("the HEIC file does not say how large its picture is")
    size = max(sizes, key=lambda pair: pair[0] * pair[1])
    return _complete("HEIC", size, whole=end <= len(data))


def _image_sizes(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    for kind, inside, stop in _boxes(data, start, end):
        if kind in {b"iprp", b"ipco"}:
            yield from _image_sizes(data, inside, min(stop, end))
        elif kind == b"ispe" and inside + 12 <= end:
            width, height = struct.unpack_from(">II", data, inside + 4)
            yield width, height


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    # ISO 14496-12, 4.2: yields (type, start of content, end); the last end may lie outside
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        length, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1 and at + 16 <= end:
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        stop = end if length == 0 else at + length
        if stop < start:
            raise CorruptPhoto("the HEIC file has a box with an impossible length")
        yield kind, start, stop
        at = stop


def _complete(kind: str, size: tuple[int, int] | None, *, whole: bool) -> tuple[int, int]:
    if size is None or not all(size):
        raise CorruptPhoto(f"the {kind} file has no picture size")
    if not whole:
        raise CorruptPhoto(f"the {kind} file is cut off: its end is missing")
    return size
