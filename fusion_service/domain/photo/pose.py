"""Which way a face looks, and the face turned to the front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from common.vision.look import face_axes

FOREHEAD, CHIN = 10, 152
RIGHT_CHEEK, LEFT_CHEEK = 234, 454  # right is the person's right, left in the picture
RIGHT_EYE, LEFT_EYE, NOSE_ROOT = 33, 263, 168

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """Attitude of a head.

    Attributes
    ----------
    yaw, pitch, roll : float
        Degrees.
    width, height : float
        Of the face seen from the front, px.
    frontal : (468, 3) float64
        Landmarks seen from the front in units of ``width``, origin between the eyes.
    """

    yaw: float
    pitch: float
    roll: float
    width: float
    height: float
    frontal: Points


def estimate_pose(landmarks: npt.NDArray[np.float32]) -> Pose:
    """Estimate the attitude from rigid landmarks and undo it.

    Parameters
    ----------
    landmarks : (468, 3) float32
        x right, y down, z away from the viewer, one scale.
    """
    points = landmarks.astype(np.float64)
    axes = face_axes(points)
    x, y, _ = axes
    turned = (points - points[[RIGHT_EYE, LEFT_EYE, NOSE_ROOT]].mean(0)) @ axes.T
    width = float(turned[LEFT_CHEEK, 0] - turned[RIGHT_CHEEK, 0])
    # hypot keeps yaw and pitch independent of roll: a plain atan2 is garbage at large roll
    return Pose(
        yaw=float(np.degrees(np.arctan2(x[2], np.hypot(x[0], x[1])))),
        pitch=float(np.degrees(np.arctan2(-y[2], np.hypot(y[0], y[1])))),
        roll=float(np.degrees(np.arctan2(x[1], x[0]))),
        width=width,
        height=float(turned[CHIN, 1] - turned[FOREHEAD, 1]),
        frontal=turned / width,
    )
