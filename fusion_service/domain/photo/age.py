"""How childlike the proportions of a face are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fusion_service.domain.photo.pose import Points

NASION, NOSE_BASE, CHIN = 168, 2, 152
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners
# in distances of the outer eye corners: where child and adult are equally likely, and the spread;
# eight grown faces had 1.18 to 1.40 and 0.50 to 0.58
FACE_HALF, FACE_SPREAD = 1.06, 0.045
NOSE_HALF, NOSE_SPREAD = 0.45, 0.02


def childlikeness(frontal: Points) -> float:
    """Return how childlike the proportions are, 0..1; 0.5 is undecided.

    Eyes have nearly their final distance at six years, while nose and jaw keep growing: a child's
    nose and face are short for the distance of its eyes (Farkas 1994, "Anthropometry of the Head
    and Face"; Zankl et al. 2002, growth charts for nose length). The spread among adults is as
    large as half the difference, so this is a hint and no age.

    Parameters
    ----------
    frontal : (468, 3) float64
        Landmarks seen from the front.
    """
    eyes = float(np.linalg.norm(frontal[RIGHT_EYE] - frontal[LEFT_EYE]))
    face = float(frontal[CHIN, 1] - frontal[NASION, 1]) / eyes
    nose = float(frontal[NOSE_BASE, 1] - frontal[NASION, 1]) / eyes
    return float(
        np.sqrt(_below(face, FACE_HALF, FACE_SPREAD) * _below(nose, NOSE_HALF, NOSE_SPREAD))
    )


def _below(value: float, half: float, spread: float) -> float:
    return float(1 / (1 + np.exp(np.clip((value - half) / spread, -30, 30))))
