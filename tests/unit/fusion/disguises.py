"""Dress a photographed face up: what the photos at hand do not show is painted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import numpy.typing as npt

from common.vision.faces import pick_subject
from fusion_service.domain.photo.head_crop import OUTER_LIP, OVAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.vision.faces import FaceModels

RGB = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
Beard = Literal["moustache", "goatee", "full", "stubble"]

BLACK, RED, BLUE, TEAL, BROWN = (
    (25, 22, 22),
    (150, 40, 45),
    (30, 45, 110),
    (90, 120, 130),
    (60, 45, 38),
)
JAW = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
CHEEK_LINE = (366, 352, 411, 427, 436, 410, 391, 164, 165, 186, 216, 207, 187, 123, 137)
MOUSTACHE = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 322, 391, 164, 165, 92)
GOATEE = (61, 91, 84, 17, 314, 321, 291, 422, 431, 378, 152, 149, 211, 202)


@dataclass(frozen=True)
class Model:
    """A photo and the axes of the face in it, in px: the face is ``width`` wide."""

    photo: RGB
    points: npt.NDArray[np.float64]

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.points[454] - self.points[234]))

    def at(self, places: Sequence[tuple[float, float]]) -> npt.NDArray[np.float64]:
        """Points given to the right of and below the eyes, in face widths."""
        right = (self.points[454] - self.points[234]) / self.width
        down = np.array([-right[1], right[0]])
        middle = (self.points[33] + self.points[263]) / 2
        return np.array([middle + (x * right + y * down) * self.width for x, y in places])

    def painted(self, outline: npt.NDArray[np.float64], colour: Colour, share: float = 1) -> RGB:
        """Cover an outline with rough cloth, lit from the left."""
        mask = cv2.GaussianBlur(filled(self.photo, outline), (0, 0), max(0.5, self.width / 180))
        random = np.random.default_rng(1).normal(0, 1, self.photo.shape[:2]).astype(np.float32)
        grain = cv2.GaussianBlur(random, (0, 0), max(0.6, self.width / 120))
        columns = np.arange(self.photo.shape[1], dtype=np.float32)[None]
        across = (columns - outline[:, 0].mean()) / float(np.ptp(outline[:, 0]))
        shade = np.clip(1 - 0.7 * (across + 0.3) ** 2, 0.4, 1)[..., None]
        cloth = np.array(colour, np.float32) * shade + (4 * grain / grain.std())[..., None]
        alpha = share * mask[..., None]
        mixed = np.clip(self.photo * (1 - alpha) + cloth * alpha, 0, 255)
        return np.asarray(mixed, np.uint8)


def find_model(models: FaceModels, photo: RGB) -> Model:
    face = pick_subject(models.find_faces(photo), "largest")
    return Model(photo, face.landmarks[:, :2].astype(np.float64))


def filled(photo: RGB, outline: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    mask = np.zeros(photo.shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1, cv2.LINE_AA, 4)
    return mask


def arc(start: float, end: float, rx: float, ry: float, y: float = 0) -> list[tuple[float, float]]:
    angles = np.radians(np.linspace(start, end, 30))
    return [(rx * float(np.cos(a)), y + ry * float(np.sin(a))) for a in angles]


def in_beanie(model: Model, colour: Colour = RED) -> RGB:
    brim = [(0.7, -0.22), (0.0, -0.28), (-0.7, -0.22)]
    return model.painted(model.at([*arc(180, 360, 0.72, 0.95, -0.28), *brim]), colour)


def in_headscarf(model: Model, colour: Colour = TEAL) -> RGB:
    hem = [(0.85, 0.5), (1.0, 1.4), (0.5, 1.9), (-0.5, 1.9), (-1.0, 1.4), (-0.85, 0.5)]
    covered = model.painted(model.at([*arc(180, 360, 0.8, 1.0, -0.1), *hem]), colour)
    return np.asarray(np.where(_face(model), model.photo, covered))


def in_fur_collar(model: Model, colour: Colour = (95, 70, 50)) -> RGB:
    hem = [(1.3, 1.6), (1.2, 2.3), (-1.2, 2.3), (-1.3, 1.6)]
    covered = model.painted(model.at([*arc(200, 340, 1.05, 0.5, 1.3), *hem]), colour)
    rough = np.random.default_rng(2).normal(0, 22, (*covered.shape[:2], 1))
    fur = np.where(np.any(covered != model.photo, axis=2)[..., None], covered + rough, covered)
    return np.asarray(np.where(_face(model), model.photo, np.clip(fur, 0, 255)), np.uint8)


def with_bun(model: Model, colour: Colour, top: float) -> RGB:
    return model.painted(model.at(arc(0, 360, 0.24, 0.26, top)), colour)


def in_glasses(model: Model, shape: str, colour: Colour = BLACK, lens: Colour | None = None) -> RGB:
    points = model.points
    eyes = [(points[33] + points[133]) / 2, (points[263] + points[362]) / 2]
    distance = float(np.linalg.norm(eyes[1] - eyes[0]))
    right = (points[454] - points[234]) / model.width
    down = np.array([-right[1], right[0]])
    power, wide, high = (1.0, 0.38, 0.38) if shape == "round" else (0.44, 0.41, 0.28)
    angles = np.linspace(0, 2 * np.pi, 80)
    x = wide * distance * np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** power
    y = high * distance * np.sign(np.sin(angles)) * np.abs(np.sin(angles)) ** power
    rims = [eye + x[:, None] * right + (y + 0.07 * distance)[:, None] * down for eye in eyes]
    if lens is not None:
        for rim in rims:
            model = Model(model.painted(rim, lens), points)
    worn = model.photo.copy()
    thick = max(1, round(0.022 * model.width))
    reach = wide * distance * right
    straps = [(eyes[0] + reach, eyes[1] - reach), (eyes[0] - reach, points[127]), (eyes[1] + reach, points[356])]  # fmt: skip  # noqa: E501
    for line in (*rims, *(np.array(strap) for strap in straps)):
        closed = len(line) > 2
        cv2.polylines(worn, [np.round(line * 16).astype(np.int32)], closed, colour, thick, cv2.LINE_AA, 4)  # fmt: skip  # noqa: E501
    return worn


def bearded(model: Model, kind: Beard, colour: Colour = BROWN) -> RGB:
    outline = {"moustache": MOUSTACHE, "goatee": GOATEE}.get(kind, (*JAW, *CHEEK_LINE))
    hair = model.painted(model.points[list(outline)], colour, 0.3 if kind == "stubble" else 0.75)
    lips = filled(model.photo, model.points[list(OUTER_LIP)])[..., None]
    return np.asarray(hair * (1 - lips) + model.photo * lips).astype(np.uint8)


def _face(model: Model) -> npt.NDArray[np.bool_]:
    oval = model.points[list(OVAL)]
    return filled(model.photo, oval.mean(0) + 1.02 * (oval - oval.mean(0)))[..., None] > 0.5
