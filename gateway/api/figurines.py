"""``/v1/figurines``: submit a photo."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from gateway.api.reading import idempotency_key_of, owner_of, trace_of
from gateway.api.uploads import answer, needed, read_upload
from gateway.api.webhooks import hook_of
from gateway.domain.params import FigurineParams, read_params
from gateway.house import house
from gateway.plan import figurine_plan
from gateway.submit import Submission, submit

blueprint = Blueprint("figurines", __name__)


@blueprint.post("/v1/figurines")
def submit_figurine() -> Response:
    """Turn a photo into a figurine."""
    photos, pairs = read_upload(request, most=1)
    params = read_params(FigurineParams, pairs)
    return answer(submit(house(), submission_of(request, needed(photos), params)))


def submission_of(sent: Request, photos: tuple[bytes, ...], params: FigurineParams) -> Submission:
    """Say what the house is asked for."""
    return Submission(
        owner=owner_of(sent),
        product="figurine",
        params=params.of_job,
        plan=figurine_plan(params.formats),
        photos=photos,
        ttl_hours=params.ttl_hours,
        idempotency_key=idempotency_key_of(sent),
        trace=trace_of(sent),
        hook=hook_of(params),
    )
