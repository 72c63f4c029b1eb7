"""Numbers in the units that panels name, and names of series as legends want them."""

from __future__ import annotations

import math
import re

SHORT_DURATIONS = ((1, "s"), (1e-3, "ms"), (1e-6, "µs"))
LONG_DURATIONS = ((86_400, "d"), (3600, "h"), (60, "min"))
BYTES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
THOUSANDS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def written(value: float, unit: str, digits: int | None = None) -> str:
    """Write a number as Grafana does, about."""
    if math.isnan(value):
        return "-"
    if unit.startswith("suffix:"):
        return _rounded(value, digits) + unit.removeprefix("suffix:")
    match unit:
        case "percentunit":
            text = _rounded(100 * value, digits) + "%"
        case "s":
            steps = LONG_DURATIONS if abs(value) >= 60 else SHORT_DURATIONS
            text = _scaled(value, steps, digits)
        case "bytes":
            text = _scaled(value, BYTES, digits)
        case "reqps":
            text = _rounded(value, digits) + " req/s"
        case _:
            text = _scaled(value, THOUSANDS, digits)
    return text


def named(legend: str, labels: dict[str, str]) -> str:
    """Name a series as its query wants it."""
    if legend == "__auto":
        return ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) or "value"
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend).strip()


def _scaled(value: float, steps: tuple[tuple[float, str], ...], digits: int | None) -> str:
    if value == 0:
        return "0"
    for size, name in steps:
        if abs(value) >= size:
            return f"{_rounded(value / size, digits)} {name}"
    size, name = min(steps)
    if size < 1:
        return f"{_rounded(value / size, digits)} {name}"
    return _rounded(value, digits)


def _rounded(value: float, digits: int | None) -> str:
    if digits is not None:
        return f"{value:.{digits}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
