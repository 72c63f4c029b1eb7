"""The engine that is always there: OpenCV and three small networks, no GPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
