"""What every engine begins with: the one person of a photo, posed the same way for all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from common.errors import BadParameter
from common.vision.faces import pick_subject
from stylize_service.domain.portrait import pose_sitter
from stylize_service.domain.styles import find_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.faces import FaceModels
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter

SMALLEST_SIZE, LARGEST_SIZE = 128, 2048
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Sheet:
    """What a portrait is to be, whoever sits for it.

    Attributes
    ----------
    style : str
        Name of a style.
    size : int
        Side of the result in px, 128..2048.
    seed : int
        Chooses backdrop, strokes and noise; equal seeds give equal bytes.
    background : str
        ``"drawn"`` or ``"transparent"``.

    Raises
    ------
    BadParameter
        There is no such style; size or seed is out of range.
    """

    style: str
    size: int = 1024
    seed: int = 0
    background: str = "drawn"

    def __post_init__(self) -> None:
        """Refuse what no engine draws."""
        find_style(self.style)
        if not SMALLEST_SIZE <= self.size <= LARGEST_SIZE:
            raise BadParameter(f"size {self.size} is not in {SMALLEST_SIZE}..{LARGEST_SIZE}")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise BadParameter(f"seed {self.seed} is not in 0..{LARGEST_SEED}")


class PortraitEngine(ABC):
    """Draws portraits. May be shared by threads."""

    name: ClassVar[str]

    def __init__(self, faces: FaceModels) -> None:
        self.faces = faces

    def portrait(  # noqa: PLR0913  what a portrait depends on
        self,
        image: RGB,
        style: str,
        subject: str = "largest",
        *,
        size: int = 1024,
        seed: int = 0,
        background: str = "drawn",
        stop: Callable[[], None] = lambda: None,
    ) -> RGB:
        """Draw the person in a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8
            RGB, as ``decode_photo`` gives it.
        subject : str
            ``"largest"`` or the index of a face, counted from the largest.
        style, size, seed, background
            As ``Sheet`` has them.
        """
        sheet = Sheet(style, size, seed, background)
        return self.draw(find_sitter(self.faces, image, subject), sheet, stop)

    @abstractmethod
    def draw(self, sitter: Sitter, sheet: Sheet, stop: Callable[[], None]) -> RGB:
        """Draw a sitter.

        Parameters
        ----------
        stop : callable
            Called now and then; raises to give up.

        Returns
        -------
        (size, size, 3) uint8
            RGB; (size, size, 4) with alpha where the background is transparent.

        Raises
        ------
        EngineUnavailable
            The engine has no model for that style.
        ServiceUnavailable
            The GPU has no memory left.
        """


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
