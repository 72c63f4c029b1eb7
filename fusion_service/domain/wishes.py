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
    from collections.abc import Sequence

    from common.contracts.figurine import Looks, PaintRequest
    from fusion_service.domain.attributes import Attributes
    from fusion_service.domain.palette import Palette

HAIR_LENGTHS = {"cropped": -0.6, "short": -0.4, "chin": 0.0, "shoulder": 0.42, "long": 0.95}
CROPPED_MM, SHORT_MM, CURLY_MM = 1.6, 3.2, 4.4  # of hair on the crown
BEARDS = {"none": 0.0, "stubble": 0.4, "moustache": 0.9, "goatee": 0.9, "full": 0.9}
# where nothing was measured: a common hairline, in the units of ``Attributes.hairline``
COMMON_HAIRLINE = (0.72, 0.9, 1.0, 1.05, 1.06, 1.03, 0.97, 0.86, 0.7)
BARE_FROM = 1.2  # a hairline this high is none


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
    changes: dict[str, Any] = {}
    if looks.hair_tied is not None:
        changes["hair_tied"] = looks.hair_tied.value
    kind = attributes.hair_type if looks.hair_type is None else looks.hair_type.value
    asked = looks.hair_type, looks.hair_length, looks.hair_tied
    if kind == "bald" and looks.hair_type is None and any(asked):
        kind = "straight"  # length and knots need hair
    if kind == "bald" or not any(asked):
        return changes | {"hair_type": kind}
    changes["hair_type"] = kind
    crown = _crown(attributes.hair_profile)
    if attributes.hair_type == "bald" or np.mean(attributes.hairline) > BARE_FROM:
        changes["hairline"] = COMMON_HAIRLINE
        changes["receding"] = 0.0
        crown = 0.0
    if looks.hair_length is not None:
        changes |= _length(looks.hair_length.value)
    wanted = _wanted_crown(kind, looks, crown)
    if wanted != crown:
        changes["hair_profile"] = _grown(attributes.hair_profile, wanted - crown)
    return changes


def _length(name: str) -> dict[str, Any]:
    length = HAIR_LENGTHS[name]
    hangs = name in {"chin", "shoulder", "long"}
    return {
        "hair_length_left": length,
        "hair_length_right": length,
        "side_mass": 0.9 if hangs else 0.1,
    }


def _wanted_crown(kind: str, looks: Looks, crown: float) -> float:
    """Return millimetres of hair on the crown: as measured, if that suits the wish."""
    if looks.hair_length is not None and looks.hair_length.value == "cropped":
        return min(crown or CROPPED_MM, CROPPED_MM)
    least = CURLY_MM if kind == "curly" and looks.hair_type is not None else SHORT_MM
    return max(crown, least)


def _crown(profile: Sequence[float]) -> float:
    middle = slice(8, 15)  # of PROFILE_DEGREES: 30 degrees to either side of straight up
    return float(np.mean(np.subtract(profile, BARE_PROFILE)[middle])) * HAIR_MM


def _grown(profile: Sequence[float], millimetres: float) -> tuple[float, ...]:
    """Return hair that is so much thicker on the crown, and half as much over the ears."""
    share = 1 - 0.5 * np.abs(PROFILE_DEGREES) / 110
    bare = np.asarray(BARE_PROFILE)
    grown = np.maximum(np.asarray(profile) + share * millimetres / HAIR_MM, bare)
    return tuple(float(radius) for radius in grown)
