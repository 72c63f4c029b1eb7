"""Is somebody wearing glasses? Looks for thin dark lines where frames must run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fusion_service.domain.photo.head_crop import FINE, SIZE

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.photo.head_crop import HeadCrop

BRIDGE_DEPTH = 28.0  # grey levels; bare noses reach 7
RIM_DEPTH = 22.0  # bare cheeks reach 15
MAX_NOISE = 6.0  # above this, noise alone looks like frames
EYES = ((33, 133), (263, 362))


def wears_glasses(head: HeadCrop, noise: float) -> bool:
    """Frames cross the bridge of the nose and run below both eyes."""
    if noise > MAX_NOISE:
        return False
    bridge, rims = frame_depths(head)
    return bridge > BRIDGE_DEPTH and rims > RIM_DEPTH


def frame_depths(head: HeadCrop) -> tuple[float, float]:
    """Depth of the dark line across the bridge, and of those below the eyes, in grey levels."""
    grey = cv2.cvtColor(head.fine, cv2.COLOR_RGB2GRAY).astype(np.float32)
    points = head.points * (FINE / SIZE)
    across = points[263] - points[33]
    eyes = float(np.linalg.norm(across))
    x = across / eyes
    y = np.array([-x[1], x[0]])
    middle = (points[133] + points[362]) / 2
    bridge = [
        _dip(grey, middle + (s * x - 0.14 * y) * eyes, middle + (s * x + 0.13 * y) * eyes)
        for s in (-0.03, 0.0, 0.03)
    ]
    rims = []
    for outer, inner in EYES:
        eye = (points[outer] + points[inner]) / 2
        for s in (-0.1, -0.05, 0.0, 0.05, 0.1):
            start, end = eye + (s * x + 0.1 * y) * eyes, eye + (s * x + 0.36 * y) * eyes
            rims.append(_dip(grey, start, end))
    return float(np.median(bridge)), float(np.percentile(rims, 40))


def _dip(
    grey: npt.NDArray[np.float32],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
) -> float:
    """Depth of the deepest valley between two brighter sides along a ray."""
    ray = start + (end - start) * np.linspace(0, 1, 40)[:, None]
    x, y = ray.astype(np.float32).T
    values = cv2.remap(grey, x[None], y[None], cv2.INTER_LINEAR)[0]
    smooth = np.convolve(np.pad(values, 1, "edge"), [0.25, 0.5, 0.25], "valid")
    before = np.maximum.accumulate(smooth)
    after = np.maximum.accumulate(smooth[::-1])[::-1]
    return float((np.minimum(before, after) - smooth).max())
