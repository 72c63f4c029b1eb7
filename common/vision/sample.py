"""A photo to warm up with: part of NASA's portrait of Eileen Collins, public domain."""

from __future__ import annotations

from importlib import resources

from common.vision.decode import decode_photo
from common.vision.network import RGB


def sample_photo() -> RGB:
    """Decode the photo, (300, 300, 3) uint8: a process that made a figurine of it is warm."""
    return decode_photo((resources.files("common.vision") / "sample_face.jpg").read_bytes())
