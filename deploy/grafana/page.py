"""What all dashboards have in common: name, variables, links, and their JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import bargauge, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from deploy.grafana.panels import DATASOURCE

TAG: Final = "kiln"
ALL: Final = ".*"  # what a variable stands for while nothing is chosen

AnyPanel = timeseries.Panel | stat.Panel | bargauge.Panel | heatmap.Panel | table.Panel


@dataclass(frozen=True)
class Choice:
    """A variable at the top of a dashboard: values of a label."""

    label: str
    metric: str


@dataclass(frozen=True)
class Section:
    """A row with a title, and its panels from left to right."""

    title: str
    panels: tuple[AnyPanel, ...]


@dataclass(frozen=True)
class Page:
    """One dashboard. ``name`` is that of its file and the end of its uid, and never changes."""

    name: str
    title: str
    purpose: str
    sections: Sequence[Section]
    choices: Sequence[Choice] = ()
    since: str = "now-1h"

    def as_json(self) -> str:
        """Write the dashboard as Grafana reads it; the same each time."""
        return json.dumps(self.build(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"

    def build(self) -> model.Dashboard:
        """Put everything in its place."""
        page = board.Dashboard(self.title).uid(f"kiln-{self.name}").description(self.purpose)
        page.tags([TAG]).timezone("browser").refresh("10s").time(self.since, "now")
        page.tooltip(model.DashboardCursorSync.CROSSHAIR)
        page.link(_to_the_others()).annotations([_starts()])
        page.variables([_datasource(), *(_variable(choice) for choice in self.choices)])
        for section in self.sections:
            page.with_row(board.Row(section.title))
            for panel in section.panels:
                page.with_panel(panel)
        built = page.build()
        for number, panel_or_row in enumerate(built.panels or (), start=1):
            panel_or_row.id_val = number
        return built


def panels_of(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel of a dashboard as it was read from JSON; rows are none."""
    rows: Iterable[dict[str, Any]] = dashboard["panels"]
    return (panel for panel in rows if panel["type"] != "row")


def _to_the_others() -> board.DashboardLink:
    link = board.DashboardLink("Kiln").type(model.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.include_vars(include_vars=True).keep_time(keep_time=True).icon("dashboard")


def _starts() -> board.AnnotationQuery:
    """Mark the first minute of each process: an upgrade, or a crash."""
    query = board.AnnotationQuery().name("Starts of processes").datasource(DATASOURCE)
    query.enable(enable=True).icon_color("purple")
    return query.expr('time() - process_start_time_seconds{job=~"kiln-.+"} < 60')


def _datasource() -> board.DatasourceVariable:
    return board.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _variable(choice: Choice) -> board.QueryVariable:
    variable = board.QueryVariable(choice.label).label(choice.label.capitalize())
    variable.query(f"label_values({choice.metric}, {choice.label})").datasource(DATASOURCE)
    variable.include_all(include_all=True).multi(multi=True).all_value(ALL)
    variable.current(model.VariableOption(text="All", value="$__all", selected=True))
    variable.refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
    return variable.sort(model.VariableSort.ALPHABETICAL_ASC)
