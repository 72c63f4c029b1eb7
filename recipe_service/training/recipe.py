"""The whole training in one call: phase 1, phase 2, calibration, file."""

from __future__ import annotations

import hashlib
import logging
import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import torch

from recipe_service.engines.recogniser_weights import Facts, Weights, load_weights, save_weights
from recipe_service.training.calibrate import CalibrationPlan, calibrate
from recipe_service.training.dataset import Classes, load_split, read_classes
from recipe_service.training.dense import DensePlan, train_dense
from recipe_service.training.net import RecogniserNet, folded
from recipe_service.training.single import SinglePlan, train_single

_log = logging.getLogger(__name__)
_SIDES = (192, 320)  # px, at which photos are looked at


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides the weights, besides the data."""

    single: SinglePlan = field(default_factory=SinglePlan)
    dense: DensePlan = field(default_factory=DensePlan)
    calibration: CalibrationPlan = field(default_factory=CalibrationPlan)
    single_side: int = 176  # px, short side of the photos in memory
    dense_side: int = 256


def train(data: Path, out: Path, plan: TrainingPlan) -> Path:
    """Train on ``train.txt``, calibrate on ``val.txt``, write ``out/recogniser.npz``.

    Phases that are finished are kept in ``out`` under a fingerprint of their plan and data.

    Raises
    ------
    DataError
        The data folder is not as its format says.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    classes = read_classes(data)
    net = _single(data, out, classes, plan)
    after_single = time.monotonic()
    net = _dense(net, data, out, classes, plan)
    after_dense = time.monotonic()
    facts = Facts(classes.fine, classes.coarse, classes.parents, _SIDES)
    path = out / "recogniser.npz"
    save_weights(path, Weights(folded(net), facts))
    weights = load_weights(path)  # calibrated as it will be used: at half precision
    facts = calibrate(weights, load_split(data, "val"), plan.calibration)
    seconds = (after_single - started, after_dense - after_single, time.monotonic() - after_dense)
    save_weights(path, Weights(weights.arrays, replace(facts, log=_log_of(plan, seconds))))
    _log.info("wrote %s, %.2f MB, after %.0f s", path.name, path.stat().st_size / 1e6, sum(seconds))
    return path


def _single(data: Path, out: Path, classes: Classes, plan: TrainingPlan) -> RecogniserNet:
    net = RecogniserNet(len(classes.fine), len(classes.coarse))
    kept = out / f"single-{_fingerprint(data, plan.single, plan.single_side)}.pt"
    if kept.is_file():
        _log.info("phase 1 is there: %s", kept.name)
        net.load_state_dict(torch.load(kept, weights_only=True))
        return net
    net = train_single(load_split(data, "train", plan.single_side), classes, plan.single)
    torch.save(net.state_dict(), kept)
    return net


def _dense(
    net: RecogniserNet, data: Path, out: Path, classes: Classes, plan: TrainingPlan
) -> RecogniserNet:
    kept = out / f"dense-{_fingerprint(data, replace(plan, calibration=CalibrationPlan()))}.pt"
    if kept.is_file():
        _log.info("phase 2 is there: %s", kept.name)
        net.load_state_dict(torch.load(kept, weights_only=True))
        return net
    net = train_dense(net, load_split(data, "train", plan.dense_side), classes, plan.dense)
    torch.save(net.state_dict(), kept)
    return net


def _fingerprint(data: Path, *parts: object) -> str:
    lines = (data / "train.txt").read_bytes()
    return hashlib.sha256(lines + repr(parts).encode()).hexdigest()[:12]


def _log_of(plan: TrainingPlan, seconds: tuple[float, float, float]) -> dict[str, Any]:
    return {
        "plan": asdict(plan),
        "seconds": dict(zip(("single", "dense", "calibration"), map(round, seconds), strict=True)),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
    }
