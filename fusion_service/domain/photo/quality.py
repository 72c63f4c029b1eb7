"""How well a photo suits a figurine: one score, and the reason for it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from common.vision.faces import cut_off
from fusion_service.domain.attributes import Quality

if TYPE_CHECKING:
    from common.vision.faces import Face
    from common.vision.network import RGB
    from fusion_service.domain.photo.head_crop import HeadCrop
    from fusion_service.domain.photo.pose import Pose

# what hurts a figurine most counts most: a hidden face, then grain, which hides hair and glasses
WEIGHTS = {
    "size": 1.0,
    "presence": 2.0,
    "frontal": 1.0,
    "sharpness": 1.0,
    "light": 0.7,
    "inside": 1.0,
    "person": 0.7,
    "evenness": 0.4,
    "noise": 1.5,
}
ADVICE = {
    "size": "Move closer or send the photo in full size.",
    "presence": "Show the whole face, with nothing in front of it.",
    "frontal": "Look straight into the camera.",
    "sharpness": "Send a sharper photo; wipe the lens and hold still.",
    "light": "Take the photo in brighter, softer light.",
    "inside": "Leave some room around the head.",
    "person": "Use a background that differs from hair and clothes.",
    "evenness": "Light the face from the front, not from one side.",
    "noise": "Take the photo in brighter light: this one is grainy.",
}
OVEREXPOSED = "Take the photo in softer light or with less exposure: the face is too bright."
OK_SCORE, WARN_SCORE = 80.0, 50.0


def rate_photo(face: Face, image: RGB, pose: Pose, head: HeadCrop, noise: float) -> Quality:
    """Score a photo as the weighted geometric mean of nine terms: one bad term is enough.

    Parameters
    ----------
    face : Face
        The subject.
    image : (H, W, 3) uint8
        The upright photo.
    pose : Pose
        Of the subject.
    head : HeadCrop
        Of the subject.
    noise : float
        From ``estimate_noise``.
    """
    unburnt = _unit(1 - 3 * head.clipped)
    bright = _unit(1.1 - 0.32 * math.log2(head.gain))
    terms = {
        "size": _size(face),
        "presence": 1 / (1 + math.exp((12 - face.presence) / 2.5)),
        "frontal": _unit(1.15 - abs(pose.yaw) / 40) * _unit(1.25 - abs(pose.pitch + 5) / 40),
        "sharpness": _sharpness(face, image, head, noise),
        "light": unburnt * bright,
        "inside": _unit(1 - 6 * cut_off(face, image)),
        "person": _unit(float(head.person[head.oval].mean()) / 0.9),
        "evenness": _evenness(head),
        "noise": _unit(1 - (noise - 4) / 8),
    }
    loss = {name: WEIGHTS[name] * -math.log(max(value, 0.02)) for name, value in terms.items()}
    score = 100 * math.exp(-sum(loss.values()) / sum(WEIGHTS.values()))
    worst = max(loss, key=lambda name: loss[name])
    verdict = "ok" if score >= OK_SCORE else "warn" if score >= WARN_SCORE else "retake"
    advice = OVEREXPOSED if worst == "light" and unburnt < bright else ADVICE[worst]
    return Quality(
        score=score,
        verdict=verdict,
        worst=worst,
        terms=terms,
        advice="" if verdict == "ok" else advice,
    )


def estimate_noise(head: HeadCrop) -> float:
    """Estimate the standard deviation of the noise inside the face, in grey levels.

    Immerkaer, "Fast noise variance estimation", 1996, with the median against wrinkles.
    """
    grey = cv2.cvtColor(head.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))[head.oval]
    return float(np.median(response)) * 1.4826 / 6


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _size(face: Face) -> float:
    # outer eye corners 16 px apart cannot be measured, 64 px lose nothing
    eyes = float(np.linalg.norm(face.landmarks[33, :2] - face.landmarks[263, :2]))
    return _unit(math.log2(max(eyes, 1.0) / 16) / 2)


def _sharpness(face: Face, image: RGB, head: HeadCrop, noise: float) -> float:
    """Variance of the Laplacian of the face, at 128 px across, without the share of noise."""
    height, width = image.shape[:2]
    x0, y0 = np.clip(face.box[:2], 0, [width - 1, height - 1]).astype(int)
    x1, y1 = np.clip(face.box[2:], [x0 + 1, y0 + 1], [width, height]).astype(int)
    part = cv2.cvtColor(np.ascontiguousarray(image[y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
    face_px = cv2.resize(part, (128, 128), interpolation=cv2.INTER_AREA).astype(np.float32)
    face_px *= head.gain ** (1 / 2.4)  # a dark photo is not a blurred one
    variance = float(cv2.Laplacian(face_px, cv2.CV_32F).var())
    return _unit(math.log10(max(variance - noise * noise, 1e-3) / 8) / 1.2)


def _evenness(head: HeadCrop) -> float:
    lightness, columns = head.lab[..., 0], np.arange(head.oval.shape[1])[None]
    left = float(np.median(lightness[head.oval & (columns < head.centre_x)]))
    right = float(np.median(lightness[head.oval & (columns >= head.centre_x)]))
    return _unit(1.25 * min(left, right) / max(left, right, 1.0))
