"""Makes the engines that need PyTorch. Import this only where it is known to be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from common.models import Kind, models_there
from stylize_service.engines.device import choose_device, tell_memory
from stylize_service.engines.diffusion import DiffusionEngine
from stylize_service.engines.neural import NeuralEngine
from stylize_service.engines.pipeline import load_pipeline
from stylize_service.engines.weights import load_painter

if TYPE_CHECKING:
    from common.settings import Settings
    from common.vision.faces import FaceModels

GPU_BATCH: Final = 8


def load_neural(settings: Settings, faces: FaceModels) -> NeuralEngine:
    """Load every generator of the list.

    Raises
    ------
    EngineUnavailable
        The device is not here, or a file is missing, changed, or of another kind.
    """
    device = _device(settings)
    models = models_there(settings.models, Kind.NEURAL)
    painters = [load_painter(one, settings.models, device) for one in models]
    tell_memory(device)
    # On a CPU a batch takes longer than its pictures one by one.
    most = settings.batch_most or (GPU_BATCH if device.type == "cuda" else 1)
    return NeuralEngine(faces, painters, most, settings.batch_window_ms / 1000)


def load_diffusion(settings: Settings, faces: FaceModels) -> DiffusionEngine:
    """Load the first pipeline of the list, with all LoRA weights.

    Raises
    ------
    EngineUnavailable
        The device is not here, or a file is missing, changed, or of another kind.
    """
    device = _device(settings)
    model, *_ = models_there(settings.models, Kind.DIFFUSION)
    loras = models_there(settings.models, Kind.LORA)
    loaded = load_pipeline(model, loras, settings.models, device)
    tell_memory(device)
    # One picture keeps a GPU busy, and its memory full.
    return DiffusionEngine(faces, loaded, settings.batch_most or 1, settings.batch_window_ms / 1000)


def _device(settings: Settings) -> torch.device:
    device = choose_device(settings.device)
    torch.set_num_threads(settings.threads_per_worker)
    torch.backends.cudnn.benchmark = False  # equal requests shall give equal bytes
    torch.backends.cudnn.deterministic = True
    return device
