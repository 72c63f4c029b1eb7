"""Where networks run, and what there is in memory."""

from __future__ import annotations

from typing import Final

import torch

from common import metrics
from common.errors import EngineUnavailable

WHOLE_GB, BY_PART_GB = 12.0, 7.0
"""GPU memory from which an SDXL pipeline in half precision fits whole (weights 7 GB and a picture
of 1024 px), and from which its largest part does (the U-Net, 5 GB)."""

WHOLE: Final = "whole"
BY_PART: Final = "part"
BY_LAYER: Final = "layer"


def choose_device(wanted: str) -> torch.device:
    """Find the device that a setting names.

    Parameters
    ----------
    wanted : str
        ``auto`` (the first GPU, else the CPU), ``cpu``, ``cuda`` or ``cuda:N``.

    Raises
    ------
    EngineUnavailable
        A GPU is asked for and PyTorch sees none, or not so many.
    """
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "auto":
        return torch.device("cuda:0" if there else "cpu")
    device = torch.device("cuda:0" if wanted == "cuda" else wanted)
    if device.type == "cuda" and (device.index or 0) >= there:
        seen = f"only {there} GPU(s)" if there else "no GPU"
        raise EngineUnavailable(
            f"KILN_DEVICE={wanted}, but PyTorch {torch.__version__} sees {seen} here",
            "Set KILN_DEVICE=auto or cpu, or install a driver and a build of PyTorch for CUDA.",
        )
    return device


def placement(total_bytes: int) -> str:
    """How an SDXL pipeline fits into a GPU: whole, part after part, or layer after layer."""
    gigabytes = total_bytes / 1e9
    if gigabytes >= WHOLE_GB:
        return WHOLE
    return BY_PART if gigabytes >= BY_PART_GB else BY_LAYER


def tell_memory(device: torch.device) -> None:
    """Put the GPU's memory into the metrics; a CPU's is the memory of the process."""
    if device.type != "cuda":
        return
    free, total = torch.cuda.mem_get_info(device)
    for kind, value in (
        ("allocated", torch.cuda.memory_allocated(device)),
        ("reserved", torch.cuda.memory_reserved(device)),
        ("used", total - free),
        ("total", total),
    ):
        metrics.GPU_MEMORY.labels(str(device), kind).set(value)
