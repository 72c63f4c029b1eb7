"""Rooms, desks, people, hands, animals and streets, drawn by rules: what is not food."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from recipe_service.training.dataset import Picture
from recipe_service.training.textures import cloth, fractal_noise, plain, planks, tiles, writing
from recipe_service.training.tracer import Floats, Solid, trace

_TEXTURE = 192  # px of a tile
_SKIN = ((244, 208, 177), (231, 180, 143), (198, 134, 96), (141, 85, 54), (80, 48, 33))
_FUR = ((150, 110, 70), (60, 50, 45), (215, 200, 180), (190, 130, 75), (110, 105, 100))


def scene(side: int, rng: np.random.Generator) -> Picture:
    """Draw a random picture without food, (side, side, 3) uint8."""
    kind = rng.choice(len(_KINDS), p=_SHARES)
    build = _Builder(rng)
    _KINDS[kind](build)
    light = np.array([rng.uniform(-4, 4), rng.uniform(2, 5), rng.uniform(-1, 5)], np.float32)
    picture = _faded(trace(build.solids, build.textures, light, side), rng)
    if rng.random() < 0.5:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.5)), np.uint8)
    if rng.random() < 0.5:
        grain = rng.normal(0, rng.uniform(2, 9), picture.shape)
        picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
    return picture


def _faded(picture: Picture, rng: np.random.Generator) -> Picture:
    # The world is greyer than random colours, and lamps tint it.
    if rng.random() < 0.3:
        return picture
    grey = picture.mean(2, keepdims=True)
    tint = np.array([rng.uniform(0.95, 1.15), 1.0, rng.uniform(0.7, 1.1)])
    mixed = (grey + (picture - grey) * rng.uniform(0.2, 0.9)) * tint * rng.uniform(0.9, 1.6)
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


class _Builder:
    # Collects the solids of one scene; a colour or a texture is added when first used.

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.solids: list[Solid] = []
        self.textures: list[Picture] = []

    def paint(self, texture: Picture) -> int:
        self.textures.append(texture)
        return len(self.textures) - 1

    def surface(self) -> int:
        makers: list[Callable[[int, np.random.Generator], Picture]]
        makers = [plain, plain, planks, tiles, cloth, fractal_noise, writing]
        return self.paint(makers[self.rng.integers(len(makers))](_TEXTURE, self.rng))

    def tinted(self, colours: tuple[tuple[int, int, int], ...], rough: float) -> int:
        base: Floats = np.array(colours[self.rng.integers(len(colours))], np.float32)
        base = base * self.rng.uniform(0.75, 1.1) + self.rng.normal(0, 6, 3)
        small = int(self.rng.integers(4, 90))
        grain = self.rng.normal(0, rough, (small, small, 1)).astype(np.float32)
        grown = np.asarray(cv2.resize(grain, (_TEXTURE, _TEXTURE)))[:, :, None]
        return self.paint(np.clip(base + grown, 0, 255).astype(np.uint8))

    def ball(self, centre: Floats, axes: Floats, texture: int, turn: Floats | None = None) -> None:
        frame = np.diag(axes) if turn is None else turn @ np.diag(axes)
        self.solids.append(Solid(frame.astype(np.float32), centre, texture))

    def box(self, centre: Floats, axes: Floats, texture: int, turn: Floats | None = None) -> None:
        frame = np.diag(axes) if turn is None else turn @ np.diag(axes)
        self.solids.append(Solid(frame.astype(np.float32), centre, texture, box=True))

    def limb(self, start: Floats, end: Floats, width: float, texture: int) -> None:
        # A long ellipsoid between two points: a finger, an arm, a leg.
        along = end - start
        length = float(np.linalg.norm(along))
        z = along / (length + 1e-6)
        x = np.cross(z, _vector(0.3, 1.0, 0.2))
        x /= np.linalg.norm(x) + 1e-6
        turn = np.stack([x, np.cross(z, x), z], 1)
        axes = _vector(width, width, length / 2 + width * 0.6)
        self.ball((start + end) / 2, axes, texture, turn)

    def room(self) -> float:
        # Walls, floor and ceiling as one box seen from inside; returns the height of the floor.
        rng = self.rng
        width, depth = rng.uniform(2.5, 6), rng.uniform(4, 12)
        floor = -rng.uniform(1.0, 2.5)
        turn = _about_y(rng.uniform(-0.6, 0.6))
        self.box(_vector(0, floor + 2.6, 2), _vector(width, 2.6, depth), self.surface(), turn)
        ground = _vector(0, floor, 2)
        self.box(ground, _vector(width, 0.03, depth), self.surface(), turn)
        return float(floor)


def _indoors(build: _Builder) -> None:
    rng = build.rng
    floor = build.room()
    for _ in range(rng.integers(2, 9)):
        axes = rng.uniform(0.15, 1.2, 3).astype(np.float32)
        centre = _vector(rng.uniform(-2.5, 2.5), floor + axes[1], rng.uniform(2.5, 8))
        build.box(centre, axes, build.surface(), _about_y(rng.uniform(0, 3)))
        if rng.random() < 0.5:  # legs and shelves
            for shift in (-0.8, 0.8):
                leg = centre + _vector(shift * axes[0], -0.2, -axes[2])
                build.box(leg, _vector(0.05, axes[1], 0.05), len(build.textures) - 1)
    for _ in range(rng.integers(0, 4)):  # frames and windows
        centre = _vector(rng.uniform(-2, 2), floor + rng.uniform(1.5, 3.5), rng.uniform(4, 8))
        build.box(centre, _vector(*rng.uniform(0.2, 0.8, 2), 0.03), build.surface())
    if rng.random() < 0.35:
        _stand(build, _vector(rng.uniform(-1, 1), floor + 1, rng.uniform(2.5, 5)))


def _desk(build: _Builder) -> None:
    # Looking down on a table: plates, books, boxes, bottles, cloth, cables.
    rng = build.rng
    build.room()
    tilt = _about_x(rng.uniform(0.5, 1.4))
    build.box(_vector(0, -1.5, 3.2), _vector(3.5, 0.05, 3.5), build.surface(), tilt)
    for _ in range(rng.integers(1, 9)):
        centre = _vector(rng.uniform(-1.2, 1.2), -1.4, 3.1)
        centre = centre + tilt @ _vector(0, 0.2, rng.uniform(-1.5, 1.5))
        flat = _vector(rng.uniform(0.1, 0.6), rng.uniform(0.02, 0.3), rng.uniform(0.1, 0.6))
        texture = build.surface()
        turn = tilt @ _about_y(rng.uniform(0, 3))
        if rng.random() < 0.6:
            build.box(centre, flat, texture, turn)
        else:
            build.ball(centre, flat, texture, turn)
    if rng.random() < 0.5:
        _hold(build, _vector(rng.uniform(-0.6, 0.6), rng.uniform(-1.0, -0.3), 2.4))


def _person(build: _Builder) -> None:
    build.room()
    rng = build.rng
    for _ in range(rng.integers(1, 3)):
        _stand(build, _vector(rng.uniform(-0.7, 0.7), rng.uniform(-0.8, 0.2), rng.uniform(1.6, 3)))


def _stand(build: _Builder, at: Floats) -> None:
    # A head with hair and eyes on a dressed body with arms.
    rng = build.rng
    skin, hair = build.tinted(_SKIN, 5), build.tinted(_FUR, 14)
    shirt = build.surface()
    head = at + _vector(0, 0.75, 0)
    build.ball(head, _vector(0.24, 0.32, 0.26), skin)
    build.ball(head + _vector(0, 0.12, 0.06), _vector(0.28, 0.30, 0.27), hair)
    if rng.random() < 0.4:
        build.ball(head + _vector(0, -0.2, 0.12), _vector(0.34, 0.5, 0.2), hair)
    dark = build.paint(np.full((_TEXTURE, _TEXTURE, 3), rng.integers(10, 70), np.uint8))
    for side in (-1, 1):
        build.ball(head + _vector(side * 0.09, 0.03, -0.23), _vector(0.04, 0.02, 0.03), dark)
    build.ball(head + _vector(0, -0.05, -0.26), _vector(0.035, 0.07, 0.04), skin)
    build.ball(head + _vector(0, -0.17, -0.22), _vector(0.07, 0.018, 0.03), dark)
    build.limb(head + _vector(0, -0.2, 0), head + _vector(0, -0.45, 0), 0.12, skin)
    build.ball(at + _vector(0, -0.25, 0), _vector(0.5, 0.65, 0.3), shirt)
    for side in (-1, 1):
        elbow = at + _vector(side * rng.uniform(0.5, 0.9), rng.uniform(-0.6, 0.3), -0.1)
        build.limb(at + _vector(side * 0.4, 0.15, 0), elbow, 0.13, shirt)
        hand = elbow + rng.uniform(-0.5, 0.5, 3).astype(np.float32)
        build.limb(elbow, hand, 0.09, skin)
        build.ball(hand, _vector(0.1, 0.12, 0.07), skin)


def _hand(build: _Builder) -> None:
    build.room()
    rng = build.rng
    for _ in range(rng.integers(1, 3)):
        _hold(build, _vector(*rng.uniform(-0.5, 0.5, 2), rng.uniform(1.0, 2.2)))


def _hold(build: _Builder, at: Floats) -> None:
    # Palm, five bent fingers, a forearm; sometimes holding a box.
    rng = build.rng
    skin = build.tinted(_SKIN, 5)
    turn = _about_z(rng.uniform(0, 2 * math.pi)) @ _about_x(rng.uniform(-1, 1))
    size = rng.uniform(0.7, 1.5)
    build.ball(at, _vector(0.22, 0.26, 0.09) * size, skin, turn)
    bend = rng.uniform(-0.25, 0.1)
    for number in range(5):
        spread = (number - 2) * 0.1
        root = _vector(spread, 0.2, 0) if number else _vector(-0.2, -0.02, 0)
        middle = root + _vector(spread * 0.6 - (not number) * 0.12, 0.17, bend)
        tip = middle + _vector(spread * 0.3, 0.13, bend * rng.uniform(0.5, 2))
        for start, end, width in ((root, middle, 0.05), (middle, tip, 0.044)):
            a, b = at + turn @ (start * size), at + turn @ (end * size)
            build.limb(a.astype(np.float32), b.astype(np.float32), width * size, skin)
    wrist, arm = turn @ _vector(0, -0.2, 0), turn @ _vector(rng.uniform(-0.3, 0.3), -1.4, 0.3)
    build.limb(at + wrist * size, at + arm * size, 0.14 * size, skin)
    if rng.random() < 0.4:
        axes = rng.uniform(0.05, 0.35, 3).astype(np.float32)
        build.box(at + _vector(0.05, 0.15, -0.2), axes, build.surface(), turn)


def _animal(build: _Builder) -> None:
    rng = build.rng
    floor = build.room()
    at = _vector(
        rng.uniform(-0.8, 0.8), max(floor + 0.5, rng.uniform(-0.7, 0)), rng.uniform(1.3, 3)
    )
    fur, dark = build.tinted(_FUR, 22), build.tinted(((20, 20, 20),), 3)
    build.ball(at, _vector(rng.uniform(0.5, 0.9), 0.38, 0.35), fur)
    head = at + _vector(rng.uniform(-0.8, 0.8), rng.uniform(0.2, 0.6), -0.3)
    build.ball(head, _vector(0.3, 0.27, 0.28), fur)
    for side in (-1, 1):
        build.ball(head + _vector(side * 0.2, 0.27, 0), _vector(0.08, 0.16, 0.04), fur)
        build.ball(head + _vector(side * 0.11, 0.06, -0.25), _vector(0.05, 0.05, 0.03), dark)
    build.ball(head + _vector(0, -0.08, -0.27), _vector(0.06, 0.04, 0.04), dark)
    for shift in (-0.45, -0.25, 0.25, 0.45):
        foot = at + _vector(shift, -0.75, rng.uniform(-0.2, 0.2))
        build.limb(at + _vector(shift, -0.1, 0), foot, 0.1, fur)
    build.limb(at, at + _vector(rng.uniform(-1.2, 1.2), 0.5, 0.3), 0.06, fur)


def _street(build: _Builder) -> None:
    # Sky, ground, houses, trees, cars.
    rng = build.rng
    sky = np.linspace(rng.uniform(90, 200), rng.uniform(180, 250), _TEXTURE)[:, None]
    tint = np.clip(sky + np.array([-30, 0, 25]) * rng.uniform(-1, 1.2), 0, 255)
    blue = np.broadcast_to(tint[:, None], (_TEXTURE, _TEXTURE, 3)).astype(np.uint8)
    build.box(_vector(0, 0, 20), _vector(40, 20, 30), build.paint(blue))
    build.box(_vector(0, -1.6, 10), _vector(30, 0.05, 30), build.surface())
    leaves = ((70, 110, 45), (100, 120, 60), (45, 80, 40), (150, 110, 50))
    for _ in range(rng.integers(2, 8)):
        at = _vector(rng.uniform(-6, 6), -1.5, rng.uniform(5, 16))
        if rng.random() < 0.4:
            build.limb(at, at + _vector(0, 2, 0), 0.15, build.tinted(_FUR, 10))
            for _ in range(4):
                crown = at + _vector(0, 2.2, 0) + rng.normal(0, 0.5, 3).astype(np.float32)
                axes = rng.uniform(0.4, 1, 3).astype(np.float32)
                build.ball(crown, axes, build.tinted(leaves, 35))
        else:
            tall = rng.uniform(0.4, 4)
            axes = _vector(rng.uniform(0.5, 2), tall, rng.uniform(0.5, 2))
            build.box(at + _vector(0, tall, 0), axes, build.surface(), _about_y(rng.uniform(0, 3)))


def _clutter(build: _Builder) -> None:
    # Boxes and balls of any colour: toys, tools, parcels.
    rng = build.rng
    floor = build.room()
    for _ in range(rng.integers(3, 14)):
        axes = rng.uniform(0.06, 0.5, 3).astype(np.float32)
        at = _vector(rng.uniform(-1.2, 1.2), rng.uniform(floor, 1), rng.uniform(1.5, 4))
        turn = _about_y(rng.uniform(0, 3)) @ _about_x(rng.uniform(0, 3))
        (build.box if rng.random() < 0.6 else build.ball)(at, axes, build.surface(), turn)


def _vector(*xyz: float) -> Floats:
    return np.array(xyz, np.float32)


def _about_x(angle: float) -> Floats:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]], np.float32)


def _about_y(angle: float) -> Floats:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], np.float32)


def _about_z(angle: float) -> Floats:
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float32)


_KINDS: tuple[Callable[[_Builder], None], ...] = (
    *(_indoors, _desk, _person, _hand, _animal, _street, _clutter),
)
_SHARES = (0.2, 0.16, 0.18, 0.2, 0.1, 0.08, 0.08)
