"""Which pixels of a head crop are hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.photo.head_crop import SIZE

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.photo.head_crop import HeadCrop, Mask

HAIR_SCALE = np.array([14, 7, 9], np.float32)  # spread of one head of hair in L, a, b
SKIN_SCALE = np.array([14, 6, 7], np.float32)
SEED_DEGREES = 65  # where hair is looked for first: a band above the face
SEED_RADII = (1.12, 1.45)  # in radii of the face ellipse
BALD_SHARE = 0.18  # of the band
MAX_RADIUS = 2.3  # above the eyes; beyond lie raised arms and dark walls
BUN_DEGREES, BUN_RADIUS = 25, 3.0  # nothing but hair rises straight from the crown
SAMPLED_RADIUS = 1.9  # colours are taken nearer, where the mask is surest
GAP = 0.06  # of the face's height without hair beside the face: what follows is a collar
SHOULDER_SLOPE = 1.2  # px outwards per row: hair falls more steeply


@dataclass(frozen=True)
class HairRegion:
    """Hair found in a head crop.

    Attributes
    ----------
    outer : (256, 256) bool
        Hair outside the face oval.
    whole : (256, 256) bool
        With the fringe inside the oval.
    samples : (n, 3) float32
        Lab of the hair; of the few hairs that were found on a bald head.
    bald : bool
        Too little hair was found; both masks are empty.
    """

    outer: Mask
    whole: Mask
    samples: Floats
    bald: bool


@dataclass(frozen=True)
class SkinSample:
    """Colour of the skin: median (3,) and covariance (3, 3), Lab."""

    median: Floats
    covariance: npt.NDArray[np.float64]


def find_hair(head: HeadCrop, skin: SkinSample) -> HairRegion:
    """Grow the hair from a band above the face by colour, away from skin and clothes.

    Parameters
    ----------
    head : HeadCrop
        The head.
    skin : SkinSample
        Its skin.
    """
    radius, degrees = from_the_middle(head)
    low, high = SEED_RADII
    band = (np.abs(degrees) < SEED_DEGREES) & (radius > low) & (radius < high)
    seed = band & head.person & ~head.oval
    strands = unlike_skin(head.lab[seed], skin)
    nothing = np.zeros((SIZE, SIZE), np.bool_)
    if len(strands) < BALD_SHARE * np.count_nonzero(band):
        return HairRegion(nothing, nothing, strands, bald=True)

    to_hair = _distance(head.lab, _clusters(strands), HAIR_SCALE)
    to_skin = _distance(head.lab, skin.median[None], SKIN_SCALE)
    rows = np.arange(SIZE)[:, None]
    crown = (np.abs(degrees) < BUN_DEGREES) & (radius < BUN_RADIUS)
    outer = _grow(head, seed, to_hair, to_skin)
    outer &= (radius < MAX_RADIUS) | (rows > head.eye_line) | crown
    outer &= ~_below_the_tips(head, outer)
    if np.count_nonzero(outer) < 0.3 * np.count_nonzero(seed):
        return HairRegion(nothing, nothing, strands, bald=True)
    forehead = head.oval & (rows < head.eye_line - 0.08 * head.height)
    fringe = forehead & (to_hair < to_skin) & (to_hair < 9)
    return HairRegion(
        outer, outer | fringe, head.lab[outer & (radius < SAMPLED_RADIUS)], bald=False
    )


def from_the_middle(head: HeadCrop) -> tuple[Floats, Floats]:
    """Distance from the middle of the face in radii of its ellipse, and degrees from upwards."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    middle = (head.top + head.chin) / 2
    across, down = (x - head.centre_x) / head.half_width, (y - middle) / (head.height / 2)
    degrees = np.degrees(np.arctan2(x - head.centre_x, middle - y))
    return np.asarray(np.hypot(across, down), np.float32), np.asarray(degrees, np.float32)


def unlike_skin(samples: Floats, skin: SkinSample) -> Floats:
    """Return those of (n, 3) Lab samples that lie more than three deviations from the skin."""
    away = (samples - skin.median).astype(np.float64)
    squared = np.einsum("ij,jk,ik->i", away, np.linalg.inv(skin.covariance), away)
    return np.asarray(samples[squared > 9])


def _clusters(samples: Floats) -> Floats:
    samples = np.ascontiguousarray(samples[:: max(1, len(samples) // 800)])
    count = min(3, max(1, len(samples) // 40))
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 10, 1.0)
    flags = cv2.KMEANS_PP_CENTERS
    _, labels, centres = cv2.kmeans(samples, count, np.empty(0, np.int32), stop, 1, flags)
    sizes = np.bincount(labels.ravel(), minlength=count)
    return np.asarray(centres[sizes > 0.12 * sizes.sum()], np.float32)


def _distance(lab: Floats, centres: Floats, scale: npt.NDArray[np.float32]) -> Floats:
    """Squared distance in Lab to the nearest centre, weighted per channel."""
    planes = cv2.split(lab)
    nearest = np.full(lab.shape[:2], np.inf, np.float32)
    for centre in centres:
        squares = np.zeros_like(nearest)
        for plane, middle, spread in zip(planes, centre, scale, strict=True):
            squares += np.square((plane - middle) * (1 / spread))
        np.minimum(nearest, squares, out=nearest)
    return nearest


def _grow(head: HeadCrop, seed: Mask, to_hair: Floats, to_skin: Floats) -> Mask:
    rows = np.arange(SIZE, dtype=np.float32)[:, None]
    aside = np.abs(np.arange(SIZE, dtype=np.float32)[None] - head.centre_x) / head.half_width
    # hair becomes less likely below the chin and far to the side: there begin the clothes
    doubt = 2 * np.maximum(rows - head.chin, 0) / head.height + 3 * np.maximum(aside - 2, 0)
    # beside the mouth and on the throat a beard would join the hair to the jacket
    throat = (aside < 0.95) & (rows > (head.top + head.chin) / 2)
    cost = to_hair + doubt
    hair = head.person & ~head.oval & ~throat & (cost < to_skin) & (cost < 10)
    hair |= seed & (to_hair < to_skin)
    hair &= ~_clothes(head, to_hair, aside, rows)
    opened = cv2.morphologyEx(hair.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disc)
    count, labels = cv2.connectedComponents(closed)
    votes = np.bincount(labels[seed], minlength=count)
    votes[0] = 0
    return np.asarray((labels == votes.argmax()) & (votes.max() > 0))


def _clothes(head: HeadCrop, to_hair: Floats, aside: Floats, rows: Floats) -> Mask:
    """Pixels below the chin that look more like what is worn in the middle of the chest."""
    chest = head.person & (aside < 0.6) & (rows > head.chin + 0.55 * head.height)
    samples = head.lab[chest]
    if len(samples) < 200:
        return np.zeros((SIZE, SIZE), np.bool_)
    cloth = _clusters(samples)
    below = rows > head.chin - 0.1 * head.height
    return below & (_distance(head.lab, cloth, HAIR_SCALE) < to_hair)


def _below_the_tips(head: HeadCrop, hair: Mask) -> Mask:
    """Pixels under the first gap or flare of each side: collars and shoulders, not hair.

    Hair falls without a gap from the temples; a fur collar below short hair does not hang from
    them, and a dark jacket spreads faster than hair.
    """
    columns = np.arange(SIZE, dtype=np.float32)
    below = np.zeros((SIZE, SIZE), np.bool_)
    for side in (columns < head.centre_x, columns >= head.centre_x):
        outside = side & (np.abs(columns - head.centre_x) > 0.3 * head.half_width)
        end = _tip_row(head, hair & outside[None])
        below[end:] |= side[None]
    return below


def _tip_row(head: HeadCrop, hair: Mask) -> int:
    first = int(head.eye_line + 0.1 * head.height)
    aside = np.abs(np.arange(SIZE, dtype=np.float32) - head.centre_x)
    covered = np.count_nonzero(hair[first:], axis=1) >= 2
    bare = np.convolve(~covered, np.ones(max(int(GAP * head.height), 1)), "valid")
    gaps = np.flatnonzero(bare >= int(GAP * head.height))
    end = SIZE if not len(gaps) else first + int(gaps[0])
    reach = (hair * aside[None]).max(1)
    mouth, span = int(head.chin - 0.25 * head.height), 8
    growth = (reach[mouth + span :] - reach[mouth:-span])[: max(end - mouth, 0)]
    flares = np.flatnonzero(growth > SHOULDER_SLOPE * span)
    return mouth + int(flares[0]) if len(flares) else end
