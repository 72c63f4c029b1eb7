"""Is this a photo that can be worked with? Answered from its headers; nothing is decoded here.

What only decoding can tell (broken pixels) is found by the first stage, as ``corrupt_photo``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from common.errors import BadPhoto, PhotoTooLarge, TooManyPixels
from common.vision.headers import photo_format, pixel_limit
from gateway.domain.structure import (
    gif_size,
    heif_size,
    jpeg_is_progressive,
    jpeg_size,
    png_size,
    webp_size,
)

MIN_SIDE: Final = 32
MAX_SIDE: Final = 30_000

_FORMATS: Final[dict[str, tuple[str, Callable[[bytes], tuple[int, int]]]]] = {
    "jpeg": ("image/jpeg", jpeg_size),
    "png": ("image/png", png_size),
    "gif": ("image/gif", gif_size),
    "webp": ("image/webp", webp_size),
    "heic": ("image/heic", heif_size),
}
MEDIA_TYPES: Final = tuple(media_type for media_type, _ in _FORMATS.values())

# Not read here, but worth a clearer answer than "unknown": (offset, first bytes, name).
_OTHER_FILES: Final = (
    (0, b"%PDF", "a PDF document"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\x00", "a TIFF or camera raw picture"),
    (0, b"MM\x00*", "a TIFF or camera raw picture"),
    (0, b"\x00\x00\x01\x00", "an icon file"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (0, b"<", "HTML, XML or SVG text"),
    (4, b"ftypavi", "an AVIF picture"),
    (4, b"ftyp", "a video"),
)


@dataclass(frozen=True)
class PhotoHeader:
    """What the header of a photo says; sizes in px, before any rotation."""

    media_type: str
    width: int
    height: int


def check_photo(data: bytes, max_bytes: int) -> PhotoHeader:
    """Check format, structure and size of an uploaded file without decoding it.

    Parameters
    ----------
    data
        The whole file. Its name and declared type play no part: the bytes win.
    max_bytes
        Largest file accepted.

    Raises
    ------
    BadPhoto
        Empty, not an image, an image in a format that is not read here, or a tiny one.
    CorruptPhoto
        Cut off, or its structure is broken.
    PhotoTooLarge
        Too many bytes.
    TooManyPixels
        Too many pixels for its format.
    """
    if not data:
        raise BadPhoto("the file is empty")
    if len(data) > max_bytes:
        raise PhotoTooLarge(
            f"the photo has {len(data) / 1e6:.1f} MB; the limit is {max_bytes / 1e6:.0f} MB"
        )
    kind = photo_format(data)
    if kind is None:
        raise BadPhoto(
            f"the file is {_looks_like(data)}, not a photo in a format that is read here"
        )
    media_type, size_of = _FORMATS[kind]
    width, height = size_of(data)
    progressive = kind == "jpeg" and jpeg_is_progressive(data)
    _check_size(kind, width, height, pixel_limit(kind, progressive=progressive))
    return PhotoHeader(media_type, width, height)


def _looks_like(data: bytes) -> str:
    for offset, start, name in _OTHER_FILES:
        if data.startswith(start, offset):
            return name
    head = data[:512]
    is_text = b"\0" not in head and all(byte >= 32 or byte in b"\t\r\n\f" for byte in head)
    return "text" if is_text else "of an unknown kind"


def _check_size(kind: str, width: int, height: int, limit: int) -> None:
    if width * height > limit:
        raise TooManyPixels(
            f"{width} x {height} pixels are too many: the limit for this {kind.upper()} is "
            f"{limit // 1_000_000} million"
        )
    if max(width, height) > MAX_SIDE:
        raise TooManyPixels(f"a side of {max(width, height)} px is too long: at most {MAX_SIDE}")
    if min(width, height) < MIN_SIDE:
        raise BadPhoto(
            f"{width} x {height} pixels are too few: each side needs at least {MIN_SIDE}",
            "Send the photo in its full size.",
        )
