"""How much the figurine's face looks like the photo: measured on a view of the head.

A toy has big eyes, a round face and a small mouth, whoever it shows. So only those proportions
are rated that follow the person, after the style is taken out of them; the outline of the face,
the size of the eyes and where they and the mouth sit are the toy's own and are not rated.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from common.vision.likeness import Likeness, compare
from common.vision.look import Look, cut_window, proportions_of, take_look

if TYPE_CHECKING:
    from common.vision.faces import Face
    from common.vision.network import RGB
    from fusion_service.domain.attributes import Attributes

# photo = gain * toy + offset: least squares over the seven faces at hand of five people, by
# `tests/bench/likeness.py`; to be fitted again when faces are drawn differently
TOY: dict[str, tuple[float, float]] = {
    "eye slant": (1.43, 0.001),
    "brow slant": (0.66, -0.003),
    "brow arch": (1.61, -0.026),
    "nose width": (1.71, -0.138),
    "mouth width": (1.91, -0.205),
    "mouth opening": (1.39, 0.001),
    "smile": (2.09, 0.0),
    "lip thickness": (0.95, 0.009),
}
RECOGNISED = 4.0  # presence of a toy's face: drawn ones have 7..20, a head without a face 3 at most
NOT_PAPER = 6  # grey levels
HIDDEN_BROW = 14.0  # distance in Lab from the skin: a fringe hangs over the drawn brow
ADVICE = {
    "face": "The shape of the face is off: try a photo that is taken from straight ahead.",
    "eyes": "The eyes are off: try a photo with open eyes that look into the camera.",
    "brows": "The brows are off: try a photo without hair over them.",
    "nose": "The nose is off: try a photo that is taken from straight ahead.",
    "mouth": "The mouth is off: choose an `expression`, or try a photo with a calm face.",
    "skin colour": "The skin colour is off: choose a swatch for `skin`.",
    "hair colour": "The hair colour is off: choose a swatch for `hair`.",
    "brow colour": "The colour of the brows is off: choose a swatch for `hair`, they follow it.",
    "lip colour": "The colour of the lips is off: try a photo in daylight.",
}


def rate_figurine(attributes: Attributes, view: RGB, face: Face) -> Likeness:
    """Rate the figurine of one person against what was measured in the photo.

    Parameters
    ----------
    attributes : Attributes
        As measured, without the wishes of the user.
    view : (H, W, 3) uint8
        The head from the front on plain paper.
    face : Face
        The landmarks in it.
    """
    if face.presence < RECOGNISED:
        return compare(look_of(attributes), None, ADVICE)
    return compare(look_of(attributes), take_toy_look(view, face), ADVICE)


def take_toy_look(view: RGB, face: Face) -> Look:
    """Measure the face of a figurine and take the style out of its proportions."""
    window = cut_window(view, face.landmarks)
    person = (np.abs(window.image.astype(np.int16) - view[0, 0]) > NOT_PAPER).any(axis=-1)
    look = take_look(window, person)
    natural = {name: gain * look.proportions[name] + by for name, (gain, by) in TOY.items()}
    if math.dist(look.colours["brows"], look.colours["skin"]) < HIDDEN_BROW:
        natural = {name: value for name, value in natural.items() if not name.startswith("brow")}
        return Look(natural, {k: v for k, v in look.colours.items() if k != "brows"})
    return Look(natural, look.colours)


def look_of(attributes: Attributes) -> Look:
    """Take the look of the photo from what was measured in it."""
    colours = {"skin": attributes.skin, "brows": attributes.brow, "lips": attributes.lip}
    if attributes.hair_type != "bald" and attributes.headwear == "none":
        colours["hair"] = attributes.hair
    return Look(proportions_of(np.array(attributes.frontal)), colours)
