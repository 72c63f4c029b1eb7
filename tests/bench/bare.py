"""The limit Kiln is measured against: the same stage functions in a bare loop, no queue.

One process makes one photo after the other into the same files. Two of them saturate two cores.
"""

from __future__ import annotations

import multiprocessing as mp
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2

from common.settings import Settings
from common.vision.decode import decode_photo
from fusion_service.domain.archive import pictures_to_bytes
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.files.usdz import to_usdz
from fusion_service.domain.paint import paint
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.sculpt import sculpt
from fusion_service.studio import Studio
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.builtin import BuiltinEngine, encode_png

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue


@dataclass
class Bench:
    """Warm models of one process."""

    studio: Studio
    engine: BuiltinEngine

    @classmethod
    def open(cls) -> Bench:
        """Load and warm everything, one thread a library."""
        cv2.setNumThreads(1)
        studio = Studio(Settings().models)
        studio.warm_up()
        return cls(studio, BuiltinEngine(studio.faces))


def make_files(bench: Bench, photo: bytes, *, preview: bool = True) -> dict[str, bytes]:
    """Run every stage function once: photo to every file of a figurine."""
    faces, seen = bench.studio.faces, decode_photo(photo)
    picture = bench.engine.portrait(seen, "cel", "largest", seed=0)
    files = {"portrait.png": encode_png(picture)}
    rate_portrait(faces, seen, "largest", picture)
    measured, pictures = study_people(faces, decode_photo(photo), "largest", 1)
    files["face.jpg"] = pictures_to_bytes(pictures)
    people = measured.people
    form = sculpt(people, "default", 100.0)
    sculpture = paint(form, people)
    files["figurine.glb"] = to_glb(sculpture)
    files["figurine.stl"] = to_stl(form)
    files["certificate.json"] = certify(form).model_dump_json(indent=2).encode()
    files["figurine.3mf"] = to_3mf(sculpture)
    with TemporaryDirectory() as scratch:
        files["figurine.usdz"] = to_usdz(sculpture, Path(scratch))
    if preview:
        files["preview.png"] = bench.studio.preview(sculpture)
        bench.studio.rate_likeness(people[0], sculpture)
    return files


def core_seconds(photo: bytes, repeats: int = 5) -> float:
    """CPU seconds of one process for all files but the preview: the least of some repeats."""
    bench = Bench.open()
    make_files(bench, photo, preview=False)
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        make_files(bench, photo, preview=False)
        seconds.append(time.process_time() - started)
    return min(seconds)


def one_job_ms(photo: bytes, repeats: int = 7) -> float:
    """Wall time of all stage functions one after the other in one process, at the median."""
    bench = Bench.open()
    make_files(bench, photo)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        make_files(bench, photo)
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


class BareLoop:
    """Some warm processes that take photos from a queue and write the files."""

    def __init__(self, processes: int, out: Path) -> None:
        context = mp.get_context("spawn")
        self._todo: SimpleQueue[bytes | None] = context.SimpleQueue()
        self._done: SimpleQueue[int] = context.SimpleQueue()
        self._workers = [
            context.Process(target=_work, args=(self._todo, self._done, out / str(i)), daemon=True)
            for i in range(processes)
        ]
        for worker in self._workers:
            worker.start()
        for _ in self._workers:
            self._done.get()  # warm

    def run(self, photos: list[bytes]) -> float:
        """Jobs per second over a batch of photos."""
        started = time.perf_counter()
        for photo in photos:
            self._todo.put(photo)
        for _ in photos:
            self._done.get()
        return len(photos) / (time.perf_counter() - started)

    def close(self) -> None:
        """Stop the processes."""
        for _ in self._workers:
            self._todo.put(None)
        for worker in self._workers:
            worker.join(20)


def _work(todo: SimpleQueue[bytes | None], done: SimpleQueue[int], out: Path) -> None:
    bench = Bench.open()
    out.mkdir(parents=True, exist_ok=True)
    done.put(0)
    number = 0
    while (photo := todo.get()) is not None:
        for name, content in make_files(bench, photo).items():
            (out / f"{number}-{name}").write_bytes(content)
        number += 1
        done.put(number)
