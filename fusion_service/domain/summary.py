"""What a person would name on a photo, out of the many that were measured, and how sure it is."""

from __future__ import annotations

from typing import Any

from fusion_service.domain.attributes import LONG_HAIR, Attributes, Lab
from fusion_service.domain.head.haircut import choose_haircut
from fusion_service.domain.palette import choose_palette, hex_to_lab, lab_to_srgb

LIPSTICK_FROM = 0.5
CHILD_FROM = 0.5
COLOUR_SURE, LOOK_SURE = 0.5, 0.35  # confidence below which somebody should have a look
SHOULDER_LENGTH, LONG_LENGTH = 0.25, 0.7  # hair below the chin, in face heights
# colours of a request and the colours of the toy that they replace
REQUESTED = {"skin": "skin", "hair": "hair", "eyes": "iris", "shirt": "shirt"}
LOOKS = ("hair_type", "hair_length", "glasses", "beard", "headwear")
SWATCHES = {
    "skin": "#f3d9c3 #ecc3a3 #dca982 #c68d63 #a56e47 #7d5036 #573727",
    "hair": "#231f1d #3d2b22 #5d3f2a #87592f #9c4524 #c79a55 #dccfb8 #a3a09c",
    "eyes": "#4a2f1f #75512c #7a7440 #587d55 #4f7fa6 #7d93a3",
    "shirt": "#26282e #f1efea #8b8e94 #2c4a7c #2f8f8b #b03a36 #e3a72f #5e7d4a",
}
OFFERED = 5  # swatches a colour


def seen(attributes: Attributes) -> dict[str, Any]:
    """Summarise what was seen on the photo.

    Returns
    -------
    dict
        The looks by the names that a request has for them; ``colours`` of the toy as
        ``#rrggbb``; ``confidence`` 0..1 of looks and colours; ``uncertain``, the names that
        somebody should check; ``swatches``, for each uncertain colour the one chosen and its
        nearest alternatives. Measurements without a confidence are not called uncertain.
    """
    palette = choose_palette(attributes)
    sure = attributes.confidence
    doubtful = [name for name in REQUESTED if sure.get(name, 1.0) < COLOUR_SURE]
    return {
        "hair": choose_haircut(attributes).kind,
        "hair_type": attributes.hair_type,
        "hair_length": _hair_length(attributes),
        "hair_tied": attributes.hair_tied,
        "headwear": attributes.headwear,
        "glasses": attributes.glasses,
        "beard": attributes.beard_kind,
        "lipstick": attributes.lipstick >= LIPSTICK_FROM,
        "age": "child" if attributes.child >= CHILD_FROM else "adult",
        "colours": {
            name: _hex(getattr(palette, name)) for name in ("skin", "hair", "iris", "lip", "shirt")
        },
        "confidence": dict(sure),
        "uncertain": doubtful + [name for name in LOOKS if sure.get(name, 1.0) < LOOK_SURE],
        "swatches": {name: _offer(name, getattr(palette, REQUESTED[name])) for name in doubtful},
    }


def _hair_length(attributes: Attributes) -> str:
    longest = max(attributes.hair_length_left, attributes.hair_length_right)
    if longest > LONG_LENGTH:
        return "long"
    if longest > SHOULDER_LENGTH:
        return "shoulder"
    if longest > LONG_HAIR:
        return "chin"
    return "cropped" if choose_haircut(attributes).cropped else "short"


def _offer(name: str, chosen: Lab) -> list[str]:
    """Return the colour chosen and the swatches nearest to it."""
    nearest = sorted(
        SWATCHES[name].split(), key=lambda swatch: _distance(hex_to_lab(swatch), chosen)
    )
    return [_hex(chosen), *nearest[: OFFERED - 1]]


def _distance(one: Lab, other: Lab) -> float:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _hex(lab: Lab) -> str:
    return "#{:02x}{:02x}{:02x}".format(*lab_to_srgb(lab))
