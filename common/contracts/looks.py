"""Looks as somebody asks for them: what the photographed face cannot show is refused.

The stages take such wishes all the same, for jobs that were accepted before they were refused.
"""

from __future__ import annotations

from typing import Final

from pydantic import ValidationInfo, field_validator

from common.contracts.colours import EyeColour
from common.contracts.figurine import Face, PaintRequest

PHOTOGRAPHED: Final = frozenset({"beard", "expression", "eyes"})  # refused beside face=portrait


class AskedLooks(PaintRequest):
    """Looks and colours that go together."""

    @field_validator("face")
    @classmethod
    def with_looks_where_they_are_drawn(cls, face: Face, info: ValidationInfo) -> Face:
        """Refuse ``beard`` and ``expression`` beside ``face=portrait``: both are the photo's."""
        asked = [look for look in sorted(PHOTOGRAPHED) if info.data.get(look) is not None]
        if face is Face.PORTRAIT and asked:
            raise ValueError(_advice(asked[0]))
        return face

    @field_validator("eyes")  # a field behind the face
    @classmethod
    def in_a_colour_where_they_are_drawn(
        cls, eyes: EyeColour | None, info: ValidationInfo
    ) -> EyeColour | None:
        """Refuse ``eyes`` beside ``face=portrait``, whose eyes are the photo's."""
        if eyes is not None and info.data.get("face") is Face.PORTRAIT:
            raise ValueError(_advice("eyes"))
        return eyes


def _advice(look: str) -> str:
    return f"face=portrait shows the photo's own {look}: leave `{look}` out, or send face=drawn"
