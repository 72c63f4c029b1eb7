"""``/v1/portraits``: submit a photo, for the cartoon alone."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.api.uploads import answer, needed
from gateway.api.wishes import read_wish, submission
from gateway.domain.figurines import PortraitParams
from gateway.house import house
from gateway.plan import portrait_plan
from gateway.submit import submit

blueprint = Blueprint("portraits", __name__)


@blueprint.post("/v1/portraits")
def submit_portrait() -> Response:
    """Turn a photo, or the photo of an earlier job, into a cartoon portrait."""
    photos, params = read_wish(request, PortraitParams, most=1)
    if params.source is None:
        needed(photos)
    return answer(submit(house(), submission(request, portrait_plan(), photos, params)))
