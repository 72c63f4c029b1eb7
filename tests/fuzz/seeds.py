"""Small whole photos of every format, made here; the fuzzers damage them."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin
from pillow_heif import from_pillow

SIDE = (48, 40)


def picture() -> Image.Image:
    """Something with edges, colours and noise: coders take all their ways."""
    rng = np.random.default_rng(5)
    pixels = np.zeros((SIDE[1], SIDE[0], 3), np.uint8)
    pixels[:20], pixels[20:, :24] = (220, 30, 30), (20, 40, 200)
    pixels[24:, 24:] = rng.integers(0, 256, (SIDE[1] - 24, SIDE[0] - 24, 3))
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def tiff(*entries: tuple[int, int, int, int], order: str = "<") -> bytes:
    """An EXIF block of raw entries (tag, type, count, value): whatever they claim."""
    head = (b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(f"{order}I", 8)
    rows = b"".join(struct.pack(f"{order}HHII", *entry) for entry in entries)
    return head + struct.pack(f"{order}H", len(entries)) + rows + bytes(4)


def with_exif(kind: str, photo: bytes, exif: bytes) -> bytes:
    """Put an EXIF block where the format has it."""
    if kind == "jpeg":
        segment = b"Exif\x00\x00" + exif[:60_000]
        return photo[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + photo[2:]
    if kind == "png":
        return photo[:33] + png_chunk(b"eXIf", exif) + photo[33:]
    if kind == "webp":
        padded = exif + b"\0" * (len(exif) % 2)
        whole = photo[:12] + photo[12:] + b"EXIF" + struct.pack("<I", len(exif)) + padded
        return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]
    return photo


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def seeds() -> dict[str, list[bytes]]:
    """Whole files by format; every one of them is accepted."""
    return {
        "jpeg": list(_jpegs()),
        "png": list(_pngs()),
        "webp": list(_webps()),
        "gif": list(_gifs()),
        "heic": list(_heics()),
    }


def _profile() -> bytes:
    return (
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"xx")
    )


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a description"
    return exif


def _jpegs() -> Iterator[bytes]:
    photo = picture()
    yield encoded(photo, "JPEG", quality=80)
    yield encoded(photo, "JPEG", quality=60, progressive=True, exif=_exif())
    yield encoded(photo, "JPEG", subsampling=0, icc_profile=_profile(), restart_marker_rows=1)
    yield encoded(photo.convert("CMYK"), "JPEG")
    yield encoded(photo.convert("L"), "JPEG", comment=b"grey")


def _pngs() -> Iterator[bytes]:
    photo = picture()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "text", zip=True)
    text.add_itxt("XML:com.adobe.xmp", "<x/>", zip=True)
    grey = np.asarray(photo.convert("L")).astype(np.uint16) * 257
    yield encoded(photo, "PNG", pnginfo=text)
    yield encoded(photo.convert("RGBA"), "PNG", exif=_exif())
    yield encoded(photo.convert("P"), "PNG", transparency=3)
    yield encoded(Image.fromarray(grey), "PNG", icc_profile=_profile())
    yield encoded(photo, "PNG", save_all=True, append_images=[photo.rotate(90)])
    yield encoded(photo.convert("1"), "PNG")


def _webps() -> Iterator[bytes]:
    photo = picture()
    yield encoded(photo, "WEBP", quality=50)
    yield encoded(photo, "WEBP", lossless=True, icc_profile=_profile())
    yield encoded(photo.convert("RGBA"), "WEBP", exif=_exif().tobytes())
    yield encoded(photo, "WEBP", save_all=True, append_images=[photo.rotate(90)])


def _gifs() -> Iterator[bytes]:
    photo = picture()
    yield encoded(photo, "GIF", interlace=False)
    yield encoded(photo, "GIF", interlace=True, comment=b"hello", transparency=0)
    yield encoded(photo, "GIF", save_all=True, append_images=[photo.rotate(90)], loop=2)


def _heics() -> Iterator[bytes]:
    for image, options in ((picture(), {}), (picture().convert("RGBA"), {"exif": _exif()})):
        file = io.BytesIO()
        heif = from_pillow(image)
        heif.save(file, format="HEIF", quality=50, **options)
        yield file.getvalue()
