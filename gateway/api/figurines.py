"""``/v1/figurines``: submit a photo."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from gateway.api.uploads import answer, needed
from gateway.api.wishes import Photos, read_wish, submission
from gateway.backlog import fills
from gateway.domain.figurines import FigurineParams
from gateway.house import house
from gateway.plan import figurine_plan
from gateway.submit import Submission, submit

blueprint = Blueprint("figurines", __name__)


@blueprint.post("/v1/figurines")
def submit_figurine() -> Response:
    """Turn a photo, or the photo of an earlier job, into a figurine."""
    photos, params = read_wish(request, FigurineParams, most=1)
    if params.source is None:
        needed(photos)
    return answer(submit(house(), submission_of(request, photos, params)))


def submission_of(sent: Request, photos: Photos, params: FigurineParams) -> Submission:
    """Say what the house is asked for."""
    pause = params.pause_after == "portrait"  # who knows how full the house is after that
    in_turn = not pause and fills(house().ledger, "fusion")
    plan = figurine_plan(params.formats, pause=pause, in_turn=in_turn)
    return submission(sent, plan, photos, params)
