"""Photo bytes to pixels: upright, sRGB, at most so large, and never half a picture."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import (
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
from pillow_heif import HeifImageFile

from common.errors import BadPhoto, CorruptPhoto, TooManyPixels
from common.vision.headers import exif_orientation, photo_format, pixel_limit, webp_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from common.vision.network import RGB

# The plugins are called directly: ``Image.open`` has a pixel limit of its own, as a global
# variable, and would try formats that are not accepted here.
_OPENERS: Final[dict[str, Callable[[io.BytesIO], Any]]] = {
    "jpeg": JpegImagePlugin.JpegImageFile,
    "png": PngImagePlugin.PngImageFile,
    "gif": GifImagePlugin.GifImageFile,
    "webp": WebPImagePlugin.WebPImageFile,
    "heic": HeifImageFile,
}
# What the decoders raise on damaged files, seen by cutting and flipping bytes.
_DAMAGE: Final = (
    *(OSError, SyntaxError, ValueError, EOFError, RuntimeError, TypeError, OverflowError),
    *(LookupError, struct.error, zlib.error, Image.DecompressionBombError, ImageCms.PyCMSError),
)
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_warnings_lock = threading.Lock()  # the filters of ``warnings`` belong to the whole process


def decode_photo(data: bytes, max_side: int = 2048) -> RGB:
    """Decode a photo as a person would see it.

    EXIF orientation and colour profile are applied, transparency lies on white, of an
    animation the first frame counts.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG, WebP, GIF or HEIC file.
    max_side : int
        Longest side of the result in px; larger photos are reduced, smaller ones left alone.

    Returns
    -------
    (H, W, 3) uint8
        sRGB.

    Raises
    ------
    BadPhoto
        Not one of these formats.
    TooManyPixels
        More than 200 million pixels in a baseline JPEG, 50 million elsewhere. Said before decoding.
    CorruptPhoto
        The file is cut or damaged.
    """
    kind = photo_format(data)
    if kind is None:
        what = "the file is empty" if not data else "the file is not a photo in a known format"
        raise BadPhoto(what)
    try:
        return _decode(kind, data, max_side)
    except _DAMAGE as error:
        raise CorruptPhoto(f"the {kind.upper()} file is damaged: {error}") from error


def _decode(kind: str, data: bytes, max_side: int) -> RGB:
    if kind == "webp":
        # its plugin allocates the canvas when opening
        _check_pixels(kind, webp_size(data), pixel_limit(kind))
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _OPENERS[kind](io.BytesIO(data))
    progressive = bool(image.info.get("progressive"))
    _check_pixels(kind, image.size, pixel_limit(kind, progressive=progressive))
    profile = image.info.get("icc_profile")
    orientation = exif_orientation(image.info.get("exif") or b"")
    width, height = image.size
    scale = min(1.0, max_side / max(width, height))
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if kind == "jpeg":
        image.draft(image.mode, target)  # reduces while decoding, never below the target
    image = _simple_mode(image)
    if target != image.size:
        image = image.resize(target, Image.Resampling.HAMMING)
    image = _on_white(_to_srgb(image, profile))
    if orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[orientation])
    return np.array(image, np.uint8)


def _check_pixels(kind: str, size: tuple[int, int], limit: int) -> None:
    if size[0] * size[1] > limit:
        raise TooManyPixels(
            f"{size[0]} x {size[1]} pixels are too many: the limit for this "
            f"{kind.upper()} is {limit // 1_000_000} million"
        )


def _simple_mode(image: Image.Image) -> Image.Image:
    # To a mode that can be resized without loss of meaning: L, RGB, CMYK, LA or RGBA.
    image.load()
    if image.mode.startswith("I"):  # 16-bit grey; a plain conversion would clip it to white
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"PA", "La", "RGBa"}:
        return image.convert("RGBA")
    if image.mode in {"1", "P"}:
        return image.convert("RGB")
    return image


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or image.mode not in {"RGB", "RGBA", "CMYK"} or b"sRGB" in profile[:4096]:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile spoils the colours a little, not the photo
    return converted or image


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in {"LA", "RGBA"}:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
