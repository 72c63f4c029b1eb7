"""Everything that the pixels of a head tell: colours, hair, beard and what is worn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fusion_service.domain.photo.certainty import trust_colours, trust_light
from fusion_service.domain.photo.face_colours import measure_colours, sample_colours, sample_skin
from fusion_service.domain.photo.facial_hair import find_beard
from fusion_service.domain.photo.glasses import find_glasses
from fusion_service.domain.photo.hair_region import find_hair
from fusion_service.domain.photo.hair_shape import hair_thickness, measure_hair
from fusion_service.domain.photo.hair_texture import measure_texture
from fusion_service.domain.photo.headwear import find_headwear

if TYPE_CHECKING:
    from fusion_service.domain.photo.hair_region import HairRegion
    from fusion_service.domain.photo.head_crop import HeadCrop

COVERED = 0.2  # confidence in the type and length of hair under a hat
RUDDY_DOUBT = 0.3
CROPPED_PHOTO = 0.3  # rows below the chin, in face heights, that long hair needs to be seen


def describe_head(head: HeadCrop, face_width: float, noise: float) -> dict[str, Any]:
    """Return the fields of ``Attributes`` that come from the pixels of the head.

    Parameters
    ----------
    head : HeadCrop
        The head.
    face_width : float
        px in the photo.
    noise : float
        From ``estimate_noise``.
    """
    skin = sample_skin(head)
    hair = find_hair(head, skin)
    worn = find_headwear(head, skin)
    glasses = find_glasses(head, noise)
    beard = find_beard(head, skin)
    samples = sample_colours(head, skin, hair, worn)
    shape = measure_hair(head, hair)
    texture = measure_texture(head, hair, hair_thickness(shape["hair_profile"]), noise)
    covered = worn.headwear in {"hat", "headscarf"}
    light = trust_light(head, noise)
    colours = trust_colours(
        light, samples, skin=skin, face_width=face_width, worn=worn, glasses=glasses
    )
    colours["skin"] *= 1 - RUDDY_DOUBT * head.ruddiness  # its lightness was guessed
    if covered:
        shape |= {"hair_tied": "none", "receding": 0.0, "fringe_side": 0}
    return {
        **measure_colours(head, skin, samples),
        **shape,
        "coherence": texture.coherence,
        "hair_type": texture.hair_type,
        "headwear": worn.headwear,
        "headwear_colour": worn.colour,
        "glasses": glasses.glasses,
        "glasses_colour": glasses.colour,
        "beard": beard.strength,
        "beard_kind": beard.kind,
        "confidence": {
            **colours,
            "hair_type": COVERED if covered else texture.confidence,
            "hair_length": COVERED if covered else _trust_length(head, hair),
            "glasses": glasses.confidence,
            "beard": beard.confidence * (0.5 + 0.5 * light),
            "headwear": worn.confidence,
        },
    }


def _trust_length(head: HeadCrop, hair: HairRegion) -> float:
    """How surely the tips were seen: not where the photo ends at the chin."""
    if hair.bald:
        return 0.7
    below = int(min(head.chin + CROPPED_PHOTO * head.height, head.inside.shape[0] - 1))
    shown = float(head.inside[int(head.chin) : below + 1].mean())
    return 0.3 + 0.55 * shown
