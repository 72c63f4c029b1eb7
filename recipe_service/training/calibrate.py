"""Calibration and thresholds, from the val split and collages of it alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize

from recipe_service.engines.recogniser import Recogniser
from recipe_service.engines.recogniser_scores import calibrated, evidence
from recipe_service.engines.recogniser_weights import Facts, Weights
from recipe_service.training.constructions import food_free, mosaics, pasted, singles
from recipe_service.training.dataset import Picture, Split
from recipe_service.training.measures import (
    Scores,
    Truth,
    micro_f1,
    precision_recall,
    tagged,
)

# A threshold chosen on val loses up to 3 points of precision on photos never seen, so more is
# asked of it here than it must keep there.
_MOSAIC_PRECISION = 0.94
_OVERALL_PRECISION = 0.92
_FOOD_FREE = 0.02


@dataclass(frozen=True)
class CalibrationPlan:
    """How many collages of each kind."""

    mosaics: int = 400
    pasted: int = 200
    food_free: int = 200


def calibrate(weights: Weights, val: Split, plan: CalibrationPlan) -> Facts:
    """Fill in slope, offset and thresholds of a weights file."""
    facts = weights.facts
    recogniser = Recogniser(weights)
    classes = len(facts.coarse)
    sets = {
        "mosaic": mosaics(val, classes, plan.mosaics),
        "pasted": pasted(val, classes, plan.pasted),
        "single": singles(val, classes),
    }
    raw = {name: raw_logits(recogniser, labelled.pictures) for name, labelled in sets.items()}
    truth = {name: labelled.truth for name, labelled in sets.items()}
    all_logits, all_truth = np.concatenate(list(raw.values())), np.concatenate(list(truth.values()))
    slope, offset = fit_platt(all_logits, all_truth)
    known = {name: calibrated(scores, slope, offset) for name, scores in raw.items()}
    nothing = calibrated(raw_logits(recogniser, food_free(plan.food_free)), slope, offset)
    grid = np.arange(0.05, 0.995, 0.005)
    balanced = max(grid, key=lambda t: micro_f1(known["mosaic"], truth["mosaic"], t))
    overall = calibrated(all_logits, slope, offset)

    def trusted(threshold: float) -> bool:
        mosaic = precision_recall(known["mosaic"], truth["mosaic"], threshold)[0]
        everything = precision_recall(overall, all_truth, threshold)[0]
        enough = mosaic >= _MOSAIC_PRECISION and everything >= _OVERALL_PRECISION
        return enough and tagged(nothing, threshold) <= _FOOD_FREE

    threshold = next((float(t) for t in grid if t >= balanced and trusted(t)), float(grid[-1]))
    return replace(
        facts,
        slope=slope,
        offset=offset,
        threshold=round(threshold, 3),
        balanced_threshold=round(float(balanced), 3),
    )


def raw_logits(recogniser: Recogniser, pictures: list[Picture], batch: int = 16) -> Scores:
    """Uncalibrated logits (N, coarse) of every class in every picture."""
    rows = [
        evidence(maps)
        for first in range(0, len(pictures), batch)
        for maps in recogniser.maps(pictures[first : first + batch])
    ]
    return np.array(rows, np.float32)


def fit_platt(logits: Scores, truth: Truth) -> tuple[float, float]:
    """Find the slope and offset with the least cross-entropy (Platt 1999)."""
    exact = logits.astype(np.float64)
    sign = np.where(truth, 1.0, -1.0)

    def loss(x: np.ndarray) -> float:
        return float(np.logaddexp(0, -sign * (x[0] * exact + x[1])).mean())

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead")
    return float(found.x[0]), float(found.x[1])
