"""The limit Kiln is measured against: the same stage functions in a bare loop, no queue.

One process makes one photo after the other into the same files. Two of them saturate two cores.
"""

from __future__ import annotations

import itertools
import multiprocessing as mp
import os
import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from unittest.mock import patch

from tests.bench.stages import Bench, Files, write_files

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue

ONE_HEAP = {  # of Kiln's stylize workers; fusion workers were as quick without the last two
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "134217728",
}
Photo = tuple[int, bytes]  # with the number of its job


def make_files(bench: Bench, photo: bytes, *, preview: bool = True) -> Files:
    """Run every stage function once: photo to every file of a figurine."""
    return bench.portrait(photo) | bench.figurine(photo, preview=preview)


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
        self._todo: SimpleQueue[Photo | None] = context.SimpleQueue()
        self._done: SimpleQueue[int] = context.SimpleQueue()
        self._waiting: dict[int, threading.Event] = {}
        self._numbers = itertools.count(1)
        self._workers = [
            context.Process(target=_work, args=(self._todo, self._done, out), daemon=True)
            for _ in range(processes)
        ]
        with patch.dict(os.environ, ONE_HEAP):
            for worker in self._workers:
                worker.start()
        for _ in self._workers:
            self._done.get()  # warm
        threading.Thread(target=self._collect, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def make(self, photo: bytes) -> None:
        """Make one figurine; returns when its files are written."""
        number = next(self._numbers)
        done = self._waiting[number] = threading.Event()
        self._todo.put((number, photo))
        done.wait()
        del self._waiting[number]

    def pids(self) -> dict[str, list[int]]:
        """Processes by what they are."""
        return {"loop": [worker.pid for worker in self._workers if worker.pid]}

    def close(self) -> None:
        """Stop the processes."""
        for _ in self._workers:
            self._todo.put(None)
        for worker in self._workers:
            worker.join(20)
        self._done.put(0)

    def _collect(self) -> None:
        while number := self._done.get():
            self._waiting[number].set()


def _work(todo: SimpleQueue[Photo | None], done: SimpleQueue[int], out: Path) -> None:
    bench = Bench.open()
    done.put(-1)
    while (job := todo.get()) is not None:
        number, photo = job
        write_files(out / str(number), make_files(bench, photo))
        done.put(number)
