"""From a request to files that print: the entry points of the print and the package stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.contracts.figurine import Accept, Colouring, Orientation
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.verdict import require_printable
from fusion_service.domain.files.filaments import parse_colour
from fusion_service.domain.files.orientation import UPRIGHT, choose_orientation
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf

if TYPE_CHECKING:
    from common.contracts.figurine import PackageRequest, PrintRequest
    from fusion_service.domain.certificate.verdict import Certificate
    from fusion_service.domain.sculpture import Form, Sculpture


def prepare(form: Form, request: PrintRequest) -> tuple[bytes, Certificate]:
    """Lay the figurine on the bed; return its STL and its certificate."""
    lean = _lean(form, request)
    return to_stl(form, lean), certify(form, request.process.value, lean)


def refuse(certificate: Certificate, request: PrintRequest) -> None:
    """Raise ``Unprintable`` if a gate failed, unless the request accepts that."""
    if request.accept is Accept.PRINTABLE:
        require_printable(certificate)


def package(sculpture: Sculpture, request: PackageRequest) -> bytes:
    """Write the 3MF in the colouring asked for; a list of filaments asks for these filaments."""
    filaments = tuple(parse_colour(colour) for colour in request.filaments)
    colouring = request.colouring or (Colouring.FILAMENTS if filaments else Colouring.TEXTURE)
    lean = _lean(sculpture.form, request)
    return to_3mf(sculpture, colouring.value, filaments, lean)


def _lean(form: Form, request: PrintRequest | PackageRequest) -> float:
    if request.orientation is Orientation.UPRIGHT:
        return UPRIGHT
    return choose_orientation(form, request.process.value).lean
