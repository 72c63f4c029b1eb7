"""A plate drawn from a recipe: what is in it, as much as there is, seen from above.

No photo of a dish exists that nobody has cooked yet, and a recipe in a list wants a face. So the
house draws one: flat shapes with a little light, the same for the same recipe, for ever.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from common.vision.png import encode_png
from gateway.domain.plate_foods import Colour, Look, look_of

WIDTH, HEIGHT = 640, 480
_UNIT: Final = WIDTH / 1000  # pixels in a thousandth of the width, which all sizes are in
_GOLDEN: Final = np.pi * (3 - np.sqrt(5))
_SMALL: Final = 27
_MANY: Final = {"grain": 420, "strand": 130, "fleck": 40, "ball": 60, "egg": 4}  # on a full plate
_MOST: Final = (240, 60, 48)  # pieces of a layer
_CLOTHS: Final[tuple[Colour, ...]] = (
    (233, 214, 192), (214, 221, 203), (226, 205, 199), (205, 216, 220), (235, 223, 190),
    (219, 208, 224),
)  # fmt: skip
_BROTHS: Final[dict[str, Colour]] = {
    "tomato": (205, 92, 52), "carrot": (226, 140, 62), "pumpkin": (228, 150, 56),
    "lentil": (190, 130, 66), "pea": (138, 166, 84), "spinach": (110, 146, 78),
    "mushroom": (186, 160, 128), "beet": (150, 48, 82),
}  # fmt: skip
_BROTH: Final[Colour] = (226, 188, 112)

Image = npt.NDArray[np.floating[Any]]
Chance = np.random.Generator

_CREAM: Final[Image] = np.asarray((255, 246, 226), np.float32)
_YOLK: Final[Image] = np.asarray((246, 186, 52), np.float32)
_RIMS: Final[tuple[tuple[float, Image], ...]] = (
    (318, np.asarray((252, 249, 243), np.float32)),
    (312, np.asarray((246, 242, 233), np.float32)),
    (246, np.asarray((232, 226, 214), np.float32)),
    (240, np.asarray((250, 247, 240), np.float32)),
)


@dataclass(frozen=True)
class _Piece:
    """One piece of food: where it fell, and how it lies there."""

    look: Look
    x: float
    y: float
    size: float
    turn: float
    tint: Image


def draw_plate(title: str, kind: str, foods: Sequence[tuple[str, float]]) -> bytes:
    """Draw a dish.

    Parameters
    ----------
    title
        Of the recipe; it decides the cloth and where the pieces fall.
    kind
        As recipes have it: a ``soup`` comes in its broth.
    foods
        Names in English, and their weights in grams.

    Returns
    -------
    bytes
        A PNG of 640 x 480 pixels.
    """
    chance = np.random.default_rng(zlib.crc32(title.encode()))
    image = _cloth(_CLOTHS[int(chance.integers(len(_CLOTHS)))])
    _crockery(image)
    if kind == "soup":
        _broth(image, foods)
    for piece in _portions(foods, chance, wide=kind != "soup"):
        _draw(image, piece)
    return encode_png(np.clip(image, 0, 255).astype(np.uint8))


# -- the table ------------------------------------------------------------------------------------


def _cloth(colour: Colour) -> Image:
    """Lay a plain cloth, with light from the upper left."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    light = 1.05 - 0.13 * (x / WIDTH + y / HEIGHT) / 2
    return np.asarray(light[..., None] * np.asarray(colour, np.float32), np.float32)


def _crockery(image: Image) -> None:
    """Set a plate: its shadow, its rim, its well."""
    x, y = _around(image, 508, 392)
    image *= 1 - 0.26 * np.clip((330 - np.hypot(x, y)) / 40, 0, 1)[..., None]
    x, y = _around(image, 500, 375)
    far = np.hypot(x, y)
    for radius, colour in _RIMS:
        _blend(image, _within(far, radius), colour)
    shade = np.clip((far - 150) / 95, 0, 1) * np.clip(246 - far, 0, 1) * (0.5 - 0.5 * (x + y) / 340)
    image *= 1 - 0.05 * np.clip(shade, 0, 1)[..., None]


def _broth(image: Image, foods: Sequence[tuple[str, float]]) -> None:
    """Pour the broth; what there is most of colours it, if it is a quarter of what one sees."""
    seen = {name: grams for name, grams in foods if look_of(name) is not None}
    most = [name for name, grams in seen.items() if 4 * grams >= sum(seen.values())]
    most.sort(key=lambda name: -seen[name])
    found = [colour for name in most for word, colour in _BROTHS.items() if word in name]
    x, y = _around(image, 500, 375)
    far = np.hypot(x, y)
    colour = np.asarray(found[0] if found else _BROTH, np.float32)
    _blend(image, _within(far, 240), 0.9 * colour)
    _blend(image, np.clip((234 - far) / 10, 0, 1), colour)


def _around(image: Image, x: float, y: float) -> tuple[Image, Image]:
    """Coordinates of all pixels in thousandths of the width, from a centre."""
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    return (columns / _UNIT - x).astype(np.float32), (rows / _UNIT - y).astype(np.float32)


# -- the food -------------------------------------------------------------------------------------


def _portions(
    foods: Sequence[tuple[str, float]], chance: Chance, *, wide: bool
) -> Iterator[_Piece]:
    """Choose pieces by weight, and let them fall on a spiral: beds first, herbs last."""
    seen = [(look, grams) for name, grams in foods if (look := look_of(name)) is not None]
    total = sum(grams for _, grams in seen) or 1.0
    layers: tuple[list[Look], ...] = ([], [], [])
    for look, grams in seen:
        layer = 0 if look.shape in {"grain", "strand"} else 2 if look.size < _SMALL else 1
        share = min(max(grams / total, 0.1), 0.6)
        least = 1 if look.shape == "egg" else 3
        layers[layer].extend([look] * max(least, round(_MANY.get(look.shape, 38) * share)))
    for layer, looks in enumerate(layers):
        reach = (205, 175, 165)[layer] if wide else (150, 150, 130)[layer]
        order = chance.permutation(len(looks))[: _MOST[layer]]
        for at, number in enumerate(order):
            far = reach * float(np.sqrt((at + 0.5) / len(order))) + chance.normal(0, 9)
            turn = at * _GOLDEN + chance.normal(0, 0.2) + layer
            yield _fallen(looks[int(number)], far * np.cos(turn), far * np.sin(turn), chance)


def _fallen(look: Look, across: float, down: float, chance: Chance) -> _Piece:
    return _Piece(
        look=look,
        x=500 + float(across),
        y=375 + float(down),
        size=look.size * float(chance.uniform(0.86, 1.14)),
        turn=float(chance.uniform(0, 2 * np.pi)),
        tint=np.asarray(look.colour, np.float32) * np.float32(chance.uniform(0.93, 1.06)),
    )


def _draw(image: Image, piece: _Piece) -> None:
    """Draw one piece with its shadow, its edge and a light on it."""
    reach = int((piece.size * 1.35 + 8) * _UNIT)
    left = max(int(piece.x * _UNIT) - reach, 0)
    top = max(int(piece.y * _UNIT) - reach, 0)
    window = image[top : top + 2 * reach, left : left + 2 * reach]
    x, y = _around(window, piece.x - left / _UNIT, piece.y - top / _UNIT)
    window *= 1 - 0.2 * np.clip(1 - _distance(piece, x - 5, y - 7) / 7, 0, 1)[..., None]
    inside = _distance(piece, x, y)
    light = 1.03 - 0.16 * np.clip((x + y) / (2 * piece.size), -1, 1)
    edge = np.clip(1 + inside / 5, 0, 1)[..., None]
    _blend(window, _within(inside, 0), light[..., None] * piece.tint * (1 - 0.16 * edge))
    _inner(window, piece, x, y)


def _inner(window: Image, piece: _Piece, x: Image, y: Image) -> None:
    """Draw what marks a slice as a slice: flesh, seeds, a yolk, a vein."""
    size, shape = piece.size, piece.look.shape
    pale = 0.55 * piece.tint + 0.45 * _CREAM
    if shape == "slice":
        _blend(window, 0.55 * _within(np.hypot(x, y), 0.8 * size), pale)
        for angle in piece.turn + np.arange(6) * np.pi / 3:
            far = np.hypot(x - 0.45 * size * np.cos(angle), y - 0.45 * size * np.sin(angle))
            _blend(window, 0.5 * _within(far, 0.13 * size), 0.9 * piece.tint)
    elif shape == "egg":
        _blend(window, _within(np.hypot(x, y), 0.42 * size), _YOLK)
        _blend(window, 0.6 * _within(np.hypot(x + 8, y + 8), 0.1 * size), _CREAM)
    elif shape == "leaf":
        along, side = _turned(x, y, piece.turn)
        vein = np.clip(1.2 - np.abs(side), 0, 1) * (np.abs(along) < 0.8 * size)
        _blend(window, 0.45 * vein, pale)
    elif shape in {"ball", "cube"}:
        far = np.hypot(x + 0.3 * size, y + 0.3 * size)
        _blend(window, 0.35 * np.clip((0.45 * size - far) / 5, 0, 1), _CREAM)


# -- shapes: signed distances to their edges, negative inside --------------------------------------


def _distance(piece: _Piece, x: Image, y: Image) -> Image:
    along, side = _turned(x, y, piece.turn)
    return _SHAPES.get(piece.look.shape, _disc)(along, side, piece.size)


def _turned(x: Image, y: Image, turn: float) -> tuple[Image, Image]:
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return x * cos + y * sin, y * cos - x * sin


def _disc(x: Image, y: Image, size: float) -> Image:
    return np.hypot(x, y) - size


def _ball(x: Image, y: Image, size: float) -> Image:
    if size < _SMALL:
        return _disc(x, y, size)
    florets = 0.85 + 0.12 * np.cos(7 * np.arctan2(y, x))
    return np.asarray(np.hypot(x, y) - size * florets)


def _ring(x: Image, y: Image, size: float) -> Image:
    far: Image = np.hypot(x, y)
    return np.asarray(np.abs(far - 0.78 * size) - 0.17 * size)


def _stick(x: Image, y: Image, size: float) -> Image:
    return _bow(x, y - 0.12 * x * x / size, size, 0.24 * size)


def _strand(x: Image, y: Image, size: float) -> Image:
    return _bow(x, y - 0.5 * x * x / size, size, 0.07 * size)


def _bow(x: Image, y: Image, length: float, thick: float) -> Image:
    return np.hypot(np.maximum(np.abs(x) - length + thick, 0), y) - thick


def _leaf(x: Image, y: Image, size: float) -> Image:
    return np.hypot(x, np.abs(y) + 0.9 * size) - 1.345 * size  # where two circles meet


def _cube(x: Image, y: Image, size: float) -> Image:
    x, y = np.abs(x) - 0.72 * size, np.abs(y) - 0.66 * size
    corner = np.hypot(np.maximum(x, 0), np.maximum(y, 0))
    return np.asarray(corner + np.minimum(np.maximum(x, y), 0) - 0.14 * size)


def _grain(x: Image, y: Image, size: float) -> Image:
    return np.asarray((np.hypot(x, 2.3 * y) - size) / 1.5)


def _egg(x: Image, y: Image, size: float) -> Image:
    running = 0.9 + 0.1 * np.sin(3 * np.arctan2(y, x))
    return np.asarray(np.hypot(x, y) - size * running)


_SHAPES: Final[dict[str, Callable[[Image, Image, float], Image]]] = {
    "ball": _ball, "ring": _ring, "stick": _stick, "strand": _strand, "leaf": _leaf,
    "cube": _cube, "grain": _grain, "egg": _egg,
}  # fmt: skip


# -- the picture ----------------------------------------------------------------------------------


def _within(far: Image, edge: float) -> Image:
    """How much of each pixel lies within an edge: soft over one pixel."""
    return np.asarray(np.clip((edge - far) * _UNIT + 0.5, 0, 1))


def _blend(image: Image, share: Image, colour: Image) -> None:
    image += share[..., None] * (colour - image)
