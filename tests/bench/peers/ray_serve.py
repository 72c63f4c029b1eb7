"""Peer: Ray Serve. The stages are composed by handles, what is independent runs side by side.

As many replicas of each service as Kiln has workers, each with one piece of work at a time.
Shapes travel from stage to stage through the object store, without passing the front door.

``python -m tests.bench.peers.ray_serve PORT FOLDER STYLIZE_REPLICAS FUSION_REPLICAS``
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import ray
from ray import serve

from fusion_service.domain.attributes import People
from fusion_service.domain.sculpture import Form, Sculpture
from tests.bench.peers.front import make_front
from tests.bench.stages import Bench, write_files

OBJECTS = 1 << 30  # bytes of the object store
FREE = {"num_cpus": 0}  # replicas share the cores, as the other systems' processes do


@serve.deployment(max_ongoing_requests=1, ray_actor_options=FREE)
class Stylist:
    """The portrait."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bench = Bench.open()

    def portrait(self, job: str, photo: bytes) -> list[str]:
        return write_files(self._folder / job, self._bench.portrait(photo))


@serve.deployment(max_ongoing_requests=1, ray_actor_options=FREE)
class Sculptor:
    """Every stage of the figurine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._bench = Bench.open()

    def measure(self, job: str, photo: bytes) -> People:
        people, files = self._bench.measure(photo)
        write_files(self._folder / job, files)
        return people

    def sculpt(self, people: People) -> Form:
        return self._bench.sculpt(people)

    def paint(self, job: str, form: Form, people: People) -> Sculpture:
        sculpture, files = self._bench.paint(form, people)
        write_files(self._folder / job, files)
        return sculpture

    def print(self, job: str, form: Form) -> list[str]:
        return write_files(self._folder / job, self._bench.print(form))

    def package(self, job: str, sculpture: Sculpture) -> list[str]:
        return write_files(self._folder / job, self._bench.package(sculpture))

    def ar(self, job: str, sculpture: Sculpture) -> list[str]:
        return write_files(self._folder / job, self._bench.ar(sculpture))

    def render(self, job: str, sculpture: Sculpture, people: People) -> list[str]:
        return write_files(self._folder / job, self._bench.render(sculpture, people))


@serve.deployment(max_ongoing_requests=1000, ray_actor_options=FREE)
@serve.ingress()
class Door:
    """Speaks HTTP, and starts the stages of a job, each as soon as what it needs is there."""

    def __init__(self, stylist: Any, sculptor: Any) -> None:
        self._stylist = stylist
        self._sculptor = sculptor

    def __serve_build_asgi_app__(self) -> Any:
        return make_front(self.make)

    async def make(self, job: str, photo: bytes) -> None:
        fusion = self._sculptor
        portrait = self._stylist.portrait.remote(job, photo)
        people = fusion.measure.remote(job, photo)
        form = fusion.sculpt.remote(people)
        sculpture = fusion.paint.remote(job, form, people)
        await asyncio.gather(
            fusion.render.remote(job, sculpture, people),
            fusion.print.remote(job, form),
            fusion.package.remote(job, sculpture),
            fusion.ar.remote(job, sculpture),
            portrait,
        )


def main(port: str, folder: str, stylists: str, sculptors: str) -> None:
    """Serve until somebody sends SIGTERM."""
    out = Path(folder)
    # sockets in there: a long path would not do
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as scratch:
        ray.init(
            num_cpus=os.cpu_count(),
            include_dashboard=False,
            object_store_memory=OBJECTS,
            log_to_driver=False,
            logging_level="warning",
            _temp_dir=scratch,
        )
        serve.start(http_options={"host": "127.0.0.1", "port": int(port), "access_log": False})
        stylist = Stylist.options(num_replicas=int(stylists)).bind(out)
        sculptor = Sculptor.options(num_replicas=int(sculptors)).bind(out)
        serve.run(Door.bind(stylist, sculptor))
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        serve.shutdown()
        ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
