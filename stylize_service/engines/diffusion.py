"""The engine of people with a GPU and an SDXL model: the sitter drawn anew from words and photo.

Image to image after Meng et al., "SDEdit" (ICLR 2022): the sitter's picture is covered with some
noise, and a diffusion model takes it away again in a few steps, towards what the words say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from PIL import Image

from common import metrics
from common.errors import EngineUnavailable, ServiceUnavailable
from common.models import draws
from stylize_service.engines.batching import Batcher
from stylize_service.engines.device import tell_memory
from stylize_service.engines.pipeline import adapter_name
from stylize_service.engines.sitting import PortraitEngine
from stylize_service.engines.staging import cut_out, resized, staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.vision.faces import FaceModels
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter
    from stylize_service.engines.pipeline import Loaded
    from stylize_service.engines.sitting import Sheet

_LOOKS: Final = {
    "cel": "animation cel, flat tones, clean ink lines",
    "pencil": "graphite pencil drawing on warm paper, fine hatching",
    "watercolor": "loose watercolour painting, soft washes, white paper",
    "oil": "oil painting, visible brush strokes, studio backdrop",
    "pop": "pop art comic print, halftone dots, thick ink, bright colours",
    "pixel": "pixel art sprite, small palette",
}
_SITTER: Final = "portrait of a person, head and shoulders, plain background"
_NEVER: Final = "photo, blurry, deformed face, extra fingers, text, watermark, signature"


class DiffusionEngine(PortraitEngine):
    """Draws portraits by an SDXL pipeline. May be shared by threads.

    Parameters
    ----------
    faces : FaceModels
        Finds and cuts out the sitter.
    loaded : Loaded
        The pipeline with its LoRA weights.
    most, window_s
        Size of a batch, and how long it is waited for; see ``Batcher``.
    """

    name = "diffusion"

    def __init__(
        self, faces: FaceModels, loaded: Loaded, most: int = 1, window_s: float = 0.005
    ) -> None:
        super().__init__(faces)
        self._loaded = loaded
        self._batcher: Batcher[str, tuple[RGB, int], RGB] = Batcher(
            self._pass, most, window_s, self._count
        )

    def draw(self, sitter: Sitter, sheet: Sheet, stop: Callable[[], None]) -> RGB:
        """Draw a sitter; ``stop`` is called now and then while a batch is waited for.

        The model draws the backdrop too, after the plain one that it is given. The seed also
        decides the noise, so another seed gives another drawing.
        """
        model = self._loaded.model
        if not self.can_draw(sheet.style):
            raise EngineUnavailable(
                f"the diffusion model here draws {model.style}, not {sheet.style}"
            )
        stop()
        seen = staged(sitter, model.side, sheet.seed, sheet.background)
        figure = self._batcher.answer(sheet.style, (seen, sheet.seed), stop)
        if sheet.background == "transparent":
            return cut_out(figure, sitter, sheet.size)
        return resized(figure, sheet.size)

    def can_draw(self, style: str) -> bool:
        """Tell whether the model is meant for a style."""
        return style in _LOOKS and draws(self._loaded.model, style)

    def prompt(self, style: str) -> str:
        """Words for a style: what the LoRA weights and the model want to hear comes first."""
        models = (*self._loaded.loras_of(style), self._loaded.model)
        said = [one.prompt for one in models if one.prompt]
        return ", ".join([*said, _LOOKS[style], _SITTER])

    def close(self) -> None:
        """End the thread of the device."""
        self._batcher.close()

    def _pass(self, style: str, calls: list[tuple[RGB, int]]) -> list[RGB]:
        model, pipe = self._loaded.model, self._loaded.pipe
        self._wear(style)
        count = len(calls)
        try:
            drawn = pipe(
                prompt=[self.prompt(style)] * count,
                negative_prompt=[_NEVER] * count,
                image=[Image.fromarray(picture) for picture, _ in calls],
                strength=model.strength,
                num_inference_steps=_scheduled(model.steps, model.strength),
                guidance_scale=model.guidance,
                generator=[torch.Generator("cpu").manual_seed(seed) for _, seed in calls],
                output_type="np",
            ).images
        except torch.OutOfMemoryError as exc:
            torch.cuda.empty_cache()
            raise ServiceUnavailable(f"the GPU has no memory left for {model.name}") from exc
        tell_memory(self._loaded.device)
        return [_as_rgb(one, model.side) for one in drawn]

    def _wear(self, style: str) -> None:
        """Use the LoRA weights of a style and no others."""
        if not self._loaded.loras:
            return
        wanted = [adapter_name(one) for one in self._loaded.loras_of(style)]
        if wanted:
            self._loaded.pipe.enable_lora()
            self._loaded.pipe.set_adapters(wanted)
        else:
            self._loaded.pipe.disable_lora()

    def _count(self, _: str, size: int) -> None:
        metrics.MODEL_BATCH_SIZE.labels(self._loaded.model.name).observe(size)


def _scheduled(steps: int, strength: float) -> int:
    """Count the steps of the whole way, of which only the last ``strength`` is walked."""
    return max(steps, -int(-steps // strength))


def _as_rgb(drawn: Any, side: int) -> RGB:  # noqa: ANN401  untyped library
    if not np.isfinite(drawn).all():
        raise ValueError("the diffusion model gave numbers that are not finite")
    return resized(np.round(np.asarray(drawn) * 255).clip(0, 255).astype(np.uint8), side)
