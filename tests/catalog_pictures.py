"""Draws the pictures of the catalogue: ``python -m tests.catalog_pictures``.

One for each style and each template, of the astronaut who stands in for everybody in the docs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from common.contracts.figurine import Style, TemplateName
from tests.contact_sheet import PAIRS, Easel
from tests.portraits import astronaut

FOLDER = Path(__file__).resolve().parents[1] / "gateway" / "web" / "pictures"
WIDTH, QUALITY = 400, 80  # px; a card is half as wide on a phone of two pixels a dot


def main() -> None:
    """Draw and write all of them."""
    easel, photo = Easel(), astronaut()
    for style in Style:
        _write("styles", style, easel.portrait(photo, style))
    for name in TemplateName:
        pair = name in PAIRS
        seen = np.hstack([photo, photo[:, ::-1]]) if pair else photo
        wishes = {"hair": "brown", "beard": "full", "shirt": "petrol"} if pair else {}
        whole = easel.figurine(seen, name, **wishes)
        _write("templates", name, whole[:, : whole.shape[1] // 2])


def _write(noun: str, name: str, picture: npt.NDArray[np.uint8]) -> None:
    path = FOLDER / noun / f"{name}.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    height = round(WIDTH * picture.shape[0] / picture.shape[1])
    small = Image.fromarray(picture).resize((WIDTH, height), Image.Resampling.LANCZOS)
    small.save(path, quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
