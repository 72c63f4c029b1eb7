"""The figurines a fusion process worked on last: the next stage of a job often runs here too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from common.contracts.stages import COAT, FORM, SCULPTURE
from common.lru import Lru
from fusion_service.domain.archive import coats_from_bytes, form_from_bytes
from fusion_service.domain.sculpture import Form, Sculpture
from fusion_service.version_one import sculpture_from_bytes

if TYPE_CHECKING:
    from common.stage import StageContext

KEPT = 2  # forms have about 8 MB, coats 4

T = TypeVar("T")


class Recent(Generic[T]):
    """A few things by the hash of their bytes: the latest."""

    def __init__(self, parse: Callable[[bytes], T]) -> None:
        self._parse = parse
        self._kept: Lru[str, T] = Lru(KEPT)

    def keep(self, sha256: str, one: T) -> None:
        """Remember one."""
        self._kept.put(sha256, one)

    def find(self, context: StageContext, name: str) -> T:
        """Take an artifact of a job, read from the store where it is not here."""
        sha256 = context.claim.artifacts[name].sha256
        found = self._kept.get(sha256)
        if found is None:
            found = self._parse(context.read(name))
            self.keep(sha256, found)
        return found


class Shelf:
    """Forms and coats of the last jobs."""

    def __init__(self) -> None:
        self.forms = Recent(form_from_bytes)
        self.coats = Recent(coats_from_bytes)


def form_of(context: StageContext, shelf: Shelf) -> Form:
    """Take the form of a job."""
    if context.has(FORM.name):
        return shelf.forms.find(context, FORM.name)
    return sculpture_from_bytes(context.read(SCULPTURE)).form


def sculpture_of(context: StageContext, shelf: Shelf) -> Sculpture:
    """Take form and coat of a job."""
    if context.has(COAT.name):
        return Sculpture(form_of(context, shelf), shelf.coats.find(context, COAT.name))
    return sculpture_from_bytes(context.read(SCULPTURE))
