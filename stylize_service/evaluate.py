"""``python -m stylize_service.evaluate ORIGINAL PORTRAIT``: photo against portrait, as JSON.

``kiln eval`` runs this, and its twin of the fusion service, in a process of its own: the gateway
and the services do not import each other. Who rates a portrait is who draws it.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from common import rating_program
from common.vision.faces import FaceModels
from common.vision.sandbox import decode_photo
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.sitting import find_sitter


def evaluate(original: Path, portrait: Path, models: Path) -> dict[str, Any]:
    """Rate how much a portrait looks like the photo.

    Raises
    ------
    KilnError
        The photo shows no face well enough, or one of the two is no picture.
    """
    faces = FaceModels.load(models)
    sitter = find_sitter(faces, decode_photo(original.read_bytes()), "largest")
    rated = rate_portrait(faces, sitter, decode_photo(portrait.read_bytes()))
    return {"likeness": asdict(rated)}


if __name__ == "__main__":
    usage = "python -m stylize_service.evaluate ORIGINAL PORTRAIT"
    sys.exit(rating_program.run(sys.argv[1:], usage, evaluate))
