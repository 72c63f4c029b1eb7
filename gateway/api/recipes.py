"""``/v1/recipes``: submit photos of groceries, a list of ingredients, or both."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from common.contracts.recipe import MAX_PHOTOS
from common.errors import NoIngredients
from gateway.api.reading import (
    cancel_after_of,
    idempotency_key_of,
    owner_of,
    says_json,
    trace_of,
    values_of,
)
from gateway.api.uploads import allow_photos, answer, earlier_photos, read_upload
from gateway.api.webhooks import hook_of
from gateway.domain.params import check_params, read_params
from gateway.domain.recipes import RecipeParams, check_available
from gateway.house import house
from gateway.plan import recipe_plan
from gateway.submit import Submission, submit

blueprint = Blueprint("recipes", __name__)


@blueprint.post("/v1/recipes")
def submit_recipe() -> Response:
    """Turn photos or a list of ingredients into recipes."""
    photos, params = read_wish(request)
    return answer(submit(house(), submission_of(request, photos, params)))


def read_wish(sent: Request) -> tuple[tuple[bytes, ...], RecipeParams]:
    """Read photos and parameters from a form, a raw photo or a JSON object.

    Raises
    ------
    NoIngredients
        There is neither a photo nor an ingredient.
    BadParameter, BadPhoto, EngineUnavailable, LanguageUnavailable
        What was sent cannot be worked with here.
    """
    allow_photos(sent, MAX_PHOTOS)
    if says_json(sent):
        photos: tuple[bytes, ...] = ()
        params = check_params(RecipeParams, values_of(sent, RecipeParams))
    else:
        photos, pairs = read_upload(sent, MAX_PHOTOS)
        params = read_params(RecipeParams, pairs)
    if not photos and not params.ingredients and params.source is None:
        raise NoIngredients("neither a photo nor an ingredient was sent")
    check_here(params)
    return photos, params


def check_here(params: RecipeParams) -> None:
    """Refuse what needs a language model where none is configured."""
    check_available(params, language_model=house().settings.llm_url is not None)


def submission_of(sent: Request, photos: tuple[bytes, ...], params: RecipeParams) -> Submission:
    """Say what the house is asked for."""
    return Submission(
        owner=owner_of(sent),
        product="recipe",
        params=params.of_job,
        plan=recipe_plan(params.count, pause=params.pause_after == "ingredients"),
        photos=photos,
        kept=earlier_photos(sent, photos, params.source, "recipe"),
        ttl_hours=params.ttl_hours,
        idempotency_key=idempotency_key_of(sent),
        trace=trace_of(sent),
        cancel_after_s=cancel_after_of(sent),
        hook=hook_of(params),
    )
