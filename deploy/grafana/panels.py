"""Kinds of panels that all dashboards share: what they look like is decided here, once.

Each maker takes a title in plain words and a text for the little *i* of the panel, which says
what to do when it looks bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from grafana_foundation_sdk.builders import bargauge, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders import common as shared
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import common as viz
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

DATASOURCE: Final = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
GOOD, FAIR, BAD, CALM = "green", "orange", "red", "blue"
COLOURS: Final = {  # of what a series is about; all others get a colour by their name
    "green": "succeeded|delivered|met|hit",
    "red": "failed|missed|given_up",
    "orange": "expired|again",
    "blue": "miss",
    "purple": "refused|gone",
    "text": "cancelled",
}
HEIGHT: Final = 8

Limits = tuple[tuple[float | None, str], ...]  # from a value on, a colour; the first has none
Panel = TypeVar("Panel", timeseries.Panel, stat.Panel, bargauge.Panel, heatmap.Panel, table.Panel)


@dataclass(frozen=True)
class Query:
    """One PromQL expression and the name of its series; ``{{label}}`` stands for a value."""

    promql: str
    legend: str = ""
    unit: str = ""  # of its column in a table


@dataclass(frozen=True)
class Scale:
    """How values are read: unit, ends of the axis, and from where on they are good or bad."""

    unit: str
    limits: Limits = ()
    least: float | None = 0
    most: float | None = None
    logarithmic: bool = False
    digits: int | None = None


SECONDS: Final = Scale("s")
COUNT: Final = Scale("short", digits=0)
PER_MINUTE: Final = Scale("suffix: /min")
SHARE: Final = Scale("percentunit", most=1)


def below(fair: float, bad: float) -> Limits:
    """Green, orange from ``fair`` on, red from ``bad`` on."""
    return ((None, GOOD), (fair, FAIR), (bad, BAD))


def above(bad: float, fair: float) -> Limits:
    """Red, orange from ``bad`` on, green from ``fair`` on."""
    return ((None, BAD), (bad, FAIR), (fair, GOOD))


def lines(
    title: str,
    help_: str,
    *queries: Query,
    scale: Scale,
    width: int = 12,
    stacked: bool = False,
) -> timeseries.Panel:
    """Draw series over time; the limits of the scale are dashed lines."""
    panel = _common(timeseries.Panel(), title, help_, scale, width)
    panel.line_width(2).fill_opacity(60 if stacked else 8).show_points(viz.VisibilityMode.NEVER)
    panel.span_nulls(60_000.0)
    if stacked:
        panel.stacking(shared.StackingConfig().mode(viz.StackingMode.NORMAL))
    if scale.least is not None and not scale.logarithmic:
        panel.min(scale.least)
    if scale.most is not None:
        panel.max(scale.most)
    if scale.logarithmic:
        logs = shared.ScaleDistributionConfig().type(viz.ScaleDistribution.LOG).log(10)
        panel.scale_distribution(logs)
    if scale.limits:
        dashed = shared.GraphThresholdsStyleConfig().mode(viz.GraphThresholdsStyleMode.DASHED)
        panel.thresholds_style(dashed)
    return _drawn(panel, queries)


def number(
    title: str, help_: str, query: Query, *, scale: Scale = COUNT, width: int = 4
) -> stat.Panel:
    """Show one large number in the colour of its limits."""
    panel = _common(stat.Panel(), title, help_, scale, width).height(4)
    panel.graph_mode(viz.BigValueGraphMode.AREA).color_mode(viz.BigValueColorMode.VALUE)
    panel.color_scheme(_by_limits()).reduce_options(_last())
    if query.legend:
        panel.text_mode(viz.BigValueTextMode.VALUE_AND_NAME)
    target = _target(query, 0)
    if "$__range" in query.promql:  # about all the time shown, which is not asked at each step
        target.instant()
    return panel.with_target(target)


def levels(title: str, help_: str, query: Query, *, scale: Scale, width: int = 8) -> bargauge.Panel:
    """Compare the latest values of several series by horizontal bars."""
    panel = _common(bargauge.Panel(), title, help_, scale, width)
    panel.orientation(viz.VizOrientation.HORIZONTAL).display_mode(viz.BarGaugeDisplayMode.BASIC)
    panel.color_scheme(_by_limits()).reduce_options(_last()).min(0)
    if scale.most is not None:
        panel.max(scale.most)
    return panel.with_target(_target(query, 0).instant())


def heat(
    title: str, help_: str, query: Query, *, scale: Scale = SECONDS, width: int = 12
) -> heatmap.Panel:
    """Draw a Prometheus histogram over time: how many fell into which bucket."""
    panel = _common(heatmap.Panel(), title, help_, scale, width)
    colours = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Turbo")
    panel.calculate(calculate=False).color(colours.steps(64)).cell_gap(1)
    panel.y_axis(heatmap.YAxisConfig().unit(scale.unit)).show_legend().show_y_histogram()
    panel.filter_values(heatmap.FilterValueRange().le(1e-9))
    panel.hide_from(shared.HideSeriesConfig())
    return panel.with_target(_target(query, 0).format(PromQueryFormat.HEATMAP))


def listing(
    title: str, help_: str, *queries: Query, by: Mapping[str, str], width: int = 24
) -> table.Panel:
    """List one row for the values of some labels, ``by`` their headings; one column a query."""
    panel = _common(table.Panel(), title, help_, COUNT, width)
    panel.align(viz.FieldTextAlignment.AUTO).inspect(inspect=False)
    letters = [chr(ord("A") + n) for n in range(len(queries))]
    named = {f"Value #{a}": query.legend for a, query in zip(letters, queries, strict=True)}
    if len(queries) == 1:
        named = {"Value": queries[0].legend}
    organised: dict[str, object] = {
        "excludeByName": {"Time": True},
        "renameByName": {**by, **named},
    }
    panel.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    organize = model.DataTransformerConfig(id_val="organize", options=organised)
    panel.with_transformation(organize).show_header(show_header=True)
    for position, query in enumerate(queries):
        target = _target(query, position).instant().format(PromQueryFormat.TABLE)
        panel.with_target(target)
        column = [model.DynamicConfigValue("unit", query.unit)]
        if query.unit != "short":  # a count has no digits behind the point
            column.append(model.DynamicConfigValue("decimals", 1))
        panel.override_by_name(query.legend, column)
    return panel


def _common(panel: Panel, title: str, help_: str, scale: Scale, width: int) -> Panel:
    steps = [
        model.Threshold(value=value, color=colour)
        for value, colour in scale.limits or ((None, CALM),)
    ]
    panel.title(title).description(help_).datasource(DATASOURCE).unit(scale.unit)
    panel.thresholds(board.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
    panel.span(width).height(HEIGHT)
    if scale.digits is not None:
        panel.decimals(scale.digits)
    return panel


def _drawn(panel: timeseries.Panel, queries: Sequence[Query]) -> timeseries.Panel:
    """Add the queries, a legend that can be read, and the colours that mean something."""
    panel.color_scheme(board.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC))
    legend = shared.VizLegendOptions().show_legend(show_legend=True)
    legend.display_mode(viz.LegendDisplayMode.LIST).placement(viz.LegendPlacement.BOTTOM)
    panel.legend(legend)
    tooltip = shared.VizTooltipOptions().mode(viz.TooltipDisplayMode.MULTI)
    panel.tooltip(tooltip.sort(viz.SortOrder.DESCENDING))
    for position, query in enumerate(queries):
        panel.with_target(_target(query, position))
    for colour, words in COLOURS.items():
        fixed = model.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
        panel.override_by_regexp(rf"/(^|\s)({words})$/", [fixed])
    return panel


def _target(query: Query, position: int) -> Dataquery:
    target = Dataquery().expr(query.promql).legend_format(query.legend or "__auto")
    target.ref_id(chr(ord("A") + position)).datasource(DATASOURCE)
    return target.range().editor_mode(QueryEditorMode.CODE)


def _by_limits() -> board.FieldColor:
    return board.FieldColor().mode(model.FieldColorModeId.THRESHOLDS)


def _last() -> shared.ReduceDataOptions:
    return shared.ReduceDataOptions().calcs(["lastNotNull"]).values(values=False)
