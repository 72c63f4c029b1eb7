"""Calls that fetch all that was made."""

from __future__ import annotations

from typing import Final

from common import errors
from gateway.domain.calls.call import AWAY, JOB, Answer, Call, problem

FETCH: Final[tuple[Call, ...]] = (
    Call(
        "GET",
        f"{JOB}/artifacts.zip",
        "Fetch all files of a job",
        id="read_archive",
        tag="Look",
        details="One zip of all that the job made, drafts excepted, in a folder with its name;"
        " `links.zip` of a job says where. Stored, not deflated, and with a fixed date, so equal"
        " files are equal zips. It is made while it is sent: `Content-Length` is known, ranges are"
        " not served. A job must have ended or paused.",
        headers=(("If-None-Match", "ETag of the zip you have"),),
        answers=(
            Answer(
                200,
                "The zip",
                media_type="application/zip",
                headers=("ETag", "Content-Disposition"),
            ),
            Answer(304, "You have it already"),
            problem(404, "There is no such job, or it made no files"),
            problem(
                409,
                "`job_not_finished`: the job has neither ended nor paused",
                errors.NotFinished,
            ),
            problem(410, "They have expired, or the job was erased"),
            AWAY,
        ),
        example="curl -OJ {base}/v1/jobs/$JOB/artifacts.zip",
    ),
)
