"""A fixed piece of mixed work that stands for the pace of the machine.

A time divided by the yardstick's, taken just before and just after it, is a number that another
day and a busier machine leave nearly as it is. CPU time is compared with CPU time: what waits
for its turn costs nothing.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

import cv2
import numpy as np

SIDE: Final = 384
WORDS: Final = 6_000
LEAST_S: Final = 0.05  # quicker work is repeated: the clock ticks, and so do neighbours


@dataclass(frozen=True)
class Spread:
    """Middle half of some measurements."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Quartiles; of one value, itself."""
        if len(values) == 1:
            return cls(values[0], values[0], values[0])
        low, median, high = statistics.quantiles(values, n=4, method="inclusive")
        return cls(low, median, high)

    def as_dict(self) -> dict[str, float]:
        """For JSON: four digits say enough."""
        return {name: float(f"{value:.4g}") for name, value in asdict(self).items()}


def yardstick() -> float:
    """Do the work; returns a number that no optimiser may drop."""
    random = np.random.default_rng(6)
    picture = random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    turn = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 12, 1.1)
    turned = cv2.warpAffine(cv2.GaussianBlur(picture, (0, 0), 5), turn, (SIDE, SIDE))
    edges = cv2.Canny(cv2.bilateralFilter(turned, 5, 30, 5), 30, 90)
    _, written = cv2.imencode(".png", edges)
    points = random.normal(size=(40_000, 3))
    nearest = np.argsort(np.linalg.norm(points @ np.diag((1.0, 2.0, 3.0)), axis=1))
    values = np.fft.rfft(np.sin(points[nearest, 0])) / np.arange(1, 20_002)
    return float(np.abs(values).sum()) + len(written) + _words()


def _words() -> int:
    """Do what Python itself is slow at."""
    counts: dict[str, int] = {}
    for number in range(WORDS):
        word = f"{number % 97:x}-{math.isqrt(number)}"
        counts[word] = counts.get(word, 0) + 1
    return len(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def pace(clock: Callable[[], float] = time.process_time) -> float:
    """Seconds that the yardstick takes now."""
    started = clock()
    yardstick()
    return clock() - started


def in_yardsticks(
    work: Callable[[], object],
    repeats: int,
    clock: Callable[[], float] = time.process_time,
    measure: Callable[[], float] | None = None,
) -> list[float]:
    """Measure some work again and again between two yardsticks each.

    Returns
    -------
    list of float
        CPU time of the work in yardsticks, once a repeat.
    """
    measure = measure or (lambda: pace(clock))
    started = clock()
    work()  # warm
    times = max(1, math.ceil(LEAST_S / max(clock() - started, 1e-6)))
    ratios, before = [], measure()
    for _ in range(repeats):
        started = clock()
        for _ in range(times):
            work()
        taken = (clock() - started) / times
        after = measure()
        ratios.append(taken / ((before + after) / 2))
        before = after
    return ratios
