"""The engine that is always there: OpenCV and three small networks, no GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from common.errors import BadParameter
from common.vision.faces import pick_subject
from stylize_service.domain.portrait import pose_sitter
from stylize_service.domain.styles import find_style

if TYPE_CHECKING:
    from common.vision.faces import FaceModels
    from common.vision.network import RGB

SMALLEST_SIZE, LARGEST_SIZE = 128, 2048
LARGEST_SEED = 2**31 - 1


class BuiltinEngine:
    """Draws portraits. May be shared by threads."""

    name: Final = "builtin"

    def __init__(self, models: FaceModels) -> None:
        self._models = models

    def portrait(
        self, image: RGB, style: str, subject: str = "largest", size: int = 1024, seed: int = 0
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

        Returns
        -------
        (size, size, 3) uint8
            RGB.

        Raises
        ------
        BadParameter
            Unknown style, or a size or seed out of range.
        NoFace, NoSuchSubject, FaceTooSmall, FaceCutOff
            The photo does not show such a face well enough.
        """
        chosen = find_style(style)
        if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
            raise BadParameter(f"size {size} is not in {SMALLEST_SIZE}..{LARGEST_SIZE}")
        if not 0 <= seed <= LARGEST_SEED:
            raise BadParameter(f"seed {seed} is not in 0..{LARGEST_SEED}")
        search = self._models.find_faces(image)
        face = pick_subject(search, subject)
        sitter = pose_sitter(search.image, face, self._models.person_mask)
        return chosen.draw(sitter, size, seed)


def encode_png(image: RGB) -> bytes:
    """PNG of an RGB picture, (H, W, 3) uint8: no metadata, quick rather than small."""
    blue_first = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 2, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    _, data = cv2.imencode(".png", blue_first, options)
    return np.asarray(data, np.uint8).tobytes()
