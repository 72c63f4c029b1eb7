"""How a rate is written, in settings and in keys."""

from __future__ import annotations

from typing import Final

RATE: Final = r"^[1-9]\d{0,3}/(second|minute|hour|day)$"  # such as 60/minute
