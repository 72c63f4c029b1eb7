"""Runs one input under watch: not too long, not too much memory, and none is lost in a crash."""

from __future__ import annotations

import faulthandler
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_S = 5.0  # of one input, in CPU time; most take a millisecond
HANG_S = 60.0  # by the clock of the wall, on a machine that does other things too
MOST_MB = 700  # more than before: 50 million pixels in RGB and in RGBA, and something to work with


@contextmanager
def watched(data: bytes, last: Path) -> Iterator[None]:
    """Fail when the body of the ``with`` hangs or eats memory.

    A crash takes pytest along, with a traceback of ``faulthandler``: the input is in ``last``.
    """
    last.write_bytes(data)
    faulthandler.dump_traceback_later(HANG_S, exit=True)
    started = time.process_time()
    try:
        with memory(MOST_MB):
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    seconds = time.process_time() - started
    assert seconds < LONGEST_S, f"{seconds:.1f} s for {len(data)} bytes"


@contextmanager
def memory(more_mb: int) -> Iterator[None]:
    """Let this process map only so much more: beyond it allocations fail."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + (more_mb << 20), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
