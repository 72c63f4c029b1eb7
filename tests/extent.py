"""How much a test does: a slice in ``make test``, all of it in ``make verify``."""

from __future__ import annotations

import os

FULL = os.environ.get("KILN_TEST_FULL") == "1"


def size(full: int, small: int) -> int:
    """How many: of kills, lives, random inputs."""
    return full if FULL else small
