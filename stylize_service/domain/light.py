"""Exposure and skin tone put right before any style sees the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from common.vision.network import RGB, Floats
    from stylize_service.domain.crop import HeadCrop

SKIN_SPOTS = (50, 280, 101, 330, 151, 9, 195, 205, 425)  # cheeks, forehead, nose, beside the mouth
WHITE = 0.937  # sRGB of the brightest half per cent of a well exposed photo (L 94)
MOST_GAIN = 25.0
MOST_HAZE = 0.05  # of white, in linear light
DARKEST_SKIN, LIGHTEST_SKIN = 52.0, 86.0  # L
SKIN_HUE = (50.0, 66.0)  # degrees in the a, b plane; warm lamps go below, fluorescent ones above
SKIN_CHROMA = (16.0, 36.0)
BLOWN_OUT = 97.0  # L of skin
GAMMA = (0.35, 1.3)
MOST_TINT = 1.35  # largest correction of one colour channel


def relight(crop: HeadCrop) -> RGB:
    """Picture of the crop with its exposure, white balance and skin lightness put right.

    One curve per channel: a gain of linear light that brings the brightest parts to white and
    the darkest to black, a tint that brings the skin's hue and chroma into the range of skin
    under neutral light, and a gamma that brings the skin's lightness into a range that every
    style can draw.

    Returns
    -------
    (S, S, 3) uint8
    """
    skin = _skin(crop.picture, crop.landmarks)
    gain, black = _exposure(crop)
    linear = (_to_linear(np.arange(256) / 255) * gain - black) / (1 - black)
    curves = np.tile(np.maximum(linear, 0), (3, 1))
    exposed = np.maximum((_to_linear(skin) * gain - black) / (1 - black), 0)
    tint = _tint(exposed)
    curves *= tint[:, None]
    gamma = _gamma(_lightness(_to_srgb(exposed * tint)))
    table = _to_srgb(_shoulder(curves)) ** gamma
    levels = np.clip(table * 255 + 0.5, 0, 255).astype(np.uint8).T[None]
    return np.asarray(cv2.LUT(crop.picture, np.ascontiguousarray(levels)), np.uint8)


def _skin(picture: RGB, landmarks: Floats) -> npt.NDArray[np.float64]:
    """Median sRGB colour (0..1) of the evenly lit parts of the face."""
    cheeks = landmarks[[234, 454], :2]
    radius = max(2, round(0.035 * float(np.linalg.norm(cheeks[0] - cheeks[1]))))
    spots = np.zeros(picture.shape[:2], np.uint8)
    for x, y in landmarks[list(SKIN_SPOTS), :2]:
        cv2.circle(spots, (round(float(x)), round(float(y))), radius, 255, -1)
    colours = picture[spots > 0].astype(np.float64) / 255
    if len(colours) == 0:
        return np.full(3, 0.6)
    luma = colours @ [0.299, 0.587, 0.114]
    low, high = np.percentile(luma, [20, 80])
    middle = np.median(colours[(luma >= low) & (luma <= high)], axis=0)
    return np.asarray(middle, np.float64)


def _exposure(crop: HeadCrop) -> tuple[float, float]:
    """Gain that makes the brightest parts white, and the haze to take off afterwards."""
    grey = cv2.cvtColor(crop.picture, cv2.COLOR_RGB2GRAY)[crop.inside > 0]
    if len(grey) == 0:
        return 1.0, 0.0
    darkest, brightest = np.percentile(grey, [0.5, 99.5])
    low, high = _to_linear(np.array([darkest, max(brightest, 4.0)]) / 255)
    gain = float(np.clip(_to_linear(np.array(WHITE)) / high, 1.0, MOST_GAIN))
    return gain, float(min(0.8 * low * gain, MOST_HAZE))


def _tint(skin: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Gain per channel that takes the skin's colour into the range of skin in neutral light."""
    lab = _lab(_to_srgb(np.clip(skin, 0, 1)))
    hue = float(np.clip(np.degrees(np.arctan2(lab[2], lab[1])), *SKIN_HUE))
    chroma = float(np.clip(np.hypot(lab[1], lab[2]), *SKIN_CHROMA))
    angle = np.radians(hue)
    wished = np.array([lab[0], chroma * np.cos(angle), chroma * np.sin(angle)], np.float32)
    target = cv2.cvtColor(wished[None, None], cv2.COLOR_LAB2RGB).ravel().astype(np.float64)
    gains = _to_linear(np.clip(target, 0.01, 1)) / np.maximum(np.clip(skin, 0, 1), 1e-3)
    # Overexposed skin has lost its colour and says nothing about the light.
    trust = float(np.clip((BLOWN_OUT - lab[0]) / 8, 0, 1))
    return np.clip(gains, 1 / MOST_TINT, MOST_TINT) ** trust


def _gamma(lightness: float) -> float:
    # Part of the way only: people differ, and a picture should show it.
    target = float(np.clip(max(lightness, 0.65 * lightness + 29), DARKEST_SKIN, LIGHTEST_SKIN))
    gamma = np.log(target / 100) / np.log(np.clip(lightness, 8, 96) / 100)
    return float(np.clip(gamma, *GAMMA))


def _shoulder(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bend what is brighter than 0.88 so that nothing is cut off at 1."""
    knee = 0.88
    over = np.maximum(linear - knee, 0)
    return np.minimum(linear, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))


def _to_linear(encoded: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _to_srgb(linear: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _lab(colour: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    pixel = colour.astype(np.float32)[None, None]
    return cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB).ravel().astype(np.float64)


def _lightness(colour: npt.NDArray[np.float64]) -> float:
    return float(_lab(colour)[0])
