"""The engine that is always there: OpenCV and three small networks, no GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain.styles import find_style
from stylize_service.engines.sitting import PortraitEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter
    from stylize_service.engines.sitting import Sheet


class BuiltinEngine(PortraitEngine):
    """Draws portraits in every style. May be shared by threads."""

    name = "builtin"

    def draw(self, sitter: Sitter, sheet: Sheet, stop: Callable[[], None]) -> RGB:  # noqa: ARG002
        """Draw a sitter; quick, so it never asks whether to stop."""
        style = find_style(sheet.style)
        paint = style.cut_out if sheet.background == "transparent" else style.draw
        return paint(sitter, sheet.size, sheet.seed)


def encode_png(image: RGB) -> bytes:
    """PNG of a picture, (H, W, 3 or 4) uint8: no metadata, quick rather than small."""
    order = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    blue_first = cv2.cvtColor(image, order)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 2, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    _, data = cv2.imencode(".png", blue_first, options)
    return np.asarray(data, np.uint8).tobytes()
