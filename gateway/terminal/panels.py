"""Titles under which `kiln --help` lists the commands."""

from __future__ import annotations

from typing import Final

MAKING: Final = "Make something"
LOOKING: Final = "Your jobs"
RUNNING: Final = "Run the house"
