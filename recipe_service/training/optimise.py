"""What both phases share: the optimiser, the step, and the running mean of the weights."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

_MEMORY = 0.998  # of the running mean: about the last 500 steps


class Learner:
    """A net, its SGD with Nesterov momentum, and a running mean of its weights to keep.

    Parameters
    ----------
    net : nn.Module
        Trained in place.
    peak : float
        Learning rate after the warm-up.
    decay : float
        Weight decay of matrices; norms and biases have none.
    steps, warm_up : int
        Length of the whole schedule (a cosine to zero) and of its linear start.
    """

    def __init__(self, net: nn.Module, peak: float, decay: float, steps: int, warm_up: int) -> None:
        self.net = net
        self.mean = copy.deepcopy(net).eval()
        self.done = 0
        self._peak, self._steps, self._warm_up = peak, steps, warm_up
        matrices = [p for p in net.parameters() if p.ndim > 1]
        others = [p for p in net.parameters() if p.ndim <= 1]
        self._optimiser = torch.optim.SGD(
            [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}],
            lr=peak,
            momentum=0.9,
            nesterov=True,
        )

    def step(self, loss: Tensor) -> None:
        """One step down this loss."""
        rate = self._peak * min(1.0, self.done / max(1, self._warm_up))
        rate *= 0.5 * (1 + math.cos(math.pi * self.done / self._steps))
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self._optimiser.step()
        self.done += 1
        self._remember(min(_MEMORY, (1 + self.done) / (10 + self.done)))

    @torch.no_grad()
    def _remember(self, memory: float) -> None:
        kept = [*self.mean.parameters(), *self.mean.buffers()]
        new = [*self.net.parameters(), *self.net.buffers()]
        for old, now in zip(kept, new, strict=True):
            if old.dtype.is_floating_point:
                old.data.lerp_(now.data, 1 - memory)
