"""What the shell proposes: ids of jobs from the house, everything else from what is known here.

A key press must not wait: the house gets a second, and where it says nothing, nothing is proposed.
"""

from __future__ import annotations

import os
from typing import Final

import typer

from common.settings import Settings
from gateway.client import Job, JobSummary, Kiln
from gateway.terminal.screen import ago, moment

SECONDS: Final = 1.0
SHOWN: Final = 30
LARGEST_PAGE: Final = 30


def jobs_here(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Propose jobs, newest first, with what they are."""
    try:
        with _house(context) as kiln:
            found = kiln.job_page(limit=LARGEST_PAGE)["jobs"]
    except Exception:  # noqa: BLE001  whatever it is, there is nothing to propose
        return []
    return [(one["id"], _about(one)) for one in found if one["id"].startswith(incomplete)]


def files_here(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Propose the files of the job that was named."""
    said = str(context.params.get("job_id") or "")
    try:
        with _house(context) as kiln:
            job: Job = kiln.job(said)
    except Exception:  # noqa: BLE001  see above
        return []
    files = ((one["name"], one["purpose"]) for one in job["artifacts"])
    return [(name, purpose) for name, purpose in files if name.startswith(incomplete)]


def _house(context: typer.Context) -> Kiln:
    said = context.params.get("url") or os.environ.get("KILN_URL")
    url = said or Settings().gateway_url
    return Kiln(url, connect_timeout_s=SECONDS, timeout_s=SECONDS, patience_s=0)


def _about(job: JobSummary) -> str:
    return f"{job['product']}, {job['state']}, {ago(moment(job['created']))}"
