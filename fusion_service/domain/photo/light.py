"""Undo the light of a photo: exposure, and the colour of the lamp."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats

WHITE_L = 94.0  # where the brightest 0.5 % of the picture belong
MAX_GAIN = 12.0  # here the photo has lost all marks for light, see ``quality``
BALANCE_STRENGTH = 0.7  # exponent: the white found may have had a colour of its own
MIN_NEUTRAL = 0.006  # share of the picture that must look like a white thing to be trusted


def to_lab(image: RGB) -> Floats:
    """CIE Lab (D65) of sRGB: L 0..100."""
    scaled = image.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def exposure_gain(lab: Floats) -> float:
    """Linear-light gain 1..12 that brings the brightest 0.5 % to white; never darkens."""
    brightest = float(np.percentile(lab[..., 0], 99.5))
    return float(np.clip(_luminance(WHITE_L) / max(_luminance(brightest), 1e-4), 1, MAX_GAIN))


def lamp_balance(
    image: RGB, candidates: npt.NDArray[np.bool_], gain: float
) -> npt.NDArray[np.float64]:
    """Per-channel gains that turn white things (collars, walls, papers) neutral.

    The brightest weakly coloured pixels outside the face are taken for white (white-patch
    assumption, Land and McCann 1971), limited to what lamps do to white and applied in part:
    a cream wall under daylight must not turn the skin blue.

    Parameters
    ----------
    image : (H, W, 3) uint8
        Before any correction.
    candidates : (H, W) bool
        Where white things may lie: inside the photo, not on the face.
    gain : float
        The exposure gain, to judge lightness after correction.

    Returns
    -------
    (3,) float64
        Gains for linear red, green and blue; their luminance is 1.
    """
    step = 3  # a ninth of the pixels says the same
    pixels = image[::step, ::step][candidates[::step, ::step]]
    linear = _LINEAR[pixels] * gain
    luminance = linear @ _LUMA
    chroma = (linear.max(1) - linear.min(1)) / np.maximum(linear.max(1), 1e-4)
    white = (luminance > 0.32) & (linear.max(1) < 0.99) & (chroma < 0.42)
    if np.count_nonzero(white) < MIN_NEUTRAL * candidates.size / step**2:
        return np.ones(3)
    bright = luminance[white] >= np.percentile(luminance[white], 60)
    lamp = np.median(linear[white][bright], axis=0)
    # red and blue against green, as far as household lamps go
    cast = np.clip(lamp[1] / np.maximum(lamp, 1e-4), [0.75, 1.0, 0.85], [1.1, 1.0, 1.45])
    balance = np.asarray(cast**BALANCE_STRENGTH, np.float64)
    return balance / float(balance @ _LUMA)


def relight(image: RGB, gain: float, balance: npt.NDArray[np.float64]) -> RGB:
    """Multiply linear light, per channel."""
    linear = np.clip(_LINEAR[:, None] * gain * balance, 0, 1)  # (256, 3)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.round(255 * coded).astype(np.uint8).reshape(1, 256, 3)
    return np.asarray(cv2.LUT(image, table), np.uint8)


_LUMA = np.array([0.2126, 0.7152, 0.0722])
_CODE = np.arange(256) / 255
_LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4)


def _luminance(lightness: float) -> float:
    return ((lightness + 16) / 116) ** 3 if lightness > 8 else lightness / 903.3
