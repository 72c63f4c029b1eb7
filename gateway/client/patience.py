"""How long the client waits before it asks again, and how often."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime
from typing import Final

import requests

RETRIES: Final = 8
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 20.0
TOTAL_S: Final = 60.0
JITTER: Final = 0.1  # of what the server asks for: all who were told the same come back apart


class Patience:
    """Pauses between the tries of one call: exponential, with jitter, and never endless.

    Parameters
    ----------
    total_s : float
        All pauses together are no longer than this.
    """

    def __init__(self, total_s: float = TOTAL_S) -> None:
        self._left_s = total_s
        self._tries = 0

    def pause(self, asked_s: float = 0.0) -> float | None:
        """Next pause in s, at least as long as the server asks; None when it is time to give up.

        Who is asked to wait longer than patience lasts gives up at once: to come back earlier
        would be no use, and rude.
        """
        if self._tries >= RETRIES:
            return None
        own: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**self._tries) * random.uniform(0.5, 1)
        pause = max(own, asked_s * random.uniform(1, 1 + JITTER))
        if max(own, asked_s) > self._left_s:
            return None
        self._tries += 1
        self._left_s -= pause
        return pause


def asked_pause(response: requests.Response) -> float:
    """Read ``Retry-After``, seconds or a date (RFC 9110, section 10.2.3), in s; 0 without one."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (TypeError, ValueError):  # none, or no date
        return 0.0
