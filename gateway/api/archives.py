"""``/v1/jobs/{id}/artifacts.zip``: all files of a job at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from flask import Blueprint, Response, request

from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, NotFinished, NotFound, StorageError
from common.ledger.records import JobRecord
from gateway.api.reading import job_of, query_of, stream_file
from gateway.domain.files import files_to_keep
from gateway.domain.queries import NoQuery
from gateway.domain.zipped import Member, length_of, zipped
from gateway.house import House, house

blueprint = Blueprint("archives", __name__)


@blueprint.get("/v1/jobs/<job>/artifacts.zip")
def read_archive(job: str) -> Response:
    """Fetch all files of a job as one zip."""
    query_of(request, NoQuery)
    record = job_of(request, job)
    refs = _files(record)
    response = Response(mimetype="application/zip")
    stem = f"{record.product}-{record.id[:8]}"
    response.headers["Content-Disposition"] = f'attachment; filename="{stem}.zip"'
    response.headers["Cache-Control"] = "private, no-cache"  # a job that goes on has more files
    response.set_etag(hashlib.sha256(_said(stem, refs).encode()).hexdigest())
    if request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        response.status_code = 304
        return response
    read = partial(_read, house(), record)
    members = [Member(f"{stem}/{ref.name}", ref.size, partial(read, ref)) for ref in refs]
    response.headers["Content-Length"] = str(length_of(members))
    if request.method != "HEAD":
        response.response = _Stream(members, record.owner)
    return response


def _files(record: JobRecord) -> list[ArtifactRef]:
    if record.artifacts_expired_ms is not None:
        raise Gone(f"the artifacts of job {record.id} have expired")
    if not record.state.resting:
        raise NotFinished(f"job {record.id} is {record.state}: its files are not all there")
    found = files_to_keep(record)
    if not found:
        raise NotFound(f"job {record.id} has no files: it is {record.state}")
    return found


def _said(stem: str, refs: list[ArtifactRef]) -> str:
    return "\n".join([stem, *(f"{ref.name} {ref.sha256}" for ref in refs)])


def _read(rooms: House, record: JobRecord, ref: ArtifactRef) -> Iterator[bytes]:
    """Read a file, checked: one that is not what it was ends the answer before its end."""
    digest = hashlib.sha256()
    for piece in stream_file(rooms, record, ref, 0, ref.size) if ref.size else ():
        digest.update(piece)
        yield piece
    if digest.hexdigest() != ref.sha256:
        raise StorageError(f"{ref.name} does not match its checksum")


class _Stream:
    """Body of the response. A class, so that ``close`` gives the place back in any case."""

    def __init__(self, members: list[Member], owner: str) -> None:
        with ExitStack() as opened:
            opened.enter_context(house().hub.place(owner))
            self._pieces = zipped(members)
            self._first = next(self._pieces)  # what is missing is still a problem document
            self._opened = opened.pop_all()

    def __iter__(self) -> Iterator[bytes]:
        """Bytes of the zip."""
        yield self._first
        yield from self._pieces

    def close(self) -> None:
        """Give the place back: all is sent, or the client went away."""
        self._pieces.close()
        self._opened.close()
