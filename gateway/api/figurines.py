"""``/v1/figurines``: submit a photo."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request

from gateway.api.reading import (
    cancel_after_of,
    idempotency_key_of,
    owner_of,
    says_json,
    trace_of,
    values_of,
)
from gateway.api.uploads import answer, earlier_photos, needed, read_upload
from gateway.api.webhooks import hook_of
from gateway.domain.params import FigurineParams, check_params, read_params
from gateway.house import house
from gateway.plan import figurine_plan
from gateway.submit import Submission, submit

blueprint = Blueprint("figurines", __name__)


@blueprint.post("/v1/figurines")
def submit_figurine() -> Response:
    """Turn a photo, or the photo of an earlier job, into a figurine."""
    if says_json(request):
        photos: tuple[bytes, ...] = ()
        params = check_params(FigurineParams, values_of(request, FigurineParams))
    else:
        photos, pairs = read_upload(request, most=1)
        params = read_params(FigurineParams, pairs)
    if params.source is None:
        needed(photos)
    return answer(submit(house(), submission_of(request, photos, params)))


def submission_of(sent: Request, photos: tuple[bytes, ...], params: FigurineParams) -> Submission:
    """Say what the house is asked for."""
    return Submission(
        owner=owner_of(sent),
        product="figurine",
        params=params.of_job,
        plan=figurine_plan(params.formats),
        photos=photos,
        kept=earlier_photos(sent, photos, params.source, "figurine"),
        ttl_hours=params.ttl_hours,
        idempotency_key=idempotency_key_of(sent),
        trace=trace_of(sent),
        cancel_after_s=cancel_after_of(sent),
        hook=hook_of(params),
    )
