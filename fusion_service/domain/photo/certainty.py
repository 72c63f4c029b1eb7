"""How far each colour can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from common.vision.network import Floats
    from fusion_service.domain.photo.face_colours import Samples
    from fusion_service.domain.photo.glasses import Spectacles
    from fusion_service.domain.photo.hair_region import SkinSample
    from fusion_service.domain.photo.head_crop import HeadCrop
    from fusion_service.domain.photo.headwear import Worn

# pixels of the crop, and spread of L that one even thing has in good light
ENOUGH = {"skin": 150, "hair": 400, "eyes": 60, "lips": 60, "shirt": 400}
SPREAD = {"skin": 12.0, "hair": 24.0, "eyes": 20.0, "lips": 16.0, "shirt": 34.0}
IRIS_SHARE = 0.083  # of the face's width
IRIS_PX = 12.0  # in the photo; smaller irises are mixed with lids
SKIN_LIKE = 25.0  # deltaE; hair nearer to the skin may be skin
UNKNOWN_EXPOSURE = 0.9  # how much darker than its surroundings a face is lit cannot be seen
UNSEEN_HAIR, UNSEEN_EYES = 0.25, 0.1


def trust_light(head: HeadCrop, noise: float) -> float:
    """How far any colour can be trusted, 0..1: agreement, clipping, gain, grain, evenness.

    Parameters
    ----------
    head : HeadCrop
        The head.
    noise : float
        From ``estimate_noise``.
    """
    return (
        (0.45 + 0.55 * head.agreement)
        * _unit(1 - 3 * head.clipped)
        * _unit(1.05 - 0.2 * float(np.log2(head.gain)))
        * _unit(1.15 - noise / 20)
        * _unit(0.35 + 0.8 * _evenness(head))
    )


def trust_colours(
    light: float,
    samples: Samples,
    *,
    skin: SkinSample,
    face_width: float,
    worn: Worn,
    glasses: Spectacles,
) -> dict[str, float]:
    """Confidence of each colour, 0..1: it falls with fewer pixels, more spread and worse light.

    Parameters
    ----------
    light : float
        From ``trust_light``.
    samples : Samples
        The pixels that the colours were taken from.
    skin : SkinSample
        The skin: hair of its colour may be skin.
    face_width : float
        px in the photo.
    worn, glasses : Worn, Spectacles
        What may hide hair and eyes.
    """
    named = {"skin": samples["skin"], "hair": samples["hair"], "eyes": samples["eyes"],
             "lips": samples["lips"], "shirt": samples["shirt"]}  # fmt: skip
    trust = {name: light * trust_samples(name, found) for name, found in named.items()}
    trust["skin"] *= UNKNOWN_EXPOSURE
    # the eyes of small or dark pictures have no colour of their own
    lightness = float(np.median(samples["eyes"][:, 0]))
    trust["eyes"] *= _unit(IRIS_SHARE * face_width / IRIS_PX) * _unit(0.3 + lightness / 45)
    if glasses.glasses != "none":
        trust["eyes"] *= UNSEEN_EYES if glasses.glasses == "sunglasses" else 0.8
    if len(samples["hair"]):
        away = float(np.linalg.norm(np.median(samples["hair"], axis=0) - skin.median))
        trust["hair"] *= _unit(0.4 + 0.6 * away / SKIN_LIKE)
    if worn.headwear != "none":
        trust["hair"] = min(trust["hair"], UNSEEN_HAIR)
    return trust


def trust_samples(name: str, samples: Floats) -> float:
    """Trust in the median of (n, 3) Lab samples by their number and spread, 0..1."""
    if len(samples) <= 5:
        return 0.0
    low, high = np.percentile(samples[:, 0], [16, 84])
    excess = max((float(high) - float(low)) / 2 / SPREAD[name] - 0.5, 0.0)
    return float(np.sqrt(_unit(len(samples) / ENOUGH[name])) / (1 + excess))


def _evenness(head: HeadCrop) -> float:
    """Lightness of the darker half of the face over that of the lighter one."""
    left = np.arange(head.oval.shape[1])[None] < head.centre_x
    halves = [float(np.median(head.lab[..., 0][head.oval & side])) for side in (left, ~left)]
    return min(halves) / max(*halves, 1.0)


def _unit(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))
