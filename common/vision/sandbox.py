"""Photos of strangers are decoded in processes of their own, which may die of them.

A decoder is old C code that reads what anybody sends. Here it runs in a small child process with
bounds on memory and time, without secrets in its environment, and unable to open files or
connections (``common.vision.sandboxed``). Where a photo kills it, only that photo is refused.
"""

from __future__ import annotations

import atexit
import json
import logging
import mmap
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from common import errors
from common.errors import (
    BadPhoto,
    CorruptPhoto,
    KilnError,
    PhotoTooLarge,
    StageCrashed,
    StageHung,
    TooManyPixels,
)
from common.vision.decode import decode_photo as decode_here
from common.vision.network import RGB
from common.vision.sandboxed import AREA_BYTES, LONGEST_ANSWER, QUESTION

ANSWER_S: Final = 20.0  # by the clock; the child's own limit of CPU time comes first
START_S: Final = 60.0  # on a machine that does other things too
CHILDREN: Final = 2  # photos that one process decodes at once
PEAK_KEPT: Final = 32 << 20  # bytes of the shared area that are not given back
HEAP_KEPT: Final = 32 << 20  # bytes, the same for what a decoder itself needs
AVAILABLE: Final = sys.platform == "linux"  # memory that two processes see, and limits that hold

log = logging.getLogger(__name__)


class DecoderDiedError(Exception):
    """The child ended in the middle; the number is that of a signal when it is negative."""

    def __init__(self, returncode: int) -> None:
        super().__init__(returncode)
        self.returncode = returncode


class _Child:
    """One decoder process. Used by one thread at a time."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        memory = os.memfd_create("photo")
        try:
            os.ftruncate(memory, AREA_BYTES)
            self._area = mmap.mmap(memory, AREA_BYTES)
            self._process = _started(theirs.fileno(), memory)
        finally:
            theirs.close()
            os.close(memory)
        self._line.settimeout(START_S)
        try:
            self._receive()
        except (DecoderDiedError, TimeoutError) as failure:
            self.end()
            raise StageCrashed(f"no decoder of photos starts here: {failure!r}") from None
        self._line.settimeout(ANSWER_S)

    @property
    def pid(self) -> int:
        return self._process.pid

    def decode(self, data: bytes, max_side: int) -> RGB:
        self._area[: len(data)] = data
        try:
            self._line.send(QUESTION.pack(len(data), max_side))
        except OSError:  # it died while it had nothing to do
            raise DecoderDiedError(self._process.wait()) from None
        answer = self._receive()
        if "height" in answer:
            return self._pixels(int(answer["height"]), int(answer["width"]), max_side, len(data))
        raise _refusal(answer)

    def _receive(self) -> dict[str, Any]:
        with suppress(ConnectionError):
            if text := self._line.recv(LONGEST_ANSWER):
                return dict(json.loads(text))
        raise DecoderDiedError(self._process.wait())

    def _pixels(self, height: int, width: int, max_side: int, sent: int) -> RGB:
        if not (1 <= height <= max_side and 1 <= width <= max_side):
            raise CorruptPhoto(f"the decoder speaks of {width} x {height} pixels")
        size = height * width * 3
        pixels = np.frombuffer(self._area, np.uint8, size).reshape(height, width, 3).copy()
        if max(sent, size) > PEAK_KEPT:
            self._area.madvise(mmap.MADV_REMOVE)
        return pixels

    def end(self) -> None:
        self._line.close()
        self._process.kill()
        self._process.wait()
        self._area.close()


class Sandbox:
    """A few decoder processes for the threads of this one."""

    def __init__(self, children: int) -> None:
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._all: set[_Child] = set()
        for _ in range(children):
            self._free.put(None)  # started when it is first needed

    def decode(self, data: bytes, max_side: int) -> RGB:
        """As ``decode_photo``; a photo that stops its decoder twice is to blame for it."""
        if len(data) > AREA_BYTES:
            raise PhotoTooLarge(f"the photo has {len(data) / 1e6:.1f} MB")
        try:
            return self._once(data, max_side)
        except DecoderDiedError as first:
            if first.returncode == -signal.SIGXCPU:
                raise CorruptPhoto("decoding this photo takes too long") from None
            log.warning("a decoder ended with %d; another one tries again", first.returncode)
        try:
            return self._once(data, max_side)
        except DecoderDiedError as second:
            what = f"the decoder ended with {second.returncode}"
            raise CorruptPhoto(f"this photo stops its decoder ({what})") from None

    def pids(self) -> list[int]:
        """Ids of the processes that are running."""
        return sorted(child.pid for child in self._all)

    def warm_up(self) -> None:
        """Start one decoder before it is needed."""
        child = self._free.get()
        self._free.put(child or self._new())

    def end(self) -> None:
        """End all processes; others are started when they are needed."""
        for child in list(self._all):
            self._forget(child)

    def _once(self, data: bytes, max_side: int) -> RGB:
        child = self._free.get()
        try:
            child = child if child in self._all else self._new()
            return child.decode(data, max_side)
        except (DecoderDiedError, OSError) as failure:
            if child is not None:
                self._forget(child)
            child = None
            if isinstance(failure, TimeoutError):
                raise StageHung(f"a photo was not decoded in {ANSWER_S:.0f} s") from None
            raise
        finally:
            self._free.put(child)

    def _new(self) -> _Child:
        child = _Child()
        self._all.add(child)
        return child

    def _forget(self, child: _Child) -> None:
        self._all.discard(child)
        child.end()


_sandbox: Sandbox | None = None
_lock = threading.Lock()


def sandbox() -> Sandbox:
    """Find the sandbox of this process; made when it is first asked for."""
    global _sandbox  # noqa: PLW0603  processes are a thing of the whole process
    with _lock:
        if _sandbox is None:
            _sandbox = Sandbox(CHILDREN)
            atexit.register(_sandbox.end)
        return _sandbox


def warm_up() -> None:
    """Start a decoder process, where they exist."""
    if AVAILABLE:
        sandbox().warm_up()
    else:
        log.warning("no bounds on memory here (%s): photos are decoded in the worker", sys.platform)


def decode_photo(data: bytes, max_side: int = 2048) -> RGB:
    """Decode a photo in a process of its own; see ``common.vision.decode.decode_photo``.

    Raises
    ------
    BadPhoto, TooManyPixels
        As there.
    CorruptPhoto
        As there, or it stops its decoder each time, or takes too long.
    StageHung, StageCrashed
        No answer in time, or no decoder: not the fault of the photo, worth another attempt.
    """
    return sandbox().decode(data, max_side) if AVAILABLE else decode_here(data, max_side)


def _started(line: int, memory: int) -> subprocess.Popen[bytes]:
    # nothing of our environment: whoever takes this process over finds no keys in it
    environment = {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "1",  # threads of a decoder would each map 64 MB of their own
        # the next photo uses the memory of the last one: fresh pages cost as much as decoding
        "MALLOC_MMAP_THRESHOLD_": str(HEAP_KEPT),
        "MALLOC_TRIM_THRESHOLD_": str(HEAP_KEPT),
    }
    command = [sys.executable, "-m", "common.vision.sandboxed", str(line), str(memory)]
    return subprocess.Popen(  # noqa: S603  our own module
        command, pass_fds=(line, memory), stdin=subprocess.DEVNULL, env=environment
    )


def _refusal(answer: dict[str, Any]) -> Exception:
    if "bug" in answer:
        return RuntimeError(answer["bug"])
    if answer["code"] == "memory":
        return TooManyPixels("decoding this photo needs more memory than a photo may take")
    known = {leaf.code: leaf for leaf in errors.tree(KilnError) if issubclass(leaf, BadPhoto)}
    return known.get(answer["code"], CorruptPhoto)(answer["detail"])
