"""Peer: microservices that call each other over HTTP, one after the other for each request.

The usual first design: a gateway asks the stylize service for a portrait, then the fusion service
for a figurine. Each service is a process of FastAPI on uvicorn with a thread for the work, and
keeps its files itself; there are as many of each as Kiln has workers, and the gateway gives a
request to the one that has least to do.

``python -m tests.bench.peers.sequential ROLE PORT FOLDER [STYLIZE_PORTS FUSION_PORTS]``
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI, Request

from tests.bench.peers.front import make_front
from tests.bench.stages import Bench, Files, write_files


def service(work: Callable[[bytes], Files], folder: Path) -> FastAPI:
    """Build a service with one kind of work: a photo is posted, files are written."""
    app, thread = FastAPI(), ThreadPoolExecutor(1)

    def run(job: str, photo: bytes) -> list[str]:
        return write_files(folder / job, work(photo))

    @app.post("/{job}")
    async def make(job: str, request: Request) -> list[str]:
        photo = await request.body()
        return await asyncio.get_running_loop().run_in_executor(thread, run, job, photo)

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


class Replicas:
    """Processes of one service; the next request is for the one that has least to do."""

    def __init__(self, client: httpx.AsyncClient, ports: list[str]) -> None:
        self._client = client
        self._busy = {f"http://127.0.0.1:{port}": 0 for port in ports}

    async def call(self, job: str, photo: bytes) -> None:
        """Send a photo and wait until its files are written."""
        url = min(self._busy, key=lambda one: self._busy[one])
        self._busy[url] += 1
        try:
            (await self._client.post(f"{url}/{job}", content=photo)).raise_for_status()
        finally:
            self._busy[url] -= 1


def gateway(stylize: list[str], fusion: list[str]) -> FastAPI:
    """Build the gateway: portrait first, then the figurine."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    client = httpx.AsyncClient(timeout=300, limits=limits)
    portraits, figurines = Replicas(client, stylize), Replicas(client, fusion)

    async def make(job: str, photo: bytes) -> None:
        await portraits.call(job, photo)
        await figurines.call(job, photo)

    return make_front(make)


def main(role: str, port: str, folder: str, *others: str) -> None:
    """Serve one process."""
    if role == "gateway":
        stylize, fusion = (ports.split(",") for ports in others)
        app = gateway(stylize, fusion)
    else:
        bench = Bench.open()
        app = service(bench.portrait if role == "stylize" else bench.figurine, Path(folder))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
