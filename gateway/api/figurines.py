"""``/v1/figurines``: submit a photo."""

from __future__ import annotations

from flask import Blueprint, Request, Response, request
from werkzeug.datastructures import FileStorage

from common.errors import BadParameter, BadPhoto, Busy
from common.http import problem, status_of_code
from common.ledger.records import JobRecord, JobState
from gateway.api.reading import (
    idempotency_key_of,
    job_response,
    own,
    owner_of,
    preferred_wait_s,
    trace_of,
)
from gateway.domain.params import FigurineParams, read_params
from gateway.domain.views import job_url, links
from gateway.house import house
from gateway.submit import Receipt, Submission, submit_figurine

PHOTO_FIELDS = ("photo", "file")

blueprint = Blueprint("figurines", __name__)


@blueprint.post("/v1/figurines")
def submit() -> Response:
    """Turn a photo into a figurine."""
    photo, pairs = read_upload(request)
    submission = Submission(
        owner=owner_of(request),
        params=read_params(FigurineParams, pairs),
        photo=photo,
        idempotency_key=idempotency_key_of(request),
        trace=trace_of(request),
    )
    receipt = submit_figurine(house(), submission)
    return _answer(receipt, preferred_wait_s(request))


def read_upload(sent: Request) -> tuple[bytes, list[tuple[str, str]]]:
    """Read the photo and the parameters of an upload, however it was sent.

    A body that is not a multipart form with a boundary is the photo itself, whatever its
    declared type says.

    Raises
    ------
    BadPhoto
        There is no photo.
    BadParameter
        There are several photos, or a file under another name.
    """
    pairs = list(sent.args.items(multi=True))
    if sent.mimetype != "multipart/form-data" or "boundary" not in sent.mimetype_params:
        return sent.get_data(cache=False), pairs
    form = list(sent.form.items(multi=True))
    if any(name in PHOTO_FIELDS for name, _ in form):
        raise BadPhoto("the field `photo` is text", "Send it as a file: curl -F photo=@me.jpg")
    photo = _only_photo(list(sent.files.items(multi=True)))
    return photo.read(), pairs + form


def _only_photo(files: list[tuple[str, FileStorage]]) -> FileStorage:
    unknown = [name for name, _ in files if name not in PHOTO_FIELDS]
    if unknown:
        raise BadParameter(f"unknown file field {unknown[0]!r}: the photo's field is `photo`")
    if not files:
        raise BadPhoto("the request carries no photo", "Send it as the file field `photo`.")
    if len(files) > 1:
        raise BadParameter(f"{len(files)} photos were sent: a figurine is made from one")
    return files[0][1]


def _answer(receipt: Receipt, wait_s: int) -> Response:
    record, waited = _look(receipt.job, wait_s)
    if waited and record.state.terminal and record.state is not JobState.SUCCEEDED:
        response = _problem_of(record)
    elif record.state.terminal and (waited or receipt.replayed):
        response = job_response(record, 200)
    else:
        response = job_response(record, 202)
    response.headers["Location"] = job_url(record.id)
    if waited:
        response.headers["Preference-Applied"] = f"wait={wait_s}"
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _look(job: str, wait_s: int) -> tuple[JobRecord, bool]:
    # The job is accepted: a gateway too busy to wait still owes its 202.
    if wait_s:
        try:
            return own(request, job, house().hub.wait_for_end(job, wait_s)), True
        except Busy:
            pass
    return own(request, job, house().ledger.job(job)), False


def _problem_of(record: JobRecord) -> Response:
    """Say as the answer to the request what ended its job."""
    error = record.error or {
        "code": str(record.state),
        "detail": f"the job was {record.state} before it had a result",
        "hint": "",
        "stage": None,
    }
    return problem(
        status_of_code(error["code"]),
        error["code"],
        error["detail"],
        error["hint"],
        stage=error.get("stage"),
        job=record.id,
        links=links(record),
    )
