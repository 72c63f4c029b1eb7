"""How much of each pixel is the sitter: the network's rough mask made clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from stylize_service.domain.crop import HeadCrop

DOUBT = 0.45  # mask values up to here are background: people have 1, flags and shadows 0.6
BRIDGE = 0.05  # of the face's height: what hangs on by less than this is not the sitter
GUIDE_RADIUS, GUIDE_EPSILON = 0.05, 4e-4
ROUNDING = 0.014  # of the face's height: how much the outline is rounded
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


def sitter_matte(mask: Floats, picture: RGB, crop: HeadCrop) -> Floats:
    """Matte of the one person whose face this is.

    Parameters
    ----------
    mask : (S, S) float32
        The network's person mask of the crop, 0..1.
    picture : (S, S, 3) uint8
        RGB, well exposed.
    crop : HeadCrop
        Says where the face and the photo are.

    Returns
    -------
    (S, S) float32
        0 outside, 1 inside, smooth over a pixel or two. Never set beyond the photo.
    """
    unit = float(np.linalg.norm(crop.landmarks[10, :2] - crop.landmarks[152, :2]))
    oval = _filled(crop.landmarks[list(FACE_OVAL), :2], mask.shape[:2])
    certain = np.clip((mask - DOUBT) / (1 - DOUBT), 0, 1)
    rough = np.where(crop.inside > 0, np.maximum(certain, oval), 0).astype(np.float32)
    rough = np.where(_region_of(oval, rough > 0.5, unit), rough, 0).astype(np.float32)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
    fine = _guided(grey, rough, max(3, round(GUIDE_RADIUS * unit)))
    fine = np.maximum(fine, oval * (crop.inside > 0))
    fine = np.where(_region_of(oval, fine > 0.5, unit), fine, np.minimum(fine, 0.2))
    smooth = cv2.GaussianBlur(fine, (0, 0), max(1.0, ROUNDING * unit))
    edge = np.clip((np.asarray(smooth, np.float32) - 0.5) * 4 + 0.5, 0, 1)
    return np.where(crop.inside > 0, edge, 0).astype(np.float32)


def _filled(polygon: Floats, shape: tuple[int, ...]) -> Floats:
    canvas = np.zeros(shape, np.float32)
    cv2.fillPoly(canvas, [np.round(polygon).astype(np.int32)], (1.0,))
    return canvas


def _region_of(face: Floats, person: npt.NDArray[np.bool_], unit: float) -> npt.NDArray[np.bool_]:
    """Keep the part of ``person`` that holds the face, without what hangs on by a thin bridge."""
    radius = max(1, round(BRIDGE * unit))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    opened = cv2.morphologyEx(person.astype(np.uint8), cv2.MORPH_OPEN, disc)
    count, labels = cv2.connectedComponents(opened, connectivity=4)
    if count < 2:
        return person
    votes = np.bincount(labels[face > 0.5], minlength=count)
    votes[0] = 0
    region = (labels == int(votes.argmax())).astype(np.uint8)
    grown = cv2.dilate(region, disc) > 0
    return _without_holes(grown & person)


def _without_holes(region: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    contours, _ = cv2.findContours(
        region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    canvas = np.zeros(region.shape, np.uint8)
    cv2.drawContours(canvas, contours, -1, (1,), cv2.FILLED)
    return canvas > 0


def _guided(guide: Floats, values: Floats, radius: int) -> Floats:
    """Guided filter (He, Sun, Tang 2010): moves the edge of ``values`` to edges of ``guide``."""
    window = (2 * radius + 1, 2 * radius + 1)

    def mean(picture: Floats) -> Floats:
        return np.asarray(cv2.blur(picture, window), np.float32)

    guide_mean, values_mean = mean(guide), mean(values)
    covariance = mean(guide * values) - guide_mean * values_mean
    variance = mean(guide * guide) - guide_mean * guide_mean
    slope = np.asarray(covariance / (variance + np.float32(GUIDE_EPSILON)), np.float32)
    offset = values_mean - slope * guide_mean
    return np.asarray(np.clip(mean(slope) * guide + mean(offset), 0, 1), np.float32)
