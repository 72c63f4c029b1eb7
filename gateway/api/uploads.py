"""Reading what people send to be worked on, and answering with the job they got."""

from __future__ import annotations

from flask import Request, Response, request
from werkzeug.datastructures import FileStorage

from common.errors import BadParameter, BadPhoto, Busy
from common.http import problem, status_of_code
from common.ledger.records import JobRecord, JobState
from gateway.api.reading import job_response, own, preferred_wait_s
from gateway.domain.views import job_url, links
from gateway.house import house
from gateway.submit import Receipt

PHOTO_FIELDS = ("photo", "file")
FORM_OVERHEAD = 100_000  # bytes of a multipart body around its photos

Pairs = list[tuple[str, str]]


def read_upload(sent: Request, most: int) -> tuple[tuple[bytes, ...], Pairs]:
    """Read photos and parameters, however they were sent.

    A body that is not a multipart form with a boundary is the photo itself, whatever its
    declared type says.

    Parameters
    ----------
    sent
        The request.
    most
        Photos that one job may have.

    Raises
    ------
    BadPhoto
        A photo was sent as text.
    BadParameter
        There are too many photos, or a file under another name.
    """
    sent.max_content_length = most * house().settings.max_upload_mb * 1_000_000 + FORM_OVERHEAD
    pairs = list(sent.args.items(multi=True))
    if sent.mimetype != "multipart/form-data" or "boundary" not in sent.mimetype_params:
        body = sent.get_data(cache=False)
        return ((body,) if body else ()), pairs
    form = list(sent.form.items(multi=True))
    if any(name in PHOTO_FIELDS for name, _ in form):
        raise BadPhoto("the field `photo` is text", "Send it as a file: curl -F photo=@me.jpg")
    photos = _photos(list(sent.files.items(multi=True)), most)
    return tuple(photo.read() for photo in photos), pairs + form


def _photos(files: list[tuple[str, FileStorage]], most: int) -> list[FileStorage]:
    unknown = [name for name, _ in files if name not in PHOTO_FIELDS]
    if unknown:
        raise BadParameter(f"unknown file field {unknown[0]!r}: the photo's field is `photo`")
    if len(files) > most:
        allowed = "one photo" if most == 1 else f"at most {most} photos"
        raise BadParameter(f"{len(files)} photos were sent: a job is made from {allowed}")
    return [file for _, file in files]


def answer(receipt: Receipt) -> Response:
    """Answer a submit: 202, or the result where the caller waits for it (RFC 7240)."""
    wait_s = preferred_wait_s(request)
    record, waited = _look(receipt.job, wait_s)
    if waited and record.state.terminal and record.state is not JobState.SUCCEEDED:
        response = problem_of(record)
    elif record.state.resting and (waited or receipt.replayed):
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
            return own(request, job, house().hub.wait_for_rest(job, wait_s)), True
        except Busy:
            pass
    return own(request, job, house().ledger.job(job)), False


def problem_of(record: JobRecord) -> Response:
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
