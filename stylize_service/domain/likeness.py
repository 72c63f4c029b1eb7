"""How much a portrait looks like the photo it was drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from common.vision.likeness import Likeness, compare
from common.vision.look import Look, cut_window, face_forward, proportions_of, take_look
from stylize_service.domain.crop import crop_head
from stylize_service.domain.light import relight

if TYPE_CHECKING:
    from common.vision.faces import FaceModels
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter

SIDE = 256  # px at which the colours of the photo are looked at
PORTRAIT_SIDE = 512  # px at which the portrait is looked at
ADVICE = {
    "face": "The shape of the face is off: another style or engine may keep it.",
    "eyes": "The eyes are off: another style or engine may keep them.",
    "brows": "The brows are off: another style or engine may keep them.",
    "nose": "The nose is off: another style or engine may keep it.",
    "mouth": "The mouth is off: another style or engine may keep it.",
    "skin colour": "The skin colour is off: try another style, or a photo in daylight.",
    "hair colour": "The hair colour is off: try another style, or a photo in daylight.",
    "brow colour": "The colour of the brows is off: try another style.",
    "lip colour": "The colour of the lips is off: try another style.",
}


def rate_portrait(models: FaceModels, sitter: Sitter, portrait: RGB) -> Likeness:
    """Rate a portrait: proportions against the photo, colours against the photo in good light.

    Parameters
    ----------
    models : FaceModels
        The loaded networks.
    sitter : Sitter
        Whose portrait it is.
    portrait : (S, S, 3) or (S, S, 4) uint8
        RGB, or with alpha.
    """
    crop = crop_head(sitter.photo, sitter.face, SIDE)
    window = cut_window(relight(crop), crop.landmarks)
    person = models.person_mask(window.image) > 0.5
    relit = take_look(window, person)
    # the crop's eyes are enlarged for drawing; the photo's own are what a portrait is held to
    landmarks = sitter.face.landmarks.astype(np.float64)
    seen = Look(proportions_of(face_forward(landmarks)), relit.colours)
    small = np.asarray(
        cv2.resize(portrait[..., :3], (PORTRAIT_SIDE,) * 2, interpolation=cv2.INTER_AREA), np.uint8
    )
    drawn = models.find_faces(small).faces
    # the two windows lie on each other, so what is the person in the photo's is so in this one
    look = take_look(cut_window(small, drawn[0].landmarks), person) if drawn else None
    return compare(seen, look, ADVICE)
