"""What a face looks like in a picture, in few numbers: its proportions and its colours.

Made for comparing pictures of one person with each other, photographs and drawings alike
(``common.vision.likeness``). The window around the head is that of measuring: upright, 256 px, of
which the face takes 88.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from common.vision.warp import warp_photo

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats

Lab = tuple[float, float, float]  # CIE Lab, D65
Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

SIZE, FACE_HEIGHT, CENTRE = 256, 88.0, (128.0, 112.0)  # px
FOREHEAD, CHIN, RIGHT_CHEEK, LEFT_CHEEK = 10, 152, 234, 454
RIGHT_EYE, LEFT_EYE, NOSE_ROOT = 33, 263, 168  # right is the person's right, left in the picture
X, Y = 0, 1

# name: axis, points that count up, points that count down; in face widths, seen from the front
PROPORTIONS: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]] = {
    "face height": (Y, (152,), (10,)),
    "jaw width": (X, (397, 365), (172, 136)),
    "chin": (Y, (152,), (17,)),
    "eye opening": (Y, (145, 374), (159, 386)),
    "eye width": (X, (133, 263), (33, 362)),
    "eye distance": (X, (362,), (133,)),
    "eye slant": (Y, (133, 362), (33, 263)),
    "brow height": (Y, (159, 386), (105, 334)),
    "brow slant": (Y, (107, 336), (70, 300)),
    "brow arch": (Y, (107, 336, 70, 300), (105, 334, 105, 334)),
    "nose width": (X, (358,), (129,)),
    "nose length": (Y, (2,), (168,)),
    "mouth width": (X, (291,), (61,)),
    "mouth opening": (Y, (14,), (13,)),
    "mouth height": (Y, (13, 14), (168, 168)),
    "smile": (Y, (13, 14), (61, 291)),
    "lip thickness": (Y, (13, 17), (0, 14)),
}
SKIN_SPOTS, SKIN_RADIUS = (50, 280, 101, 330, 151, 9, 195, 205, 425), 4
OUTER_LIP = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(375, 321, 405, 314, 17, 84, 181, 91, 146),
)
INNER_LIP = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    *(324, 318, 402, 317, 14, 87, 178, 88, 95),
)
BROWS = (
    (70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
    (300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
)
HAIR_RING = (1.12, 1.45)  # radii of the face's ellipse between which hair grows
HAIR_ANGLE = np.radians(65)  # from straight up
LIKE_SKIN = 12.0  # distance in Lab below which a pixel of the ring is forehead
BALD = 0.18  # share of the ring that must be hair


@dataclass(frozen=True)
class Look:
    """One face in one picture.

    Attributes
    ----------
    proportions : dict
        The ``PROPORTIONS`` in face widths, seen from the front.
    colours : dict
        CIE Lab of ``skin``, ``hair``, ``brows`` and ``lips``; what cannot be seen is missing.
    """

    proportions: dict[str, float]
    colours: dict[str, Lab]


@dataclass(frozen=True)
class HeadWindow:
    """A head, upright, in a window of 256 px.

    Attributes
    ----------
    image : (256, 256, 3) uint8
        RGB.
    points : (468, 2) float64
        Landmarks in px of the window: two windows of one person lie nearly on each other.
    frontal : (468, 3) float64
        Landmarks seen from the front, see ``face_forward``.
    """

    image: RGB
    points: Points
    frontal: Points


def cut_window(picture: RGB, landmarks: Floats) -> HeadWindow:
    """Cut the window around one face out of a picture.

    Parameters
    ----------
    picture : (H, W, 3) uint8
        RGB.
    landmarks : (468, 3) float32
        In px of the picture; z in the same scale.
    """
    points = landmarks.astype(np.float64)
    to_window = _placement(points)
    placed = points[:, :2] @ to_window[:, :2].T + to_window[:, 2]
    return HeadWindow(warp_photo(picture, to_window, SIZE), placed, face_forward(points))


def take_look(window: HeadWindow, person: Mask) -> Look:
    """Measure proportions and colours of one face.

    Parameters
    ----------
    window : HeadWindow
        Where it is.
    person : (256, 256) bool
        Where the person is in the window, not the backdrop.
    """
    return Look(proportions_of(window.frontal), _colours(window.image, window.points, person))


def proportions_of(frontal: npt.NDArray[np.floating]) -> dict[str, float]:
    """Proportions of (468, 2 or 3) landmarks seen from the front, in face widths.

    Every one is a mean of coordinates less another, so it changes by as much as they do.
    """
    return {
        name: float(frontal[list(more), axis].mean() - frontal[list(less), axis].mean())
        for name, (axis, more, less) in PROPORTIONS.items()
    }


def face_forward(landmarks: Points) -> Points:
    """Turn (468, 3) landmarks to the front: origin between the eyes, unit one face width."""
    origin = landmarks[[RIGHT_EYE, LEFT_EYE, NOSE_ROOT]].mean(0)
    turned: Points = (landmarks - origin) @ face_axes(landmarks).T
    return turned / max(float(turned[LEFT_CHEEK, X] - turned[RIGHT_CHEEK, X]), 1e-9)


def face_axes(landmarks: Points) -> Points:
    """Directions of a face from its rigid landmarks; rows: right, down and away in the picture."""
    x = _unit(
        _unit(landmarks[LEFT_CHEEK] - landmarks[RIGHT_CHEEK])
        + _unit(landmarks[LEFT_EYE] - landmarks[RIGHT_EYE])
    )
    down = landmarks[CHIN] - landmarks[FOREHEAD]
    y = _unit(down - x * (x @ down))
    return np.stack([x, y, np.cross(x, y)])


def _unit(vector: Points) -> Points:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _placement(points: Points) -> Points:
    """Affine map from the picture to the upright window, (2, 3)."""
    forehead, chin = points[FOREHEAD, :2], points[CHIN, :2]
    across = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    angle = np.arctan2(across[Y], across[X])
    scale = FACE_HEIGHT / max(float(np.linalg.norm(chin - forehead)), 1.0)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return np.column_stack([turn, np.array(CENTRE) - turn @ ((forehead + chin) / 2)])


def _colours(window: RGB, points: Points, person: Mask) -> dict[str, Lab]:
    scaled = cv2.GaussianBlur(window, (0, 0), 1.0).astype(np.float32) / np.float32(255)
    lab = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)
    spots = lab[_discs(points[list(SKIN_SPOTS)])]
    dark, light = np.percentile(spots[:, 0], [20, 75])  # without shades and highlights
    skin = np.median(spots[(spots[:, 0] >= dark) & (spots[:, 0] <= light)], axis=0)
    lips = lab[_polygon(points[list(OUTER_LIP)]) & ~_polygon(points[list(INNER_LIP)])]
    brows = [lab[_polygon(points[list(ring)])] for ring in BROWS]
    darker = np.concatenate([b[b[:, 0] <= np.median(b[:, 0])] for b in brows])
    ring = lab[_hair_ring(points) & person]
    hair = ring[np.linalg.norm(ring - skin, axis=1) > LIKE_SKIN]
    samples = {"skin": skin[None], "brows": darker, "lips": lips}
    if len(hair) > BALD * max(len(ring), 1):
        samples["hair"] = hair
    return {name: _median(values) for name, values in samples.items() if len(values) > 0}


def _median(samples: Floats) -> Lab:
    lightness, a, b = np.median(samples, axis=0).tolist()
    return (lightness, a, b)


def _hair_ring(points: Points) -> Mask:
    """Pixels above the face where hair is, if there is any."""
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    middle = (points[RIGHT_CHEEK] + points[LEFT_CHEEK]) / 2
    width = max(float(np.linalg.norm(points[LEFT_CHEEK] - points[RIGHT_CHEEK])), 1.0)
    centre_y = float(points[FOREHEAD, Y] + points[CHIN, Y]) / 2
    across = (columns - middle[X]) * (2 / width)
    up = (centre_y - rows) * (2 / FACE_HEIGHT)
    radius = np.hypot(across, up)
    inside = (radius > HAIR_RING[0]) & (radius < HAIR_RING[1])
    return np.asarray(inside & (np.abs(np.arctan2(across, up)) < HAIR_ANGLE))


def _polygon(points: Points) -> Mask:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], (1,))
    return mask > 0


def _discs(points: Points) -> Mask:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for x, y in points.astype(np.int32).tolist():
        cv2.circle(mask, (x, y), SKIN_RADIUS, (1,), -1)
    return mask > 0
