"""A sheet for drawing faces: smooth polygons in millimetres, in colour and in relief."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.frame import EYE_LINE_Z, HEAD_CENTRE_Z, TEXTURE_MM, TEXTURE_PX
from fusion_service.domain.palette import lab_to_srgb

FEATURE_SCALE = 1.1  # all features are drawn this much larger, about the eye line
_SUBPIXEL_BITS = 4

Curve = npt.NDArray[np.float64]  # (n, 2): u to the right, v down from the eye line, mm
Lab = tuple[float, float, float]


@dataclass(frozen=True)
class Patch:
    """Coverage 0..1 of a box of the sheet, whose upper left pixel is (x, y)."""

    alpha: npt.NDArray[np.float32]
    x: int
    y: int

    def within(self, other: Patch) -> Patch:
        """Keep only what the other patch covers too."""
        height, width = self.alpha.shape
        x0, y0 = max(self.x, other.x), max(self.y, other.y)
        x1 = min(self.x + width, other.x + other.alpha.shape[1])
        y1 = min(self.y + height, other.y + other.alpha.shape[0])
        if x1 <= x0 or y1 <= y0:
            return Patch(np.zeros((1, 1), np.float32), self.x, self.y)
        mine = self.alpha[y0 - self.y : y1 - self.y, x0 - self.x : x1 - self.x]
        theirs = other.alpha[y0 - other.y : y1 - other.y, x0 - other.x : x1 - other.x]
        return Patch(mine * theirs, x0, y0)


class Canvas:
    """Texture, relief, or both under construction.

    Every operation touches only the box of its polygon: blending whole sheets takes twenty times
    as long. Without a background there is no texture and painting does nothing; without
    ``embossed`` there is no relief.

    Parameters
    ----------
    background : Lab, optional
        Colour of the empty sheet.
    embossed : bool
        Whether there is a relief.
    size_px : int
        Side of the square sheet.
    drop : float
        mm by which all features lie lower than on an adult.
    """

    def __init__(
        self,
        background: Lab | None = None,
        *,
        embossed: bool = True,
        size_px: int = TEXTURE_PX,
        drop: float = 0.0,
    ) -> None:
        self.size_px = size_px
        self.px_per_mm = size_px / TEXTURE_MM
        self._middle = TEXTURE_MM / 2 + np.array([0.0, HEAD_CENTRE_Z - EYE_LINE_Z + drop])
        blank = np.zeros((0, 0, 3), np.uint8)
        self.texture = blank if background is None else _sheet(size_px, size_px, background)
        self.relief = np.zeros((size_px, size_px) if embossed else (0, 0), np.float32)

    @property
    def coloured(self) -> bool:
        """Whether there is a texture."""
        return len(self.texture) > 0

    def fill(self, outline: Curve, colour: Lab, alpha: float = 1.0, blur: float = 0.0) -> Patch:
        """Paint a polygon; ``blur`` is the standard deviation of its soft edge in mm."""
        patch = self.cover(outline, blur)
        self.paint(patch, colour, alpha)
        return patch

    def tint(self, outline: Curve, colour: Lab, alpha: float = 1.0, blur: float = 0.0) -> None:
        """Paint a polygon that leaves no relief."""
        if self.coloured:
            self.fill(outline, colour, alpha, blur)

    def stroke(
        self,
        line: Curve,
        width: float | npt.NDArray[np.float64],
        colour: Lab,
        alpha: float = 1.0,
        blur: float = 0.0,
    ) -> Patch:
        """Paint a line of constant or varying width."""
        return self.fill(ribbon(line, width), colour, alpha, blur)

    def paint(self, patch: Patch, colour: Lab, alpha: float = 1.0) -> None:
        """Lay a colour over the sheet."""
        if not self.coloured:
            return
        rows, columns = patch.alpha.shape
        box = self.texture[patch.y : patch.y + rows, patch.x : patch.x + columns]
        weight = patch.alpha * np.float32(alpha)
        layer = _sheet(rows, columns, colour)
        box[:] = cv2.blendLinear(np.ascontiguousarray(box), layer, 1 - weight, weight)

    def emboss(self, patch: Patch, height: float, *, soften: float = 0.0) -> None:
        """Add height in mm; ``soften`` rounds the edges, standard deviation in mm."""
        if self.relief.size == 0:
            return
        patch = self._softened(patch, soften)
        rows, columns = patch.alpha.shape
        box = self.relief[patch.y : patch.y + rows, patch.x : patch.x + columns]
        box += patch.alpha * np.float32(height)

    def emboss_to(self, patch: Patch, height: float) -> None:
        """Raise to a height in mm at least, so that crossing lines do not pile up."""
        if self.relief.size == 0:
            return
        rows, columns = patch.alpha.shape
        box = self.relief[patch.y : patch.y + rows, patch.x : patch.x + columns]
        np.maximum(box, patch.alpha * np.float32(height), out=box)

    def cover(self, outline: Curve, blur: float = 0.0) -> Patch:
        """Coverage of a polygon with an anti-aliased or a blurred edge."""
        corners = (outline * FEATURE_SCALE + self._middle) * self.px_per_mm
        sigma = blur * self.px_per_mm
        margin = int(3 * sigma) + 3
        low = np.clip(np.floor(corners.min(0)).astype(int) - margin, 0, self.size_px - 1)
        high = np.clip(np.ceil(corners.max(0)).astype(int) + margin + 1, low + 1, self.size_px)
        width, height = (high - low).tolist()
        # a soft edge needs no resolution: blur it small
        step = max(1, int(sigma / 3))
        sheet = np.zeros((-(-height // step) * step, -(-width // step) * step), np.uint8)
        fixed = np.round((corners - low) * 2**_SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(sheet, [fixed], 255, cv2.LINE_AA, _SUBPIXEL_BITS)
        if step > 1:
            rows, columns = sheet.shape
            size = columns // step, rows // step
            sheet = np.asarray(cv2.resize(sheet, size, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = sheet.astype(np.float32) * np.float32(1 / 255)
        if sigma > 0:
            alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma / step), np.float32)
        if step > 1:
            large = cv2.resize(alpha, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
            alpha = np.asarray(large[:height, :width], np.float32)
        return Patch(alpha, int(low[0]), int(low[1]))

    def _softened(self, patch: Patch, soften: float) -> Patch:
        if soften == 0:
            return patch
        sigma = soften * self.px_per_mm
        margin = min(int(3 * sigma) + 1, patch.x, patch.y)
        rows, columns = patch.alpha.shape
        room = min(self.size_px - patch.x - columns, self.size_px - patch.y - rows)
        margin = max(min(margin, room), 0)
        padded = np.pad(patch.alpha, margin)
        blurred = np.asarray(cv2.GaussianBlur(padded, (0, 0), sigma), np.float32)
        return Patch(blurred, patch.x - margin, patch.y - margin)


def ribbon(line: Curve, width: float | npt.NDArray[np.float64]) -> Curve:
    """Outline of a line with a width in mm."""
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-9
    half = across * (np.asarray(width) * np.ones(len(line)) / 2)[:, None]
    return np.concatenate([line + half, (line - half)[::-1]])


def tapered(width: float, count: int) -> npt.NDArray[np.float64]:
    """Widths of a line that runs out at both ends."""
    return np.asarray(width * np.sqrt(np.sin(np.pi * np.linspace(0.03, 0.97, count))))


def ellipse(u: float, v: float, radius_u: float, radius_v: float, power: float = 1.0) -> Curve:
    """Outline of an ellipse; a ``power`` below 1 makes it squarer."""
    angle = np.linspace(0, 2 * np.pi, 60)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.stack(
        [
            u + radius_u * np.sign(cosine) * np.abs(cosine) ** power,
            v + radius_v * np.sign(sine) * np.abs(sine) ** power,
        ],
        axis=1,
    )


def spline(knots: Curve, count: int) -> Curve:
    """Natural cubic spline through knots at equal steps of the parameter, ``count`` points."""
    n = len(knots)
    system = np.diag(np.full(n, 4.0)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)
    system[0, :2] = system[-1, -2:] = (1, 0)
    system[-1, -2:] = (0, 1)
    right = np.zeros_like(knots, np.float64)
    right[1:-1] = 6 * (knots[2:] - 2 * knots[1:-1] + knots[:-2])
    bend = np.linalg.solve(system, right)  # second derivatives
    t = np.linspace(0, n - 1, count)
    i = np.minimum(t.astype(int), n - 2)
    b = (t - i)[:, None]
    a = 1 - b
    cubic = ((a**3 - a) * bend[i] + (b**3 - b) * bend[i + 1]) / 6
    return np.asarray(a * knots[i] + b * knots[i + 1] + cubic)


def _sheet(rows: int, columns: int, colour: Lab) -> npt.NDArray[np.uint8]:
    # whole rows at a time: assigning three bytes to each pixel takes 10 times as long
    row = np.tile(np.array(lab_to_srgb(colour), np.uint8), columns)
    return np.tile(row, (rows, 1)).reshape(rows, columns, 3)
