"""What somebody knows better than the photo: looks and colours that replace what was measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion_service.domain.attributes import (
    BARE_PROFILE,
    HAIR_MM,
    PROFILE_DEGREES,
)
from fusion_service.domain.face.expressions import with_expression
from fusion_service.domain.palette import choose_palette, hex_to_lab, toy_brow

if TYPE_CHECKING:
    from common.contracts.figurine import Looks, PaintRequest
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.palette import Palette

HAIR_LENGTHS = {"cropped": -0.6, "short": -0.4, "chin": 0.0, "shoulder": 0.42, "long": 0.95}
CROPPED_MM, SHORT_MM, CURLY_MM = 1.6, 3.2, 4.4  # of hair on the crown
BEARDS = {"none": 0.0, "stubble": 0.4, "moustache": 0.9, "goatee": 0.9, "full": 0.9}
# where nothing was measured: a common hairline, in the units of ``Attributes.hairline``
COMMON_HAIRLINE = (0.72, 0.9, 1.0, 1.05, 1.06, 1.03, 0.97, 0.86, 0.7)
CROWN = slice(8, 15)  # of PROFILE_DEGREES: 30 degrees to either side of straight up
BESIDE = np.abs(PROFILE_DEGREES) > 65  # beside the ears
COMBED_MM = 2.4  # on the crown; thinner hair is too short to be combed
CLIPPED_MM = 2.4  # of short hair there


def wish(attributes: Attributes, looks: Looks) -> Attributes:
    """Return the attributes with the looks that somebody asked for.

    Each look changes what it names and nothing else; what was measured already is kept, so
    asking for the measured look changes nothing.
    """
    changes: dict[str, Any] = {}
    if looks.headwear is not None:
        changes["headwear"] = looks.headwear.value
    if looks.glasses is not None:
        changes["glasses"] = looks.glasses.value
    if looks.age is not None:
        changes["child"] = 1.0 if looks.age.value == "child" else 0.0
    wished = attributes.model_copy(update=changes | _beard(attributes, looks))
    wished = wished.model_copy(update=_hair(wished, looks))
    return wished if looks.expression is None else with_expression(wished, looks.expression.value)


def palette_of(attributes: Attributes, wanted: PaintRequest) -> Palette:
    """Return the colours of a person, those that somebody chose exactly as chosen.

    The colour of the hair is also that of brows and beard; no other colour follows another.
    """
    palette = choose_palette(attributes)
    chosen = {"skin": wanted.skin, "hair": wanted.hair, "iris": wanted.eyes, "shirt": wanted.shirt}
    colours = {name: hex_to_lab(text) for name, text in chosen.items() if text is not None}
    if "hair" in colours:
        colours["brow"] = toy_brow(colours["hair"], palette.skin)
    return replace(palette, **colours)


def _beard(attributes: Attributes, looks: Looks) -> dict[str, Any]:
    if looks.beard is None or looks.beard.value == attributes.beard_kind != "none":
        return {}
    kind = looks.beard.value
    strength = BEARDS[kind]
    if kind not in {"none", "stubble"}:
        strength = max(strength, attributes.beard)
    return {"beard_kind": kind, "beard": strength}


def _hair(attributes: Attributes, looks: Looks) -> dict[str, Any]:
    """Return the fields that hair type, length and tie change."""
    measured = attributes.hair_type
    kind = measured if looks.hair_type is None else looks.hair_type.value
    tied = None if looks.hair_tied is None else looks.hair_tied.value
    needs_hair = looks.hair_length is not None or tied not in {None, "none"}
    if kind == "bald" and looks.hair_type is None and needs_hair:
        kind = "straight"
    changes: dict[str, Any] = {"hair_type": kind}
    if tied is not None:
        changes["hair_tied"] = tied
    if kind == "bald" or (kind == measured and not needs_hair):
        return changes
    if measured == "bald":
        changes |= {"hairline": COMMON_HAIRLINE, "receding": 0.0}
    if looks.hair_length is not None:
        changes |= _length(looks.hair_length.value)
        if looks.hair_length.value == "cropped":  # too short to hang over the forehead
            lines = zip(changes.get("hairline", attributes.hairline), COMMON_HAIRLINE, strict=True)
            changes["hairline"] = tuple(max(own, common) for own, common in lines)
    return changes | _profile(attributes, kind, looks)


def _length(name: str) -> dict[str, Any]:
    length = HAIR_LENGTHS[name]
    hangs = name in {"chin", "shoulder", "long"}
    return {
        "hair_length_left": length,
        "hair_length_right": length,
        "side_mass": 0.9 if hangs else 0.1,
    }


def _profile(attributes: Attributes, kind: str, looks: Looks) -> dict[str, Any]:
    """Return how thick hair is, where the wish needs it thicker or thinner than measured."""
    bare = np.asarray(BARE_PROFILE)
    thick = np.maximum(np.asarray(attributes.hair_profile) - bare, 0) * HAIR_MM
    length = None if looks.hair_length is None else looks.hair_length.value
    crown = float(thick[CROWN].mean())
    if length == "cropped":
        wanted = np.minimum(thick, CROPPED_MM)
    else:
        # only cropped hair is too short to be combed, but curls need room
        least = SHORT_MM if crown < COMBED_MM else 0.0
        least = CURLY_MM if kind == "curly" != attributes.hair_type else least
        wanted = thick + max(least - crown, 0.0) * (1 - 0.5 * np.abs(PROFILE_DEGREES) / 110)
    if length in {"cropped", "short"}:
        wanted = np.where(BESIDE, np.minimum(wanted, CLIPPED_MM), wanted)
    if np.array_equal(wanted, thick):
        return {}
    return {"hair_profile": tuple(float(radius) for radius in bare + wanted / HAIR_MM)}
