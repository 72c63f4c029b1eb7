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
Style = dict[str, tuple[float, float]]
DRAWN: Style = {
    "eye slant": (1.36, 0.001),
    "brow slant": (0.55, -0.011),
    "brow arch": (0.84, 0.003),
    "nose width": (1.29, -0.029),
    "mouth width": (1.54, -0.083),
    "mouth opening": (0.85, 0.024),
    "smile": (1.33, 0.008),
    "lip thickness": (1.12, 0.003),
}
PHOTOGRAPHED: Style = {
    "eye opening": (0.88, 0.017),
    "eye width": (1.18, -0.033),
    "eye distance": (0.63, 0.100),
    "eye slant": (0.56, 0.002),
    "nose width": (1.16, -0.028),
    "mouth width": (1.39, -0.141),
    "mouth opening": (1.34, 0.009),
    "smile": (1.28, -0.002),
    "lip thickness": (0.69, 0.025),
}
STYLES_OF_FACE = {"drawn": DRAWN, "portrait": PHOTOGRAPHED}
# presence of a toy's face: drawn ones have 3..20, heads whose face was wiped off -7..7, because
# brows and eyes are raised as well; so it only tells when something went quite wrong
RECOGNISED = 2.0
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

# what the photographed face shows is the photo's, whatever is chosen
ADVICE_PHOTOGRAPHED = ADVICE | {
    "mouth": "The mouth is off: try a photo with a calm face.",
    "brow colour": "The colour of the brows is off: try a photo in daylight.",
}


def rate_figurine(
    attributes: Attributes, view: RGB, face: Face, kind: str = "drawn", *, hatted: bool = False
) -> Likeness:
    """Rate the figurine of one person against what was measured in the photo.

    Parameters
    ----------
    attributes : Attributes
        As measured, without the wishes of the user.
    view : (H, W, 3) uint8
        The head from the front on plain paper.
    face : Face
        The landmarks in it.
    kind : str
        How the face came on the head: ``drawn``, or ``portrait`` for the photo itself.
    hatted : bool
        What is around the face is a hat as much as hair: its colour is not rated.
    """
    photo = look_of(attributes)
    advice = ADVICE_PHOTOGRAPHED if kind == "portrait" else ADVICE
    if face.presence < RECOGNISED:
        return compare(photo, None, advice)
    toy = without_style(look_of_toy(view, face), STYLES_OF_FACE[kind])
    return compare(photo, _without_hair(toy) if hatted else toy, advice)


def look_of_toy(view: RGB, face: Face) -> Look:
    """Measure the face of a figurine, as it is."""
    window = cut_window(view, face.landmarks)
    person = (np.abs(window.image.astype(np.int16) - view[0, 0]) > NOT_PAPER).any(axis=-1)
    look = take_look(window, person)
    if math.dist(look.colours["brows"], look.colours["skin"]) >= HIDDEN_BROW:
        return look
    return Look(
        {name: value for name, value in look.proportions.items() if not name.startswith("brow")},
        {name: colour for name, colour in look.colours.items() if name != "brows"},
    )


def without_style(toy: Look, style: Style) -> Look:
    """Keep the proportions that follow the person, as they would be on the person."""
    natural = {
        name: gain * toy.proportions[name] + offset
        for name, (gain, offset) in style.items()
        if name in toy.proportions
    }
    return Look(natural, toy.colours)


def _without_hair(look: Look) -> Look:
    colours = {name: colour for name, colour in look.colours.items() if name != "hair"}
    return Look(look.proportions, colours)


def look_of(attributes: Attributes) -> Look:
    """Take the look of the photo from what was measured in it."""
    colours = {"skin": attributes.skin, "brows": attributes.brow, "lips": attributes.lip}
    if attributes.hair_type != "bald" and attributes.headwear == "none":
        colours["hair"] = attributes.hair
    return Look(proportions_of(np.array(attributes.frontal)), colours)
