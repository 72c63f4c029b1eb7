"""Damaged photos: what hypothesis draws is where and how; nothing here is random by itself."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from functools import cache

from hypothesis import strategies as st

from tests.fuzz.seeds import png_chunk, seeds, tiff, with_exif

KINDS = ("jpeg", "png", "webp", "gif", "heic")
EDGES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF)
EDGES += (0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_PARTS = 1 << 16  # places are drawn as parts of the file, so that they shrink well
_MAGIC = 12  # bytes that name the format: without them nothing else is looked at

Change = Callable[[bytes], bytes]


@cache
def files() -> dict[str, list[bytes]]:
    return seeds()


@st.composite
def mutants(draw: st.DrawFn, kind: str) -> bytes:
    """One damaged file of a format (or what is left of the format)."""
    data = draw(st.sampled_from(files()[kind]))
    for change in draw(st.lists(_changes(kind), min_size=1, max_size=4)):
        data = change(data)
    if kind == "png" and draw(st.booleans()):
        data = _with_right_checksums(data)  # else a checksum is all that is ever tested
    return data


@cache
def _changes(kind: str) -> st.SearchStrategy[Change]:
    place = st.integers(0, _PARTS - 1)
    edge = st.sampled_from(EDGES)
    blob = st.binary(min_size=1, max_size=12)
    return st.one_of(
        st.builds(_cut, place),
        st.builds(_flip, place, st.integers(0, 7)),
        st.builds(_write, place, blob),
        st.builds(_insert, place, blob),
        st.builds(_drop, place, st.integers(1, 64)),
        st.builds(_copy, place, place, st.integers(1, 200)),
        st.builds(_number, place, edge, st.sampled_from(["<H", ">H", "<I", ">I"])),
        st.builds(_length, st.just(kind), place, edge),
        st.builds(_length, st.just(kind), place, st.integers(0, 400)),
        st.builds(_size, st.just(kind), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
        st.builds(_name, st.integers(0, _MAGIC), blob),
        st.builds(_splice, st.sampled_from(_all()), place, place),
        st.builds(_lie, st.just(kind), _exifs()),
    )


def _all() -> list[bytes]:
    return [file for some in files().values() for file in some]


def _exifs() -> st.SearchStrategy[bytes]:
    word, long = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
    entry = st.tuples(st.sampled_from([0x0112, 0x8769, 0x8825, 0x0201]) | word, word, long, long)
    rows = st.lists(entry, max_size=4).map(lambda found: tiff(*found))
    swapped = st.lists(entry, max_size=4).map(lambda found: tiff(*found, order=">"))
    return st.one_of(rows, swapped, st.binary(max_size=40))


def _at(data: bytes, part: int) -> int:
    return min(len(data), _MAGIC + part * max(0, len(data) - _MAGIC) // _PARTS)


def _cut(part: int) -> Change:
    return lambda data: data[: _at(data, part)]


def _flip(part: int, bit: int) -> Change:
    return lambda data: _over(data, _at(data, part), bytes([_byte(data, part) ^ 1 << bit]))


def _byte(data: bytes, part: int) -> int:
    return (data[_at(data, part) :] or b"\0")[0]


def _write(part: int, blob: bytes) -> Change:
    return lambda data: _over(data, _at(data, part), blob)


def _name(at: int, blob: bytes) -> Change:
    return lambda data: _over(data, at, blob)


def _over(data: bytes, at: int, blob: bytes) -> bytes:
    return data[:at] + blob + data[at + len(blob) :]


def _insert(part: int, blob: bytes) -> Change:
    return lambda data: data[: _at(data, part)] + blob + data[_at(data, part) :]


def _drop(part: int, count: int) -> Change:
    return lambda data: data[: _at(data, part)] + data[_at(data, part) + count :]


def _copy(source: int, target: int, count: int) -> Change:
    def change(data: bytes) -> bytes:
        start, at = _at(data, source), _at(data, target)
        return data[:at] + data[start : start + count] + data[at:]

    return change


def _number(part: int, value: int, layout: str) -> Change:
    blob = struct.pack(layout, value & (0xFFFF if layout[1] == "H" else 0xFFFFFFFF))
    return _write(part, blob)


def _splice(other: bytes, mine: int, theirs: int) -> Change:
    return lambda data: data[: _at(data, mine)] + other[_at(other, theirs) :]


def _lie(kind: str, exif: bytes) -> Change:
    return lambda data: with_exif(kind, data, exif) if len(data) > 40 else data


def _length(kind: str, part: int, value: int) -> Change:
    """Change one of the fields that say how long something is."""

    def change(data: bytes) -> bytes:
        fields = _length_fields(kind, data)
        if not fields:
            return data
        at, layout = fields[part % len(fields)]
        limit = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}[layout[1]]
        return _over(data, at, struct.pack(layout, value & limit))

    return change


def _length_fields(kind: str, data: bytes) -> list[tuple[int, str]]:
    patterns = {
        "jpeg": (rb"\xff[\xc0-\xfe]", 2, ">H"),
        "png": (rb"(?s)....(?=[a-zA-Z]{4})", 0, ">I"),
        "webp": (rb"VP8[ LX]|RIFF|EXIF|ICCP|AN[A-Z]{2}|ALPH", 4, "<I"),
        "gif": (rb"(?s)[\x21\x2c]..", 2, "<B"),
        "heic": (rb"(?s)....(?=[a-z]{4})", 0, ">I"),
    }
    pattern, offset, layout = patterns[kind]
    return [(found.start() + offset, layout) for found in re.finditer(pattern, data)]


def _size(kind: str, width: int, height: int) -> Change:
    """Change the size that the header claims."""

    def change(data: bytes) -> bytes:
        where, layout = {
            "jpeg": (rb"\xff[\xc0-\xc2]...", ">HH"),
            "png": (rb"IHDR", ">II"),
            "webp": (rb"\x9d\x01\x2a", "<HH"),
            "gif": (rb"GIF8[79]a", "<HH"),
            "heic": (rb"ispe....", ">II"),
        }[kind]
        found = re.search(b"(?s)" + where, data)
        pair = (height, width) if kind == "jpeg" else (width, height)
        return _over(data, found.end(), struct.pack(layout, *pair)) if found else data

    return change


def _with_right_checksums(data: bytes) -> bytes:
    at, parts = 8, [data[:8]]
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if len(body) < length or at + 12 + length > len(data):
            break
        parts.append(png_chunk(kind, _deflated(body) if kind == b"IDAT" else body))
        at += 12 + length
    return b"".join(parts) + data[at:]


def _deflated(body: bytes) -> bytes:
    # what still can be inflated gets a right Adler checksum as well
    stream = zlib.decompressobj()
    try:
        rows = stream.decompress(body, 1_000_000)
    except zlib.error:
        return body
    return zlib.compress(rows)
