"""The front door of a peer: as much of the house's API as a client needs for one figurine.

So that one client drives all systems. Jobs are remembered in this process, which is the least
that a peer can do; it costs next to nothing.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, UploadFile

Make = Callable[[str, bytes], Awaitable[object]]  # job and photo to files


class Jobs:
    """Figurines that are being made."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[object]] = {}

    def begin(self, make: Make, photo: bytes) -> dict[str, str]:
        """Start one in the background."""
        job = uuid.uuid4().hex
        self._tasks[job] = asyncio.ensure_future(make(job, photo))
        return {"id": job, "state": "running"}

    async def look(self, job: str, wait_s: float) -> dict[str, str]:
        """Tell how one gets on, at its end or after some seconds."""
        task = self._tasks[job]
        await asyncio.wait([task], timeout=wait_s)
        if not task.done():
            return {"id": job, "state": "running"}
        if error := task.exception():
            return {"id": job, "state": "failed", "error": repr(error)}
        return {"id": job, "state": "succeeded"}


def make_front(make: Make) -> FastAPI:
    """Build the front door of a system that makes figurines."""
    app, jobs = FastAPI(), Jobs()

    @app.post("/v1/figurines", status_code=202)
    async def submit(photo: UploadFile) -> dict[str, str]:
        return jobs.begin(make, await photo.read())

    @app.get("/v1/jobs/{job}")
    async def look(job: str, wait: float = 0) -> dict[str, str]:
        return await jobs.look(job, wait)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app
