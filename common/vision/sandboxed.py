"""The decoder's own process: bytes of strangers in, pixels out, and nothing else can be done here.

Started by ``common.vision.sandbox`` as ``python -m common.vision.sandboxed LINE AREA``, with the
numbers of two open files: a socket for questions and answers, and memory that both processes see.
It ends when the other side of the socket is gone.
"""

from __future__ import annotations

import codecs
import errno
import importlib
import io
import json
import mmap
import resource
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from common.errors import KilnError
from common.vision.decode import decode_photo

AREA_BYTES: Final = 256 << 20  # photo, then pixels; pages nobody touched cost nothing
QUESTION: Final = struct.Struct("<QI")  # bytes of the photo, longest side wanted
LONGEST_ANSWER: Final = 4096
MORE_MEMORY_MB: Final = 1200  # beyond the start: 50 million pixels in three copies and some room
CPU_S: Final = 15  # of one photo; the slowest that is allowed, of 50 million pixels, takes five
# What Pillow loads only for some photos; behind the lock it could not be loaded.
_LATE_MODULES: Final = (
    *("PIL.ExifTags", "PIL.ImageColor", "PIL.ImagePalette", "PIL.ImageSequence"),
    *("PIL.MpoImagePlugin", "PIL.TiffImagePlugin", "PIL.TiffTags", "PIL.ImageMode"),
)
_LATE_CODECS: Final = ("ascii", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig")


def main() -> None:
    """Warm up, lock the doors, answer until the other side hangs up."""
    line_number, area_number = map(int, sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the worker, which finishes
    with socket.socket(fileno=line_number) as line:
        area = mmap.mmap(area_number, AREA_BYTES)
        _warm_up()
        _lock()
        line.send(b"{}")  # ready
        while question := line.recv(QUESTION.size):
            _limit_time()
            line.send(json.dumps(_answer(area, *QUESTION.unpack(question))).encode())


def _answer(area: mmap.mmap, size: int, max_side: int) -> dict[str, Any]:
    try:
        pixels = decode_photo(area[:size], max_side)
    except KilnError as refusal:
        if getattr(refusal.__cause__, "errno", None) == errno.EMFILE:
            return {"bug": f"something was loaded behind the lock: {refusal.detail}"}
        return {"code": refusal.code, "detail": refusal.detail[:1000]}
    except MemoryError:
        return {"code": "memory"}
    except Exception as bug:  # noqa: BLE001  the other side raises it again
        return {"bug": repr(bug)[:1000]}
    height, width = pixels.shape[:2]
    np.frombuffer(area, np.uint8, pixels.size).reshape(pixels.shape)[:] = pixels
    return {"height": height, "width": width}


def _warm_up() -> None:
    """Load all that is ever loaded, and decode a photo of each kind, whole and cut off."""
    for name in _LATE_MODULES:
        importlib.import_module(name)
    for name in _LATE_CODECS:
        codecs.lookup(name)
    picture = Image.linear_gradient("L").resize((64, 64)).convert("RGB")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    other = profile.replace(b"sRGB", b"xRGB")
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "HEIF"):
        file = io.BytesIO()
        if kind == "HEIF":
            pillow_heif.from_pillow(picture).save(file, format=kind)
        else:
            picture.save(file, kind, icc_profile=other)
        decode_photo(file.getvalue(), 32)
        with suppress(KilnError):
            decode_photo(file.getvalue()[: len(file.getvalue()) // 2], 32)


def _lock() -> None:
    """Take no more memory than that, leave no core, open and write no file, make no connection."""
    mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    most = mapped + (MORE_MEMORY_MB << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # what is open stays open


def _limit_time() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
