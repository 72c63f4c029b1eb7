"""Line plots for the docs, as SVG that is the same for the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

INK, GRID = "#2b2b2b", "#d9d9d9"
COLOURS = ("#c0622c", "#2c6fc0", "#3d8f4f", "#8a4fbf")


@dataclass(frozen=True)
class Line:
    """One line: where its points are."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    dashed: bool = False  # what would be, rather than what was measured


def plot(
    path: Path, title: str, axes: tuple[str, str], lines: Sequence[Line], *, log: bool = False
) -> None:
    """Draw lines with a dot at every measured point; ``log`` for both axes."""
    with mpl.rc_context({"svg.hashsalt": "kiln", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        area = figure.add_subplot()
        for line, colour in zip(lines, COLOURS, strict=False):
            style = "--" if line.dashed else "o-"
            area.plot(line.x, line.y, style, color=colour, label=line.name, markersize=4)
        if log:
            area.set_xscale("log")
            area.set_yscale("log")
        else:
            area.set_ylim(bottom=0)
        area.set_xticks(lines[0].x, minor=False)
        area.set_xticks([], minor=True)
        area.xaxis.set_major_formatter(ScalarFormatter())
        area.set_title(title, loc="left", color=INK)
        area.set_xlabel(axes[0])
        area.set_ylabel(axes[1])
        area.grid(color=GRID)
        area.spines[["top", "right"]].set_visible(False)
        if len(lines) > 1:
            area.legend(frameon=False)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, metadata={"Date": None})
