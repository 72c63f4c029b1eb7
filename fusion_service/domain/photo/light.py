"""Light of a photo: how bright it is, and how to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats

WHITE_L = 94.0  # where the brightest 0.5 % of the picture belong
MAX_GAIN = 12.0  # here the photo has lost all marks for light, see ``quality``
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def to_lab(image: RGB) -> Floats:
    """CIE Lab (D65) of sRGB: L 0..100."""
    scaled = image.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def linear_light(image: RGB) -> Floats:
    """Linear light of sRGB, 0..1."""
    return np.asarray(_LINEAR[image])


def exposure_gain(image: RGB, balance: npt.NDArray[np.float64]) -> float:
    """Linear-light gain 1..12 that brings the brightest 0.5 % to white; never darkens.

    Parameters
    ----------
    image : (h, w, 3) uint8
        Before any correction.
    balance : (3,) float64
        Gains of the channels that will be applied as well.
    """
    luminance = linear_light(image[::2, ::2]) @ (LUMA * balance.astype(np.float32))
    brightest = float(np.percentile(luminance, 99.5))
    return float(np.clip(_luminance(WHITE_L) / max(brightest, 1e-4), 1, MAX_GAIN))


def relight(image: RGB, gain: float, balance: npt.NDArray[np.float64]) -> RGB:
    """Multiply linear light, per channel."""
    linear = np.clip(_LINEAR[:, None] * gain * balance, 0, 1)  # (256, 3)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.round(255 * coded).astype(np.uint8).reshape(1, 256, 3)
    return np.asarray(cv2.LUT(image, table), np.uint8)


_CODE = np.arange(256) / 255
_LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)


def _luminance(lightness: float) -> float:
    return ((lightness + 16) / 116) ** 3 if lightness > 8 else lightness / 903.3
