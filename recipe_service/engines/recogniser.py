"""The built-in recogniser: groceries in a photo, and the honest answer that there are none."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]

from common.vision.sandbox import decode_photo
from recipe_service.engines.batching import Batcher
from recipe_service.engines.recogniser_graph import MEAN, SPREAD, STRIDE, build_graph
from recipe_service.engines.recogniser_labels import ingredient_of
from recipe_service.engines.recogniser_scores import (
    Box,
    Floats,
    Maps,
    box_of,
    calibrated,
    evidence,
    fine_logits,
)
from recipe_service.engines.recogniser_weights import Facts, Weights, load_weights

WEIGHTS: Final = Path(__file__).parents[1] / "weights" / "recogniser.npz"
_DECODED_SIDE: Final = 448  # px, the longest side the net can use
_ASPECTS: Final = (0.5, 0.75, 1.0, 4 / 3, 2.0)  # photos are scaled to the nearest

RGB = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Detection:
    """One class of groceries, and how sure it is there.

    Attributes
    ----------
    name : str
        The ingredient as a person says it: "green bell pepper".
    id : str
        The ingredient in the knowledge base: "bell-pepper".
    coarse, fine : str
        Class names of the data set.
    confidence : float
        Calibrated probability, 0 to 1.
    box : (x, y, width, height) or None
        Where, as shares of the upright photo.
    """

    name: str
    id: str
    coarse: str
    fine: str
    confidence: float
    box: Box | None


class Recogniser:
    """Finds 43 classes of groceries. One instance serves all threads of a process.

    Parameters
    ----------
    weights : Weights

    Attributes
    ----------
    threshold : float
        Confidence from which on a class counts as seen; precision comes first.
    balanced_threshold : float
        The same for the best balance of precision and recall.
    """

    def __init__(self, weights: Weights) -> None:
        self._session = start(build_graph(weights.arrays, weights.facts.ranges))
        self.facts: Facts = weights.facts
        self.threshold = weights.facts.threshold
        self.balanced_threshold = weights.facts.balanced_threshold
        self._children = [
            np.flatnonzero(np.array(self.facts.parents) == coarse)
            for coarse in range(len(self.facts.coarse))
        ]
        self._batcher: Batcher[RGB, Maps] = Batcher(self.maps)

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """Make a recogniser from a weights file.

        Raises
        ------
        EngineUnavailable
            The file is missing or no weights file.
        """
        return cls(load_weights(path))

    def recognise(self, photos: Sequence[bytes]) -> list[list[Detection]]:
        """All classes for every photo, best first; callers cut at `threshold`.

        One forward pass serves all photos of a call, and calls of other threads that come
        within a few milliseconds.

        Raises
        ------
        BadPhoto, TooManyPixels, CorruptPhoto
            As `decode_photo`, for the first photo that cannot be read.
        """
        self._batcher.expect()
        try:
            pictures = [decode_photo(photo, _DECODED_SIDE) for photo in photos]
        except BaseException:
            self._batcher.give_up()
            raise
        return [self.detections(maps) for maps in self._batcher.answers(pictures)]

    def maps(self, pictures: Sequence[RGB]) -> list[Maps]:
        """Run the net on pictures of any size, (H, W, 3) RGB uint8, in one batch."""
        fine: dict[int, list[Floats]] = defaultdict(list)
        coarse: dict[int, list[Floats]] = defaultdict(list)
        for side in self.facts.sides:
            groups: dict[tuple[int, int], list[int]] = defaultdict(list)
            for number, picture in enumerate(pictures):
                groups[size_for(picture, side)].append(number)
            for size, numbers in groups.items():
                batch = np.stack([prepared(pictures[number], size) for number in numbers])
                outputs = self._session.run(["fine", "coarse"], {"photos": batch})
                for row, number in enumerate(numbers):
                    fine[number].append(np.asarray(outputs[0])[row])
                    coarse[number].append(np.asarray(outputs[1])[row])
        return [Maps(tuple(fine[n]), tuple(coarse[n])) for n in range(len(pictures))]

    def confidences(self, maps: Maps) -> Floats:
        """Calibrated probability (coarse,) of every class."""
        return calibrated(evidence(maps), self.facts.slope, self.facts.offset)

    def detections(self, maps: Maps) -> list[Detection]:
        """Turn the maps of one photo into what `recognise` says of it."""
        confidences = self.confidences(maps)
        order = np.argsort(-confidences, kind="stable")
        return [self._detection(maps, int(c), float(confidences[c])) for c in order]

    def _detection(self, maps: Maps, coarse: int, confidence: float) -> Detection:
        children = self._children[coarse]
        best = children[fine_logits(maps, coarse)[children].argmax()]
        fine_name, coarse_name = self.facts.fine[best], self.facts.coarse[coarse]
        ingredient = ingredient_of(coarse_name, fine_name)
        return Detection(
            name=ingredient.name,
            id=ingredient.id,
            coarse=coarse_name,
            fine=fine_name,
            confidence=confidence,
            box=box_of(maps, coarse),
        )


def start(graph: bytes) -> Any:  # noqa: ANN401  onnxruntime has no types
    """Load a graph on one thread: a worker process has one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def size_for(picture: RGB, side: int) -> tuple[int, int]:
    """Width and height in px: about the area of a square, about the aspect of the photo."""
    height, width = picture.shape[:2]
    aspect = min(_ASPECTS, key=lambda a: abs(math.log(width / height / a)))
    short = max(1, round(side / math.sqrt(max(aspect, 1 / aspect)) / STRIDE)) * STRIDE
    long = max(1, round(short * max(aspect, 1 / aspect) / STRIDE)) * STRIDE
    return (long, short) if aspect > 1 else (short, long)


def prepared(picture: RGB, size: tuple[int, int]) -> Floats:
    """Scale to width and height, and to numbers around nought: (3, H, W)."""
    larger = picture.shape[1] > size[0]
    how = cv2.INTER_AREA if larger else cv2.INTER_LINEAR
    scaled = cv2.resize(picture, size, interpolation=how).astype(np.float32) / 255
    scaled = (scaled - np.array(MEAN, np.float32)) / np.float32(SPREAD)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)
