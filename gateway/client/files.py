"""Fetch the files of a job: whole, checked, and not twice."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import requests

from gateway.client.link import Link
from gateway.client.refusals import Damaged, Unreachable
from gateway.client.shapes import Artifact, Job, JobRef, as_job, id_of

CHUNK: Final = 1 << 18
Progress = Callable[[str, int], None]  # name of the file, and how many of its bytes have come


class Files:
    """Calls that fetch what a job has made."""

    link: Link

    def download(
        self,
        job: JobRef,
        folder: str | Path,
        only: Collection[str] | None = None,
        progress: Progress = lambda _, __: None,
    ) -> list[Path]:
        """Fetch the files of a job into a folder; a file appears whole or not at all.

        What is streamed is checked by its sha256 before it gets its name; a connection that
        breaks off goes on where it was; what lies there already, unchanged, is not fetched again.

        Parameters
        ----------
        job
            A job as ``wait`` returned it, or its id.
        only
            Names of files; None for all.
        progress
            Told the name of a file and the bytes of it that are here.

        Raises
        ------
        Damaged
            A file arrived changed.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        paths = []
        for artifact in self._whole(job)["artifacts"]:
            if only is None or artifact["name"] in only:
                path = target / Path(artifact["name"]).name  # never outside the folder
                if not _is_here(path, artifact):
                    self._save(artifact, path, progress)
                paths.append(path)
        return paths

    def fetch(self, artifact: Artifact) -> bytes:
        """Fetch one artifact, as a job lists it, into memory.

        Raises
        ------
        Damaged
            It arrived changed.
        """
        content = self.link.send("GET", artifact["url"]).content
        _check(artifact, hashlib.sha256(content).hexdigest())
        return content

    def _whole(self, job: JobRef) -> Job:
        if isinstance(job, str) or "artifacts" not in job:
            return as_job(self.link.send("GET", f"/v1/jobs/{id_of(job)}"))
        return job  # type: ignore[return-value]  # it has what only the whole job has

    def _save(self, artifact: Artifact, path: Path, progress: Progress) -> None:
        part = path.with_name(path.name + ".part")
        pouring = _Pouring(self.link, artifact, progress)
        try:
            with part.open("wb") as file:
                pouring.into(file)
            _check(artifact, pouring.digest.hexdigest())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


class _Pouring:
    """One file on its way, over lost connections."""

    def __init__(self, link: Link, artifact: Artifact, progress: Progress) -> None:
        self._link, self._artifact, self._progress = link, artifact, progress
        self.digest = hashlib.sha256()
        self._done = 0

    def into(self, file: Any) -> None:  # noqa: ANN401  a binary file
        """Write the whole file."""
        patience = self._link.patience()
        while True:
            try:
                return self._once(file)
            except requests.RequestException as exc:
                pause = patience.pause()
                if pause is None:
                    lost = f"lost the connection in the middle of {self._artifact['name']}"
                    raise Unreachable(lost) from exc
            time.sleep(pause)

    def _once(self, file: Any) -> None:  # noqa: ANN401
        headers = {"Accept-Encoding": "identity"}  # ranges count the bytes of the file itself
        if self._done:
            headers["Range"] = f"bytes={self._done}-"
        url = self._artifact["url"]
        with self._link.send("GET", url, headers=headers, stream=True) as answer:
            if self._done and answer.status_code != 206:  # it began anew
                file.seek(0)
                file.truncate()
                self.digest, self._done = hashlib.sha256(), 0
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                self.digest.update(chunk)
                self._done += len(chunk)
                self._progress(self._artifact["name"], self._done)


def _is_here(path: Path, artifact: Artifact) -> bool:
    wanted = artifact.get("sha256")
    if not wanted or not path.is_file() or path.stat().st_size != artifact.get("size"):
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted


def _check(artifact: Artifact, found: str) -> None:
    wanted = artifact.get("sha256")
    if wanted and found != wanted:
        raise Damaged(
            f"{artifact['name']} arrived with sha256 {found[:12]}…, not {wanted[:12]}…;"
            " nothing of it was kept"
        )
