"""Who looks at the photos: a vision model where one is configured, else the own network."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from common.contracts.recipe import Box, Ingredient, RecipeEngine, Source
from common.errors import EngineUnavailable
from recipe_service.domain.pantry.at_hand import Sight
from recipe_service.engines.openai.unavailable import ModelUnavailable
from recipe_service.engines.openai.vision import see
from recipe_service.engines.recogniser import Detection, Recogniser

if TYPE_CHECKING:  # its library is loaded only where there is a server
    from recipe_service.engines.openai.client import ModelServer

WORTH_A_QUESTION: Final = 0.15  # confidence below which a guess is noise

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Eyes:
    """The engines that recognise ingredients, and the choice between them."""

    recogniser: Recogniser
    server: ModelServer | None = None  # with a vision model

    def look(
        self,
        photos: Sequence[bytes],
        engine: RecipeEngine = RecipeEngine.AUTO,
        stop: Callable[[], None] = lambda: None,
    ) -> Sight:
        """Recognise the ingredients on photos.

        Raises
        ------
        EngineUnavailable
            The vision model was asked for by name, and is not there or does not answer.
        BadPhoto
            And its leaves: a photo cannot be read.
        """
        if not photos or engine is RecipeEngine.BUILTIN:
            return self._by_network(photos)
        if self.server is None or not self.server.settings.vision_model:
            if engine is RecipeEngine.OPENAI:
                raise EngineUnavailable(
                    "no vision model is configured", "Set KILN_LLM_URL and KILN_LLM_VISION_MODEL."
                )
            return self._by_network(photos)
        try:
            return _by_model(self.server, photos, stop)
        except ModelUnavailable as exc:
            if engine is RecipeEngine.OPENAI:
                raise EngineUnavailable(f"{exc} ({exc.reason})", "Try engine=auto.") from exc
            log.warning("the vision model is passed over: %s", exc)
            note = f"Seen by the built-in recogniser, because {exc}."
            return replace(self._by_network(photos), notes=(note,))

    def _by_network(self, photos: Sequence[bytes]) -> Sight:
        found = [
            _ingredient(one, photo)
            for photo, detections in enumerate(self.recogniser.recognise(photos) if photos else ())
            for one in detections
            if one.confidence >= WORTH_A_QUESTION
        ]
        sure = self.recogniser.threshold
        return Sight(
            ingredients=tuple(one for one in found if one.confidence >= sure),
            unsure=tuple(one for one in found if one.confidence < sure),
        )


def _by_model(server: ModelServer, photos: Sequence[bytes], stop: Callable[[], None]) -> Sight:
    seen = see(server, photos, stop)
    engine = f"openai:{server.settings.vision_model}"
    return Sight(seen.ingredients, seen.unsure, engine=engine, raw=seen.raw)


def _ingredient(found: Detection, photo: int) -> Ingredient:
    box = None
    if found.box:
        x, y, width, height = found.box
        box = Box(x=x, y=y, width=width, height=height)
    return Ingredient(
        name=found.name,
        id=found.id,
        coarse=found.coarse,
        confidence=round(min(1.0, max(0.0, found.confidence)), 4),
        source=Source.SEEN,
        box=box,
        photo=photo,
    )
