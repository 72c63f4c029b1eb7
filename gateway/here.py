"""What this house cannot do, said before a job is accepted."""

from __future__ import annotations

from common.errors import EngineUnavailable
from common.models import unavailable
from common.settings import Settings
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.recipes import RecipeParams, check_available
from gateway.domain.wish_params import WishParams


def check_here(params: WishParams, settings: Settings) -> None:
    """Refuse what needs a model that is not here.

    Raises
    ------
    EngineUnavailable, LanguageUnavailable
        Says which one, and how to get it.
    """
    if isinstance(params, RecipeParams):
        check_available(params, language_model=settings.llm_url is not None)
    if isinstance(params, FigurineParams | PortraitParams):
        why = unavailable(params.engine, settings.models, params.style)
        if why is not None:
            raise EngineUnavailable(f"engine={params.engine} cannot draw this: {why}")
