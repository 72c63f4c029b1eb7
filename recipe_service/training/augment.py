"""Random changes to pictures that do not change what is on them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from torch import Tensor

from recipe_service.training.dataset import Picture
from recipe_service.training.net import normalise


def random_view(
    picture: Picture, side: int, rng: np.random.Generator, least_area: float = 0.25
) -> Picture:
    """Cut a random part (area, aspect, mirror, turn up to 20 degrees) of side x side px."""
    height, width = picture.shape[:2]
    area = height * width * rng.uniform(least_area, 1.0)
    aspect = math.exp(rng.uniform(-0.29, 0.29))
    crop_w = min(math.sqrt(area * aspect), width)
    crop_h = min(math.sqrt(area / aspect), height)
    centre_x = rng.uniform(crop_w / 2, width - crop_w / 2) if crop_w < width else width / 2
    centre_y = rng.uniform(crop_h / 2, height - crop_h / 2) if crop_h < height else height / 2
    turn = math.radians(rng.uniform(-20, 20)) if rng.random() < 0.6 else 0.0
    scale_x, scale_y = crop_w / side, crop_h / side
    if rng.random() < 0.5:
        scale_x = -scale_x
    cos, sin = math.cos(turn), math.sin(turn)
    matrix = np.array([[cos * scale_x, -sin * scale_y, 0], [sin * scale_x, cos * scale_y, 0]])
    matrix[:, 2] = (centre_x, centre_y) - matrix[:, :2].sum(1) * side / 2
    view = cv2.warpAffine(
        picture,
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return _soften(np.asarray(view, np.uint8), side, rng)


def colour_jitter(batch: Tensor, generator: torch.Generator) -> Tensor:
    """(N, H, W, 3) uint8 to the net's input, in another light each time.

    One colour matrix per picture does saturation, contrast, gain and a small turn of hue: colour
    is a cue that tells a lemon from a lime, so it may not turn far.
    """
    count = len(batch)

    def swing(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator) * 2 - 1

    saturation = 1 + 0.4 * swing(count, 1, 1)
    contrast = 1 + 0.35 * swing(count, 1, 1)
    brightness = 0.18 * swing(count, 1, 1)
    gain = 1 + 0.1 * swing(count, 1, 3)
    angle = 0.12 * swing(count, 1, 1)
    grey = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1).expand(1, 3, 3)
    matrix = saturation * torch.eye(3) + (1 - saturation) * grey
    matrix = matrix @ _turn_of_hue(angle).transpose(1, 2) * contrast * gain
    flat = batch.float().div_(255).view(count, -1, 3)
    offset = flat.mean((1, 2), keepdim=True) * (1 - contrast) + brightness
    flat = torch.baddbmm(offset.expand(count, 1, 3), flat, matrix).clamp_(0, 1)
    return normalise(flat.view(batch.shape))


def _soften(view: Picture, side: int, rng: np.random.Generator) -> Picture:
    # Photos of phones are out of focus or small now and then.
    chance = rng.random()
    if chance < 0.08:
        return np.asarray(cv2.GaussianBlur(view, (0, 0), rng.uniform(0.5, 1.5)), np.uint8)
    if chance < 0.2:
        small = int(side * rng.uniform(0.35, 0.8))
        reduced = cv2.resize(view, (small, small), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(reduced, (side, side)), np.uint8)
    return view


def _turn_of_hue(angle: Tensor) -> Tensor:
    # Rodrigues' rotation about the grey axis.
    cos, sin = torch.cos(angle), torch.sin(angle)
    k = 3**-0.5
    cross = torch.tensor([[0.0, -k, k], [k, 0.0, -k], [-k, k, 0.0]])
    return cos * torch.eye(3) + (1 - cos) / 3 * torch.ones(3, 3) + sin * cross
