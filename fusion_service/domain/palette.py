"""From colours as photographed to the colours of a toy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from fusion_service.domain.attributes import LONG_HAIR

if TYPE_CHECKING:
    from fusion_service.domain.attributes import Attributes, Lab

# teal, blue, coral, yellow: the furthest from skin and hair, for no shirt or one like skin
FALLBACK_SHIRTS = ((52.0, -28.0, -8.0), (48.0, 2.0, -34.0), (62.0, 38.0, 30.0), (80.0, 4.0, 52.0))
# a red cap, a mustard beanie, a petrol scarf, where the photo shows none
HEADWEAR = {
    "cap": (42.0, 54.0, 32.0),
    "beanie": (70.0, 14.0, 58.0),
    "headscarf": (42.0, -16.0, -18.0),
}
PLAIN_HEADWEAR = (40.0, 6.0, -28.0)
FRAME = (17.0, 2.0, 3.0)
RUDDY_LIFT = 17.0  # L by which pale skin in a red shade comes out too dark
BROWN_SLOPE = 1.5  # b over a of brown eyes; redder ones are the lids' doing
WHITE = (0.95047, 1.0, 1.08883)  # XYZ of D65
TO_XYZ = (  # linear sRGB, IEC 61966-2-1
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)


@dataclass(frozen=True)
class Palette:
    """Toy colours in CIE Lab, all inside or near the sRGB gamut."""

    skin: Lab
    hair: Lab
    brow: Lab
    iris: Lab
    lip: Lab
    shirt: Lab
    headwear: Lab
    frame: Lab  # of glasses


def choose_palette(attributes: Attributes) -> Palette:
    """Toy colours of a person: cleaner and more saturated than the photo, never grey or garish."""
    skin = _toy_skin(attributes.skin)
    hair = _toy_hair(attributes.hair)
    long = max(attributes.hair_length_left, attributes.hair_length_right) > LONG_HAIR
    return Palette(
        skin=skin,
        hair=hair,
        brow=toy_brow(hair, skin),
        iris=_toy_iris(attributes.iris),
        lip=_toy_lip(attributes.lip),
        shirt=_toy_shirt(attributes.shirt, skin, hair, touching=long),
        headwear=_toy_headwear(attributes),
        frame=_toy_frame(attributes.glasses_colour),
    )


def toy_brow(hair: Lab, skin: Lab) -> Lab:
    """Return a brow in the colour of the hair, dark enough to be seen on the skin."""
    return (max(min(hair[0], skin[0] - 22) * 0.8, 10.0), hair[1], hair[2])


def lab_to_srgb(lab: Lab) -> tuple[int, int, int]:
    """Convert CIE Lab (D65) to sRGB 0..255; colours outside the gamut are clipped per channel."""
    y = (lab[0] + 16) / 116
    x, z = y + lab[1] / 500, y - lab[2] / 200
    cubed = [v**3 if v > 6 / 29 else (v - 4 / 29) * 108 / 841 for v in (x, y, z)]
    X, Y, Z = (v * white for v, white in zip(cubed, WHITE, strict=True))
    linear = (
        3.2404542 * X - 1.5371385 * Y - 0.4985314 * Z,
        -0.9692660 * X + 1.8760108 * Y + 0.0415560 * Z,
        0.0556434 * X - 0.2040259 * Y + 1.0572252 * Z,
    )
    red, green, blue = (round(255 * _gamma(min(max(v, 0.0), 1.0))) for v in linear)
    return red, green, blue


def hex_to_lab(text: str) -> Lab:
    """Convert ``#rrggbb`` to CIE Lab (D65); ``lab_to_srgb`` gives the same colour back."""
    linear = [_linear(int(text[i : i + 2], 16) / 255) for i in (1, 3, 5)]
    xyz = [sum(k * v for k, v in zip(row, linear, strict=True)) for row in TO_XYZ]
    ratios = [v / white for v, white in zip(xyz, WHITE, strict=True)]
    x, y, z = (v ** (1 / 3) if v > (6 / 29) ** 3 else v * 841 / 108 + 4 / 29 for v in ratios)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def shift(lab: Lab, lightness: float) -> Lab:
    """Make a colour lighter or darker by so much L."""
    return (min(max(lab[0] + lightness, 0.0), 100.0), lab[1], lab[2])


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _gamma(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _toy_skin(skin: Lab) -> Lab:
    # keeps the order of skin tones while taming exposure, and avoids grey and pink casts
    chroma = 1.02 * math.hypot(skin[1], skin[2])
    hue = math.degrees(math.atan2(skin[2], max(skin[1], 1e-3)))
    # a strong red in the dark is pale skin in the shade: melanin would turn it yellow
    ruddy = min(max((45 - hue) / 10, 0.0), 1.0) * min(max((chroma - 20) / 6, 0.0), 1.0)
    lightness = min(max(0.86 * skin[0] + 13 + RUDDY_LIFT * ruddy, 34.0), 85.0)
    chroma = min(max(chroma * (1 - 0.15 * ruddy), 18.0), 36.0)
    hue = math.radians(min(max(hue, 52.0), 66.0))
    return (lightness, chroma * math.cos(hue), chroma * math.sin(hue))


def _toy_hair(hair: Lab) -> Lab:
    lightness, a, b = _saturate(hair, 1.25, 48.0)
    lightness = min(max(lightness, 12.0), 88.0)
    chroma = math.hypot(a, b)
    # nearly neutral hair gets no colour cast: dark stays a warm black, light stays silver
    neutral = min(max((11 - chroma) / 4, 0.0), 1.0)
    target = (2.5, 4.5) if lightness < 40 else (0.8, 2.5)
    a, b = (v * (1 - neutral) + t * neutral for v, t in zip((a, b), target, strict=True))
    if chroma > 14:
        lightness, a, b = lightness * 1.05 + 7, a * 1.18, b * 1.18
    elif chroma < 11:
        # the sheen in a photo turns black hair grey, and shade turns white hair grey
        lightness = _interpolate(lightness, (0, 45, 64, 80, 100), (2, 34, 67, 88, 100))
    a, b = _clear_hue(a, b)
    return (min(max(lightness * 0.95, 13.0), 86.0), a, b)


def _interpolate(x: float, xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    for (x0, y0), (x1, y1) in pairwise(zip(xs, ys, strict=True)):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return ys[-1]


def _clear_hue(a: float, b: float) -> tuple[float, float]:
    """Turn olive (blond in shade, 76 to 100 degrees) to gold and auburn to red; dyed hair stays."""
    chroma, hue = math.hypot(a, b), math.degrees(math.atan2(b, a))
    if 45 < hue < 68:
        hue -= min(max(0.5 * (chroma - 30), 0.0), 9.0)
    if 76 < hue < 130:
        hue = 76 + 0.2 * (hue - 76) if hue < 100 else 80.8 + (hue - 100) * 49.2 / 30
    return chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))


def _toy_iris(iris: Lab) -> Lab:
    # lids and sclera tint the pixels of an eye pink: without yellow, it is blue or grey
    blue = min(max((4 - iris[2]) / 4, 0.0), 1.0)
    a, b = iris[1] * (1 - blue) - 3 * blue, iris[2] * (1 - blue) - 12 * blue
    chroma = math.hypot(a, b)
    if 0 < b < BROWN_SLOPE * a:
        a, b = (
            chroma / math.hypot(1, BROWN_SLOPE),
            chroma * BROWN_SLOPE / math.hypot(1, BROWN_SLOPE),
        )
    gain = min(max(chroma * 1.6, 8.0), 38.0) / max(chroma, 1e-3)
    return (min(max(iris[0] * 1.2 + 10 + 8 * blue, 22.0), 54.0), a * gain, b * gain)


def _toy_lip(lip: Lab) -> Lab:
    return (
        min(max(lip[0] - 4, 30.0), 66.0),
        min(max(lip[1] * 1.2, 20.0), 48.0),
        min(max(lip[2], 8.0), 28.0),
    )


def _toy_shirt(shirt: Lab | None, skin: Lab, hair: Lab, *, touching: bool) -> Lab:
    contrasting = max(
        FALLBACK_SHIRTS, key=lambda c: min(_difference(c, skin), _difference(c, hair))
    )
    if shirt is None:
        return contrasting
    toy = _saturate(shirt, 1.15, 75.0)
    toy = (min(max(toy[0], 20.0), 92.0), toy[1], toy[2])
    # a white shirt is near pale skin in Lab, but nobody takes it for skin
    too_near = 12 if math.hypot(toy[1], toy[2]) < 8 else 18
    if _difference(toy, skin) < too_near:
        return contrasting
    if touching and _difference(toy, hair) < 16:
        return shift(toy, 26 if toy[0] < 55 else -24)
    return toy


def _toy_headwear(attributes: Attributes) -> Lab:
    if attributes.headwear_colour is None:
        return HEADWEAR.get(attributes.headwear, PLAIN_HEADWEAR)
    toy = _saturate(attributes.headwear_colour, 1.15, 70.0)
    return (min(max(toy[0], 16.0), 92.0), toy[1], toy[2])


def _toy_frame(seen: Lab | None) -> Lab:
    if seen is None:
        return FRAME
    toy = _saturate(seen, 1.1, 60.0)
    return (min(max(toy[0], 10.0), 80.0), toy[1], toy[2])


def _saturate(lab: Lab, gain: float, limit: float) -> Lab:
    chroma = math.hypot(lab[1], lab[2])
    factor = min(chroma * gain, limit) / chroma if chroma > 0 else 1.0
    return (lab[0], lab[1] * factor, lab[2] * factor)


def _difference(one: Lab, other: Lab) -> float:
    # lightness counts less: light and shade change it on the printed figurine as well
    return math.hypot(0.7 * (one[0] - other[0]), one[1] - other[1], one[2] - other[2])
