"""468 points on a face, and whether it is one: face mesh (Kartynnik et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from common.vision.detector import Detection
    from common.vision.network import RGB, Floats, Network

SIDE = 192  # px, side of the network's input
POINTS = 468
HOPELESS = -2.0  # presence after which a second, better window changes nothing
MARGIN = 1.5  # window side over face side
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners; right is the person's right, left in the picture


def locate_landmarks(network: Network, image: RGB, detection: Detection) -> tuple[Floats, float]:
    """Landmarks of one candidate and how surely it is a face.

    The network runs twice: the second window is laid around the first landmarks, which
    sit better than the detector's box.

    Parameters
    ----------
    network : Network
        The face-mesh network.
    image : (H, W, 3) uint8
        RGB.
    detection : Detection
        Where to look.

    Returns
    -------
    landmarks : (468, 3) float32
        x right, y down in px; z in the same scale, smaller is nearer.
    presence : float
        Logit. Real faces 17..31, tiny or blurred ones 2..8, everything else below 0.
    """
    extent = detection.box[2:] - detection.box[:2]
    centre = (detection.box[:2] + detection.box[2:]) / 2
    angle = _angle(detection.points[1] - detection.points[0])
    landmarks, presence = _run(network, image, centre, float(extent.max()) * MARGIN, angle)
    if presence < HOPELESS:
        return landmarks, presence
    angle = roll(landmarks)
    turned = landmarks[:, :2] @ _rotation(angle)
    low, high = turned.min(0), turned.max(0)
    centre = (low + high) / 2 @ _rotation(angle).T
    return _run(network, image, centre, float((high - low).max()) * MARGIN, angle)


def roll(landmarks: Floats) -> float:
    """In-plane angle of the eye line in radians, clockwise positive, 0 for an upright head."""
    return _angle(landmarks[LEFT_EYE, :2] - landmarks[RIGHT_EYE, :2])


def _angle(direction: npt.NDArray[np.floating]) -> float:
    return float(np.arctan2(direction[1], direction[0]))


def _rotation(angle: float) -> npt.NDArray[np.float64]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


def _run(
    network: Network, image: RGB, centre: npt.NDArray[np.float64], side: float, angle: float
) -> tuple[Floats, float]:
    scale = SIDE / max(side, 1.0)
    to_window = scale * _rotation(angle).T
    warp = np.column_stack([to_window, SIDE / 2 - to_window @ centre])
    crop = cv2.warpAffine(image, warp, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    outputs = network.run(np.asarray(crop, np.float32) / np.float32(255))
    points = outputs[POINTS * 3].reshape(POINTS, 3).astype(np.float64)
    flat = (points[:, :2] - SIDE / 2) / scale @ _rotation(angle).T + centre
    landmarks = np.column_stack([flat, points[:, 2] / scale]).astype(np.float32)
    return landmarks, float(outputs[1][0])
