"""Which machine a page of the docs is about."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

CPUS: Final = Path("/proc/cpuinfo")


def cores() -> str:
    """How many there are, and of what: ``2 cores (AMD EPYC 9B45)``."""
    kind = processor(CPUS.read_text("utf-8") if CPUS.is_file() else "")
    return f"{os.cpu_count()} cores ({kind})" if kind else f"{os.cpu_count()} cores"


def processor(told: str) -> str:
    """Name of the first processor in the kernel's list, without marks; empty if it has none."""
    found = re.search(r"^model name\s*: *(.*?) *$", told, re.MULTILINE)
    plain = re.sub(r"\((R|TM)\)|\bCPU\b|\b\d+-Core Processor\b|@.*", "", found[1] if found else "")
    return " ".join(plain.split())
