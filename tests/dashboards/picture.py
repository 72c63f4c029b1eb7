"""A picture of a dashboard's data: its own JSON and the same queries, drawn by matplotlib.

Not a picture of Grafana: the same panels in the same places with the same series.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from deploy.grafana.page import ALL
from tests.dashboards import plots
from tests.dashboards.prometheus import Prometheus, Series
from tests.dashboards.queries import filled, variables

COLUMNS = 24
HEAD = 1.4  # rows above the grid, for the title
INCHES = 0.72, 0.46  # of one cell of Grafana's grid
DPI = 80
PLOTS = {
    "timeseries": plots.lines,
    "heatmap": plots.heat,
    "stat": plots.number,
    "bargauge": plots.levels,
    "table": plots.listing,
}


@dataclass(frozen=True)
class Span:
    """Which time is shown, in seconds."""

    start: float
    end: float
    step: float
    window: str  # what $__rate_interval stands for


def draw(dashboard: dict[str, Any], prometheus: Prometheus, span: Span, file: Path) -> None:
    """Write the picture of one dashboard."""
    rows = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in dashboard["panels"]) + HEAD
    size = COLUMNS * INCHES[0], rows * INCHES[1]
    with mpl.rc_context(plots.STYLE):
        figure = Figure(figsize=size, dpi=DPI)
        figure.text(12 / size[0] / DPI, 1 - 0.5 / rows, dashboard["title"], fontsize=20, va="top")
        figure.text(
            1 - 12 / size[0] / DPI, 1 - 0.6 / rows, _moment(span), fontsize=11, va="top", ha="right"
        )
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            if panel["type"] == "row":
                y = 1 - (place["y"] + HEAD + 0.65) / rows
                figure.text(0.006, y, panel["title"], fontsize=14, weight="bold", va="center")
                continue
            left, bottom = place["x"] / COLUMNS, 1 - (place["y"] + place["h"] + HEAD) / rows
            box = (left, bottom, place["w"] / COLUMNS, place["h"] / rows)
            answers = _asked(panel, dashboard, prometheus, span)
            PLOTS[panel["type"]](plots.Card(figure, box, panel), answers)
        figure.savefig(file)


def _asked(
    panel: dict[str, Any], dashboard: dict[str, Any], prometheus: Prometheus, span: Span
) -> list[list[Series]]:
    """Ask what the panel asks; one list of series a query."""
    length = f"{round(span.end - span.start)}s"
    more = {f"${one['name']}": ALL for one in variables(dashboard)}
    more |= {"$__rate_interval": span.window, "$__range": length, "$__interval": span.window}
    found = []
    for target in panel["targets"]:
        promql = filled(target["expr"], more)
        if target.get("instant"):
            found.append(prometheus.now(promql, span.end))
        else:
            found.append(prometheus.over(promql, span.start, span.end, span.step))
    return found


def _moment(span: Span) -> str:
    return f"{(span.end - span.start) / 60:.0f} minutes of mixed load; drawn by matplotlib"
