"""``python -m fusion_service.evaluate ORIGINAL AVATAR``: photo against result, as JSON.

``kiln eval`` runs this, and its twin of the stylize service, in a process of its own: the gateway
and the services do not import each other, so a command line that knew both would tie them
together, and a gateway's container has no renderer. Who rates a figurine is who makes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from common.errors import KilnError
from common.settings import Settings
from common.vision.faces import FaceModels
from common.vision.likeness import compare
from common.vision.network import RGB
from common.vision.sandbox import decode_photo
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.reading import read_glb, read_stl
from fusion_service.domain.likeness import ADVICE, look_of, rate_figurine
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.preview.render import view_head

CERTIFICATE: Final = "certificate.json"
FRONT: Final = (0.5, 0.75, 0.0, 0.5)  # left, right, top, bottom: the front view of a preview
ENLARGED: Final = 2  # times: the detector knows photos, in which heads are larger


def evaluate(original: Path, avatar: Path, models: Path) -> dict[str, Any]:
    """Rate the photo itself, and what was made of it.

    Returns
    -------
    dict
        ``quality`` of the photo; ``likeness`` where the avatar shows a face; ``certificate``
        where it is a solid, or one lies beside it.

    Raises
    ------
    KilnError
        The photo cannot be measured, or the avatar is no file of a figurine.
    """
    faces = FaceModels.load(models)
    measured = measure(faces, decode_photo(original.read_bytes()))
    rated = _RATED.get(avatar.suffix.lower(), lambda *_: {})(faces, measured, avatar)
    beside = avatar.with_name(CERTIFICATE)
    if "certificate" not in rated and avatar.suffix.lower() != ".stl" and beside.is_file():
        rated["certificate"] = json.loads(beside.read_text("utf-8"))
    return {"quality": measured.quality.model_dump(mode="json"), **rated}


def _rate_glb(faces: FaceModels, measured: Attributes, avatar: Path) -> dict[str, Any]:
    sculpture = read_glb(avatar.read_bytes())
    view, place = view_head(sculpture)
    return {"likeness": asdict(rate_figurine(measured, view, faces.trace_face(view, place)))}


def _rate_preview(faces: FaceModels, measured: Attributes, avatar: Path) -> dict[str, Any]:
    """Rate the front view of a preview; other pictures are portraits, which others rate."""
    picture = decode_photo(avatar.read_bytes())
    if picture.shape[1] * 5 != picture.shape[0] * 8:
        return {}
    view = _front_view(picture)
    found = faces.find_faces(view).faces
    if not found:
        return {"likeness": asdict(compare(look_of(measured), None, ADVICE))}
    return {"likeness": asdict(rate_figurine(measured, view, found[0]))}


def _rate_stl(_: FaceModels, __: Attributes, avatar: Path) -> dict[str, Any]:
    return {"certificate": certify(read_stl(avatar.read_bytes())).model_dump(mode="json")}


def _front_view(preview: RGB) -> RGB:
    """Cut the figurine from the front out of a preview, as large as the detector likes heads."""
    height, width = preview.shape[:2]
    left, right, top, bottom = FRONT
    cut = preview[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    size = (cut.shape[1] * ENLARGED, cut.shape[0] * ENLARGED)
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_CUBIC), np.uint8)


_RATED: Final[dict[str, Callable[[FaceModels, Attributes, Path], dict[str, Any]]]] = {
    ".glb": _rate_glb,
    ".stl": _rate_stl,
    ".png": _rate_preview,
}


def main(arguments: list[str]) -> int:
    """Print the ratings, or the error, as JSON; return the exit status."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m fusion_service.evaluate ORIGINAL AVATAR\n")
        return 2
    original, avatar = map(Path, arguments)
    try:
        said = evaluate(original, avatar, Settings().models)
    except KilnError as error:
        said = {"error": {"code": error.code, "detail": error.detail, "hint": error.advice}}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if "error" in said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
