"""From a photo to the attributes of the person in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import NoSuchSubject
from common.vision.faces import pick_subject
from fusion_service.domain.attributes import Attributes, People
from fusion_service.domain.photo.age import childlikeness
from fusion_service.domain.photo.describe import describe_head
from fusion_service.domain.photo.face_picture import face_picture
from fusion_service.domain.photo.face_shape import measure_shape
from fusion_service.domain.photo.head_crop import crop_head
from fusion_service.domain.photo.pose import estimate_pose
from fusion_service.domain.photo.quality import estimate_noise, rate_photo

if TYPE_CHECKING:
    from common.vision.faces import Face, FaceModels, FaceSearch
    from common.vision.network import RGB
    from fusion_service.domain.photo.head_crop import HeadCrop
    from fusion_service.domain.photo.pose import Pose


def measure_people(models: FaceModels, image: RGB, subject: str, count: int) -> People:
    """Measure the faces of a figurine of so many people: the subject, then the largest others.

    People stand as in the photo, from left to right. See ``measure`` for the rest.
    """
    return study_people(models, image, subject, count)[0]


def study_people(
    models: FaceModels, image: RGB, subject: str, count: int
) -> tuple[People, tuple[RGB, ...]]:
    """Measure people as ``measure_people`` does, and cut out the picture of each face.

    The pictures are for ``face=portrait``: (512, 512, 3) uint8, RGB, see ``face_picture``.
    """
    search = models.find_faces(image)
    people, pictures = [], []
    for face in _choose(search, subject, count):
        pose = estimate_pose(face.landmarks)
        head = crop_head(models, search.image, face.landmarks, pose)
        people.append(_describe(search, face, pose, head))
        pictures.append(face_picture(search.image, face.landmarks, pose, head))
    return People(people=tuple(people)), tuple(pictures)


def measure(models: FaceModels, image: RGB, subject: str = "largest") -> Attributes:
    """Measure one face of a photo.

    Parameters
    ----------
    models : FaceModels
        The loaded networks.
    image : (H, W, 3) uint8
        RGB. May lie on its side.
    subject : str
        ``"largest"``, or the index of a face counted from the largest.

    Raises
    ------
    NoFace, NoSuchSubject, FaceTooSmall, FaceCutOff
        The photo cannot be measured.
    """
    search = models.find_faces(image)
    face = pick_subject(search, subject)
    pose = estimate_pose(face.landmarks)
    return _describe(search, face, pose, crop_head(models, search.image, face.landmarks, pose))


def _choose(search: FaceSearch, subject: str, count: int) -> list[Face]:
    first = pick_subject(search, subject)
    others = [face for face in search.faces if face is not first]
    if len(others) < count - 1:
        raise NoSuchSubject(
            f"the photo shows {len(search.faces)} face, this template needs {count}",
            "Send a photo in which two people look into the camera.",
        )
    return sorted([first, *others[: count - 1]], key=lambda face: float(face.box[0]))


def _describe(search: FaceSearch, face: Face, pose: Pose, head: HeadCrop) -> Attributes:
    noise = estimate_noise(head)
    return Attributes(
        yaw=pose.yaw,
        pitch=pose.pitch,
        roll=pose.roll,
        presence=face.presence,
        exposure_gain=head.gain,
        noise=noise,
        face_width=pose.width,
        face_height=pose.height,
        faces_in_photo=len(search.faces),
        quarter_turns=search.quarter_turns,
        frontal=tuple((x, y, z) for x, y, z in pose.frontal.tolist()),
        child=childlikeness(pose.frontal),
        quality=rate_photo(face, search.image, pose, head, noise),
        **measure_shape(pose.frontal),
        **describe_head(head, pose.width, noise),
    )
