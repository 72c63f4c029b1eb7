"""Uploads are judged by their headers: every odd file gets a clear answer, none an exception."""

from __future__ import annotations

import io
import struct
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from common.errors import BadPhoto, CorruptPhoto, KilnError, PhotoTooLarge, TooManyPixels
from common.vision.headers import JPEG_MAX_PIXELS
from gateway.domain.upload import PhotoHeader, check_photo
from tests.unit.gateway import photos

MB = 1_000_000
FORMATS = ("JPEG", "PNG", "GIF", "WebP", "lossless WebP", "HEIC", "animated WebP")


@pytest.mark.parametrize("name", photos.WHOLE)
def test_a_whole_photo_is_accepted_with_its_type_and_size(name: str) -> None:
    header = check_photo(photos.WHOLE[name], MB)
    assert header.media_type.removeprefix("image/").upper() in name.upper()
    assert header.width == 64
    assert header.height == 48 or name == "HEIC"  # its encoder codes whole blocks of 64 px


def test_a_cmyk_jpeg_and_a_16_bit_png_are_photos_too() -> None:
    cmyk, deep = io.BytesIO(), io.BytesIO()
    Image.new("CMYK", (64, 48)).save(cmyk, "JPEG")
    Image.new("I;16", (64, 48)).save(deep, "PNG")
    assert check_photo(cmyk.getvalue(), MB).media_type == "image/jpeg"
    assert check_photo(deep.getvalue(), MB).media_type == "image/png"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("part", [0.5, 0.9, 0.99])
def test_a_truncated_photo_is_corrupt(name: str, part: float) -> None:
    whole = photos.WHOLE[name]
    with pytest.raises(CorruptPhoto):
        check_photo(whole[: int(len(whole) * part)], MB)


def test_a_truncated_jpeg_is_not_saved_by_the_end_mark_of_its_thumbnail() -> None:
    whole = photos.jpeg_with_thumbnail()
    with pytest.raises(CorruptPhoto, match="cut off"):
        check_photo(whole[:-20], MB)


def test_an_animated_gif_may_be_cut_behind_its_first_frame() -> None:
    whole = photos.WHOLE["animated GIF"]
    assert check_photo(whole[: len(whole) - 200], MB).width == 64


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"Dear diary, this is no picture at all.\n" * 20, "text"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "HTML, XML or SVG"),
        (b"\x00\x00\x00\x20ftypavif\0\0\0\0", "AVIF"),
        (b"\x00\x00\x00\x20ftypisom\0\0\0\0", "a video"),
        (b"II*\x00" + bytes(100), "TIFF"),
        (b"BM" + bytes(100), "BMP"),
        (bytes(1000), "unknown kind"),
    ],
)
def test_what_is_not_a_photo_is_named(data: bytes, words: str) -> None:
    with pytest.raises(BadPhoto, match=words) as caught:
        check_photo(data, MB)
    assert type(caught.value) is BadPhoto
    assert "JPEG" in caught.value.advice


def test_a_png_bomb_is_refused_by_its_header() -> None:
    bomb = photos.png_bomb()
    assert len(bomb) < 200
    with pytest.raises(TooManyPixels, match="50000 x 50000"):
        check_photo(bomb, MB)


def jpeg_saying(width: int, height: int, *, progressive: bool = False) -> bytes:
    data = bytearray(photos.jpeg(progressive=progressive))
    at = data.find(b"\xff\xc2" if progressive else b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "allowed"),
    [
        (jpeg_saying(20_000, 10_000), True),
        (jpeg_saying(20_000, 10_001), False),
        (jpeg_saying(30_001, 100), False),
        (jpeg_saying(10_000, 5_000, progressive=True), True),
        (jpeg_saying(10_000, 5_001, progressive=True), False),
        (photos.png_bomb(10_000, 5_000), True),
        (photos.png_bomb(10_000, 5_001), False),
    ],
)
def test_the_pixel_limits_are_sharp(data: bytes, allowed: bool) -> None:
    if allowed:
        check_photo(data, MB)
    else:
        with pytest.raises(TooManyPixels):
            check_photo(data, MB)


@pytest.mark.parametrize(
    "data",
    [
        jpeg_saying(20_000, 10_001),
        jpeg_saying(10_000, 5_001, progressive=True),
        photos.png_bomb(10_000, 5_001),
    ],
)
def test_the_decoder_has_the_same_limits(data: bytes) -> None:
    from common.vision.decode import decode_photo  # noqa: PLC0415  the gateway never imports it

    with pytest.raises(TooManyPixels):
        decode_photo(data)


@pytest.mark.parametrize("size", [(31, 64), (64, 31), (1, 1)])
def test_a_tiny_picture_is_no_photo(size: tuple[int, int]) -> None:
    with pytest.raises(BadPhoto, match="at least 32"):
        check_photo(photos.encoded("PNG", *size), MB)


def test_the_byte_limit_is_sharp() -> None:
    photo = photos.jpeg()
    check_photo(photo, len(photo))
    with pytest.raises(PhotoTooLarge):
        check_photo(photo, len(photo) - 1)


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_without_a_size_is_corrupt(name: str) -> None:
    with pytest.raises(KilnError):
        check_photo(photos.WHOLE[name][:12], MB)


SLOW = {
    "JPEG of fill bytes": b"\xff\xd8" + b"\xff" * 20 * MB,
    "JPEG of empty segments": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 5 * MB,
    "JPEG of restart marks": b"\xff\xd8" + b"\xff\xd0" * 10 * MB,
    "PNG without end": photos.png_bomb(64, 64)[:-12] + bytes(20 * MB),
    "GIF of tiny blocks": photos.encoded("GIF")[:13] + b"!\xfe" + b"\x01\x00" * 10 * MB,
    "GIF of extensions": b"GIF89a" + bytes(7) + b"!\xfe\x00" * 7 * MB,
    "HEIC of tiny boxes": photos.heic()[:16] + b"\x00\x00\x00\x08free" * 2 * MB,
    "HEIC of nested boxes": photos.heic()[:16]
    + b"".join(struct.pack(">I4s", 20 * MB - 8 * n, b"iprp") for n in range(MB)),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_file_made_to_be_slow_is_refused_in_time(name: str) -> None:
    started = time.process_time()
    with pytest.raises(KilnError):
        check_photo(SLOW[name], 50 * MB)
    assert time.process_time() - started < 2


def test_deeply_nested_heic_boxes_do_not_exhaust_the_stack() -> None:
    inner = b""
    for _ in range(sys.getrecursionlimit() + 100):
        inner = struct.pack(">I4s", len(inner) + 8, b"iprp") + inner
    meta = struct.pack(">I4sI", len(inner) + 12, b"meta", 0) + inner
    with pytest.raises(CorruptPhoto):
        check_photo(photos.heic()[:16] + meta, MB)


def outcome(data: bytes) -> PhotoHeader | KilnError:
    """Judge a file; any other exception than ours goes through."""
    try:
        return check_photo(data, MB)
    except KilnError as error:
        return error


@settings(max_examples=600, deadline=None)
@given(name=st.sampled_from(sorted(photos.WHOLE)), data=st.data())
def test_no_mutation_of_a_photo_raises_anything_but_a_clear_error(
    name: str, data: st.DataObject
) -> None:
    photo = bytearray(photos.WHOLE[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, max(len(photo) - 1, 0)))
        photo[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    found = outcome(bytes(photo))
    if isinstance(found, KilnError):
        assert found.detail
    else:
        assert found.width * found.height <= JPEG_MAX_PIXELS


@settings(max_examples=200, deadline=None)
@given(start=st.sampled_from([p[:16] for p in photos.WHOLE.values()]), rest=st.binary())
def test_noise_behind_a_true_beginning_is_refused(start: bytes, rest: bytes) -> None:
    found = outcome(start + rest)
    assert isinstance(found, KilnError)
    assert found.code in {"bad_photo", "corrupt_photo", "too_many_pixels"}
