"""The head alone, straight from the front: what the landmark network looks at to rate a likeness.

Nobody sees this picture. The head takes half of it, because the network knows photos, in which
there is room around a head.
"""

from __future__ import annotations

import numpy as np

from common.vision.detector import Detection
from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z
from fusion_service.domain.preview.cameras import Camera

SIDE = 320  # px: the face has about as many as the network takes
PAPER = (245, 240, 233)  # plain, so that what is not paper is the figurine
HEAD_ON = Camera(azimuth=0.0, elevation=0.0, target_z=HEAD_CENTRE_Z - 2, distance=217.0)
FACE_Y = 13.0  # design units in front of the middle: where the face is drawn
FACE_HALF_WIDTH, FACE_TOP_Z, FACE_BOTTOM_Z = 12.6, 61.5, 43.1  # chin to the middle of the forehead
EYE_X = 7.0


def face_place() -> Detection:
    """Where the face is in the view: it is known, and the detector misses some toys."""
    eye_line = [(EYE_X, FACE_Y, EYE_LINE_Z), (-EYE_X, FACE_Y, EYE_LINE_Z)]
    corners = [(FACE_HALF_WIDTH, FACE_Y, FACE_TOP_Z), (-FACE_HALF_WIDTH, FACE_Y, FACE_BOTTOM_Z)]
    seen = HEAD_ON.project(np.array([*corners, *eye_line])) * SIDE + SIDE / 2
    return Detection(score=1.0, box=seen[:2].ravel(), points=seen[2:])
