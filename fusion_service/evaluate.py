"""``python -m fusion_service.evaluate ORIGINAL AVATAR``: photo against result, as JSON.

``kiln eval`` runs this, and its twin of the stylize service, in a process of its own: the gateway
and the services do not import each other, so a command line that knew both would tie them
together, and a gateway's container has no renderer. Who rates a figurine is who makes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from common import rating_program
from common.vision.faces import FaceModels
from common.vision.likeness import compare
from common.vision.network import RGB
from common.vision.sandbox import decode_photo
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.reading import read_glb, read_stl
from fusion_service.domain.likeness import ADVICE, look_of, rate_figurine
from fusion_service.domain.photo.measure import measure
from fusion_service.studio import rate_head

CERTIFICATE: Final = "certificate.json"
FRONT: Final = ((0.5, 0.75, 0.5), (0.55, 0.7, 0.33), (0.5, 0.75, 0.3))  # left, right, bottom
ENLARGED: Final = (2, 1, 3)  # times
BETTER: Final = "Give figurine.glb: in it the place of the face is known."


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
    rate = _RATED.get(avatar.suffix.lower())
    rated = rate(faces, measured, avatar) if rate else {}
    beside = avatar.with_name(CERTIFICATE)
    if "certificate" not in rated and avatar.suffix.lower() != ".stl" and beside.is_file():
        rated["certificate"] = json.loads(beside.read_text("utf-8"))
    return {"quality": measured.quality.model_dump(mode="json"), **rated}


def _rate_glb(faces: FaceModels, measured: Attributes, avatar: Path) -> dict[str, Any]:
    sculpture = read_glb(avatar.read_bytes())
    return {"likeness": asdict(rate_head(faces, measured, sculpture))}


def _rate_preview(faces: FaceModels, measured: Attributes, avatar: Path) -> dict[str, Any]:
    """Rate the front view of a preview; other pictures are portraits, which others rate."""
    picture = decode_photo(avatar.read_bytes())
    if picture.shape[1] * 5 != picture.shape[0] * 8:
        return {}
    for view in _front_views(picture):
        found = faces.find_faces(view).faces
        if found:
            return {"likeness": asdict(rate_figurine(measured, view, found[0]))}
    unseen = asdict(compare(look_of(measured), None, ADVICE))
    return {"likeness": unseen | {"says": f"{unseen['says']} {BETTER}"}}


def _rate_stl(_: FaceModels, __: Attributes, avatar: Path) -> dict[str, Any]:
    return {"certificate": certify(read_stl(avatar.read_bytes())).model_dump(mode="json")}


def _front_views(preview: RGB) -> Iterator[RGB]:
    """Cut the figurine from the front out of a preview, then its head, at several sizes.

    The detector knows photos: which size of a toy's head it takes for one differs.
    """
    height, width = preview.shape[:2]
    for left, right, bottom in FRONT:
        cut = preview[: int(bottom * height), int(left * width) : int(right * width)]
        for times in ENLARGED:
            size = (cut.shape[1] * times, cut.shape[0] * times)
            yield np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_CUBIC), np.uint8)


_RATED: Final[dict[str, Callable[[FaceModels, Attributes, Path], dict[str, Any]]]] = {
    ".glb": _rate_glb,
    ".stl": _rate_stl,
    ".png": _rate_preview,
}


if __name__ == "__main__":
    usage = "python -m fusion_service.evaluate ORIGINAL AVATAR"
    sys.exit(rating_program.run(sys.argv[1:], usage, evaluate))
