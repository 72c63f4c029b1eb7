"""PNG files of ours: every reader sees the same pixels, and they are no larger than others'."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from common.vision.png import encode_png
from tests.portraits import astronaut

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 300), (300, 1), (64, 91)])
def test_pixels_come_back(height: int, width: int, channels: int) -> None:
    picture = np.random.default_rng(5).integers(0, 256, (height, width, channels), np.uint8)
    data = encode_png(picture)
    read = Image.open(io.BytesIO(data))
    read.load()  # checks the sums of all chunks
    assert (read.mode, read.format, read.info) == ("RGB" if channels == 3 else "RGBA", "PNG", {})
    np.testing.assert_array_equal(np.asarray(read), picture)
    blue_first = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert blue_first is not None
    np.testing.assert_array_equal(blue_first[..., 2::-1], picture[..., :3])


def test_a_part_of_a_picture_is_encoded_like_its_copy() -> None:
    whole = np.arange(40 * 40 * 3, dtype=np.uint8).reshape(40, 40, 3)
    part = whole[3:30, 5:20]
    assert encode_png(part) == encode_png(part.copy())


def test_it_is_no_larger_than_by_zlib() -> None:
    picture = astronaut()
    blue_first = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    others = cv2.imencode(".png", blue_first, [cv2.IMWRITE_PNG_COMPRESSION, 2])[1]
    assert len(encode_png(picture)) <= others.size
