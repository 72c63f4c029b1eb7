"""Find the faces in a photo and choose one: where both services start."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from common.errors import FaceCutOff, FaceTooSmall, NoFace, NoSuchSubject
from common.vision.detector import detect, overlap
from common.vision.fetch import DETECTOR_FILE, LANDMARKS_FILE, MASK_FILE
from common.vision.landmarks import LEFT_EYE, RIGHT_EYE, locate_landmarks, roll
from common.vision.network import RGB, Floats, Network

if TYPE_CHECKING:
    from pathlib import Path

    from common.vision.detector import Detection

ACCEPT_PRESENCE = 8.0  # logit; a page of print reached 5.3, the smallest real faces have 8
SURE_PRESENCE = 14.0  # below it the photo may lie on its side
TURNED_PRESENCE = 15.0  # a turned photo must convince more
SURE_ROLL, TURNED_ROLL = math.radians(50), math.radians(46)  # a face on its side read 69 degrees
MAX_CANDIDATES = 8  # the landmarks of one cost 4 ms: a rejection stays below a second
SAME_FACE_IOU = 0.3
MIN_EYE_DISTANCE = 16.0  # px between the outer eye corners; landmarks then err by 3 % of the face
MAX_CUT_OFF = 0.1  # of the face's width or height; more takes an eye's corner or the chin


@dataclass(frozen=True)
class Face:
    """One face in a photo.

    Attributes
    ----------
    box : (4,) float64
        x0, y0, x1, y1 of the landmarks in px; may reach over the border of the photo.
    landmarks : (468, 3) float32
        x right, y down in px; z in the same scale, smaller is nearer.
    presence : float
        Logit of being a face; good portraits have 17 and more.
    score : float
        The detector's own certainty, 0..1.
    """

    box: npt.NDArray[np.float64]
    landmarks: Floats
    presence: float
    score: float


@dataclass(frozen=True)
class FaceSearch:
    """What a search found.

    Attributes
    ----------
    image : (H, W, 3) uint8
        The photo, RGB, turned so that its faces are upright.
    quarter_turns : int
        How often ``numpy.rot90`` turned it (counter-clockwise), 0..3.
    faces : tuple of Face
        Largest first, in px of ``image``.
    """

    image: RGB
    quarter_turns: int
    faces: tuple[Face, ...]


class FaceModels:
    """The three networks. May be shared by threads."""

    def __init__(self, detector: Network, landmarks: Network, mask: Network) -> None:
        self._detector = detector
        self._landmarks = landmarks
        self._mask = mask

    @classmethod
    def load(cls, folder: Path) -> FaceModels:
        """Read the networks from a folder filled by ``common.vision.fetch``.

        Raises
        ------
        EngineUnavailable
            A file is missing; the message names it.
        """
        return cls(*(Network(folder / name) for name in (DETECTOR_FILE, LANDMARKS_FILE, MASK_FILE)))

    def find_faces(self, image: RGB) -> FaceSearch:
        """Find all faces, turning a photo that lies on its side or head.

        A turned try is believed only when it shows a surer and more upright face: a half-covered
        face otherwise passes as one seen from another side.

        Parameters
        ----------
        image : (H, W, 3) uint8
            RGB.
        """
        upright = self._faces_in(image)
        if _is_sure(upright):
            return FaceSearch(image, 0, upright)
        for turns in (1, 3, 2):
            turned = np.ascontiguousarray(np.rot90(image, turns))
            faces = self._faces_in(turned)
            if any(
                face.presence > TURNED_PRESENCE and abs(roll(face.landmarks)) < TURNED_ROLL
                for face in faces
            ):
                return FaceSearch(turned, turns, faces)
        return FaceSearch(image, 0, upright)

    def person_mask(self, image: RGB) -> Floats:
        """How surely each pixel belongs to a person, 0..1.

        The network sees 256 x 256 px: pass a crop around the head, not the whole photo.

        Parameters
        ----------
        image : (H, W, 3) uint8
            RGB.

        Returns
        -------
        (H, W) float32
        """
        height, width = image.shape[:2]
        small = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
        outputs = self._mask.run(np.asarray(small, np.float32) / np.float32(255))
        mask = outputs[256 * 256].reshape(256, 256)
        full = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.clip(np.asarray(full, np.float32), 0, 1)

    def _faces_in(self, image: RGB) -> tuple[Face, ...]:
        candidates = detect(self._detector, image)[:MAX_CANDIDATES]
        faces = [self.trace_face(image, candidate) for candidate in candidates]
        faces.sort(key=lambda face: -face.presence)
        distinct: list[Face] = []
        for face in faces:
            new = all(overlap(face.box, other.box) <= SAME_FACE_IOU for other in distinct)
            if new and face.presence >= ACCEPT_PRESENCE:
                distinct.append(face)
        return tuple(sorted(distinct, key=lambda face: -_area(face)))

    def trace_face(self, image: RGB, candidate: Detection) -> Face:
        """Put the landmarks on a face whose place is known; ``presence`` tells if it is one."""
        landmarks, presence = locate_landmarks(self._landmarks, image, candidate)
        flat = landmarks[:, :2].astype(np.float64)
        box = np.concatenate([flat.min(0), flat.max(0)])
        return Face(box, landmarks, presence, candidate.score)


def pick_subject(search: FaceSearch, subject: str) -> Face:
    """Choose the face to work on, and make sure that it can be measured.

    Parameters
    ----------
    search : FaceSearch
        Result of ``FaceModels.find_faces``.
    subject : str
        ``"largest"``, or the index of a face as text, counted from the largest, ``"0"``.

    Raises
    ------
    NoFace
        No face was found.
    NoSuchSubject
        ``subject`` is neither ``"largest"`` nor the index of a face.
    FaceTooSmall
        The outer eye corners are fewer than 16 px apart.
    FaceCutOff
        More than a tenth of the face's width or height lies outside the photo.
    """
    if not search.faces:
        raise NoFace("no human face was found in the photo")
    index = 0 if subject == "largest" else _index(subject, len(search.faces))
    face = search.faces[index]
    distance = float(np.linalg.norm(face.landmarks[LEFT_EYE, :2] - face.landmarks[RIGHT_EYE, :2]))
    if distance < MIN_EYE_DISTANCE:
        raise FaceTooSmall(
            f"the face is too small: {distance:.0f} pixels between the eye corners, "
            f"{MIN_EYE_DISTANCE:.0f} are needed"
        )
    missing = cut_off(face, search.image)
    if missing > MAX_CUT_OFF:
        raise FaceCutOff(f"{100 * missing:.0f} % of the face lie outside the photo")
    return face


def cut_off(face: Face, image: RGB) -> float:
    """Part of a face's width or height, whichever is more, that lies outside the photo, 0..1."""
    border = np.array([image.shape[1] - 1, image.shape[0] - 1])
    low, high = face.box[:2], face.box[2:]
    overhang = np.maximum(0, -low) + np.maximum(0, high - border)
    return float(np.clip(overhang / np.maximum(high - low, 1), 0, 1).max())


def _index(subject: str, count: int) -> int:
    if subject.isascii() and subject.isdigit() and len(subject) < 4 and int(subject) < count:
        return int(subject)
    known = "one face" if count == 1 else f"{count} faces"
    raise NoSuchSubject(f"subject {subject!r} is not in the photo, which shows {known}")


def _is_sure(faces: tuple[Face, ...]) -> bool:
    if not faces:
        return False
    best = max(faces, key=lambda face: face.presence)
    return best.presence > SURE_PRESENCE and abs(roll(best.landmarks)) <= SURE_ROLL


def _area(face: Face) -> float:
    return float(np.prod(face.box[2:] - face.box[:2]))
