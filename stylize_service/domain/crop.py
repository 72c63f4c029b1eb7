"""The square around one head: chosen, cut out of the photo, and the eyes enlarged a little."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from common.vision.landmarks import roll

if TYPE_CHECKING:
    from common.vision.faces import Face
    from common.vision.network import RGB, Floats

FOREHEAD, CHIN = 10, 152
CHEEKS = (234, 454)
EYES = ((33, 133, 159, 145), (263, 362, 386, 374))
WIDE, NARROW = 2.7, 2.2  # side of the square in face heights: wished, and at least
LOWER = 0.045  # of the side: the face sits above the centre, the shoulders get the room
MOST_SHIFT = 0.14  # of the side, sideways, to stay inside the photo
LOWEST_FACE = 0.66  # of the side: where the face's centre may end up to keep the bottom inside
MOST_TILT = math.radians(18)  # a head tilted more is turned back to this
EYE_ZOOM, EYE_RADIUS = 1.14, 0.20  # radius in face widths


@dataclass(frozen=True)
class HeadCrop:
    """A square with one head.

    Attributes
    ----------
    picture : (S, S, 3) uint8
        RGB. Beyond the photo its border is repeated.
    inside : (S, S) uint8
        255 where the photo is, 0 beyond it.
    landmarks : (468, 3) float32
        In px of the square.
    """

    picture: RGB
    inside: npt.NDArray[np.uint8]
    landmarks: Floats


def crop_head(image: RGB, face: Face, side: int) -> HeadCrop:
    """Cut out the square around a face, moved and shrunk to stay inside the photo if it can.

    Parameters
    ----------
    image : (H, W, 3) uint8
        RGB.
    face : Face
        In px of ``image``.
    side : int
        Side of the result in px.
    """
    to_crop = _placement(image, face, side)
    picture, inside = _warp(image, to_crop, side)
    landmarks = face.landmarks.astype(np.float64)
    scale = math.hypot(*to_crop[0, :2])
    flat = landmarks[:, :2] @ to_crop[:, :2].T + to_crop[:, 2]
    placed = np.column_stack([flat, landmarks[:, 2] * scale]).astype(np.float32)
    return _enlarge_eyes(HeadCrop(picture, inside, placed))


def _placement(image: RGB, face: Face, side: int) -> npt.NDArray[np.float64]:
    height, width = image.shape[:2]
    top, chin = face.landmarks[[FOREHEAD, CHIN], :2].astype(np.float64)
    face_height = max(float(np.linalg.norm(chin - top)), 1.0)
    centre = (top + chin) / 2
    tilt = roll(face.landmarks)
    turn = tilt - float(np.clip(tilt, -MOST_TILT, MOST_TILT))
    # A very tall or wide photo of a near face: at least so large, even if it leaves the photo.
    span = float(np.clip(min(width, height), NARROW * face_height, WIDE * face_height))
    middle = centre + np.array([-math.sin(turn), math.cos(turn)]) * LOWER * span
    if turn == 0:
        middle = _moved_inside(middle, centre, span, (width, height))
    scale = side / span
    cosine, sine = scale * math.cos(turn), scale * math.sin(turn)
    linear = np.array([[cosine, sine], [-sine, cosine]])
    return np.column_stack([linear, side / 2 - linear @ middle])


def _moved_inside(
    middle: npt.NDArray[np.float64],
    face: npt.NDArray[np.float64],
    span: float,
    size: tuple[int, int],
) -> npt.NDArray[np.float64]:
    (x, y), (width, height) = middle, size
    reach = MOST_SHIFT * span
    x = float(np.clip(np.clip(x, span / 2, max(width - span / 2, span / 2)), x - reach, x + reach))
    y = max(y, min(span / 2, y + 2 * reach))
    # The body must run off the bottom, so the lower border counts more than the upper one.
    highest = face[1] - (LOWEST_FACE - 0.5) * span
    return np.array([x, max(min(y, height - span / 2), highest)])


def _warp(
    image: RGB, to_crop: npt.NDArray[np.float64], side: int
) -> tuple[RGB, npt.NDArray[np.uint8]]:
    scale = math.hypot(*to_crop[0, :2])
    inside = np.full(image.shape[:2], 255, np.uint8)
    source, shrink = image, 1.0
    if scale < 0.7:  # average first: a warp only ever looks at the nearest pixels
        shrink = scale
        source = np.asarray(
            cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
        )
    warp = to_crop.copy()
    warp[:, :2] /= shrink
    mode = cv2.BORDER_REPLICATE
    picture = cv2.warpAffine(source, warp, (side, side), flags=cv2.INTER_CUBIC, borderMode=mode)
    visible = cv2.warpAffine(inside, to_crop, (side, side), flags=cv2.INTER_NEAREST)
    return np.asarray(picture, np.uint8), np.asarray(visible, np.uint8)


def _enlarge_eyes(crop: HeadCrop) -> HeadCrop:
    """Magnify smoothly around both eyes; nothing moves two radii away."""
    picture, landmarks = crop.picture.copy(), crop.landmarks.copy()
    cheeks = landmarks[list(CHEEKS), :2]
    radius = EYE_RADIUS * float(np.linalg.norm(cheeks[0] - cheeks[1]))
    for eye in EYES:
        centre = crop.landmarks[list(eye), :2].mean(0)
        low = np.maximum(np.floor(centre - 2 * radius).astype(int), 0)
        high = np.minimum(np.ceil(centre + 2 * radius).astype(int), picture.shape[0])
        if (high - low).min() < 2:
            continue
        y, x = np.mgrid[low[1] : high[1], low[0] : high[0]].astype(np.float32)
        offset = np.stack([x, y]) - centre[:, None, None]
        pull = _pull(np.hypot(*offset) / radius)
        source = (np.stack([x, y]) - offset * pull).astype(np.float32)
        box = np.s_[low[1] : high[1], low[0] : high[0]]
        picture[box] = cv2.remap(
            crop.picture, source[0], source[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        away = crop.landmarks[:, :2] - centre
        stretch = 1 / (1 - _pull(np.linalg.norm(away, axis=1) / radius))
        landmarks[:, :2] += away * (stretch - 1)[:, None]
    return HeadCrop(picture, crop.inside, landmarks)


def _pull(distance: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    falloff = np.exp(-(distance**3)) * (1 - 1 / EYE_ZOOM)
    return np.where(distance < 2, falloff, 0)
