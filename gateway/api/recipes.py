"""``/v1/recipes``: submit photos of groceries, a list of ingredients, or both."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from common.contracts.recipe import MAX_PHOTOS
from common.errors import NoIngredients
from gateway.api.uploads import answer
from gateway.api.wishes import Photos, read_wish, submission
from gateway.domain.recipes import RecipeParams
from gateway.house import house
from gateway.plan import recipe_plan
from gateway.submit import Submission, submit

blueprint = Blueprint("recipes", __name__)


@blueprint.post("/v1/recipes")
def submit_recipe() -> Response:
    """Turn photos or a list of ingredients into recipes."""
    photos, params = read_wish(request, RecipeParams, MAX_PHOTOS)
    if not photos and not params.ingredients and params.source is None:
        raise NoIngredients("neither a photo nor an ingredient was sent")
    return answer(submit(house(), submission_of(request, photos, params)))


def submission_of(sent: Request, photos: Photos, params: RecipeParams) -> Submission:
    """Say what the house is asked for."""
    plan = recipe_plan(params.count, pause=params.pause_after == "ingredients")
    return submission(sent, plan, photos, params)
