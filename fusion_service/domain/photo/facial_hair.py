"""Which parts of a face are bearded, and how strongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from fusion_service.domain.photo.head_crop import OUTER_LIP, disc_mask, polygon_mask

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.attributes import BeardKind
    from fusion_service.domain.photo.hair_region import SkinSample
    from fusion_service.domain.photo.head_crop import HeadCrop

ABOVE_LIP = (164, 167, 393, 165, 391, 92, 322)
BELOW_LIP, CHIN = (18, 200), (199, 175, 208, 428, 200)
LOW_CHEEKS = ((214, 192, 212, 138), (434, 416, 432, 367))
# evidence in L darker than the cheeks; shades on shaven faces reach 13 above the lip and on the
# chin, and 7 on the lighter of the two low cheeks
MOUSTACHE_FROM, CHIN_FROM, CHEEK_FROM = 15.0, 15.0, 10.0
STUBBLE_CHIN_FROM = 10.0
FULL_FROM = 25.0  # mean of chin and cheeks; through less the skin shows
GREY_CHROMA = 7.0  # that shaven chins are greyer than cheeks
GREY_LIP_CHROMA = 8.0


class FacialHair(NamedTuple):
    """Kind and strength of a beard, 0..1, and how sure that is, 0..1."""

    kind: BeardKind
    strength: float
    confidence: float


def find_beard(head: HeadCrop, skin: SkinSample) -> FacialHair:
    """Compare lip, chin and both low cheeks with the bare skin of the face.

    Hair is darker than the skin or, grey, less coloured. Of the cheeks the lighter one counts:
    the other may be in the shade.

    Parameters
    ----------
    head : HeadCrop
        The head.
    skin : SkinSample
        Its skin.
    """
    lips = polygon_mask(head.points[list(OUTER_LIP)]).astype(np.uint8)
    bare = cv2.dilate(lips, np.ones((3, 3), np.uint8)) == 0

    def evidence(landmarks: tuple[int, ...], usual: float, weight: float) -> float:
        place = disc_mask(head.points[list(landmarks)], 2) & bare
        return _evidence(head.lab[place], skin, usual, weight)

    lip = evidence(ABOVE_LIP, GREY_LIP_CHROMA, 1.0)
    chin = (evidence(BELOW_LIP, GREY_CHROMA, 2.0) + evidence(CHIN, GREY_CHROMA, 2.0)) / 2
    cheek = min(evidence(place, GREY_CHROMA, 2.0) for place in LOW_CHEEKS)
    over = (lip - MOUSTACHE_FROM, chin - CHIN_FROM, cheek - CHEEK_FROM)
    sure = float(np.clip(0.45 + min(abs(value) for value in over) / 15, 0, 0.95))
    if cheek > CHEEK_FROM and chin > STUBBLE_CHIN_FROM:
        level = (chin + cheek) / 2
        sure = min(sure, float(np.clip(0.5 + abs(level - FULL_FROM) / 20, 0, 0.95)))
        if level > FULL_FROM:
            return FacialHair("full", _unit((level - 5) / 30), sure)
        return FacialHair("stubble", _unit(level / 60), sure)
    if chin > CHIN_FROM:
        both = (chin + lip) / 2 if lip > MOUSTACHE_FROM else chin
        return FacialHair("goatee", _unit((both - 8) / 24), sure)
    if lip > MOUSTACHE_FROM:
        return FacialHair("moustache", _unit((lip - 5) / 20), sure)
    return FacialHair("none", 0.0, sure)


def _evidence(samples: Floats, skin: SkinSample, usual: float, weight: float) -> float:
    """How much darker than the skin, plus how much greyer than usual."""
    if not len(samples):
        return 0.0
    lightness, a, b = np.median(samples, axis=0).tolist()
    darker = float(skin.median[0]) - lightness
    greyer = float(np.hypot(skin.median[1], skin.median[2]) - np.hypot(a, b)) - usual
    return float(max(darker, 0.0) + weight * max(greyer, 0.0))


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)
