"""What a recipe process keeps warm: the cookbook, the recogniser, the line to a model server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from common.settings import Settings
from common.vision import sandbox
from recipe_service.domain.cook.dishes import Dish, load_dishes
from recipe_service.domain.pantry.index import NameIndex
from recipe_service.domain.pantry.knowledge import Knowledge, load_knowledge
from recipe_service.engines.cooks import Cooks
from recipe_service.engines.eyes import Eyes
from recipe_service.engines.recogniser import WEIGHTS, Recogniser

if TYPE_CHECKING:
    from recipe_service.engines.openai.client import ModelServer

KNOWLEDGE: Final = Path(__file__).parent / "knowledge"


@dataclass(frozen=True)
class Kitchen:
    """Everything a recipe stage works with."""

    knowledge: Knowledge
    dishes: tuple[Dish, ...]
    names: NameIndex
    recogniser: Recogniser
    server: ModelServer | None

    @property
    def eyes(self) -> Eyes:
        """Whoever looks at photos."""
        return Eyes(self.recogniser, self.server)

    @cached_property
    def cooks(self) -> Cooks:
        """Whoever writes recipes."""
        return Cooks(self.knowledge, self.dishes, self.names, self.server)


def open_kitchen(settings: Settings) -> Kitchen:
    """Read the cookbook and load the recogniser; nothing is asked of the model server yet."""
    sandbox.warm_up()
    knowledge = load_knowledge(KNOWLEDGE)
    return Kitchen(
        knowledge=knowledge,
        dishes=load_dishes(KNOWLEDGE, knowledge),
        names=NameIndex(knowledge),
        recogniser=Recogniser.load(),
        server=_server(settings),
    )


def data_files(_: Settings) -> Iterator[Path]:
    """Files beside the code that decide what comes out."""
    yield WEIGHTS
    yield from sorted(KNOWLEDGE.rglob("*.toml"))


def model_names(settings: Settings) -> str:
    """Name the models that are asked: with others, nothing is remembered."""
    return f"{settings.llm_url} {settings.llm_text_model} {settings.llm_vision_model}"


def _server(settings: Settings) -> ModelServer | None:
    if settings.llm_url is None:
        return None
    # its library takes 0.7 s and 15 MB (at half pace), which a house without a server saves
    from recipe_service.engines.openai.client import (  # noqa: PLC0415
        ModelServer,
        ModelSettings,
    )

    return ModelServer(
        ModelSettings(
            base_url=settings.llm_url,
            api_key=settings.llm_api_key or "",
            vision_model=settings.llm_vision_model or "",
            text_model=settings.llm_text_model or "",
            timeout_s=settings.llm_timeout_s,
            max_tokens=settings.llm_max_tokens,
            concurrency=settings.llm_concurrency,
        )
    )
