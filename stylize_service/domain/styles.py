"""The named styles: what the catalogue lists and a request may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from common.errors import BadParameter
from stylize_service.domain.cel import cut_cel, paint_cel
from stylize_service.domain.cutout import to_rgba, unfringed
from stylize_service.domain.oil import cut_oil, paint_oil
from stylize_service.domain.pencil import cut_pencil, paint_pencil
from stylize_service.domain.pixel import CELLS, cut_pixel, paint_pixel
from stylize_service.domain.pop import cut_pop, paint_pop
from stylize_service.domain.portrait import WORK_SIDE
from stylize_service.domain.watercolor import cut_watercolor, paint_watercolor

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.network import RGB
    from stylize_service.domain.cutout import Cutout
    from stylize_service.domain.portrait import Sitter


@dataclass(frozen=True)
class Style:
    """One way to draw a sitter.

    Attributes
    ----------
    name, title, description : str
        What a request says, what a menu shows, and one sentence about it.
    paint : callable
        Takes the sitter, the side in px and a seed.
    cut : callable
        Takes the same; the painting without what is behind the sitter.
    smallest : int
        Side in px below which ``draw`` reduces a larger painting, so that lines stay even.
    """

    name: str
    title: str
    description: str
    paint: Callable[[Sitter, int, int], RGB]
    cut: Callable[[Sitter, int, int], Cutout]
    smallest: int = WORK_SIDE

    def draw(self, sitter: Sitter, side: int, seed: int) -> RGB:
        """Draw a sitter at any size: (side, side, 3) uint8."""
        picture = self.paint(sitter, max(side, self.smallest), seed)
        if side >= self.smallest:
            return picture
        small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    def cut_out(self, sitter: Sitter, side: int, seed: int) -> RGB:
        """Draw a sitter with nothing behind, at any size: (side, side, 4) uint8, with alpha."""
        return to_rgba(self.cut(unfringed(sitter), max(side, self.smallest), seed), side)


_ALL: Final = (
    Style(
        "cel",
        "Cel",
        "Flat tones and firm ink, cut out as a white-edged sticker.",
        paint_cel,
        cut_cel,
    ),
    Style(
        "pencil", "Pencil", "Graphite lines and hatching on warm paper.", paint_pencil, cut_pencil
    ),
    Style(
        "watercolor",
        "Watercolour",
        "Loose washes that end in bare paper.",
        paint_watercolor,
        cut_watercolor,
    ),
    Style(
        "oil", "Oil", "Brush strokes along the form, before a studio backdrop.", paint_oil, cut_oil
    ),
    Style(
        "pop", "Pop", "Comic print: halftone dots, thick ink, a burst of rays.", paint_pop, cut_pop
    ),
    Style(
        "pixel", "Pixel", "A 128-pixel sprite with a small palette.", paint_pixel, cut_pixel, CELLS
    ),
)
STYLES: Final = {style.name: style for style in _ALL}


def find_style(name: str) -> Style:
    """Style of that name.

    Raises
    ------
    BadParameter
        There is none; the message lists those that there are.
    """
    try:
        return STYLES[name]
    except KeyError:
        known = ", ".join(STYLES)
        raise BadParameter(f"there is no style {name!r}; the styles are {known}") from None
