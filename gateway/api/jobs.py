"""``/v1/jobs``: look at jobs, and cancel them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from common.errors import NotAllowedNow
from gateway import promises
from gateway.api.reading import job_of, job_response, own, owner_of, query_of, unknown
from gateway.api.uploads import changes_of
from gateway.domain.erasures import erasure_receipt
from gateway.domain.pages import page_of
from gateway.domain.queries import JobsQuery, NoQuery, WaitQuery
from gateway.domain.timeline import build_timeline
from gateway.erase import erase
from gateway.house import house
from gateway.resume import PARAMS, resume

blueprint = Blueprint("jobs", __name__)


@blueprint.get("/v1/jobs")
def list_jobs() -> Response:
    """List jobs, newest first."""
    query, owner = query_of(request, JobsQuery), owner_of(request)
    ledger = house().ledger
    page = page_of(lambda before_ms, limit: ledger.jobs(owner, before_ms, limit), query)
    return jsonify(page.model_dump(mode="json"))


@blueprint.get("/v1/jobs/<job>")
def read_job(job: str) -> Response:
    """Read a job; ``wait`` delays the answer until it has ended or paused."""
    query = query_of(request, WaitQuery)
    record = job_of(request, job)
    if query.wait and not record.state.resting:
        record = own(request, job, house().hub.wait_for_rest(job, query.wait, record.owner))
    response = job_response(record)
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


@blueprint.get("/v1/jobs/<job>/timeline")
def read_timeline(job: str) -> Response:
    """Show where the time of a job went."""
    query_of(request, NoQuery)
    timeline = build_timeline(job_of(request, job))
    return jsonify(timeline.model_dump(mode="json"))


@blueprint.post("/v1/jobs/<job>/resume")
def resume_job(job: str) -> Response:
    """Let a paused job go on, with what has changed."""
    record = job_of(request, job)
    resume(house(), record, changes_of(request, PARAMS[record.product]))
    return job_response(job_of(request, job), 202)


@blueprint.delete("/v1/jobs/<job>")
def delete_job(job: str) -> Response:
    """Erase a job; erasing it again answers the same receipt."""
    query_of(request, NoQuery)
    erasure = erase(house().ledger, house().store, job, owner_of(request))
    if erasure is None:
        raise unknown(job)
    house().answers.forget(job)
    response = jsonify(erasure_receipt(erasure).model_dump(mode="json"))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/v1/jobs/<job>/cancel")
def cancel_job(job: str) -> Response:
    """Cancel a job; cancelling it again changes nothing."""
    query_of(request, NoQuery)
    ledger = house().ledger
    status = ledger.cancel(job, owner_of(request))
    if status == "unknown":
        raise unknown(job)
    record = job_of(request, job)
    promises.forget(house().store, record.promise)  # even a lost ledger never lets it run again
    if status == "ended":
        raise NotAllowedNow(f"job {job} has {record.state} already")
    return job_response(record, 202)
