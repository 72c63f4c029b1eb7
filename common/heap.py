"""Give memory back that nobody uses: a preview frees a hundred megabytes, and the heap keeps them.

glibc returns free pages to the system only at the end of its heap, where something small usually
stays. ``malloc_trim`` returns them all, in a few milliseconds.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Return the free pages of the heap; does nothing where the C library cannot."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


@cache
def _library() -> Any:  # noqa: ANN401  functions by name
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
