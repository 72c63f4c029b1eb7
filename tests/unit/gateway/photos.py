"""Photo files of every kind, whole and odd, made in code."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image
from pillow_heif import from_pillow


def picture(width: int = 64, height: int = 48) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def encoded(kind: str, width: int = 64, height: int = 48, **options: object) -> bytes:
    """A whole file of a Pillow format."""
    file = io.BytesIO()
    picture(width, height).save(file, kind, **options)
    return file.getvalue()


def jpeg(width: int = 64, height: int = 48, **options: object) -> bytes:
    return encoded("JPEG", width, height, **options)


def jpeg_with_thumbnail() -> bytes:
    """A JPEG whose EXIF segment holds a second, whole JPEG, as cameras write it."""
    whole, thumbnail = jpeg(), jpeg(40, 40)
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    return whole[:2] + segment + whole[2:]


def heic(width: int = 64, height: int = 48) -> bytes:
    file = io.BytesIO()
    from_pillow(picture(width, height)).save(file, format="HEIF")
    return file.getvalue()


def animation(kind: str) -> bytes:
    file = io.BytesIO()
    frames = [picture(), picture().rotate(90), picture().rotate(180)]
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=50)
    return file.getvalue()


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A few bytes that claim to be a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


WHOLE = {
    "JPEG": jpeg(),
    "progressive JPEG": jpeg(progressive=True),
    "JPEG with a thumbnail": jpeg_with_thumbnail(),
    "JPEG with something behind its end": jpeg() + b"trailer" * 1000,
    "PNG": encoded("PNG"),
    "GIF": encoded("GIF"),
    "WebP": encoded("WEBP"),
    "lossless WebP": encoded("WEBP", lossless=True),
    "animated GIF": animation("GIF"),
    "animated WebP": animation("WEBP"),
    "HEIC": heic(),
}
