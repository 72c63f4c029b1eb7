"""The attributes a person would name, out of the many that were measured."""

from __future__ import annotations

from typing import Any

from fusion_service.domain.attributes import BEARD_FROM, Attributes, Lab
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.palette import choose_palette, lab_to_srgb

LIPSTICK_FROM = 0.5


def seen(attributes: Attributes) -> dict[str, Any]:
    """Summarise what was seen on the photo: hair, beard, glasses and the toy's colours."""
    palette = choose_palette(attributes)
    return {
        "hair": choose_haircut(attributes).kind,
        "glasses": attributes.glasses != "none",
        "beard": attributes.beard >= BEARD_FROM,
        "lipstick": attributes.lipstick >= LIPSTICK_FROM,
        "colours": {
            name: _hex(getattr(palette, name)) for name in ("skin", "hair", "iris", "lip", "shirt")
        },
    }


def _hex(lab: Lab) -> str:
    return "#{:02x}{:02x}{:02x}".format(*lab_to_srgb(lab))
