"""Webhooks of a job: whom to tell, the log of deliveries, and sending them once more."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from common.errors import BadWebhook, NotFound
from common.ledger.records import Hook, JobRecord
from gateway.api.reading import job_of, query_of
from gateway.calling import target_of
from gateway.domain.deliveries import delivery_log
from gateway.domain.hook_params import HookParams
from gateway.domain.queries import NoQuery, RedeliverQuery
from gateway.house import house

blueprint = Blueprint("webhooks", __name__)


def hook_of(params: HookParams) -> Hook | None:
    """Read whom to tell. Nothing is looked up: the courier does that, at every delivery.

    Raises
    ------
    BadWebhook
        The address is not one that this house calls, or events were named without one.
    """
    hook = params.hook
    if hook is not None:
        target_of(house().settings, hook.url)
    elif "webhook_events" in params.model_fields_set:
        raise BadWebhook("webhook_events was sent without webhook_url", "Name the address as well.")
    return hook


@blueprint.get("/v1/jobs/<job>/webhooks")
def read_deliveries(job: str) -> Response:
    """See whom a job tells how it ended, and how each attempt to do so went."""
    query_of(request, NoQuery)
    return _log_of(job_of(request, job))


@blueprint.post("/v1/jobs/<job>/webhooks/redeliver")
def redeliver(job: str) -> Response:
    """Send the webhooks of a job once more, delivered or not."""
    query = query_of(request, RedeliverQuery)
    record = job_of(request, job)
    event = None if query.event is None else str(query.event)
    if not house().ledger.call_again(job, record.owner, event):
        raise NotFound(f"job {job} has no such message", "GET its webhooks to see which it has.")
    return _log_of(record, 202)


def _log_of(record: JobRecord, status: int = 200) -> Response:
    log = delivery_log(record.hook, house().ledger.calls(record.id))
    response = jsonify(log.model_dump(mode="json"))
    response.status_code = status
    response.headers["Cache-Control"] = "private, no-cache"
    return response
