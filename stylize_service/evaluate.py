"""``python -m stylize_service.evaluate ORIGINAL PORTRAIT``: photo against portrait, as JSON.

``kiln eval`` runs this, and its twin of the fusion service, in a process of its own: the gateway
and the services do not import each other. Who rates a portrait is who draws it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from common.errors import KilnError
from common.settings import Settings
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


def main(arguments: list[str]) -> int:
    """Print the rating, or the error, as JSON; return the exit status."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m stylize_service.evaluate ORIGINAL PORTRAIT\n")
        return 2
    original, portrait = map(Path, arguments)
    try:
        said = evaluate(original, portrait, Settings().models)
    except KilnError as error:
        said = {"error": {"code": error.code, "detail": error.detail, "hint": error.advice}}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if "error" in said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
