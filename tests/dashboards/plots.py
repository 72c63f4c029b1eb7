"""One function a kind of panel: draws what its queries answered into its place."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from deploy.grafana.panels import COLOURS
from tests.dashboards.prometheus import Series
from tests.dashboards.values import named, written

NIGHT, PAPER, INK, FAINT = "#111217", "#181b1f", "#ccccdc", "#2f333b"
STYLE = {
    "figure.facecolor": NIGHT,
    "savefig.facecolor": NIGHT,
    "axes.facecolor": PAPER,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": "#8e8e9c",
    "ytick.color": "#8e8e9c",
    "grid.color": FAINT,
    "axes.axisbelow": True,
    "font.family": "DejaVu Sans",
    "font.size": 9,
}
HUES = {
    "green": "#73bf69",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
    "purple": "#b877d9",
    "text": INK,
}
PALETTE = [
    *("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0"),
    *("#508642", "#cca300", "#447ebc", "#f9934e", "#b877d9", "#56a64b", "#5195ce", "#ffb357"),
]
LEGEND_COLUMNS = {6: 2, 8: 2, 10: 2, 12: 3, 14: 3, 16: 4, 24: 6}


@dataclass
class Card:
    """A panel's place on the figure: its paper, its title, and room for axes."""

    figure: Figure
    box: tuple[float, float, float, float]  # left, bottom, width, height, in parts of the figure
    panel: dict[str, Any]

    def __post_init__(self) -> None:
        x, y, w, h = self._inner()
        paper = Rectangle((x, y), w, h, fc=PAPER, ec=FAINT, lw=0.8, zorder=-1)
        self.figure.add_artist(paper)
        self.figure.text(
            x + self._inch(0.1)[0],
            y + h - self._inch(0.09)[1],
            self.panel["title"],
            fontsize=11,
            va="top",
        )

    @property
    def unit(self) -> str:
        return str(self.panel["fieldConfig"]["defaults"]["unit"])

    @property
    def digits(self) -> int | None:
        value = self.panel["fieldConfig"]["defaults"].get("decimals")
        return None if value is None else int(value)

    @property
    def limits(self) -> list[tuple[float, str]]:
        steps = self.panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        return [
            (-math.inf if step["value"] is None else step["value"], HUES[step["color"]])
            for step in steps
        ]

    def text(self, value: float) -> str:
        return written(value, self.unit, self.digits)

    def colour_at(self, value: float) -> str:
        """Colour of the highest limit that a value has reached."""
        return [colour for start, colour in self.limits if value >= start or start == -math.inf][-1]

    def axes(
        self, left: float = 0.75, bottom: float = 0.3, right: float = 0.15, top: float = 0.38
    ) -> Axes:
        """Axes with margins in inches."""
        x, y, w, h = self._inner()
        (dl, db), (dr, dt) = self._inch2(left, bottom), self._inch2(right, top)
        axes = self.figure.add_axes((x + dl, y + db, w - dl - dr, h - db - dt))
        axes.spines[["top", "right"]].set_visible(False)
        return axes

    def empty(self) -> None:
        """Say that there is nothing to show."""
        x, y, w, h = self._inner()
        why = self.panel["fieldConfig"]["defaults"].get("noValue", "no data")
        self.figure.text(
            x + w / 2, y + h / 2, why, ha="center", va="center", color="#8e8e9c", fontsize=12
        )

    def _inner(self) -> tuple[float, float, float, float]:
        gap_x, gap_y = self._inch(0.05)
        x, y, w, h = self.box
        return x + gap_x, y + gap_y, w - 2 * gap_x, h - 2 * gap_y

    def _inch(self, inches: float) -> tuple[float, float]:
        return self._inch2(inches, inches)

    def _inch2(self, wide: float, high: float) -> tuple[float, float]:
        size = self.figure.get_size_inches()
        return wide / size[0], high / size[1]


def lines(card: Card, answers: list[list[Series]]) -> None:
    """Draw series over time, stacked where the panel says so."""
    drawn = list(_named(card, answers))
    if not drawn:
        card.empty()
        return
    custom = card.panel["fieldConfig"]["defaults"]["custom"]
    rows = math.ceil(len(drawn) / LEGEND_COLUMNS[card.panel["gridPos"]["w"]])
    axes = card.axes(bottom=0.42 + 0.165 * rows)
    stacked = custom.get("stacking", {}).get("mode") == "normal"
    if stacked:
        _stack(axes, drawn)
    else:
        colours = hues([name for name, _ in drawn])
        for name, one in drawn:
            xs, ys = zip(*one.points, strict=True)
            axes.plot(xs, ys, color=colours[name], lw=1.6, label=name)
    _scale_of(card, axes, drawn, stacked=stacked)
    _clock(axes)
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(-0.06, -0.34 / (card.panel["gridPos"]["h"] * 0.46 - 0.8 - 0.165 * rows)),
        ncols=LEGEND_COLUMNS[card.panel["gridPos"]["w"]],
        frameon=False,
        fontsize=8,
        borderaxespad=0,
        handlelength=1.1,
        columnspacing=1,
        labelspacing=0.25,
    )


def heat(card: Card, answers: list[list[Series]]) -> None:
    """Draw how many fell into each bucket; cumulative counts become those of one bucket."""
    found = [one for one in answers[0] if one.alive]
    if not found:
        card.empty()
        return
    found.sort(key=lambda one: float(one.labels["le"]))
    moments = sorted({at for one in found for at, _ in one.points})
    column = {at: n for n, at in enumerate(moments)}
    counts = np.zeros((len(found), len(moments)))
    for row, one in enumerate(found):
        for at, value in one.points:
            counts[row, column[at]] = value
    counts = np.diff(counts, axis=0, prepend=0)
    axes = card.axes()
    shown = np.ma.masked_less_equal(counts, 1e-9)
    axes.pcolormesh(moments, range(len(found)), shown, cmap=colormaps["turbo"], shading="nearest")
    names = [
        "more" if math.isinf(top) else written(top, card.unit)
        for top in (float(one.labels["le"]) for one in found)
    ]
    every = 1 if len(names) < 9 else 2
    axes.set_yticks(range(0, len(names), every), names[::every])
    axes.tick_params(labelsize=8, length=0)
    _clock(axes)


def number(card: Card, answers: list[list[Series]]) -> None:
    """Write one large number over a faint line of how it came about."""
    found = [one for one in answers[0] if one.alive]
    if not found:
        card.empty()
        return
    (one, *_) = found
    colour = card.colour_at(one.latest)
    axes = card.axes(left=0.06, bottom=0.06, right=0.06, top=0.4)
    axes.set_axis_off()
    xs, ys = zip(*one.points, strict=True)
    low, high = np.nanmin(ys), np.nanmax(ys)
    axes.fill_between(xs, ys, low - 1e-12, color=colour, alpha=0.18, lw=0)
    axes.plot(xs, ys, color=colour, lw=1, alpha=0.6)
    axes.set_ylim(low - 1e-12, high + 2.2 * max(high - low, 0.02 * abs(high), 1e-9))
    axes.text(
        0.5,
        0.55,
        card.text(one.latest),
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=25,
        color=colour,
        weight="bold",
    )


def levels(card: Card, answers: list[list[Series]]) -> None:
    """Draw one horizontal bar a series."""
    drawn = list(_named(card, answers))
    if not drawn:
        card.empty()
        return
    axes = card.axes(left=1.5, bottom=0.15, right=0.85, top=0.45)
    top = card.panel["fieldConfig"]["defaults"].get("max")
    top = top or max([1e-9, *(one.latest for _, one in drawn)])
    for place, (name, one) in enumerate(drawn):
        colour = card.colour_at(one.latest)
        axes.add_patch(Rectangle((0, place - 0.32), top, 0.64, color=FAINT, lw=0))
        axes.add_patch(Rectangle((0, place - 0.32), min(one.latest, top), 0.64, color=colour, lw=0))
        axes.text(-0.02 * top, place, name, ha="right", va="center")
        axes.text(1.02 * top, place, card.text(one.latest), va="center", color=colour)
    axes.set_xlim(0, top)
    axes.set_ylim(len(drawn) - 0.5, -0.5)
    axes.set_axis_off()


def listing(card: Card, answers: list[list[Series]]) -> None:
    """Write the table: one row a set of labels, one column a query."""
    organised = card.panel["transformations"][1]["options"]["renameByName"]
    columns = [name for key, name in organised.items() if key.startswith("Value")]
    styles = {
        one["matcher"]["options"]: {two["id"]: two["value"] for two in one["properties"]}
        for one in card.panel["fieldConfig"]["overrides"]
    }
    rows: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    for column, series in zip(columns, answers, strict=True):
        for one in series:
            row = rows.setdefault(tuple(sorted(one.labels.items())), {})
            style = styles[column]
            row[column] = written(one.latest, style["unit"], style.get("decimals", 0))
    if not rows:
        card.empty()
        return
    labels = list(dict.fromkeys(name for row in rows for name, _ in row))
    axes = card.axes(left=0.12, right=0.12, bottom=0.1, top=0.42)
    axes.set_axis_off()
    head = [organised.get(name, name) for name in labels] + columns
    lines_ = [head]
    for row, cells in sorted(rows.items()):
        told = dict(row)
        lines_.append([told.get(name, "") for name in labels] + [cells.get(c, "") for c in columns])
    _table(axes, lines_, len(labels))


def hues(names: list[str]) -> dict[str, str]:
    """Colours of series: what their last words mean, or the next of the palette."""
    fixed = {word: HUES[hue] for hue, words in COLOURS.items() for word in words.split("|")}
    free = cycle(PALETTE)
    return {name: fixed.get(name.rpartition(" ")[2]) or next(free) for name in names}


def _named(card: Card, answers: list[list[Series]]) -> Iterator[tuple[str, Series]]:
    for target, series in zip(card.panel["targets"], answers, strict=True):
        for one in series:
            if one.alive:
                yield named(target["legendFormat"], one.labels), one


def _stack(axes: Axes, drawn: list[tuple[str, Series]]) -> None:
    moments = sorted({at for _, one in drawn for at, _ in one.points})
    values = []
    for _, one in drawn:
        known = dict(one.points)
        values.append([0 if math.isnan(v := known.get(at, 0.0)) else v for at in moments])
    names = [name for name, _ in drawn]
    colours = list(hues(names).values())
    axes.stackplot(moments, values, labels=names, colors=colours, alpha=0.75, lw=0)


def _scale_of(card: Card, axes: Axes, drawn: list[tuple[str, Series]], *, stacked: bool) -> None:
    defaults = card.panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    if custom.get("scaleDistribution", {}).get("type") == "log":
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=defaults.get("min"))
        axes.yaxis.set_major_locator(MaxNLocator(5))
    if "max" in defaults:
        axes.set_ylim(top=1.04 * defaults["max"])
    elif not stacked and max(value for _, one in drawn for _, value in one.points) <= 0:
        axes.set_ylim(top=1)
    if custom.get("thresholdsStyle", {}).get("mode") == "dashed":
        top = axes.get_ylim()[1]
        for start, colour in card.limits[1:]:
            if start <= top:
                axes.axhline(start, color=colour, ls="--", lw=1, alpha=0.7)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, card.unit)))
    axes.grid(visible=True, axis="y", lw=0.6)
    axes.tick_params(labelsize=8, length=0)


def _clock(axes: Axes) -> None:
    """Minutes since the left end."""
    start, end = axes.get_xlim()
    start, end = axes.dataLim.x0, axes.dataLim.x1
    axes.set_xlim(start, end)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    ticks = np.linspace(start, end, 6)
    names = [f"{int(s // 60)}:{int(s % 60):02}" for s in ticks - start]
    axes.set_xticks(ticks, names)
    axes.tick_params(axis="x", labelsize=8, length=0)


def _table(axes: Axes, lines_: list[list[str]], names: int) -> None:
    widths = [max(len(row[n]) for row in lines_) + 3 for n in range(len(lines_[0]))]
    step = min(1 / len(lines_), 0.12)
    for place, row in enumerate(lines_):
        x, y = 0.0, 1 - (place + 0.5) * step
        for n, cell in enumerate(row):
            width = widths[n] / sum(widths)
            at, align = (x, "left") if n < names else (x + 0.8 * width, "right")
            style = {"weight": "bold", "color": "#6e9fff"} if place == 0 else {}
            axes.text(at, y, cell, ha=align, va="center", fontsize=9, **style)
            x += width
        axes.axhline(1 - (place + 1) * step, color=FAINT, lw=0.6)
    axes.set_ylim(0, 1)
    axes.set_xlim(0, 1)
