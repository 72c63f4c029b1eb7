"""Odd photos, each made here: what comes out is what a person sees, or a clear refusal."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from common.errors import BadPhoto, CorruptPhoto, TooManyPixels
from common.vision.decode import decode_photo
from common.vision.headers import exif_orientation, photo_format

RED, BLUE = (220, 30, 30), (20, 40, 200)


def two_colours(width: int = 64, height: int = 48) -> Image.Image:
    """Left half red, right half blue, with a white top row of blocks for orientation."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2], pixels[:, width // 2 :] = RED, BLUE
    pixels[: height // 4] = 255
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def photo_noise(side: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (side, side, 3), np.uint8))


def assert_two_colours(pixels: np.ndarray, tolerance: int = 14) -> None:
    height, width = pixels.shape[:2]
    for x, colour in ((width // 4, RED), (3 * width // 4, BLUE)):
        found = pixels[height * 3 // 4, x].astype(int)
        assert np.abs(found - colour).max() <= tolerance, (found, colour)
    assert pixels[2, width // 2].min() > 220


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_ordinary_formats_come_back_as_rgb(kind: str) -> None:
    pixels = decode_photo(encoded(two_colours(), kind, quality=95))
    assert pixels.shape == (48, 64, 3)
    assert pixels.dtype == np.uint8
    assert_two_colours(pixels)


def test_heic_from_a_phone_is_read() -> None:
    heif = pillow_heif.from_pillow(two_colours(128, 96))
    buffer = io.BytesIO()
    heif.save(buffer, quality=90)
    assert_two_colours(decode_photo(buffer.getvalue()), 30)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_exif_orientation_is_undone(orientation: int, kind: str) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = two_colours()
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode_photo(encoded(stored, kind, exif=exif, quality=95))
    assert pixels.shape == (48, 64, 3)
    assert_two_colours(pixels)


def test_damaged_exif_leaves_the_photo_readable_and_says_nothing() -> None:
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff\x12\x01\x03"
    data = encoded(two_colours(), "JPEG", exif=exif, quality=95)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert_two_colours(decode_photo(data))
    assert not caught
    assert exif_orientation(exif) == 1


def test_of_an_animation_the_first_frame_counts() -> None:
    other = Image.new("RGB", (64, 48), (0, 255, 0))
    for kind in ("GIF", "WEBP"):
        data = encoded(two_colours(), kind, save_all=True, append_images=[other, other])
        assert_two_colours(decode_photo(data), 40)


def test_cmyk_jpeg_keeps_its_colours() -> None:
    data = encoded(two_colours().convert("CMYK"), "JPEG", quality=95)
    assert_two_colours(decode_photo(data))


def test_sixteen_bit_grey_keeps_its_range_instead_of_turning_white() -> None:
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (32, 1))
    pixels = decode_photo(encoded(Image.fromarray(ramp), "PNG"))
    assert pixels[0, 0, 0] == 0
    assert 120 <= pixels[0, 32, 1] <= 136
    assert pixels[0, 63, 2] == 255


def test_grey_palette_and_bilevel_pictures_become_rgb() -> None:
    for mode in ("L", "P", "1", "LA"):
        pixels = decode_photo(encoded(two_colours().convert(mode), "PNG"))
        assert pixels.shape == (48, 64, 3), mode
        assert pixels[2, 32].min() > 220, mode


def test_transparency_lies_on_white() -> None:
    picture = two_colours().convert("RGBA")
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[24:, :32] = 0
    picture.putalpha(Image.fromarray(alpha))
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        pixels = decode_photo(encoded(picture, kind, **options))
        assert pixels[36, 16].min() == 255
        assert np.abs(pixels[36, 48].astype(int) - BLUE).max() < 14
    palette = two_colours().convert("P", palette=Image.Palette.ADAPTIVE)
    clear = palette.getpixel((16, 36))
    assert decode_photo(encoded(palette, "PNG", transparency=clear))[36, 16].min() == 255


def test_a_colour_profile_is_applied() -> None:
    # Lab D50 is the one wide space that Pillow can build; a swapped-primaries RGB needs a file,
    # so the profile under test is sRGB with its red and blue columns exchanged.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"sRGB", b"swap").replace(b"rXYZ", b"tmpX")
    profile = profile.replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    picture = Image.new("RGB", (32, 32), RED)
    pixels = decode_photo(encoded(picture, "PNG", icc_profile=profile))
    assert pixels[16, 16, 2] > pixels[16, 16, 0] + 100
    broken = decode_photo(encoded(picture, "PNG", icc_profile=b"nonsense"))
    assert tuple(broken[16, 16]) == RED


def test_a_large_photo_is_reduced_and_a_small_one_left_alone() -> None:
    large = encoded(two_colours(3000, 1500), "JPEG")
    assert decode_photo(large).shape == (1024, 2048, 3)
    assert decode_photo(large, max_side=500).shape == (250, 500, 3)
    assert decode_photo(encoded(two_colours(60000, 4), "JPEG")).shape == (1, 2048, 3)
    assert decode_photo(encoded(two_colours(8, 8), "PNG")).shape == (8, 8, 3)


def test_a_jpeg_of_190_megapixels_is_decoded_reduced() -> None:
    huge = Image.new("L", (19000, 10000), 200)
    pixels = decode_photo(encoded(huge, "JPEG"))
    assert pixels.shape == (1078, 2048, 3)
    assert abs(int(pixels[500, 1000, 0]) - 200) < 3


def png_header(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    body = b"IDAT" + zlib.compress(bytes(1000))
    data += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + data + struct.pack(">I", 0) + b"IEND\xaeB`\x82"


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    started = time.process_time()
    with pytest.raises(TooManyPixels, match="50000 x 50000"):
        decode_photo(png_header(50_000, 50_000))
    webp = bytearray(encoded(two_colours(), "WEBP", icc_profile=bytes(128)))
    assert webp[12:16] == b"VP8X"
    webp[24:30] = b"\xff\x3f\x00\xff\x3f\x00"
    with pytest.raises(TooManyPixels, match="16384 x 16384"):
        decode_photo(bytes(webp))
    jpeg = bytearray(encoded(two_colours(), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 15000, 15000)
    with pytest.raises(TooManyPixels, match="200 million"):
        decode_photo(bytes(jpeg))
    assert time.process_time() - started < 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize("kept", [0.05, 0.3, 0.6, 0.9, 0.98])
def test_half_a_picture_is_corrupt_never_half_grey(kind: str, kept: float) -> None:
    data = encoded(photo_noise(256), kind)
    with pytest.raises(CorruptPhoto):
        decode_photo(data[: int(len(data) * kept)])


def test_a_cut_progressive_jpeg_or_heic_is_corrupt() -> None:
    data = encoded(photo_noise(256), "JPEG", progressive=True)
    with pytest.raises(CorruptPhoto):
        decode_photo(data[: len(data) * 2 // 3])
    buffer = io.BytesIO()
    pillow_heif.from_pillow(photo_noise(256)).save(buffer)
    with pytest.raises(CorruptPhoto):
        decode_photo(buffer.getvalue()[: len(buffer.getvalue()) * 2 // 3])


@pytest.mark.parametrize(
    "data", [b"", b"hello, this is text", b"%PDF-1.7", b"<svg/>", b"BM" + bytes(60), bytes(100)]
)
def test_what_is_no_photo_is_a_bad_photo(data: bytes) -> None:
    assert photo_format(data) is None
    with pytest.raises(BadPhoto) as caught:
        decode_photo(data)
    assert caught.value.code == "bad_photo"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_flipped_bytes_give_a_picture_or_a_refusal_and_nothing_else(kind: str) -> None:
    data = encoded(photo_noise(48), kind)
    rng = np.random.default_rng(11)
    for _ in range(120):
        damaged = bytearray(data)
        for _ in range(4):
            damaged[int(rng.integers(4, len(damaged)))] = int(rng.integers(256))
        try:
            pixels = decode_photo(bytes(damaged))
        except BadPhoto:
            continue
        assert pixels.ndim == 3
