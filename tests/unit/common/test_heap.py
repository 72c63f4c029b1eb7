"""Memory that nobody uses goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

# half a gigabyte in small pieces, freed but for the last, which keeps the heap's end in place
PROGRAM = """
from common.heap import give_back
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
pieces = [bytes(60_000) for _ in range(8_000)]
last = bytes(60_000)
full = resident()
pieces.clear()
kept = resident()
give_back()
print(full, kept, resident())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the heap of glibc")
def test_free_pages_in_the_middle_of_the_heap_go_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True
    )
    full, kept, left = map(int, done.stdout.split())
    assert kept > 0.8 * full, "nothing to give back: the test shows nothing"
    assert left < 0.3 * full
