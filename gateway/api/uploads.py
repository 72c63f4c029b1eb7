"""Reading what people send to be worked on, and answering with the job they got."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import Request, Response, request
from pydantic import BaseModel
from werkzeug.datastructures import FileStorage

from common.errors import BadParameter, BadPhoto, Busy, RateLimited
from common.http import problem, status_of_code
from common.ledger.records import JobRecord, JobState
from common.vision.headers import photo_format
from gateway.api.reading import (
    LONGEST_TEXT,
    job_response,
    own,
    owner_of,
    preferred_wait_s,
    says_json,
    values_of,
)
from gateway.domain.params import read_values
from gateway.domain.views import job_url, links
from gateway.door.inflow import let_in, reading
from gateway.house import house
from gateway.submit import Receipt

PHOTO_FIELDS = ("photo", "file")
LARGEST_REQUEST_MB = 200  # of several photos
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")

Pairs = list[tuple[str, str]]


def read_upload(sent: Request, most: int) -> tuple[tuple[bytes, ...], Pairs]:
    """Read photos and parameters, however they were sent.

    A body that is no form is the photo itself, whatever its declared type says.

    Parameters
    ----------
    sent
        The request.
    most
        Photos that one request may have.

    Raises
    ------
    BadPhoto
        A photo was sent as text.
    BadParameter
        There are too many photos, or a file under another name.
    PhotoTooLarge
        The whole request is.
    Busy
        Too much is on its way in.
    """
    allow_photos(sent, most)
    pairs = list(sent.args.items(multi=True))
    if sent.mimetype == FORM_TYPES[0] and "boundary" in sent.mimetype_params:
        with reading():
            photos = _photos(list(sent.files.items(multi=True)), most)
        # a part may come without a name
        form = [(name or "", text) for name, text in sent.form.items(multi=True)]
    else:
        body = sent.get_data()
        # what curl sends without being told a type may be a photo too
        is_form = sent.mimetype == FORM_TYPES[1] and len(body) <= LONGEST_TEXT
        is_form = is_form and photo_format(body) is None
        text = body.decode("utf-8", "replace") if is_form else ""
        form = parse_qsl(text, keep_blank_values=True)
        photos = (body,) * (bool(body) and not is_form)
    if any(name in PHOTO_FIELDS for name, _ in form):
        raise BadPhoto("the field `photo` is text", "Send it as a file: curl -F photo=@me.jpg")
    return photos, pairs + form


def changes_of(sent: Request, model: type[BaseModel]) -> dict[str, Any]:
    """Read changed parameters from query, form and JSON; only their names are checked.

    Raises
    ------
    BadParameter
        A name is unknown or was given twice, or something else than parameters was sent.
    """
    if sent.mimetype not in FORM_TYPES or says_json(sent):
        return values_of(sent, model)
    photos, pairs = read_upload(sent, most=1)
    if photos:
        raise BadParameter("a photo was sent: a job keeps the photos it was accepted with")
    return read_values(model, pairs)


def allow_photos(sent: Request, most: int) -> None:
    """Let the body be as large as that many photos, within reason, if it fits beside the others.

    Raises
    ------
    Busy
        It does not.
    """
    photos_mb = most * house().settings.max_upload_mb
    whole_mb = max(house().settings.max_upload_mb, min(photos_mb, LARGEST_REQUEST_MB))
    sent.max_content_length = whole_mb * 1_000_000 + LONGEST_TEXT
    sent.max_form_memory_size = sent.max_content_length  # of a text; what it may say is told later
    let_in(sent, house().inflow)


def needed(photos: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Refuse a request without a photo.

    Raises
    ------
    BadPhoto
        There is none.
    """
    if not photos:
        raise BadPhoto("the request carries no photo", "Send it as the file field `photo`.")
    return photos


def _photos(files: list[tuple[str, FileStorage]], most: int) -> tuple[bytes, ...]:
    unknown = [name for name, _ in files if name not in PHOTO_FIELDS]
    if unknown:
        raise BadParameter(f"unknown file field {unknown[0]!r}: the photo's field is `photo`")
    if len(files) > most:
        allowed = "one photo is" if most == 1 else f"at most {most} photos are"
        raise BadParameter(f"{len(files)} photos were sent: {allowed} taken at a time")
    return tuple(_taken_out(file) for _, file in files)


def _taken_out(file: FileStorage) -> bytes:
    """Read a file, and let go of its temporary one: no photo is there twice for long."""
    with file.stream:
        photo: bytes = file.read()
        return photo


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
            waited = house().hub.wait_for_rest(job, wait_s, owner_of(request))
            return own(request, job, waited), True
        except (Busy, RateLimited):
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
