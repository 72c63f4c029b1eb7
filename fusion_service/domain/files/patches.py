"""A drawn face as patches of few colours, with outlines that are smooth below a pixel.

Every pixel gets the nearest of a few colours. The share that a colour has of a small disc around
a point is a smooth function of the point; where two shares are equal, there the outline runs.
Pixels that only mix two colours on the way from one to the other never have the largest share, so
that they make no seam of a third colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Colour, Float, Pixels

SIDE_PX = 512  # enough for a hundredth of the face's width
BLUR_PX = 1.6  # radius of the disc
BITS = 5  # a channel, in the histogram of colours
COMMON = 6e-5  # share of the pixels below which a colour is only a mix on an edge
LARGEST_STEP = 60.0  # Lab units: past this, more distant is not more different
ROUNDS = 4  # of refining the colours
ENOUGH = 3.5  # Lab units: nearer colours are one to the eye


@dataclass(frozen=True)
class Patches:
    """Which colour a point of the texture has."""

    shares: Float  # (SIDE_PX, SIDE_PX, colours)
    labels: npt.NDArray[np.uint8]  # (SIDE_PX, SIDE_PX) the colour with the largest share
    crossings: npt.NDArray[np.int32]  # (SIDE_PX + 1, SIDE_PX + 1) outline pixels, summed up

    def shares_at(self, uv: Float) -> Float:
        """Return the share of every colour at texture coordinates (n, 2), v from the bottom."""
        place = np.clip(_pixels(uv), 0, SIDE_PX - 1.001)
        cell = place.astype(np.intp)
        (across, down), (i, j) = (place - cell).T[:, :, None], cell.T
        top = self.shares[j, i] * (1 - across) + self.shares[j, i + 1] * across
        below = self.shares[j + 1, i] * (1 - across) + self.shares[j + 1, i + 1] * across
        mixed: Float = top * (1 - down) + below * down
        return mixed

    def crossed(self, uv: Float) -> npt.NDArray[np.bool_]:
        """Tell which triangles (m, 3, 2) may have an outline in them; none is missed."""
        pixels = _pixels(uv)
        low = np.clip(np.floor(pixels.min(axis=1)).astype(np.intp), 0, SIDE_PX)
        high = np.clip(np.ceil(pixels.max(axis=1)).astype(np.intp) + 1, 0, SIDE_PX)
        total = self.crossings
        count = (
            total[high[:, 1], high[:, 0]]
            - total[low[:, 1], high[:, 0]]
            - total[high[:, 1], low[:, 0]]
            + total[low[:, 1], low[:, 0]]
        )
        crossed: npt.NDArray[np.bool_] = count > 0
        return crossed


def main_colours(texture: Pixels, skin: Colour, limit: int) -> list[Colour]:
    """Choose the colours that a texture is made of, at most ``limit``, the skin first.

    Popularity and distance decide: the next colour is the one with the most pixels, weighed by
    its squared distance to those chosen, so that small patches of another colour, such as the
    glint of an eye, are not lost in the shades of the skin. A few rounds of k-means follow.
    """
    # on the histogram, of a few hundred colours, rather than on the pixels
    counts = np.bincount(_codes(_small(texture)).ravel(), minlength=1 << 3 * BITS)
    common = np.flatnonzero(counts >= COMMON * SIDE_PX**2)
    lab, weight = to_lab(_colours_of(common)), counts[common].astype(np.float64)
    chosen = to_lab(np.array([skin], np.uint8))
    while len(chosen) < limit:
        step = np.minimum(distances(lab, chosen).min(axis=1), LARGEST_STEP)
        best = int(np.argmax(np.sqrt(weight) * step**2))
        if step[best] < ENOUGH:
            break
        chosen = np.vstack([chosen, lab[best]])
    for _ in range(ROUNDS):
        nearest = distances(lab, chosen).argmin(axis=1)
        for label in range(1, len(chosen)):
            own = nearest == label
            if own.any():
                chosen[label] = np.average(lab[own], axis=0, weights=weight[own])
    found = [_srgb(colour) for colour in chosen[1:]]
    return [skin, *found]


def find_patches(texture: Pixels, colours: list[Colour], group: list[int]) -> Patches:
    """Give every point the nearest of the colours; ``group`` joins colours to one patch."""
    small = _small(texture)
    table = distances(
        to_lab(_colours_of(np.arange(1 << 3 * BITS))), to_lab(np.array(colours, np.uint8))
    ).argmin(axis=1)
    rough = np.array(group, np.uint8)[table][_codes(small)]
    layers = [
        cv2.GaussianBlur((rough == label).astype(np.float32), (0, 0), BLUR_PX)
        for label in range(max(group) + 1)
    ]
    shares = np.stack(layers, axis=-1)
    labels = shares.argmax(axis=-1).astype(np.uint8)
    outline = np.zeros(labels.shape, np.uint8)
    outline[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    outline[1:] |= labels[1:] != labels[:-1]
    return Patches(shares, labels, np.asarray(cv2.integral(outline), np.int32))


def to_lab(colours: Pixels) -> Float:
    """Convert sRGB (n, 3) to CIE Lab (n, 3), L from 0 to 100."""
    unit = colours.reshape(1, -1, 3).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(unit, cv2.COLOR_RGB2Lab)[0], np.float32)


def distances(one: Float, other: Float) -> Float:
    """Euclidean distances (n, m) between colours in CIE Lab."""
    apart: Float = np.linalg.norm(one[:, None] - other[None], axis=-1)
    return apart


def _srgb(lab: Float) -> Colour:
    unit = cv2.cvtColor(lab.reshape(1, 1, 3).astype(np.float32), cv2.COLOR_Lab2RGB)
    red, green, blue = np.rint(np.clip(unit[0, 0], 0, 1) * 255).astype(int).tolist()
    return red, green, blue


def _small(texture: Pixels) -> Pixels:
    """Thin the pixels out: no new colours by averaging."""
    step = max(texture.shape[0] // SIDE_PX, 1)
    picked = texture[::step, ::step]
    if picked.shape[:2] == (SIDE_PX, SIDE_PX):
        return picked
    return np.asarray(
        cv2.resize(texture, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_NEAREST), np.uint8
    )


def _codes(pixels: Pixels) -> npt.NDArray[np.uint16]:
    red, green, blue = np.moveaxis(pixels >> (8 - BITS), -1, 0).astype(np.uint16)
    codes: npt.NDArray[np.uint16] = (red << 2 * BITS) | (green << BITS) | blue
    return codes


def _colours_of(codes: npt.NDArray[np.integer]) -> Pixels:
    """Return the middle of every cell of the histogram."""
    mask, half = (1 << BITS) - 1, 1 << (7 - BITS)
    channels = [codes >> 2 * BITS, (codes >> BITS) & mask, codes & mask]
    return np.stack([(c << (8 - BITS)) + half for c in channels], axis=-1).astype(np.uint8)


def _pixels(uv: Float) -> Float:
    """Texture coordinates to columns and rows, counted from the centre of the first pixel."""
    place: Float = np.stack([uv[..., 0] * SIDE_PX - 0.5, (1 - uv[..., 1]) * SIDE_PX - 0.5], axis=-1)
    return place
