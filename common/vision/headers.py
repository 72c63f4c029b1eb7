"""What the first bytes of a photo say, read without decoding it."""

from __future__ import annotations

import struct
from typing import Final

JPEG_MAX_PIXELS: Final = 200_000_000  # decoded at an eighth of the side when as large as this
OTHER_MAX_PIXELS: Final = 50_000_000  # these can only be decoded whole

_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"hevm", b"mif1", b"msf1"}
_ORIENTATION_TAG = 0x0112


def photo_format(data: bytes) -> str | None:
    """Format by magic number: jpeg, png, gif, webp, heic, or None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "heic"
    return None


def pixel_limit(kind: str, *, progressive: bool = False) -> int:
    """Most pixels a photo may have: a baseline JPEG alone is reduced while it is decoded."""
    return JPEG_MAX_PIXELS if kind == "jpeg" and not progressive else OTHER_MAX_PIXELS


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height in px from a WebP header (RFC 9649, sections 2.5 to 2.7).

    Raises
    ------
    ValueError
        The header is cut or unknown.
    """
    chunk = data[12:16]
    if len(data) < 30:
        raise ValueError("the header is incomplete")
    if chunk == b"VP8X":
        size = [int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27)]
        return size[0], size[1]
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("the first chunk is not an image")


def exif_orientation(exif: bytes) -> int:
    """Orientation 1..8 from an EXIF block; 1 when it says nothing or cannot be read.

    Only this one tag is read, so that a block damaged elsewhere neither warns nor fails.
    """
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION_TAG:
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
