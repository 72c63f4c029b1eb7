"""The engine of people who bring weights: a network that draws the sitter in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from common import metrics
from common.errors import EngineUnavailable, ServiceUnavailable
from common.models import HOW_TO_ADD, Kind, draws
from stylize_service.engines.batching import Batcher
from stylize_service.engines.device import tell_memory
from stylize_service.engines.sitting import PortraitEngine
from stylize_service.engines.staging import cut_out, framed, staged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from common.vision.faces import FaceModels
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter
    from stylize_service.engines.sitting import Sheet
    from stylize_service.engines.weights import Painter


class NeuralEngine(PortraitEngine):
    """Draws portraits by networks, each for one style. May be shared by threads.

    Parameters
    ----------
    faces : FaceModels
        Finds and cuts out the sitter.
    painters : sequence of Painter
        The first that draws a style is taken for it.
    most, window_s
        Size of a batch, and how long it is waited for; see ``Batcher``.
    """

    name = "neural"

    def __init__(
        self,
        faces: FaceModels,
        painters: Sequence[Painter],
        most: int = 1,
        window_s: float = 0.005,
    ) -> None:
        super().__init__(faces)
        self._painters = {one.model.name: one for one in painters}
        self._batcher: Batcher[str, RGB, RGB] = Batcher(self._pass, most, window_s, _count)

    def can_draw(self, style: str) -> bool:
        """Tell whether there is a network for a style."""
        return any(draws(one.model, style) for one in self._painters.values())

    def draw(self, sitter: Sitter, sheet: Sheet, stop: Callable[[], None]) -> RGB:
        """Draw a sitter; ``stop`` is called now and then while a batch is waited for."""
        model = self._painter(sheet.style).model
        stop()
        seen = staged(sitter, model.side, sheet.seed, sheet.background)
        figure = self._batcher.answer(model.name, seen, stop)
        if sheet.background == "transparent":
            return cut_out(figure, sitter, sheet.size)
        return framed(figure, sitter, sheet.size, sheet.seed)

    def close(self) -> None:
        """End the thread of the device."""
        self._batcher.close()

    def _painter(self, style: str) -> Painter:
        for painter in self._painters.values():
            if draws(painter.model, style):
                return painter
        there = ", ".join(
            f"{one.model.name} ({one.model.style})" for one in self._painters.values()
        )
        how = HOW_TO_ADD.format(kind=Kind.NEURAL)
        raise EngineUnavailable(
            f"no neural model here draws {style!r}; there is {there}", f"{how} --style {style}."
        )

    def _pass(self, name: str, pictures: list[RGB]) -> list[RGB]:
        painter = self._painters[name]
        try:
            drawn = painter.draw(torch.from_numpy(np.stack(pictures)))
        except torch.OutOfMemoryError as exc:
            torch.cuda.empty_cache()
            raise ServiceUnavailable(f"the GPU has no memory left for {name}") from exc
        tell_memory(painter.device)
        return list(drawn.numpy())


def _count(model: str, size: int) -> None:
    metrics.MODEL_BATCH_SIZE.labels(model).observe(size)
