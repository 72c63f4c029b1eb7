"""The figurines a fusion process worked on last: the next stage of a job often runs here too."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from common.contracts.stages import COAT, FORM, SCULPTURE
from fusion_service.domain.archive import coats_from_bytes, form_from_bytes
from fusion_service.domain.sculpture import Form, Sculpture
from fusion_service.version_one import sculpture_from_bytes

if TYPE_CHECKING:
    from common.stage import StageContext

KEPT = 2  # of about 8 MB each


class Shelf:
    """Forms by the hash of their bytes, the last few of them."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, Form] = OrderedDict()

    def keep(self, sha256: str, form: Form) -> None:
        """Remember a form."""
        self._forms[sha256] = form
        while len(self._forms) > KEPT:
            self._forms.popitem(last=False)

    def find(self, sha256: str, read: Callable[[], bytes]) -> Form:
        """Find a form; ``read`` fetches its bytes where it is not here."""
        found = self._forms.get(sha256)
        if found is None:
            found = form_from_bytes(read())
            self.keep(sha256, found)
        return found


def form_of(context: StageContext, shelf: Shelf) -> Form:
    """Take the form of a job: from the shelf, or from the store."""
    if context.has(FORM.name):
        sha256 = context.claim.artifacts[FORM.name].sha256
        return shelf.find(sha256, lambda: context.read(FORM.name))
    return sculpture_from_bytes(context.read(SCULPTURE)).form


def sculpture_of(context: StageContext, shelf: Shelf) -> Sculpture:
    """Take form and coat of a job."""
    if context.has(COAT.name):
        return Sculpture(form_of(context, shelf), coats_from_bytes(context.read(COAT.name)))
    return sculpture_from_bytes(context.read(SCULPTURE))
