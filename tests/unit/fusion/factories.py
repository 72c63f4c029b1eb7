"""Synthetic people: plausible measurements without a photo."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from fusion_service.domain.attributes import PROFILE_DEGREES, Attributes, Quality
from fusion_service.domain.bodies import find_template
from fusion_service.domain.paint import paint
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.sculpture import Sculpture

HairKind = Literal["short", "long", "curly", "bald"]

# Frontal landmarks that drawing needs: x right, y down, in face widths; the rest stays at 0.
_BROW_LEFT = {70: (-0.40, -0.13), 63: (-0.35, -0.17), 105: (-0.28, -0.18), 66: (-0.20, -0.17)}
_BROW_LEFT |= {107: (-0.12, -0.15), 46: (-0.38, -0.10), 53: (-0.33, -0.135), 52: (-0.27, -0.145)}
_BROW_LEFT |= {65: (-0.20, -0.14), 55: (-0.13, -0.12)}
_BROW_PAIRS = dict(
    zip(
        (70, 63, 105, 66, 107, 46, 53, 52, 65, 55),
        (300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
        strict=True,
    )
)
_LIPS = {
    "outer_upper": (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    "outer_lower": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    "inner_upper": (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    "inner_lower": (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
}


def make_attributes(
    hair: HairKind = "short",
    *,
    glasses: bool = False,
    beard: float = 0.0,
    **changes: Any,
) -> Attributes:
    """Return a person with the given hair; ``changes`` set any field of ``Attributes``."""
    long = hair == "long"
    thick = {"short": 1.30, "long": 1.32, "curly": 1.48, "bald": 1.0}[hair]
    profile = [1.04 + (thick - 1.04) * (1 if abs(a) < 95 else 0.8) for a in PROFILE_DEGREES]
    profile = [
        p + 0.42 * float(np.clip(np.cos(np.radians(0.9 * a)), 0, 1))
        for p, a in zip(profile, PROFILE_DEGREES, strict=True)
    ]
    values: dict[str, Any] = {
        "yaw": 0.0, "pitch": -5.0, "roll": 0.0, "presence": 25.0, "exposure_gain": 1.0,
        "noise": 1.0, "face_width": 300.0, "face_height": 360.0, "faces_in_photo": 1,
        "quarter_turns": 0, "frontal": _landmarks(), "eye_open": 0.32, "eye_distance": 0.255,
        "eye_width": 0.2, "eye_tilt": 2.0, "mouth_width": 0.42, "mouth_open": 0.01,
        "smile": 0.01, "lip_height": 0.06, "jaw": 0.805, "aspect": 1.2, "nose_width": 0.31,
        "brow_height": 0.13, "brow_tilt": 0.02, "lip_redness": 12.0,
        "skin": (68.0, 16.0, 18.0), "hair": (34.0, 8.0, 14.0), "brow": (30.0, 8.0, 12.0),
        "iris": (35.0, 6.0, 14.0), "lip": (52.0, 28.0, 14.0), "shirt": (48.0, 40.0, 22.0),
        "hair_type": hair if hair in {"bald", "curly"} else "straight",
        "glasses": "round" if glasses else "none",
        "coherence": 0.4 if hair == "curly" else 0.65, "hair_profile": tuple(profile),
        "hairline": (0.75, 0.95, 1.05, 1.08, 1.06, 1.02, 0.98, 0.88, 0.7),
        "hair_length_left": 0.8 if long else -0.4, "hair_length_right": 0.8 if long else -0.4,
        "side_mass": 0.9 if long else 0.1, "beard": beard, "lipstick": 0.0,
        "quality": Quality(score=95, verdict="ok", worst="size", terms={"size": 1.0}, advice=""),
    }  # fmt: skip
    return Attributes(**(values | changes))


def figurine_of(
    attributes: Attributes, template: str = "default", height_mm: float = 100.0
) -> Sculpture:
    """Sculpt and paint one person, or a pair of twins where the template is for two."""
    people = [attributes] * find_template(template).people
    return paint(sculpt(people, template, height_mm), people)


def _landmarks() -> tuple[tuple[float, float, float], ...]:
    points = np.zeros((468, 3))
    for side, corners in ((-1, (33, 133, 159, 145)), (1, (263, 362, 386, 374))):
        for index, (x, y) in zip(
            corners, ((0.33, 0), (0.13, 0), (0.23, -0.03), (0.23, 0.03)), strict=True
        ):
            points[index, :2] = side * x, y
    for index, (x, y) in _BROW_LEFT.items():
        points[index, :2] = x, y
        points[_BROW_PAIRS[index], :2] = -x, y
    across = np.linspace(-1, 1, 11)
    arch = np.sqrt(1 - across**2)
    for name, indices in _LIPS.items():
        half, height = (0.2, 0.07) if name.startswith("outer") else (0.17, 0.005)
        sign = -1 if name.endswith("upper") else 1
        for index, x, y in zip(indices, half * across, 0.55 + sign * height * arch, strict=True):
            points[index, :2] = x, y
    points[234, 0], points[454, 0] = -0.5, 0.5
    points[10, 1], points[152, 1] = -0.42, 0.78
    return tuple((float(x), float(y), float(z)) for x, y, z in points)
