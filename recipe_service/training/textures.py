"""Flat pictures drawn by rules: noise, shapes, writing, wood, tiles, cloth."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from recipe_service.training.dataset import Picture

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)


def fractal_noise(side: int, rng: np.random.Generator) -> Picture:
    """Noise of every size added up, in related colours: clouds, stone, fur, blur."""
    total = np.zeros((side, side, 3), np.float32)
    roughness = rng.uniform(0.6, 2)
    for cells in (2, 4, 8, 16, 32, 64):
        channels = 3 if rng.random() < 0.5 else 1
        layer = rng.random((cells, cells, channels)).astype(np.float32) - 0.5
        how = cv2.INTER_CUBIC if rng.random() < 0.8 else cv2.INTER_NEAREST
        grown = cv2.resize(layer, (side, side), interpolation=how).reshape(side, side, channels)
        total += grown * cells ** (-roughness / 2) * 2
    mixing = (np.eye(3) * 0.4 + rng.normal(0, 0.35, (3, 3))).astype(np.float32)
    mixed = total @ mixing * rng.uniform(0.4, 1.6) + rng.uniform(0.05, 0.95, 3)
    return _bytes(mixed * 255)


def shapes(side: int, rng: np.random.Generator) -> Picture:
    """Rectangles, circles, lines, polygons and letters on noise or one colour."""
    ground = fractal_noise(side, rng) if rng.random() < 0.6 else plain(side, rng)
    for _ in range(rng.integers(1, 25)):
        _draw_one(ground, side, rng)
    if rng.random() < 0.5:
        ground = np.asarray(cv2.GaussianBlur(ground, (0, 0), rng.uniform(0.5, 2.5)), np.uint8)
    return ground


def plain(side: int, rng: np.random.Generator) -> Picture:
    """One colour in uneven light."""
    across = np.linspace(-1, 1, side, dtype=np.float32)
    light = across[:, None] * rng.uniform(-35, 35) + across[None] * rng.uniform(-35, 35)
    if rng.random() < 0.5:
        colour = rng.uniform(0, 255, 3)
    else:  # walls and furniture are mostly pale
        colour = rng.uniform(90, 250) + rng.normal(0, 14, 3)
    return _bytes(colour + light[:, :, None] + rng.normal(0, 2, (side, side, 1)))


def planks(side: int, rng: np.random.Generator) -> Picture:
    """Wood: boards with grain along them."""
    warm = np.array([1.0, rng.uniform(0.62, 0.9), rng.uniform(0.35, 0.8)])
    base = warm * rng.uniform(70, 240)
    grain = rng.normal(0, 1, (side, max(2, side // 24))).astype(np.float32)
    grain = cv2.resize(grain, (side, side)) * rng.uniform(4, 16)
    boards = int(rng.integers(1, 9))
    row = np.arange(side) * boards // side
    tone = rng.normal(0, 9, boards)[row][:, None] + grain
    seam = (np.arange(side) * boards % side < boards * 2)[:, None]
    picture = _bytes(base + np.where(seam, -45, tone)[:, :, None])
    return _turned(picture, rng)


def tiles(side: int, rng: np.random.Generator) -> Picture:
    """Bricks, tiles or a chequered floor with joints."""
    rows, columns = rng.integers(2, 12, 2)
    y, x = np.mgrid[:side, :side]
    row = y * rows // side
    shift = (row % 2) * side // (2 * columns) * int(rng.integers(0, 2))
    column = (x + shift) * columns // side % columns
    colours = rng.uniform(20, 245, 3) + rng.normal(0, rng.uniform(2, 40), (rows, columns, 3))
    picture = colours[row, column]
    joint = (y * rows % side < rows * 2) | ((x + shift) * columns % side < columns * 2)
    picture[joint] = rng.uniform(60, 230)
    return _turned(_bytes(picture + rng.normal(0, 4, (side, side, 1))), rng)


def cloth(side: int, rng: np.random.Generator) -> Picture:
    """Stripes, plaid or dots on fabric."""
    a, b, c = rng.uniform(10, 250, (3, 3))
    period = rng.integers(4, side // 3)
    y, x = np.mgrid[:side, :side]
    kind = rng.integers(3)
    if kind == 0:
        mask = ((x % period) < period // 2)[:, :, None]
        picture = np.where(mask, a, b)
    elif kind == 1:
        across = ((x % period) < period // 2)[:, :, None]
        down = ((y % period) < period // 2)[:, :, None]
        picture = np.where(across, a, b) * 0.5 + np.where(down, a, c) * 0.5
    else:
        half = period / 2
        dots = (x % period - half) ** 2 + (y % period - half) ** 2 < (period * 0.3) ** 2
        picture = np.where(dots[:, :, None], a, b)
    weave = rng.normal(0, 6, (side, side, 1))
    return _turned(_bytes(picture + weave), rng)


def writing(side: int, rng: np.random.Generator) -> Picture:
    """Lines of letters: pages, posters, screens, labels."""
    picture = plain(side, rng)
    ink = tuple(int(v) for v in rng.integers(0, 256, 3))
    size = float(rng.uniform(0.25, 1.6))
    font = _FONTS[rng.integers(len(_FONTS))]
    step = int(26 * size) + 4
    for y in range(step, side, step):
        text = "".join(chr(c) for c in rng.integers(97, 123, rng.integers(4, 30)))
        text = "".join(" " if rng.random() < 0.15 else c for c in text)
        cv2.putText(picture, text, (4, y), font, size, ink, int(1 + size), cv2.LINE_AA)
    return picture


def _draw_one(ground: Picture, side: int, rng: np.random.Generator) -> None:
    colour = tuple(int(v) for v in rng.integers(0, 256, 3))
    points = rng.integers(-20, side + 20, (4, 2)).astype(np.int32)
    first, second = (tuple(int(v) for v in p) for p in points[:2])
    thick = int(rng.integers(1, 6)) if rng.random() < 0.7 else cv2.FILLED
    kind = rng.integers(5)
    if kind == 0:
        cv2.rectangle(ground, first, second, colour, thick)
    elif kind == 1:
        cv2.circle(ground, first, int(rng.integers(3, max(4, side // 3))), colour, thick)
    elif kind == 2:
        cv2.line(ground, first, second, colour, max(1, thick))
    elif kind == 3:
        cv2.fillPoly(ground, [points], colour)
    else:
        text = "".join(chr(c) for c in rng.integers(65, 123, rng.integers(2, 9)))
        cv2.putText(ground, text, first, 0, rng.uniform(0.4, 2), colour, max(1, thick), cv2.LINE_AA)


def _turned(picture: Picture, rng: np.random.Generator) -> Picture:
    return np.ascontiguousarray(np.rot90(picture)) if rng.random() < 0.5 else picture


def _bytes(values: npt.NDArray[np.floating]) -> Picture:
    return np.ascontiguousarray(np.clip(values, 0, 255).astype(np.uint8))
