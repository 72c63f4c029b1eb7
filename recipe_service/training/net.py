"""The network to train: a slim residual net with a fine and a coarse head at every place."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from recipe_service.engines.recogniser_graph import DEPTHS, MEAN, SPREAD, WIDTHS, layer_names
from recipe_service.engines.recogniser_scores import POOL_SHARPNESS


class RecogniserNet(nn.Module):
    """Residual net (He et al. 2016, basic blocks) whose heads see places, not the whole photo.

    Parameters
    ----------
    fine, coarse : int
        Numbers of fine and coarse classes.
    dropout : float
        Share of features hidden from the heads while training.
    """

    def __init__(self, fine: int, coarse: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = dropout
        stem = WIDTHS[0] // 2
        layers: list[nn.Module] = [_conv(3, stem, stride=2), nn.ReLU(inplace=True)]
        layers += [_conv(stem, WIDTHS[0], stride=2), nn.ReLU(inplace=True)]
        before = WIDTHS[0]
        for stage, (width, depth) in enumerate(zip(WIDTHS, DEPTHS, strict=True)):
            for block in range(depth):
                layers.append(_Block(before, width, 2 if stage and not block else 1))
                before = width
        self.body = nn.Sequential(*layers)
        self.fine = nn.Linear(before, fine)
        self.coarse = nn.Linear(before, coarse)

    def forward(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of whole photos: (N, fine) and (N, coarse), from the mean of all places."""
        mean = functional.dropout(self.body(photos).mean((2, 3)), self.dropout, self.training)
        return self.fine(mean), self.coarse(mean)

    def places(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Logits at every place: (N, rows, columns, fine) and (N, rows, columns, coarse)."""
        map_ = self.body(photos).permute(0, 2, 3, 1)
        map_ = functional.dropout(map_, self.dropout, self.training)
        return self.fine(map_), self.coarse(map_)


def pool(logits: Tensor) -> Tensor:
    """Logits of whole photos: soft maximum of the places (log-mean-exp), (N, h, w, C) to (N, C).

    A mean would drown a small item, a maximum would believe every single place.
    """
    flat = logits.float().flatten(1, 2)
    total = torch.logsumexp(flat * POOL_SHARPNESS, 1) - math.log(flat.shape[1])
    return total / POOL_SHARPNESS


def normalise(photos: Tensor) -> Tensor:
    """(N, H, W, 3) RGB in 0-1 to the net's (N, 3, H, W), centred and scaled."""
    centred = photos.sub(torch.tensor(MEAN)).div_(SPREAD)
    return centred.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def folded(net: RecogniserNet) -> dict[str, npt.NDArray[np.float32]]:
    """Weights and biases of every layer by name, norms folded into the convolutions."""
    pairs = [m for m in net.body.modules() if type(m) is nn.Sequential and len(m) == 2]
    convolutions = [
        fuse_conv_bn_eval(pair[0].eval(), pair[1].eval())
        for pair in pairs
        if isinstance(pair[0], nn.Conv2d) and isinstance(pair[1], nn.BatchNorm2d)
    ]
    arrays = {}
    for name, layer in zip(layer_names(), [*convolutions, net.fine, net.coarse], strict=True):
        weight, bias = layer.weight, layer.bias
        assert isinstance(weight, Tensor)  # noqa: S101
        assert isinstance(bias, Tensor)  # noqa: S101
        shaped = weight if weight.ndim == 4 else weight[:, :, None, None]
        arrays[f"{name}.weight"] = shaped.detach().float().contiguous().numpy()
        arrays[f"{name}.bias"] = bias.detach().float().numpy()
    return arrays


class _Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = _conv(before, after, stride=stride)
        self.second = _conv(after, after)
        norm = self.second[1]
        assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101
        nn.init.zeros_(norm.weight)  # starts as the identity: trains faster from scratch
        self.shortcut: nn.Module | None = None
        if stride > 1 or before != after:
            halve = [nn.AvgPool2d(2)] if stride > 1 else []
            self.shortcut = nn.Sequential(*halve, _conv(before, after, size=1))

    def forward(self, x: Tensor) -> Tensor:
        kept = x if self.shortcut is None else self.shortcut(x)
        changed = self.second(functional.relu(self.first(x), inplace=True))
        return functional.relu(changed + kept, inplace=True)


def _conv(before: int, after: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(before, after, size, stride, size // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after))
