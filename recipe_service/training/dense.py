"""Phase 2: many things, or none, in one picture. Teaches the heads to answer place by place."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recipe_service.training.augment import colour_jitter
from recipe_service.training.canvas import MIXED, Canvas, CanvasPainter, Mix
from recipe_service.training.dataset import Classes, Split
from recipe_service.training.negatives import Negatives
from recipe_service.training.net import RecogniserNet, pool
from recipe_service.training.optimise import Learner

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DensePlan:
    """Length and measures of phase 2."""

    steps: int = 2600
    batch: int = 48  # canvases of 192 px; others by area
    sides: tuple[int, ...] = (160, 192, 224)  # px, in turn
    last_side: int = 224  # of the last 15 % of the steps
    rate: float = 0.04
    decay: float = 3e-4
    places_weight: float = 0.5
    fine_weight: float = 1.0
    scenes: int = 700
    bias_drop: float = 3.0  # most classes are absent: sigmoids start near zero
    mix: Mix = field(default_factory=Mix)
    seed: int = 1


# A second round on larger canvases, nearer to the sides at which photos are looked at.
FINISH = DensePlan(
    steps=1500,
    sides=(192, 224, 288),
    last_side=256,
    rate=0.02,
    scenes=400,
    bias_drop=0.0,
    mix=Mix(whole=0.3, nothing=0.08, mosaic=0.46, empty_cells=0.12),
    seed=2,
)


@dataclass(frozen=True)
class _Lesson:
    # What a batch of canvases should become; tensors of (N, ...).
    photos: Tensor
    shown: Tensor  # (N, coarse) 0 or 1
    places: Tensor  # (N, h, w) fine class, NOTHING or MIXED
    whole: Tensor  # (N,) fine class or -1


def train_dense(
    start: RecogniserNet, split: Split, classes: Classes, plan: DensePlan
) -> RecogniserNet:
    """Train on from phase 1; returns the running mean of the weights."""
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    painter = CanvasPainter(split, Negatives(split.pictures, plan.scenes, plan.seed), rng, plan.mix)
    with torch.no_grad():
        start.coarse.bias.sub_(plan.bias_drop)
    net: RecogniserNet = start.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.train()
    learner = Learner(net, plan.rate, plan.decay, plan.steps, 100)
    parents = torch.tensor(classes.parents)
    total = 0.0
    for number in range(plan.steps):
        late = number >= 0.85 * plan.steps
        side = plan.last_side if late else plan.sides[number % len(plan.sides)]
        count = max(2, int(plan.batch * (192 / side) ** 2))
        canvases = [painter.paint(side) for _ in range(count)]
        lesson = _lesson(canvases, parents, len(classes.coarse), generator)
        loss = _loss(net, lesson, parents, plan)
        learner.step(loss)
        total += loss.item()
        if (number + 1) % 100 == 0:
            _log.info("step %d of %d, loss %.3f", number + 1, plan.steps, total / 100)
            total = 0.0
    mean = learner.mean
    assert isinstance(mean, RecogniserNet)  # noqa: S101  a copy of the net above
    return mean


def _lesson(
    canvases: list[Canvas], parents: Tensor, coarse: int, generator: torch.Generator
) -> _Lesson:
    pictures = torch.from_numpy(np.stack([canvas.picture for canvas in canvases]))
    shown = torch.zeros(len(canvases), coarse)
    for row, canvas in enumerate(canvases):
        for label in canvas.shown:
            shown[row, parents[label]] = 1
    places = torch.from_numpy(np.stack([canvas.fine_places for canvas in canvases]))
    whole = torch.tensor([canvas.whole for canvas in canvases])
    return _Lesson(colour_jitter(pictures, generator), shown, places, whole)


def _loss(net: RecogniserNet, lesson: _Lesson, parents: Tensor, plan: DensePlan) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        fine, coarse = net.places(lesson.photos)
    fine, coarse = fine.float(), coarse.float()
    loss = _binary(pool(coarse), lesson.shown * 0.98, focus=True)
    known = lesson.places > MIXED
    owners = lesson.places[known]
    target = torch.zeros(len(owners), coarse.shape[-1])
    food = owners >= 0
    target[food.nonzero()[:, 0], parents[owners[food]]] = 0.9
    loss = loss + plan.places_weight * _binary(coarse[known], target, focus=False)
    whole = lesson.whole >= 0
    if whole.any():
        mean = fine.mean((1, 2))[whole]
        named = functional.cross_entropy(mean, lesson.whole[whole], label_smoothing=0.1)
        loss = loss + plan.fine_weight * named
    if food.any():
        at_places = functional.cross_entropy(fine[known][food], owners[food], label_smoothing=0.1)
        loss = loss + plan.places_weight * plan.fine_weight * at_places
    return loss


def _binary(logits: Tensor, target: Tensor, *, focus: bool) -> Tensor:
    # Cross-entropy per class, summed. With focus, easy negatives weigh less (asymmetric loss,
    # Ridnik et al. 2021, with exponent 1): nearly all classes are absent nearly always.
    absent = functional.logsigmoid(-logits)
    if focus:
        absent = absent * torch.sigmoid(logits).detach()
    loss = -(target * functional.logsigmoid(logits) + (1 - target) * absent)
    return loss.sum(1).mean()
