"""From a folder in the layout of diffusers to a pipeline on its device, with its LoRA weights."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from common.errors import EngineUnavailable
from common.models import Scheduler, check, draws
from stylize_service.engines.device import BY_PART, WHOLE, placement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from common.models import Model

# Class, and what it is told. Spaced from the last step on, few steps begin at pure noise (Lin,
# Wang, Yang, "SDXL-Lightning", 2024).
_SCHEDULERS: dict[Scheduler, tuple[str, dict[str, str]]] = {
    Scheduler.EULER: ("EulerDiscreteScheduler", {"timestep_spacing": "trailing"}),
    Scheduler.LCM: ("LCMScheduler", {}),
}

LARGEST_ON_CPU = 1_000_000_000
"""Bytes of weights; SDXL has 7 GB in half precision, and takes minutes there."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """An SDXL image-to-image pipeline, ready to draw.

    Attributes
    ----------
    model : Model
        Its row in the list of models.
    pipe : StableDiffusionXLImg2ImgPipeline
        Not to be shared by threads.
    loras : tuple of Model
        Those whose weights are in the pipeline, each as an adapter of its name.
    """

    model: Model
    pipe: Any
    device: torch.device
    loras: tuple[Model, ...] = field(default=())

    def loras_of(self, style: str) -> list[Model]:
        """LoRA weights that belong to a style."""
        return [one for one in self.loras if draws(one, style)]


def load_pipeline(
    model: Model, loras: Sequence[Model], folder: Path, device: torch.device
) -> Loaded:
    """Check every file, then read a pipeline from its folder; nothing is fetched.

    Raises
    ------
    EngineUnavailable
        A file is missing or was changed, or is not for SDXL; or it is one, and there is no GPU.
    """
    if device.type == "cpu" and model.size > LARGEST_ON_CPU:
        raise EngineUnavailable(
            f"{model.name} needs a GPU: on a CPU a portrait takes longer than a job may",
            "Set KILN_DEVICE=auto on a machine with a GPU and a build of PyTorch for it.",
        )
    for one in (model, *loras):
        check(one, folder)
    try:
        pipe = _read(model, folder, device)
        for lora in loras:
            _add(pipe, lora, folder)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as exc:
        first = str(exc).strip().splitlines() or [type(exc).__name__]
        raise EngineUnavailable(
            f"{model.name} cannot be loaded: {first[0]}",
            "The folder must hold an SDXL pipeline, the LoRA files must be for SDXL;"
            " see docs/engines.md.",
        ) from exc
    _place(pipe, device)
    pipe.set_progress_bar_config(disable=True)
    return Loaded(model, pipe, device, tuple(loras))


def adapter_name(lora: Model) -> str:
    """Name an adapter: a module of PyTorch cannot have a dot in its name."""
    return lora.name.replace(".", "_")


def _read(model: Model, folder: Path, device: torch.device) -> Any:  # noqa: ANN401  untyped library
    import diffusers  # noqa: PLC0415  takes seconds, and not every house has it
    import transformers  # noqa: PLC0415

    for library in (diffusers, transformers):  # a log is no terminal
        library.utils.logging.disable_progress_bar()
    home = folder / model.file
    halves = home / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    whole = halves.with_name("diffusion_pytorch_model.safetensors")
    kind: Any = diffusers.StableDiffusionXLImg2ImgPipeline
    pipe = kind.from_pretrained(
        str(home),
        variant="fp16" if halves.exists() and not whole.exists() else None,
        torch_dtype=torch.float16 if device.type == "cuda" else torch.float32,
        use_safetensors=True,
        local_files_only=True,
        add_watermarker=False,
    )
    scheduler, options = _SCHEDULERS[model.scheduler]
    pipe.scheduler = getattr(diffusers, scheduler).from_config(pipe.scheduler.config, **options)
    return pipe


def _add(pipe: Any, lora: Model, folder: Path) -> None:  # noqa: ANN401  untyped library
    file, name = folder / lora.file, adapter_name(lora)
    pipe.load_lora_weights(
        str(file.parent), weight_name=file.name, adapter_name=name, local_files_only=True
    )
    if not any(name in names for names in pipe.get_list_adapters().values()):
        raise ValueError(f"{lora.name} holds nothing for this pipeline")  # which is ignored above


def _place(pipe: Any, device: torch.device) -> None:  # noqa: ANN401  untyped library
    """Put a pipeline where it fits: a small GPU gets the part that works just now."""
    if device.type != "cuda":
        pipe.to(device)
        return
    how = placement(torch.cuda.get_device_properties(device).total_memory)
    if how == WHOLE:
        pipe.to(device)
        pipe.unet.to(memory_format=torch.channels_last)
    elif how == BY_PART:
        pipe.enable_model_cpu_offload(device=device)
        pipe.vae.enable_tiling()
    else:
        pipe.enable_sequential_cpu_offload(device=device)
        pipe.vae.enable_tiling()
    log.info("diffusion on %s: %s", device, how)
