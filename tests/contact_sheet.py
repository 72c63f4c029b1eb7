"""Draws the pictures of the docs: ``python -m tests.contact_sheet``.

With a folder of photos and a folder to write to, it draws a sheet a photo instead: the photo, six
portraits and every template from four sides, to be looked at one by one.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from common.contracts.figurine import PAIRS, PaintRequest, TemplateName
from common.errors import KilnError
from common.settings import Settings
from common.vision.decode import decode_photo
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import measure_people
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.wishes import palette_of, wish
from fusion_service.studio import Studio
from stylize_service.domain.styles import STYLES
from stylize_service.engines.builtin import BuiltinEngine
from tests.portraits import astronaut

DOCS = Path(__file__).resolve().parents[1] / "docs"
SMALL, CELL = 240, 360  # px
SINGLES = [name for name in TemplateName if name not in PAIRS]
# what is asked for, by the words under the picture
LOOKS = {
    "as measured": {},
    "hair_type=curly": {"hair_type": "curly"},
    "hair_type=wavy, chin": {"hair_type": "wavy", "hair_length": "chin"},
    "hair_length=long": {"hair_length": "long"},
    "hair_tied=bun": {"hair_tied": "bun"},
    "hair_tied=ponytail": {"hair_length": "long", "hair_tied": "ponytail"},
    "hair_type=bald": {"hair_type": "bald"},
    "headwear=cap": {"headwear": "cap"},
    "headwear=beanie": {"headwear": "beanie"},
    "headwear=headscarf": {"headwear": "headscarf"},
    "glasses=round": {"glasses": "round"},
    "glasses=square": {"glasses": "square"},
    "glasses=sunglasses": {"glasses": "sunglasses"},
    "beard=moustache": {"beard": "moustache"},
    "beard=goatee": {"beard": "goatee"},
    "beard=full": {"beard": "full"},
    "expression=serious": {"expression": "serious"},
    "expression=laugh": {"expression": "laugh"},
    "age=child": {"age": "child"},
    "hair=ginger, skin=brown, eyes=green, shirt=teal": {
        "hair": "ginger",
        "skin": "brown",
        "eyes": "green",
        "shirt": "teal",
    },
}  # fmt: skip
Picture = npt.NDArray[np.uint8]


class Easel:
    """Models, and one photo at a time."""

    def __init__(self) -> None:
        self._studio = Studio(Settings().models)
        self._engine = BuiltinEngine(self._studio.faces)

    def portraits(self, photo: Picture) -> Picture:
        """Draw the photo and its portrait in all styles, side by side."""
        drawn = [photo, *(self.portrait(photo, style) for style in STYLES)]
        return np.hstack([_fitted(picture, SMALL, SMALL) for picture in drawn])

    def portrait(self, photo: Picture, style: str) -> Picture:
        """Draw one portrait, (1024, 1024, 3)."""
        return self._engine.portrait(photo, style)[..., :3]

    def figurine(self, photo: Picture, template: str, **wishes: object) -> Picture:
        """Draw the preview of a figurine, (1000, 1600, 3)."""
        wanted = PaintRequest.model_validate(wishes)
        count = 2 if template in PAIRS else 1
        first, *others = measure_people(self._studio.faces, photo, "largest", count).people
        people = [wish(first, wanted), *others]
        palettes = [palette_of(people[0], wanted), *(palette_of(o, PaintRequest()) for o in others)]
        png = self._studio.draw_preview(paint(sculpt(people, template), people, palettes)).to_png()
        decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(decoded, np.uint8)[:, :, ::-1]


def main() -> None:
    """Draw and write the sheets."""
    easel = Easel()
    if len(sys.argv) == 3:
        photos, target = map(Path, sys.argv[1:])
        for path in sorted(photos.glob("*.[jp]*g")):
            _write(target / f"{path.stem}.jpg", everything(easel, decode_photo(path.read_bytes())))
        return
    photo = astronaut()
    large = partial(_cell, easel, photo)
    templates = [large(name.value, name.value) for name in SINGLES]
    portraits = easel.portraits(photo)
    three = [_hero(easel, photo, name) for name in ("superhero", "chef", "graduate")]
    _write(DOCS / "astronaut.jpg", np.vstack([portraits, _row(three, portraits.shape[1])]))
    _write(DOCS / "figurine" / "templates.jpg", _grid([*templates, _pair(easel, photo)], 4))
    looks = [_cell(easel, photo, "default", says, **wishes) for says, wishes in LOOKS.items()]
    _write(DOCS / "figurine" / "looks.jpg", _grid(looks, 5))


def everything(easel: Easel, photo: Picture) -> Picture:
    """Draw one photo in all styles and all templates, each from all sides."""
    rows = [easel.portraits(photo)]
    width = rows[0].shape[1]
    for name in TemplateName:
        try:
            whole = easel.figurine(photo, name.value)
        except KilnError as error:  # one face is not enough for a pair
            print(name.value, error.detail)  # noqa: T201
            continue
        rows.append(_fitted(whole, width, round(width * whole.shape[0] / whole.shape[1])))
    return np.vstack(rows)


def _cell(easel: Easel, photo: Picture, template: str, says: str, **wishes: object) -> Picture:
    """Draw the large view of a figurine with a line of words under it."""
    return _labelled(_hero(easel, photo, template, **wishes), says)


def _hero(easel: Easel, photo: Picture, template: str, **wishes: object) -> Picture:
    """Cut the large view out of a preview."""
    whole = easel.figurine(photo, template, **wishes)
    return whole[:, : whole.shape[1] // 2]


def _pair(easel: Easel, photo: Picture) -> Picture:
    """Draw two people on one base, from the only face there is, and its mirror image."""
    both = np.hstack([photo, photo[:, ::-1]])
    return _cell(easel, both, "couple", "couple", hair="brown", beard="full", shirt="teal")


def _labelled(picture: Picture, says: str) -> Picture:
    cell = _fitted(picture, CELL, round(CELL * picture.shape[0] / picture.shape[1]))
    bar = np.full((28, CELL, 3), 250, np.uint8)
    size = min(0.5, 0.5 * 44 / len(says))
    cv2.putText(bar, says, (10, 19), cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), 1, cv2.LINE_AA)
    return np.vstack([cell, bar])


def _grid(cells: list[Picture], columns: int) -> Picture:
    rows = [cells[i : i + columns] for i in range(0, len(cells), columns)]
    return np.vstack([np.hstack(row) for row in rows if len(row) == columns])


def _row(cells: list[Picture], width: int) -> Picture:
    row = np.hstack(cells)
    return _fitted(row, width, round(row.shape[0] * width / row.shape[1]))


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)


def _write(path: Path, picture: Picture) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
