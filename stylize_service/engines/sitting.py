"""What every engine begins with: the one person of a photo, posed the same way for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.errors import BadParameter
from common.vision.faces import pick_subject
from stylize_service.domain.portrait import pose_sitter

if TYPE_CHECKING:
    from common.vision.faces import FaceModels
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter

SMALLEST_SIZE, LARGEST_SIZE = 128, 2048
LARGEST_SEED = 2**31 - 1


def check_size(size: int, seed: int) -> None:
    """Refuse what no engine draws.

    Raises
    ------
    BadParameter
        Names the value and its range.
    """
    if not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise BadParameter(f"size {size} is not in {SMALLEST_SIZE}..{LARGEST_SIZE}")
    if not 0 <= seed <= LARGEST_SEED:
        raise BadParameter(f"seed {seed} is not in 0..{LARGEST_SEED}")


def find_sitter(models: FaceModels, image: RGB, subject: str) -> Sitter:
    """Find the person that is meant, crop, light and cut out.

    Raises
    ------
    NoFace, NoSuchSubject, FaceTooSmall, FaceCutOff
        The photo does not show such a face well enough.
    """
    search = models.find_faces(image)
    face = pick_subject(search, subject)
    return pose_sitter(search.image, face, models.person_mask)
