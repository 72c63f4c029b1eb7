"""From a request to what the house is asked for, the same way for every product."""

from __future__ import annotations

from typing import Final, TypeVar

from flask import Request

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Plan
from common.errors import BadParameter
from gateway.again import photos_of
from gateway.api.reading import (
    cancel_after_of,
    idempotency_key_of,
    job_of,
    owner_of,
    says_json,
    trace_of,
    values_of,
)
from gateway.api.uploads import allow_photos, read_upload
from gateway.api.webhooks import hook_of
from gateway.domain.params import check_params, read_params
from gateway.domain.wish_params import WishParams
from gateway.here import check_here
from gateway.house import house
from gateway.submit import Submission

Photos = tuple[bytes, ...]
Params = TypeVar("Params", bound=WishParams)

OF_ONE_FACE: Final = frozenset({"figurine", "portrait"})  # products that are made of such a photo


def read_wish(sent: Request, model: type[Params], most: int) -> tuple[Photos, Params]:
    """Read photos and parameters from a form, a raw photo or a JSON object.

    Raises
    ------
    BadParameter, BadPhoto
        What was sent cannot be worked with.
    """
    allow_photos(sent, most)
    if says_json(sent):
        return (), check_params(model, values_of(sent, model))
    photos, pairs = read_upload(sent, most)
    return photos, read_params(model, pairs)


def submission(sent: Request, plan: Plan, photos: Photos, params: WishParams) -> Submission:
    """Say what the house is asked for.

    Raises
    ------
    BadParameter, NotFound, Gone
        The job that ``from`` names has no photo for this.
    EngineUnavailable, LanguageUnavailable, NameDoesNotFit, BadWebhook
        It cannot be done, or not here.
    """
    check_here(params, house().settings)
    return Submission(
        owner=owner_of(sent),
        product=params.product,
        params=params.of_job,
        asked=params.asked,
        plan=plan,
        photos=photos,
        kept=_earlier_photos(sent, photos, params),
        ttl_hours=params.ttl_hours,
        idempotency_key=idempotency_key_of(sent),
        trace=trace_of(sent),
        cancel_after_s=cancel_after_of(sent),
        hook=hook_of(params),
    )


def _earlier_photos(sent: Request, photos: Photos, params: WishParams) -> tuple[ArtifactRef, ...]:
    """Find the photos of the job that `from` names; none without it."""
    if params.source is None:
        return ()
    if photos:
        raise BadParameter("a photo and `from` were given", "Send a photo, or name a job.")
    record = job_of(sent, params.source)
    if record.product != params.product and not {record.product, params.product} <= OF_ONE_FACE:
        raise BadParameter(f"job {record.id} is a {record.product}, not a {params.product}")
    return photos_of(house().store, record)
