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
from recipe_service.training.dense import FINISH, DensePlan, train_dense
from recipe_service.training.net import RecogniserNet, folded
from recipe_service.training.ranges import range_pictures, ranges_of
from recipe_service.training.single import SinglePlan, train_single

_log = logging.getLogger(__name__)
_SIDES = (192, 256, 320)  # px, at which photos are looked at


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides the weights, besides the data."""

    single: SinglePlan = field(default_factory=SinglePlan)
    dense: DensePlan = field(default_factory=DensePlan)
    finish: DensePlan = FINISH
    calibration: CalibrationPlan = field(default_factory=CalibrationPlan)
    ranged: int = 120  # train photos on which the ranges of values are found
    single_side: int = 176  # px, short side of the photos in memory
    dense_side: int = 256


@dataclass(frozen=True)
class _Run:
    data: Path
    out: Path
    classes: Classes
    plan: TrainingPlan

    def kept(self, phase: str, *parts: object) -> Path:
        # Where a phase is kept: named after everything that decides its outcome, save the code.
        lines = (self.data / "train.txt").read_bytes()
        name = hashlib.sha256(lines + repr(parts).encode()).hexdigest()[:12]
        return self.out / f"{phase}-{name}.pt"


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
    run = _Run(data, out, read_classes(data), plan)
    net, single = _single(run)
    net, dense = _dense(run, net, plan.dense)
    net, finish = _dense(run, net, plan.finish)
    started = time.process_time()
    classes = run.classes
    facts = Facts(classes.fine, classes.coarse, classes.parents, _SIDES)
    path = out / "recogniser.npz"
    save_weights(path, Weights(folded(net), facts))
    weights = load_weights(path)  # calibrated as it will be used: at half precision
    facts = settled(weights, data, plan)
    seconds = {"single": single, "dense": dense, "finish": finish}
    seconds["calibration"] = time.process_time() - started
    save_weights(path, Weights(weights.arrays, replace(facts, log=_log_of(plan, seconds))))
    size, total = path.stat().st_size / 1e6, sum(seconds.values())
    _log.info("wrote %s, %.2f MB, after %.0f s of one core", path.name, size, total)
    return path


def settled(weights: Weights, data: Path, plan: TrainingPlan) -> Facts:
    """Find what is found without training: ranges on train photos, the calibration on val."""
    facts = replace(weights.facts, ranges=ranges_of(weights, range_pictures(data, plan.ranged)))
    return calibrate(Weights(weights.arrays, facts), load_split(data, "val"), plan.calibration)


def _single(run: _Run) -> tuple[RecogniserNet, float]:
    plan, classes = run.plan, run.classes
    net = RecogniserNet(len(classes.fine), len(classes.coarse))
    kept = run.kept("single", plan.single, plan.single_side)
    if kept.is_file():
        return net, _restore(net, kept)
    started = time.process_time()
    net = train_single(load_split(run.data, "train", plan.single_side), classes, plan.single)
    return net, _keep(net, kept, time.process_time() - started)


def _dense(run: _Run, net: RecogniserNet, part: DensePlan) -> tuple[RecogniserNet, float]:
    plan = run.plan
    kept = run.kept("dense", plan.single, plan.single_side, plan.dense, plan.dense_side, part)
    if kept.is_file():
        return net, _restore(net, kept)
    started = time.process_time()
    net = train_dense(net, load_split(run.data, "train", plan.dense_side), run.classes, part)
    return net, _keep(net, kept, time.process_time() - started)


def _keep(net: RecogniserNet, path: Path, seconds: float) -> float:
    torch.save({"state": net.state_dict(), "seconds": seconds}, path)
    return seconds


def _restore(net: RecogniserNet, path: Path) -> float:
    _log.info("this phase is there: %s", path.name)
    kept = torch.load(path, weights_only=True)
    net.load_state_dict(kept["state"])
    return float(kept["seconds"])


def _log_of(plan: TrainingPlan, seconds: dict[str, float]) -> dict[str, Any]:
    return {
        "plan": asdict(plan),
        "seconds": {phase: round(spent) for phase, spent in seconds.items()},
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "opencv": cv2.__version__,
            "onnxruntime": onnxruntime.__version__,
        },
    }
