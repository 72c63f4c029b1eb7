"""In which ranges the values of the net lie: what it needs to compute in eight bits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from recipe_service.engines.recogniser import prepared, size_for, start
from recipe_service.engines.recogniser_graph import PHOTOS, Ranges, build_graph, value_names
from recipe_service.engines.recogniser_weights import Weights
from recipe_service.training.dataset import Picture, read_list, read_picture


def range_pictures(data: Path, many: int, seed: int = 5) -> list[Picture]:
    """Draw so many photos of the train split, or all where there are fewer.

    Raises
    ------
    DataError
        The list or a photo is missing.
    """
    paths = [path for path, _, _ in read_list(data, "train")]
    drawn = np.random.default_rng(seed).permutation(len(paths))[:many]
    return [read_picture(paths[number]) for number in drawn]


def ranges_of(weights: Weights, pictures: Iterable[Picture]) -> Ranges:
    """Least and most of every value on these pictures, at every scale that photos are seen at.

    The widest range counts: to cut off rare values was not tried.
    """
    session = start(build_graph(weights.arrays, watched=True))
    names = value_names()
    least, most = np.zeros(len(names)), np.zeros(len(names))  # nought is always in the range
    for picture in pictures:
        for side in weights.facts.sides:
            photos = prepared(picture, size_for(picture, side))[None]
            values = session.run(names, {PHOTOS: photos})
            least = np.minimum(least, [value.min() for value in values])
            most = np.maximum(most, [value.max() for value in values])
    return {
        name: (float(f"{low:.6g}"), float(f"{high:.6g}"))
        for name, low, high in zip(names, least, most, strict=True)
    }
