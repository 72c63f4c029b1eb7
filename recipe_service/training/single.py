"""Phase 1: one photo, one label. Teaches the body what groceries look like."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from recipe_service.training.augment import colour_jitter, random_view
from recipe_service.training.dataset import Classes, Split
from recipe_service.training.net import RecogniserNet
from recipe_service.training.optimise import Learner

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SinglePlan:
    """Length and measures of phase 1."""

    epochs: int = 200
    batch: int = 64
    sides: tuple[int, int] = (96, 128)  # px: small first, which is cheap, then larger
    small_share: float = 0.4
    rate: float = 0.1
    decay: float = 5e-4
    mixed: float = 0.6  # share of steps with mixup or CutMix
    seed: int = 0


def train_single(split: Split, classes: Classes, plan: SinglePlan) -> RecogniserNet:
    """Train from random weights; returns the running mean of the weights."""
    torch.manual_seed(plan.seed)
    net = RecogniserNet(len(classes.fine), len(classes.coarse))
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    per_epoch = max(1, len(split) // plan.batch)
    learner = Learner(net, plan.rate, plan.decay, plan.epochs * per_epoch, 3 * per_epoch)
    net.train()
    total = 0.0
    for number, (photos, fine, coarse) in enumerate(_batches(split, classes, plan, per_epoch)):
        with torch.autocast("cpu", torch.bfloat16):
            fine_logits, coarse_logits = net(photos)
        loss = _soft_cross_entropy(fine_logits, fine) + _soft_cross_entropy(coarse_logits, coarse)
        learner.step(loss)
        total += loss.item()
        if (number + 1) % (5 * per_epoch) == 0:
            epoch = (number + 1) // per_epoch
            _log.info("epoch %d of %d, loss %.3f", epoch, plan.epochs, total / 5 / per_epoch)
            total = 0.0
    mean = learner.mean
    assert isinstance(mean, RecogniserNet)  # noqa: S101  a copy of the net above
    return mean


def _batches(
    split: Split, classes: Classes, plan: SinglePlan, per_epoch: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    rng = np.random.default_rng(plan.seed)
    generator = torch.Generator().manual_seed(plan.seed)
    size = min(plan.batch, len(split))
    for epoch in range(plan.epochs):
        side = plan.sides[0] if epoch < plan.small_share * plan.epochs else plan.sides[1]
        order = rng.permutation(len(split))
        for number in range(per_epoch):
            chosen = order[number * size : (number + 1) * size]
            views = np.stack([random_view(split.pictures[i], side, rng) for i in chosen])
            photos = colour_jitter(torch.from_numpy(views), generator)
            fine = _smooth(split.fine[chosen], len(classes.fine))
            coarse = _smooth(split.coarse[chosen], len(classes.coarse))
            if rng.random() < plan.mixed:
                yield _mix(photos, fine, coarse, rng, generator)
            else:
                yield photos, fine, coarse


def _smooth(labels: np.ndarray, classes: int) -> Tensor:
    # Label smoothing (Szegedy et al. 2016).
    return functional.one_hot(torch.from_numpy(labels), classes).float() * 0.9 + 0.1 / classes


def _mix(
    photos: Tensor,
    fine: Tensor,
    coarse: Tensor,
    rng: np.random.Generator,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    # Mixup (Zhang et al. 2018) or CutMix (Yun et al. 2019), half and half.
    other = torch.randperm(len(photos), generator=generator)
    side = photos.shape[2]
    if rng.random() < 0.5:
        share = float(rng.beta(0.4, 0.4))
        photos = photos * share + photos[other] * (1 - share)
    else:
        cut = int(side * (1 - rng.uniform()) ** 0.5)
        if cut:
            top, left = rng.integers(0, side - cut + 1, 2)
            rows, columns = slice(top, top + cut), slice(left, left + cut)
            photos[:, :, rows, columns] = photos[other][:, :, rows, columns]
        share = 1 - (cut / side) ** 2
    fine = fine * share + fine[other] * (1 - share)
    coarse = coarse * share + coarse[other] * (1 - share)
    return photos, fine, coarse


def _soft_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    return -(target * logits.float().log_softmax(1)).sum(1).mean()
