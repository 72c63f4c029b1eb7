"""What cannot be made, or not in this house, said before a job is accepted."""

from __future__ import annotations

from common.errors import EngineUnavailable
from common.lettering import check_plate
from common.models import unavailable
from common.settings import Settings
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.recipes import RecipeParams, check_available
from gateway.domain.wish_params import WishParams


def check_here(params: WishParams, settings: Settings) -> None:
    """Refuse what needs a model that is not here, and a name that no base of its kind holds.

    Raises
    ------
    EngineUnavailable, LanguageUnavailable
        Says which one, and how to get it.
    NameDoesNotFit
        Says how many letters would, or which cannot be written.
    """
    if isinstance(params, RecipeParams):
        check_available(params, language_model=settings.llm_url is not None)
    if isinstance(params, FigurineParams | PortraitParams):
        why = unavailable(params.engine, settings.models, params.style)
        if why is not None:
            raise EngineUnavailable(f"engine={params.engine} cannot draw this: {why}")
    if isinstance(params, FigurineParams) and params.name is not None:
        check_plate(params.name, params.template, params.height_mm, params.process)
