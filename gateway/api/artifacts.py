"""``/v1/jobs/{id}/artifacts/{name}``: fetch what was made."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Blueprint, Request, Response, request
from werkzeug.http import parse_range_header

from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, NotFound, RangeNotSatisfiable
from common.http import problem
from common.ledger.records import JobRecord
from gateway.api.reading import job_of, stream_file
from gateway.domain.files import files_by_name
from gateway.door.headers import FOR_EVER
from gateway.house import house

SIGNED_S = 60  # how long a URL of the store is valid

blueprint = Blueprint("artifacts", __name__)


@blueprint.get("/v1/jobs/<job>/artifacts/<name>")
def read_artifact(job: str, name: str) -> Response:
    """Fetch a file, or a part of it. The bytes behind an ETag never change."""
    record = job_of(request, job)
    ref = _artifact(record, name)
    if request.if_none_match.contains_weak(ref.sha256):
        return _described(Response(status=304), record, ref)
    try:
        part = _wanted_part(request, ref)
    except RangeNotSatisfiable as exc:
        response = problem(416, exc.code, exc.detail, exc.advice)
        response.headers["Content-Range"] = f"bytes */{ref.size}"
        return response
    start, end = part or (0, ref.size)
    elsewhere = _url_elsewhere(request, record, ref)
    if elsewhere:
        return elsewhere
    response = _described(Response(mimetype=ref.media_type), record, ref)
    if request.method != "HEAD" and end > start:
        response.response = stream_file(house(), record, ref, start, end)
    if part:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{ref.size}"
    response.headers["Content-Length"] = str(end - start)
    return response


def _artifact(record: JobRecord, name: str) -> ArtifactRef:
    public = files_by_name(record)
    if name not in public:
        there = ", ".join(sorted(public)) or "none yet"
        raise NotFound(f"job {record.id} has no artifact {name!r}; there: {there}")
    if record.artifacts_expired_ms is not None:
        raise Gone(f"the artifacts of job {record.id} have expired")
    return public[name]


def _wanted_part(asked: Request, ref: ArtifactRef) -> tuple[int, int] | None:
    """Find the one range asked for (RFC 9110, section 14); None means the whole file.

    Several ranges, other units and a Range after a stale If-Range are answered with the whole
    file, as the RFC allows.
    """
    wanted = parse_range_header(asked.headers.get("Range"))
    stale = "If-Range" in asked.headers and asked.headers["If-Range"] != f'"{ref.sha256}"'
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1 or stale:
        return None
    start, _ = wanted.ranges[0]
    if start < 0 < ref.size <= -start:  # the last so many bytes, of a file that has no more
        return 0, ref.size
    found = wanted.range_for_length(ref.size)
    if found is None:
        raise RangeNotSatisfiable(f"{ref.name} has {ref.size} bytes")
    return found


def _url_elsewhere(asked: Request, record: JobRecord, ref: ArtifactRef) -> Response | None:
    """Send a client on to the store, which serves ranges itself.

    Pictures and scripts of our own page come through here: it may load nothing from elsewhere.
    """
    in_a_page = asked.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    if not house().settings.store_presign or asked.method == "HEAD" or in_a_page:
        return None
    url = house().store.sign(record.owner, ref, SIGNED_S)
    if url is None:
        return None
    response = Response(status=303)
    response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"  # the URL is a key to the file
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _described(response: Response, record: JobRecord, ref: ArtifactRef) -> Response:
    response.set_etag(ref.sha256)
    response.headers["Accept-Ranges"] = "bytes"
    # what a job has made so far may be made anew under the same name: another style, paint
    keeps = FOR_EVER if record.state.terminal else "private, no-cache"
    response.headers["Cache-Control"] = keeps
    path = PurePosixPath(ref.name)
    filename = f"{path.stem}-{record.id[:8]}{path.suffix}"
    response.headers["Content-Disposition"] = f'{ref.disposition}; filename="{filename}"'
    return response
