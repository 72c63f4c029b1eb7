"""The colour of the lamp: what white would look like in this photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.photo.light import LUMA, linear_light

if TYPE_CHECKING:
    from common.vision.network import RGB, Floats

    Array = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

SCENE_PX = 192  # long side of the photo that is looked at
CLIPPED = 0.97  # of the brightest code: brighter pixels have lost their colour
# colours are log(red / green) and log(blue / green) of linear light
SCENE_SPREAD = 0.14  # standard deviation of what scenes average to
TEETH, TEETH_SPREAD = np.array([0.10, -0.14]), 0.16  # they are yellowish
TEETH_OVER_SKIN = 1.1  # luminance; lips and a dark mouth have less
# Skin under daylight: mean and covariance over light to dark skin, from the CIE Lab means of four
# groups in Xiao et al. 2017, "Characterising the variations in ethnic skin colours"
SKIN = np.array([0.57, -0.38])
SKIN_COVARIANCE = np.array([[0.0256, -0.0112], [-0.0112, 0.0196]])
LAMP_SPREAD = 0.25  # of lamps around daylight: the less is seen, the less is corrected
WARMEST, COLDEST = np.array([0.45, -0.6]), np.array([-0.35, 0.4])  # household lamps, deep shade


@dataclass(frozen=True)
class Lamp:
    """What is known about the light.

    Attributes
    ----------
    balance : (3,) float64
        Gains for linear red, green and blue that turn white things neutral; their luminance is 1.
    agreement : float
        How well scene, teeth and skin agree about it, 0..1.
    ruddiness : float
        How much more blood than usual shows in the skin under this lamp, 0..1.
    """

    balance: Array
    agreement: float
    ruddiness: float


def estimate_lamp(scene: RGB, outside: Mask, teeth: RGB, skin: RGB) -> Lamp:
    """Estimate the lamp from everything that is seen, each by how far it can be trusted.

    The scene gives shades of grey (Finlayson and Trezzi 2004), grey edges (van de Weijer et al.
    2007) and white patches (Land and McCann 1971); teeth are nearly white and skin has a known
    colour. Means are weighted by precision, once more by how near they lie to the consensus. All
    of it moves with the lamp, so a tint of the whole photo is taken off.

    Parameters
    ----------
    scene : (h, w, 3) uint8
        The photo before any correction, from ``shrink``.
    outside : (h, w) bool
        Where it shows neither the face nor padding.
    teeth, skin : (n, 3) uint8
        Pixels between the lips, possibly none, and of the bare face.
    """
    cues = [_scene_cue(scene, outside)]
    if len(teeth) >= 40 and _luminance(teeth) > TEETH_OVER_SKIN * _luminance(skin):
        cues.append((_tint(teeth, 60) - TEETH, np.eye(2) * TEETH_SPREAD**2))
    from_skin = _tint(skin, 20) - SKIN
    cues.append((from_skin, SKIN_COVARIANCE))
    seen = [(mean, np.linalg.inv(covariance)) for mean, covariance in cues if mean is not None]
    trust = np.ones(len(seen))
    lamp: Array = np.zeros(2)
    for _ in range(3):
        precision = np.eye(2) / LAMP_SPREAD**2
        total = np.zeros(2)
        for weight, (mean, sharp) in zip(trust, seen, strict=True):
            precision = precision + weight * sharp
            total = total + weight * sharp @ mean
        lamp = np.asarray(np.linalg.solve(precision, total), np.float64)
        away = [float((mean - lamp) @ sharp @ (mean - lamp)) for mean, sharp in seen]
        trust = 1 / (1 + np.array(away) / 4)
    red, blue = np.clip(lamp, [COLDEST[0], WARMEST[1]], [WARMEST[0], COLDEST[1]])
    balance = np.exp([-red, 0.0, -blue])
    agreement = float(np.exp(-np.mean(away) / 4))
    return Lamp(balance / float(balance @ LUMA), agreement, _ruddiness(from_skin - lamp))


def shrink(image: RGB) -> tuple[RGB, float]:
    """Return the photo at ``SCENE_PX`` and the scale from the photo to it."""
    scale = min(SCENE_PX / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def _ruddiness(excess: Array) -> float:
    """Blood takes green from the light, melanin takes blue as well."""
    return float(np.clip((excess[0] + 0.7 * excess[1] - 0.14) / 0.12, 0, 1))


def _scene_cue(scene: RGB, outside: Mask) -> tuple[Array | None, Array]:
    # relative to the brightest: a photo that was darkened afterwards is clipped at a lower code
    # NumPy is slow along a short last axis, here and below
    brightest = np.maximum(np.maximum(scene[..., 0], scene[..., 1]), scene[..., 2])
    unclipped = outside & (brightest < CLIPPED * float(np.percentile(brightest, 99.9)))
    if np.count_nonzero(unclipped) < 0.05 * outside.size:
        return None, np.eye(2)
    light = linear_light(scene)
    found = [_log_ratio(_minkowski(light[unclipped])), _grey_edge(light, unclipped)]
    white = _white(light[unclipped])
    if white is not None:
        found.append(_log_ratio(white))
    spread = np.std(found, axis=0)
    return np.median(found, axis=0), np.diag(SCENE_SPREAD**2 + np.square(spread))


def _grey_edge(light: Floats, where: Mask) -> Array:
    smooth = cv2.GaussianBlur(light, (0, 0), 1.5)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    inner = cv2.erode(where.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    slopes = np.sqrt(across * across + down * down)[inner if inner.any() else where]
    return _log_ratio(_minkowski(slopes))


def _minkowski(samples: Floats) -> Array:
    """Minkowski norm 6 of (n, 3) samples, as both papers found best."""
    scaled = samples / np.float32(max(float(samples.max()), 1e-9))
    cubed = scaled * scaled * scaled
    return np.array([column.mean(dtype=np.float64) for column in (cubed * cubed).T]) ** (1 / 6)


def _white(light: Floats) -> Array | None:
    """Median of the brightest weakly coloured pixels, None where there is no white thing."""
    luminance = light @ LUMA
    red, green, blue = light.T
    high = np.maximum(np.maximum(red, green), blue)
    pale = (high - np.minimum(np.minimum(red, green), blue)) < 0.42 * high
    bright = pale & (luminance > 0.35 * float(np.percentile(luminance, 99.5)))
    if np.count_nonzero(bright) < 0.01 * len(light):
        return None
    top = luminance[bright] >= np.percentile(luminance[bright], 60)
    return np.asarray(np.median(light[bright][top], axis=0))


def _tint(pixels: RGB, percentile: float) -> Array:
    """Colour of the pixels brighter than a percentile: shades have other light."""
    light = linear_light(pixels)
    luminance = light @ LUMA
    low, high = np.percentile(luminance, [percentile, 90])
    return _log_ratio(np.median(light[(luminance >= low) & (luminance <= high)], axis=0))


def _luminance(pixels: RGB) -> float:
    return float(np.median(linear_light(pixels) @ LUMA))


def _log_ratio(light: npt.NDArray[np.floating]) -> Array:
    red, green, blue = np.log(np.maximum(light, 1e-5))
    return np.array([red - green, blue - green])
