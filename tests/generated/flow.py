"""One job from photo to files by the generated client alone: ``flow.py URL PHOTO FOLDER``.

It is also what a user would write, so the type checker reads it together with the client.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kiln_client import AuthenticatedClient
from kiln_client.api.house import read_catalog
from kiln_client.api.look import read_archive, read_artifact, read_job
from kiln_client.api.make import erase_job, resume_job, submit_figurine
from kiln_client.models import (
    CatalogView,
    ErasureReceipt,
    JobState,
    JobView,
    Problem,
    ResumeJobJsonBody,
    SubmitFigurineFilesBody,
    SubmitFigurineFilesBodyFormatsItem,
    SubmitFigurineFilesBodyPauseAfter,
    SubmitFigurineFilesBodyTemplate,
)
from kiln_client.types import File


def main(url: str, photo: Path, folder: Path) -> dict[str, object]:
    """Make a figurine, with a look at the portrait and another shirt before the body."""
    with AuthenticatedClient(base_url=url, token="not asked for") as client:
        catalog = read_catalog.sync(client=client)
        assert isinstance(catalog, CatalogView)
        with photo.open("rb") as file:
            body = SubmitFigurineFilesBody(
                photo=File(payload=file, file_name="me.jpg", mime_type="image/jpeg"),
                template=SubmitFigurineFilesBodyTemplate.CHEF,
                formats=[SubmitFigurineFilesBodyFormatsItem.STL],
                pause_after=SubmitFigurineFilesBodyPauseAfter.PORTRAIT,
            )
            sent = submit_figurine.sync(client=client, body=body, prefer="wait=30")
        assert isinstance(sent, JobView), sent
        assert sent.state is JobState.PAUSED, sent.state
        gone_on = resume_job.sync(sent.id, client=client, body=ResumeJobJsonBody(shirt="petrol"))
        assert isinstance(gone_on, JobView), gone_on
        job = read_job.sync(sent.id, client=client, wait=60)
        assert isinstance(job, JobView), job
        assert job.state is JobState.SUCCEEDED, job.error
        glb = read_artifact.sync_detailed(job.id, "figurine.glb", client=client)
        archive = read_archive.sync(job.id, client=client)
        assert isinstance(archive, File), archive
        (folder / "all.zip").write_bytes(archive.payload.read())
        receipt = erase_job.sync(job.id, client=client)
        assert isinstance(receipt, ErasureReceipt), receipt
        missing = read_job.sync(job.id, client=client)
        assert isinstance(missing, Problem), missing
        return {
            "styles": [style.name for style in catalog.styles],
            "parameters": job.parameters.to_dict(),
            "glb": glb.content[:4].decode("ascii"),
            "erased": [file.name for file in receipt.erased],
            "missing": [missing.status, missing.code],
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
