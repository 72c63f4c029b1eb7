"""From a file of weights to a network that is ready to draw."""

from __future__ import annotations

import io
import logging
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor, nn

from common.errors import EngineUnavailable
from common.models import read_checked
from stylize_service.engines.animegan import Generator

if TYPE_CHECKING:
    from pathlib import Path

    from common.models import Model

_ZIP = b"PK\x03\x04"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Painter:
    """A generator on its device.

    Attributes
    ----------
    model : Model
        Its row in the list of models.
    network : Module
        (N, 3, side, side) to the same, RGB in -1..1.
    """

    model: Model
    network: nn.Module
    device: torch.device
    dtype: torch.dtype

    def draw(self, pictures: Tensor) -> Tensor:
        """(N, side, side, 3) uint8 to the same, RGB, in one forward pass."""
        seen = pictures.to(self.device).permute(0, 3, 1, 2).to(self.dtype) / 127.5 - 1
        with torch.inference_mode():
            drawn = self.network(seen.contiguous(memory_format=torch.channels_last))
        pixels: Tensor = ((drawn.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        return pixels.permute(0, 2, 3, 1).contiguous().cpu()


def load_painter(model: Model, folder: Path, device: torch.device) -> Painter:
    """Read weights, checked, and try them: in half precision where that is quick and gives numbers.

    Raises
    ------
    EngineUnavailable
        The file is missing, was changed, or holds no generator of pictures.
    """
    network = _read(model, folder).eval()
    for dtype in _precisions(device):
        network.to(device=device, dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        painter = Painter(model, network, device, dtype)
        problem = _problem(painter)
        if problem is None:
            return painter
        log.warning("%s in %s: %s", model.name, dtype, problem)
    raise EngineUnavailable(
        f"{model.name} is no generator of pictures of {model.side} px: {problem}",
        "It must take and give (N, 3, side, side), RGB in -1..1; see docs/engines.md.",
    )


def _precisions(device: torch.device) -> tuple[torch.dtype, ...]:
    """List the quickest first; a CPU without instructions for bfloat16 is slower with it."""
    if device.type == "cuda":
        return torch.float16, torch.float32
    able = torch.cpu.get_capabilities()
    if device.type == "cpu" and (able.get("avx512_bf16") or able.get("amx_bf16")):
        return torch.bfloat16, torch.float32
    return (torch.float32,)


def _read(model: Model, folder: Path) -> nn.Module:
    data = read_checked(model, folder)
    try:
        return _torchscript(data) if data.startswith(_ZIP) else _animegan(data)
    except (SafetensorError, RuntimeError, ValueError) as exc:
        first = str(exc).strip().splitlines() or [type(exc).__name__]
        raise EngineUnavailable(
            f"{model.name} holds no weights of the AnimeGANv2 generator: {first[0]}",
            "Other architectures come as a TorchScript file; see docs/engines.md.",
        ) from exc


def _torchscript(data: bytes) -> nn.Module:
    with warnings.catch_warnings():
        # Its successor, torch.export, still changes its files from version to version.
        warnings.simplefilter("ignore", DeprecationWarning)
        network: nn.Module = torch.jit.load(io.BytesIO(data), map_location="cpu")  # type: ignore[no-untyped-call]
    return network


def _animegan(data: bytes) -> nn.Module:
    with torch.device("meta"):  # no memory for numbers that are replaced at once
        network = Generator()
    network.load_state_dict(load_tensors(data), assign=True)
    return network


def _problem(painter: Painter) -> str | None:
    """Draw grey once; this also makes the first person's portrait as quick as the second's."""
    side = painter.model.side
    grey = torch.zeros((1, 3, side, side), device=painter.device, dtype=painter.dtype).contiguous(
        memory_format=torch.channels_last
    )
    try:
        with torch.inference_mode():
            drawn = painter.network(grey)
    except (RuntimeError, IndexError, TypeError, ValueError) as exc:
        return str(exc).strip().splitlines()[0]
    if not isinstance(drawn, Tensor) or drawn.shape != grey.shape:
        return f"gives {tuple(getattr(drawn, 'shape', ()))}, not {tuple(grey.shape)}"
    return None if bool(torch.isfinite(drawn).all()) else "gives numbers that are not finite"
