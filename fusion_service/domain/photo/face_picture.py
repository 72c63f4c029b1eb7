"""The photographed face itself, frontal and evenly lit, for a head that shows the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from common.vision.warp import warp_photo
from fusion_service.domain.frame import FACE_PICTURE_ORIGIN as ORIGIN
from fusion_service.domain.frame import FACE_PICTURE_PX as PICTURE_PX
from fusion_service.domain.frame import FACE_PICTURE_SCALE as PX_PER_WIDTH
from fusion_service.domain.photo.head_crop import OVAL
from fusion_service.domain.photo.light import relight

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats
    from fusion_service.domain.photo.head_crop import HeadCrop
    from fusion_service.domain.photo.pose import Pose

    Array = npt.NDArray[np.float64]

GRID = 64  # nodes a side on which the bending is known; between them it is linear
REACH = 0.07  # face widths over which a landmark bends the picture
STIFFNESS = 0.05  # of the affine map, against the landmarks: fixes what lies outside the face
EVENED = 0.75  # share of the shading that is taken off
SHADE = 0.22  # face widths: smaller shades are features


def face_picture(image: RGB, landmarks: Floats, pose: Pose, head: HeadCrop) -> RGB:
    """Bend the photo until its landmarks lie where the frontal ones do, and even out its light.

    A point (x, y) of ``Attributes.frontal`` is the pixel ``ORIGIN + PX_PER_WIDTH * (x, y)`` of
    every picture, so that no landmarks need to travel with it. Half a head turned away is
    stretched, not invented.

    Parameters
    ----------
    image : (H, W, 3) uint8
        The upright photo.
    landmarks : (468, 3) float32
        In px of the photo.
    pose : Pose
        Of the same face.
    head : HeadCrop
        Of the same face: its light is used.

    Returns
    -------
    (512, 512, 3) uint8
        RGB: the head from above the hairline to below the chin.
    """
    frontal = pose.frontal[:, :2]
    flat = landmarks[:, :2].astype(np.float64)
    spread = np.column_stack([frontal, np.ones(len(frontal))])
    affine = np.asarray(
        np.linalg.lstsq(spread, flat, rcond=None)[0], np.float64
    )  # (3, 2): frontal to photo
    straight = _straightened(image, affine)
    shown = relight(straight, head.gain, head.balance)
    # where the landmarks lie after the affine map alone, in px of the picture
    back = np.linalg.inv(affine[:2])
    reached = (flat - affine[2]) @ back
    bent = _bend(shown, frontal, reached - frontal)
    return _evened(bent, frontal)


def _straightened(image: RGB, affine: Array) -> RGB:
    turn = np.linalg.inv(affine[:2].T) * PX_PER_WIDTH
    return warp_photo(
        image, np.column_stack([turn, np.array(ORIGIN) - turn @ affine[2]]), PICTURE_PX
    )


def _bend(picture: RGB, frontal: Array, moves: Array) -> RGB:
    """Move what lies at ``frontal + moves`` to ``frontal``: kernel regression of the moves."""
    nodes = (np.linspace(0, PICTURE_PX - 1, GRID) - np.array(ORIGIN)[:, None]) / PX_PER_WIDTH
    x, y = np.meshgrid(nodes[0], nodes[1])
    # a Gaussian of a sum of squares is a product: two small tables instead of GRID**2 x 468 exps
    across = np.exp(-np.square(nodes[0][:, None] - frontal[:, 0]) / (2 * REACH**2))
    down = np.exp(-np.square(nodes[1][:, None] - frontal[:, 1]) / (2 * REACH**2))
    total = down @ across.T + STIFFNESS
    shift = [((down * moves[:, axis]) @ across.T) / total for axis in (0, 1)]
    maps = [
        cv2.resize(
            ((place + move) * PX_PER_WIDTH + origin).astype(np.float32),
            (PICTURE_PX, PICTURE_PX),
            interpolation=cv2.INTER_LINEAR,
        )
        for place, move, origin in zip((x, y), shift, ORIGIN, strict=True)
    ]
    columns, rows = maps
    bent = cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(bent, np.uint8)


def _evened(picture: RGB, frontal: Array) -> RGB:
    """Bring the lightness of all broad regions of the face near their median."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    oval = frontal[list(OVAL)] * PX_PER_WIDTH + np.array(ORIGIN)
    mask = np.zeros((PICTURE_PX, PICTURE_PX), np.float32)
    cv2.fillPoly(mask, [oval.astype(np.int32)], 1)
    step = 8  # shades are broad
    small, weight = lab[::step, ::step, 0], mask[::step, ::step]
    skin = weight > 0
    middle = float(np.median(small[skin]))
    # brows, eyes and lips are no shades
    weight = weight * (np.abs(small - middle) < 60)
    sigma = SHADE * PX_PER_WIDTH / step
    broad = cv2.GaussianBlur(small * weight, (0, 0), sigma)
    shade = broad / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-2)
    gain = np.clip(middle / np.maximum(shade, 1), 0.7, 1.6) ** EVENED
    gain = np.where(cv2.GaussianBlur(weight, (0, 0), sigma) > 0.02, gain, 1).astype(np.float32)
    smooth = cv2.resize(cv2.GaussianBlur(gain, (0, 0), 2), (PICTURE_PX, PICTURE_PX))
    lab[..., 0] = np.clip(lab[..., 0] * smooth, 0, 255)
    return np.asarray(cv2.cvtColor(lab.astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8)
