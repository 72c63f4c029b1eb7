"""From a photo with a face to a sitter: everything a style needs, and nothing of the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from stylize_service.domain.crop import crop_head
from stylize_service.domain.light import relight
from stylize_service.domain.matte import sitter_matte

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.faces import Face
    from common.vision.network import RGB, Floats

WORK_SIDE = 512
"""Side in px at which styles compute tones and lines.

Both are smooth fields that become sharp only when they are cut into steps, and that is
done at the size of the result. So the work costs the same for every size and looks the same.
"""


@dataclass(frozen=True)
class Sitter:
    """One person, ready to be drawn.

    Attributes
    ----------
    picture : (512, 512, 3) uint8
        RGB, face in the middle, well exposed.
    lab : (512, 512, 3) float32
        The same in CIE Lab, L 0..100.
    matte : (512, 512) float32
        1 on the person, 0 on everything else.
    landmarks : (468, 3) float32
        In px of the picture.
    photo : (H, W, 3) uint8
        RGB, upright: where the sitter was found.
    face : Face
        In px of the photo.
    """

    picture: RGB
    lab: Floats
    matte: Floats
    landmarks: Floats
    photo: RGB
    face: Face

    @property
    def face_height(self) -> float:
        """Forehead to chin in px."""
        return float(np.linalg.norm(self.landmarks[10, :2] - self.landmarks[152, :2]))


def pose_sitter(image: RGB, face: Face, person_mask: Callable[[RGB], Floats]) -> Sitter:
    """Crop, light and cut out the person a face belongs to.

    Parameters
    ----------
    image : (H, W, 3) uint8
        RGB, upright.
    face : Face
        In px of ``image``.
    person_mask : callable
        Person mask of a picture, as ``FaceModels.person_mask``.
    """
    crop = crop_head(image, face, WORK_SIDE)
    picture = relight(crop)
    # What the network sees only from one side (a flag, a logo) is not a person.
    mirrored = person_mask(np.ascontiguousarray(picture[:, ::-1]))[:, ::-1]
    matte = sitter_matte(np.minimum(person_mask(picture), mirrored), picture, crop)
    lab = cv2.cvtColor(picture.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return Sitter(picture, np.asarray(lab, np.float32), matte, crop.landmarks, image, face)
