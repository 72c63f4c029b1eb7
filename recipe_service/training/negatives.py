"""What is not food: rendered scenes, flat textures, package pictures, scrambled groceries."""

from __future__ import annotations

import cv2
import numpy as np

from recipe_service.training.dataset import Picture
from recipe_service.training.package_pictures import TRAINING, package_pictures
from recipe_service.training.placing import cut_to
from recipe_service.training.scenes import scene
from recipe_service.training.textures import fractal_noise, shapes

_SCENE_SIDE = 224  # px


class Negatives:
    """A store of pictures without food to draw from.

    Parameters
    ----------
    groceries : list of Picture
        Scrambled beyond recognition, so that colours alone never make a vegetable.
    scenes : int
        How many scenes are rendered.
    seed : int
        Of the scenes.
    """

    def __init__(self, groceries: list[Picture], scenes: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._groceries = groceries
        self._scenes = [scene(_SCENE_SIDE, rng) for _ in range(scenes)]
        self._photos = list(package_pictures(tuple(TRAINING)).values())
        self.counts = {"scenes": scenes, "package pictures": len(self._photos)}

    def draw(self, width: int, height: int, rng: np.random.Generator) -> Picture:
        """Draw one picture without food, (height, width, 3)."""
        side = max(width, height)
        chance = rng.random()
        if chance < 0.27 and self._photos:
            picture = self._photos[rng.integers(len(self._photos))]
            return self._recoloured(cut_to(picture, width, height, rng, 0.25), rng)
        if chance < 0.7 and self._scenes:
            picture = self._scenes[rng.integers(len(self._scenes))]
            return self._recoloured(cut_to(picture, width, height, rng, 0.3), rng)
        if chance < 0.82:
            return scramble(self._grocery(rng), width, height, rng)
        flat = fractal_noise(side, rng) if chance < 0.91 else shapes(side, rng)
        return np.ascontiguousarray(flat[:height, :width])

    def _grocery(self, rng: np.random.Generator) -> Picture:
        return self._groceries[rng.integers(len(self._groceries))]

    def _recoloured(self, picture: Picture, rng: np.random.Generator) -> Picture:
        # One in five takes the colours of a photo of groceries (Reinhard et al. 2001, in RGB).
        if rng.random() > 0.2:
            return picture
        model = self._grocery(rng)[::4, ::4].reshape(-1, 3).astype(np.float32)
        values = picture.astype(np.float32)
        spread = values.std((0, 1)) + 4
        values = (values - values.mean((0, 1))) / spread * model.std(0) + model.mean(0)
        return np.asarray(np.clip(values, 0, 255), np.uint8)


def scramble(picture: Picture, width: int, height: int, rng: np.random.Generator) -> Picture:
    """Keep the colours of a photo and destroy its things: blurred, shuffled or dephased."""
    side = 96
    small = cut_to(picture, side, side, rng, 0.5)
    how = rng.integers(3)
    if how == 0:
        made = cv2.GaussianBlur(small, (0, 0), rng.uniform(9, 25))
    elif how == 1:
        cell = int(rng.choice([3, 4, 6, 8]))
        count = side // cell
        blocks = small.reshape(count, cell, count, cell, 3).swapaxes(1, 2)
        blocks = blocks.reshape(-1, cell, cell, 3)[rng.permutation(count * count)]
        made = blocks.reshape(count, count, cell, cell, 3).swapaxes(1, 2).reshape(side, side, 3)
    else:
        made = _dephased(small, rng)
    return np.asarray(cv2.resize(made, (width, height)), np.uint8)


def _dephased(picture: Picture, rng: np.random.Generator) -> Picture:
    # The same spectrum and colours with random phases (Galerne et al. 2011): texture, no objects.
    noise = np.fft.fft2(rng.standard_normal(picture.shape[:2]))
    phase = np.exp(1j * np.angle(noise))[:, :, None]
    spectrum = np.fft.fft2(picture.astype(np.float64), axes=(0, 1))
    mean = spectrum[0, 0].copy()
    spectrum *= phase
    spectrum[0, 0] = mean
    return np.clip(np.fft.ifft2(spectrum, axes=(0, 1)).real, 0, 255).astype(np.uint8)
