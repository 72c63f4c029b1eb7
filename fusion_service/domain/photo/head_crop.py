"""The head cut out of the photo: upright, of fixed size, in good light.

All colours and the hair are measured on this crop, so a result does not depend on the size or
the roll of the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from common.vision.warp import warp_photo
from fusion_service.domain.photo.lamp import estimate_lamp, shrink
from fusion_service.domain.photo.light import exposure_gain, relight, to_lab

if TYPE_CHECKING:
    from common.vision.faces import FaceModels
    from common.vision.network import RGB, Floats
    from fusion_service.domain.photo.lamp import Lamp
    from fusion_service.domain.photo.pose import Pose

SIZE = 256  # px; the person network reads this size
FINE = 512  # the same window, for thin things such as frames of glasses and irises
FACE_HEIGHT = 88.0  # of SIZE: leaves room for big hair and for shoulders
CENTRE = (128.0, 112.0)  # of the face in the crop: more room below, for the shirt
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
CHEEKS = (50, 280, 101, 330, 151, 9, 195, 205, 425)  # with forehead and nose
OUTER_LIP = (
    *(61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    *(375, 321, 405, 314, 17, 84, 181, 91, 146),
)
INNER_LIP = (
    *(78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    *(324, 318, 402, 317, 14, 87, 178, 88, 95),
)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class HeadCrop:
    """A head, upright, 256 px wide.

    Attributes
    ----------
    image : (256, 256, 3) uint8
        Relit.
    fine : (512, 512, 3) uint8
        The same at twice the scale.
    lab : (256, 256, 3) float32
        Of ``image``, slightly blurred.
    person, oval, inside : (256, 256) bool
        Pixels of the person, of the face oval, and of the photo (the rest is padding).
    points : (468, 2) float64
        Landmarks in px of ``image``.
    gain : float
        Exposure gain that was applied.
    balance : (3,) float64
        Gains of linear red, green and blue that were applied as well.
    agreement : float
        How well the signs of the lamp's colour agree, 0..1.
    ruddiness : float
        How much more blood than usual shows in the skin, 0..1.
    clipped : float
        Share of the face that is over-exposed.
    """

    image: RGB
    fine: RGB
    lab: Floats
    person: Mask
    oval: Mask
    inside: Mask
    points: npt.NDArray[np.float64]
    gain: float
    balance: npt.NDArray[np.float64]
    agreement: float
    ruddiness: float
    clipped: float

    @property
    def centre_x(self) -> float:
        """Middle between the cheeks."""
        return float(self.points[234, 0] + self.points[454, 0]) / 2

    @property
    def half_width(self) -> float:
        """Half the width of the face."""
        return float(np.linalg.norm(self.points[454] - self.points[234])) / 2

    @property
    def top(self) -> float:
        """Row of the top of the face oval."""
        return float(self.points[10, 1])

    @property
    def chin(self) -> float:
        """Row of the chin."""
        return float(self.points[152, 1])

    @property
    def height(self) -> float:
        """From the top of the oval to the chin."""
        return self.chin - self.top

    @property
    def eye_line(self) -> float:
        """Row of the outer eye corners."""
        return float(self.points[33, 1] + self.points[263, 1]) / 2


def crop_head(
    models: FaceModels, image: RGB, landmarks: npt.NDArray[np.float32], pose: Pose
) -> HeadCrop:
    """Cut out the head, relight it and find the person in it.

    Parameters
    ----------
    models : FaceModels
        For the person mask.
    image : (H, W, 3) uint8
        The upright photo.
    landmarks : (468, 3) float32
        In px of the photo.
    pose : Pose
        Of the same face.
    """
    flat = landmarks[:, :2].astype(np.float64)
    matrix = _window(flat, pose)
    raw_fine = warp_photo(image, matrix * (FINE / SIZE), FINE)
    raw = np.asarray(cv2.resize(raw_fine, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)
    whole = np.full(image.shape[:2], 255, np.uint8)
    inside = np.asarray(cv2.warpAffine(whole, matrix, (SIZE, SIZE)) > 127)
    points = flat @ matrix[:, :2].T + matrix[:, 2]
    oval = polygon_mask(points[list(OVAL)])

    lamp = _lamp(image, flat, raw_fine, points)
    balance = lamp.balance
    gain = exposure_gain(raw, balance)
    lit = relight(raw, gain, balance)
    lab = np.asarray(cv2.GaussianBlur(to_lab(lit), (0, 0), 1.0), np.float32)
    person = models.person_mask(lit) > 0.5
    return HeadCrop(
        image=lit,
        fine=relight(raw_fine, gain, balance),
        lab=lab,
        person=_largest(person & inside),
        oval=oval,
        inside=inside,
        points=points,
        gain=gain,
        balance=balance,
        agreement=lamp.agreement,
        ruddiness=lamp.ruddiness,
        clipped=float(np.mean(raw[oval].min(1) > 250)),
    )


def _lamp(
    image: RGB,
    flat: npt.NDArray[np.float64],
    fine: RGB,
    points: npt.NDArray[np.float64],
) -> Lamp:
    scene, scale = shrink(image)
    low, high = flat.min(0) * scale, flat.max(0) * scale
    y, x = np.mgrid[: scene.shape[0], : scene.shape[1]].astype(np.float32)
    middle, half = (low + high) / 2, 0.75 * (high - low)
    around = np.hypot((x - middle[0]) / half[0], (y - middle[1]) / half[1]) > 1
    mouth = np.zeros((FINE, FINE), np.uint8)
    cv2.fillPoly(mouth, [(points[list(INNER_LIP)] * (FINE / SIZE)).astype(np.int32)], 1)
    teeth = fine[cv2.erode(mouth, np.ones((3, 3), np.uint8)) > 0]
    small = fine[::2, ::2]
    return estimate_lamp(scene, around, teeth, small[disc_mask(points[list(CHEEKS)], 4)])


def polygon_mask(points: npt.NDArray[np.float64]) -> Mask:
    """Pixels of the crop inside a polygon of shape (n, 2)."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    return mask > 0


def disc_mask(points: npt.NDArray[np.float64], radius: int) -> Mask:
    """Pixels of the crop near any of the points, shape (n, 2)."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for x, y in points.astype(np.int32).tolist():
        cv2.circle(mask, (x, y), radius, 1, -1)
    return mask > 0


def _window(flat: npt.NDArray[np.float64], pose: Pose) -> npt.NDArray[np.float64]:
    forehead, chin = flat[10], flat[152]
    # a face that looks up or down is foreshortened: do not zoom in on it
    height = max(float(np.linalg.norm(chin - forehead)), 0.85 * pose.height)
    angle, scale = np.radians(pose.roll), FACE_HEIGHT / height
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return np.column_stack([turn, np.array(CENTRE) - turn @ ((forehead + chin) / 2)])


def _largest(mask: Mask) -> Mask:
    # the network leaves blobs beside the head
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return mask
    return np.asarray(labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))
