"""How long the client waits before it asks again, and how often."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import requests

RETRIES: Final = 6
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 20.0
LONGEST_ASKED_S: Final = 60.0  # a server that asks for more is not waited for that long


def pauses() -> Iterator[float]:
    """Exponential backoff with jitter, in s."""
    for attempt in range(RETRIES):
        longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**attempt)
        yield longest * random.uniform(0.5, 1)


def asked_pause(response: requests.Response, left: Iterator[float]) -> float | None:
    """Next pause, at least as long as the server asks for; None when patience is at its end."""
    pause = next(left, None)
    if pause is None:
        return None
    asked = response.headers.get("Retry-After", "")
    return max(pause, min(float(asked), LONGEST_ASKED_S)) if asked.isdecimal() else pause
