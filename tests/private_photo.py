"""Photos full of what nobody wants to publish, and a way to find it again in what came out."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin
from PIL.TiffImagePlugin import IFDRational

SECRET: Final = "zQ7secretXw"
FILE_NAME: Final = f"{SECRET} at home.jpg"
SECONDS: Final = (123_454_321, 10_000_019)  # of latitude, as a rational: eight bytes to look for
_GPS, _EXIF_IFD = 0x8825, 0x8769
_TEXT_CHUNKS: Final = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"tIME"}


def private_jpeg(pixels: np.ndarray) -> bytes:
    """A JPEG with EXIF and GPS, XMP, IPTC, a comment and a profile, the secret in each."""
    image = Image.fromarray(pixels)
    data = _saved(
        image,
        "JPEG",
        quality=92,
        exif=exif(),
        xmp=_xmp(),
        comment=SECRET.encode(),
        icc_profile=_profile(),
    )
    iptc = b"\x1c\x02\x78" + struct.pack(">H", len(SECRET)) + SECRET.encode()
    block = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    segment = b"Photoshop 3.0\x00" + block
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def private_png(pixels: np.ndarray) -> bytes:
    """A PNG with texts of every kind, EXIF and a profile, the secret in each."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", SECRET)
    info.add_text("Comment", SECRET, zip=True)
    info.add_itxt("XML:com.adobe.xmp", _xmp().decode(), zip=True)
    image = Image.fromarray(pixels)
    return _saved(image, "PNG", pnginfo=info, exif=exif(), icc_profile=_profile())


def exif() -> Image.Exif:
    """Names, a comment and where it was taken."""
    made = Image.Exif()
    made[0x010E] = made[0x013B] = made[0x8298] = SECRET  # description, artist, copyright
    made[0x9C9B] = SECRET.encode("utf-16-le")  # title, as Windows writes it
    made.get_ifd(_EXIF_IFD)[0x9286] = b"ASCII\0\0\0" + SECRET.encode()
    place = made.get_ifd(_GPS)
    place[1], place[2] = "N", (48.0, 51.0, IFDRational(*SECONDS))
    place[28] = b"ASCII\0\0\0" + SECRET.encode()
    return made


def leaks(name: str, data: bytes) -> list[str]:
    """Name every place of a file where the secret or the place stands."""
    found = []
    for part, inside in _parts(name, data):
        found += [f"{part}: {what}" for what, mark in _marks().items() if mark in inside.lower()]
    return found


def _marks() -> dict[str, bytes]:
    secret = SECRET.lower()
    pairs = {"<": "little", ">": "big"}
    return {
        "text": secret.encode(),
        "UTF-16": secret.encode("utf-16-le"),
        **{f"GPS, {end}": struct.pack(f"{order}II", *SECONDS) for order, end in pairs.items()},
        "GPS in digits": str(SECONDS[0]).encode(),
    }


def _parts(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file, the files inside it, and the texts of its PNGs; what is packed is unpacked."""
    yield name, data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _parts(f"{name}/{member}", archive.read(member))
    for match in re.finditer(rb"\x89PNG\r\n\x1a\n", data):
        yield from _png_texts(f"{name} (PNG at {match.start()})", data, match.end())


def _png_texts(name: str, data: bytes, at: int) -> Iterator[tuple[str, bytes]]:
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind in _TEXT_CHUNKS:
            body = data[at + 8 : at + 8 + length]
            yield f"{name} {kind.decode()}", body + _inflated(body)
        if kind == b"IEND":
            return
        at += 12 + length


def _inflated(body: bytes) -> bytes:
    for start in range(len(body)):
        try:
            return zlib.decompress(body[start:])
        except zlib.error:
            continue
    return b""


def _xmp() -> bytes:
    return (
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf="
        "'http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description xmlns:dc="
        f"'http://purl.org/dc/elements/1.1/' dc:creator='{SECRET}'/></rdf:RDF></x:xmpmeta>"
    ).encode()


def _profile() -> bytes:
    """A profile whose description is the secret, in the same number of bytes."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old in ("sRGB built-in", "sRGB"):
        for coding in ("utf-16-be", "ascii"):
            new = SECRET[: len(old)].ljust(len(old))
            made = made.replace(old.encode(coding), new.encode(coding))
    return made + SECRET.encode()


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
