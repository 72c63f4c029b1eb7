"""Generator of AnimeGANv2, so that weights trained for it can be loaded.

The architecture is that of Chen, Liu, Chen, "AnimeGAN: A Novel Lightweight GAN for Photo
Animation" (ISICA 2019) in its second version (github.com/TachibanaYoshino/AnimeGANv2), with layer
normalisation over all of a picture. Parameters are named as in its widespread PyTorch form
(github.com/bryandlee/animegan2-pytorch), in which the public weights are.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2  # of the leaky rectifier
WIDENING = 2  # of the bottleneck in an inverted residual block


class Generator(nn.Module):
    """Photo to drawing: (N, 3, H, W) to the same, RGB in -1..1; H and W are multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.block_a = nn.Sequential(
            _convolution(3, 32, size=7), _convolution(32, 64, stride=2), _convolution(64, 64)
        )
        self.block_b = nn.Sequential(_convolution(64, 128, stride=2), _convolution(128, 128))
        self.block_c = nn.Sequential(
            _convolution(128, 128),
            _InvertedResidual(128, 256),
            *(_InvertedResidual(256, 256) for _ in range(3)),
            _convolution(256, 128),
        )
        self.block_d = nn.Sequential(_convolution(128, 128), _convolution(128, 128))
        self.block_e = nn.Sequential(
            _convolution(128, 64), _convolution(64, 64), _convolution(64, 32, size=7)
        )
        self.out_layer = nn.Sequential(nn.Conv2d(32, 3, 1, bias=False), nn.Tanh())

    def forward(self, photo: Tensor) -> Tensor:
        """Draw a batch of pictures."""
        half = self.block_a(photo)
        deep = self.block_c(self.block_b(half))
        middle = self.block_d(_enlarged(deep, half))
        drawn: Tensor = self.out_layer(self.block_e(_enlarged(middle, photo)))
        return drawn


class _InvertedResidual(nn.Module):
    """Widen, filter each channel alone, narrow (MobileNetV2, Sandler et al. 2018)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        wide = inputs * WIDENING
        self.layers = nn.Sequential(
            _convolution(inputs, wide, size=1),
            _convolution(wide, wide, groups=wide, bias=True),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.GroupNorm(1, outputs),
        )
        self._adds = inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        changed: Tensor = self.layers(features)
        return features + changed if self._adds else changed


def _convolution(  # noqa: PLR0913  as a convolution has them
    inputs: int,
    outputs: int,
    *,
    size: int = 3,
    stride: int = 1,
    groups: int = 1,
    bias: bool = False,
) -> nn.Sequential:
    """Mirror the border, filter, normalise, rectify."""
    # A filter that skips every second pixel looks to the right and down: no border before it.
    border = (0, 1, 0, 1) if stride == 2 else (size // 2,) * 4
    return nn.Sequential(
        nn.ReflectionPad2d(border),
        nn.Conv2d(inputs, outputs, size, stride, groups=groups, bias=bias),
        nn.GroupNorm(1, outputs),
        nn.LeakyReLU(SLOPE, inplace=True),
    )


def _enlarged(features: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(features, like.shape[-2:], mode="bilinear", align_corners=True)
