"""Draws the picture of the README: ``python -m tests.contact_sheet``.

The photo, six portraits and three figurines of the one face that may be shown in public.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from common.settings import Settings
from fusion_service.domain.bodies import TEMPLATES
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import measure
from fusion_service.domain.sculpt import sculpt
from fusion_service.studio import Studio
from stylize_service.domain.styles import STYLES
from stylize_service.engines.builtin import BuiltinEngine
from tests.portraits import astronaut

TARGET = Path(__file__).resolve().parents[1] / "docs" / "astronaut.jpg"
SMALL, LARGE = 240, 560  # px
Picture = npt.NDArray[np.uint8]


def main() -> None:
    """Draw and write the sheet."""
    studio, photo = Studio(Settings().models), astronaut()
    engine = BuiltinEngine(studio.faces)
    small = [photo, *(engine.portrait(photo, style) for style in STYLES)]
    people = [measure(studio.faces, photo)]
    previews = [studio.preview(paint(sculpt(people, name), people), 1600) for name in TEMPLATES]
    portraits = np.hstack(
        [cv2.resize(p, (SMALL, SMALL), interpolation=cv2.INTER_AREA) for p in small]
    )
    figurines = np.hstack([_hero(png) for png in previews])
    width = portraits.shape[1]  # there may be any number of templates
    size = (width, round(figurines.shape[0] * width / figurines.shape[1]))
    sheet = np.vstack([portraits, cv2.resize(figurines, size, interpolation=cv2.INTER_AREA)])
    TARGET.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(TARGET), sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def _hero(png: bytes) -> Picture:
    """Cut the large view out of a preview."""
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    picture = decoded[:, :, ::-1]
    cropped = picture[:, : picture.shape[1] // 2]
    size = (LARGE, round(LARGE * cropped.shape[0] / cropped.shape[1]))
    return np.asarray(cv2.resize(cropped, size, interpolation=cv2.INTER_AREA), np.uint8)


if __name__ == "__main__":
    main()
