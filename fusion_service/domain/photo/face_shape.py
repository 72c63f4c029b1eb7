"""Proportions of a face, from its frontal landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fusion_service.domain.photo.pose import Points

# outer corner, inner corner, upper lid, lower lid, brow above the pupil
RIGHT_EYE = (33, 133, 159, 145, 105)
LEFT_EYE = (263, 362, 386, 374, 334)


def measure_shape(frontal: Points) -> dict[str, float]:
    """Proportions in units of the face width, named like the fields of ``Attributes``.

    Parameters
    ----------
    frontal : (468, 3) float64
        Landmarks seen from the front in units of the face width.
    """

    def flat(one: int, other: int) -> float:
        return float(np.linalg.norm(frontal[one, :2] - frontal[other, :2]))

    def deep(one: int, other: int) -> float:
        return float(np.linalg.norm(frontal[one] - frontal[other]))

    y = frontal[:, 1]
    eyes = (RIGHT_EYE, LEFT_EYE)
    return {
        "eye_open": float(np.mean([flat(e[2], e[3]) / flat(e[0], e[1]) for e in eyes])),
        "eye_distance": flat(133, 362),
        "eye_width": float(np.mean([flat(e[0], e[1]) for e in eyes])),
        "eye_tilt": float(np.mean([_tilt(frontal, e[0], e[1]) for e in eyes])),
        "mouth_width": flat(61, 291),
        "mouth_open": deep(13, 14),
        "smile": float((y[13] + y[14] - y[61] - y[291]) / 2),
        "lip_height": (deep(0, 13) + deep(14, 17)) / 2,
        "jaw": deep(172, 397),
        "aspect": float(y[152] - y[10]),
        "nose_width": deep(129, 358),
        "brow_height": float(np.mean([y[e[2]] - y[e[4]] for e in eyes])),
        "brow_tilt": float((y[107] - y[70] + y[336] - y[300]) / 2),
    }


def _tilt(frontal: Points, outer: int, inner: int) -> float:
    across = abs(frontal[inner, 0] - frontal[outer, 0])
    return float(np.degrees(np.arctan2(frontal[inner, 1] - frontal[outer, 1], across)))
