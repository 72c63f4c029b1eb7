"""The engine that is always there: OpenCV and three small networks, no GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from stylize_service.domain.styles import find_style
from stylize_service.engines.sitting import check_size, find_sitter

if TYPE_CHECKING:
    from common.vision.faces import FaceModels
    from common.vision.network import RGB


class BuiltinEngine:
    """Draws portraits. May be shared by threads."""

    name: Final = "builtin"

    def __init__(self, models: FaceModels) -> None:
        self.faces = models

    def portrait(  # noqa: PLR0913, PLR0917  what a portrait depends on
        self,
        image: RGB,
        style: str,
        subject: str = "largest",
        size: int = 1024,
        seed: int = 0,
        background: str = "drawn",
    ) -> RGB:
        """Draw the person in a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8
            RGB, as ``decode_photo`` gives it.
        style : str
            Name of a style.
        subject : str
            ``"largest"`` or the index of a face, counted from the largest.
        size : int
            Side of the result in px, 128..2048.
        seed : int
            Chooses backdrop and strokes; equal seeds give equal bytes.
        background : str
            ``"drawn"`` or ``"transparent"``.

        Returns
        -------
        (size, size, 3) uint8
            RGB; (size, size, 4) with alpha where the background is transparent.

        Raises
        ------
        BadParameter
            Unknown style, or a size or seed out of range.
        NoFace, NoSuchSubject, FaceTooSmall, FaceCutOff
            The photo does not show such a face well enough.
        """
        chosen = find_style(style)
        check_size(size, seed)
        sitter = find_sitter(self.faces, image, subject)
        draw = chosen.cut_out if background == "transparent" else chosen.draw
        return draw(sitter, size, seed)


def encode_png(image: RGB) -> bytes:
    """PNG of a picture, (H, W, 3 or 4) uint8: no metadata, quick rather than small."""
    order = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    blue_first = cv2.cvtColor(image, order)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 2, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    _, data = cv2.imencode(".png", blue_first, options)
    return np.asarray(data, np.uint8).tobytes()
