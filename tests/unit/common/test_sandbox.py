"""A photo may kill its decoder, never the worker, the neighbours or the next photo."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from common.errors import BadPhoto, CorruptPhoto, StageHung, TooManyPixels
from common.vision import sandbox as module
from common.vision.decode import decode_photo
from common.vision.sandbox import Sandbox
from tests.fuzz.seeds import seeds
from tests.house import ROOT

pytestmark = pytest.mark.skipif(not module.AVAILABLE, reason="needs Linux")
PHOTO = seeds()["jpeg"][0]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    made = Sandbox(2)
    yield made
    made.end()


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "gif", "heic"])
def test_the_pixels_are_those_of_the_decoder(box: Sandbox, kind: str) -> None:
    for photo in seeds()[kind]:
        assert np.array_equal(box.decode(photo, 2048), decode_photo(photo))
        assert np.array_equal(box.decode(photo, 17), decode_photo(photo, 17))


def test_a_refusal_comes_back_as_it_was(box: Sandbox) -> None:
    with pytest.raises(BadPhoto, match="known format"):
        box.decode(b"This is my diary.", 64)
    with pytest.raises(CorruptPhoto, match="the PNG file is damaged"):
        box.decode(seeds()["png"][0][:90], 64)
    with pytest.raises(TooManyPixels, match="50000 x 50000"):
        box.decode(png(50_000, 50_000, b""), 64)


def test_a_decoder_killed_once_is_replaced_and_nobody_notices(box: Sandbox) -> None:
    box.decode(PHOTO, 64)
    for pid in box.pids():
        os.kill(pid, signal.SIGKILL)
    assert box.decode(PHOTO, 64).shape == (40, 48, 3)


def test_a_photo_that_kills_its_decoder_is_refused_and_the_next_one_works() -> None:
    box = Sandbox(1)
    killer = killing(box, lambda pid: os.kill(pid, signal.SIGSEGV))
    with pytest.raises(CorruptPhoto, match="stops its decoder"):
        box.decode(png(5000, 5000, bytes(5000 * 15001)), 2048)
    killer.set()
    assert box.decode(PHOTO, 64).shape == (40, 48, 3)
    box.end()


def killing(box: Sandbox, kill: Callable[[int], None]) -> threading.Event:
    """Kill every decoder a moment after it appeared, until told to stop."""
    done = threading.Event()

    def run() -> None:
        while not done.wait(0.02):
            for pid in box.pids():
                with suppress(ProcessLookupError):  # it has died of the last one
                    kill(pid)

    threading.Thread(target=run, daemon=True).start()
    return done


def test_memory_is_bounded(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bound that a large photo meets; the real one is above the largest that is allowed."""
    photo = png(5000, 5000, bytes(5000 * 15001))
    tight = Sandbox(1)
    tight.decode(PHOTO, 64)
    (pid,) = tight.pids()
    limit = mapped(pid) + (40 << 20)
    subprocess.run(["prlimit", f"--pid={pid}", f"--as={limit}:{limit}"], check=True)
    with pytest.raises((TooManyPixels, CorruptPhoto)):
        tight.decode(photo, 64)
    assert tight.decode(PHOTO, 64).shape == (40, 48, 3)
    tight.end()
    assert box.decode(photo, 64).shape == (64, 64, 3)


def mapped(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def test_a_decoder_that_works_too_long_is_stopped() -> None:
    box = Sandbox(1)
    box.decode(PHOTO, 64)
    (pid,) = box.pids()
    killer = killing(box, lambda one: os.kill(one, signal.SIGXCPU) if one == pid else None)
    with pytest.raises(CorruptPhoto, match="too long"):
        box.decode(png(5000, 5000, bytes(5000 * 15001)), 64)
    killer.set()
    assert box.decode(PHOTO, 64).shape == (40, 48, 3)
    box.end()


def test_a_decoder_that_does_not_answer_is_worth_another_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ANSWER_S", 0.3)
    box = Sandbox(1)
    box.decode(PHOTO, 64)
    os.kill(box.pids()[0], signal.SIGSTOP)
    with pytest.raises(StageHung):
        box.decode(PHOTO, 64)
    assert box.decode(PHOTO, 64).shape == (40, 48, 3)
    box.end()


def test_threads_share_the_decoders(box: Sandbox) -> None:
    photos = [photo for kind in seeds().values() for photo in kind]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda photo: box.decode(photo, 64), photos * 5))
    for pixels, photo in zip(found, photos * 5, strict=True):
        assert np.array_equal(pixels, decode_photo(photo, 64))
    assert len(box.pids()) <= 2


def test_a_decoder_can_open_nothing_and_knows_no_secret(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KILN_LLM_API_KEY", "secret")
    fresh = Sandbox(1)
    fresh.decode(PHOTO, 64)
    (pid,) = fresh.pids()
    assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    hard = {line[:26].strip(): line[47:68].strip() for line in limits}
    assert hard["Max open files"] == hard["Max file size"] == hard["Max core file size"] == "0"
    assert int(hard["Max address space"]) < 3 << 30
    fresh.end()


def test_a_decoder_goes_with_its_worker() -> None:
    code = (
        "import sys, time; from common.vision import sandbox as s; s.warm_up();"
        "print(s.sandbox().pids()[0], flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    pid = int(worker.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    worker.kill()
    worker.wait()
    worker.stdout.close()
    deadline = time.monotonic() + 20
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def png(width: int, height: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
