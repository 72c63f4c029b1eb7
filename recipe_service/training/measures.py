"""Numbers that say how good scores are. Scores are (N, classes), truth is the same as bool."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]
Truth = npt.NDArray[np.bool_]


def precision_recall(scores: Scores, truth: Truth, threshold: float) -> tuple[float, float]:
    """Micro-averaged precision and recall of everything at or above a threshold."""
    said = scores >= threshold
    right = float((said & truth).sum())
    return right / max(1.0, float(said.sum())), right / max(1.0, float(truth.sum()))


def micro_f1(scores: Scores, truth: Truth, threshold: float) -> float:
    """Harmonic mean of micro precision and recall."""
    precision, recall = precision_recall(scores, truth, threshold)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def mean_average_precision(scores: Scores, truth: Truth) -> float:
    """Mean over classes that occur of the average precision."""
    return float(
        np.mean(
            [_average_precision(scores[:, c], truth[:, c]) for c in np.flatnonzero(truth.any(0))]
        )
    )


def top(scores: Scores, labels: npt.NDArray[np.int64], count: int) -> float:
    """Share of rows whose label is among the best `count` scores."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return float((best == labels[:, None]).any(1).mean()) if len(labels) else float("nan")


def macro_recall(scores: Scores, labels: npt.NDArray[np.int64]) -> float:
    """Mean over classes of the share that is recognised first."""
    right = scores.argmax(1) == labels
    return float(np.mean([right[labels == c].mean() for c in np.unique(labels)]))


def calibration_error(scores: Scores, truth: Truth, least: float = 0.05) -> float:
    """Compute the expected calibration error over 15 bins of all scores above `least`."""
    kept = scores > least
    confidence, right = scores[kept], truth[kept]
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = [
        abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps))


def tagged(scores: Scores, threshold: float) -> float:
    """Share of pictures with any class at or above a threshold."""
    return float((scores.max(1) >= threshold).mean()) if len(scores) else float("nan")


def _average_precision(scores: npt.NDArray[np.float32], truth: npt.NDArray[np.bool_]) -> float:
    ordered = truth[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float((precision * ordered).sum() / ordered.sum())
