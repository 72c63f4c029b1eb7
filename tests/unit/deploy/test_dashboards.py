"""Dashboards as files: as the code writes them, as Grafana reads them, of series that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from common.watching import Watching
from deploy.grafana.__main__ import FOLDER, pages
from deploy.grafana.page import panels_of
from deploy.metrics_page import all_metrics
from deploy.prometheus.page import rule_groups
from tests.dashboards.page import page as told_of
from tests.dashboards.queries import RULES, dashboards, measured, names_in, queries_of, rules, soon
from tests.unit.deploy.promtool import check_value

FOREIGN = {  # series that libraries and Prometheus itself make, with the labels we ask of them
    "up": {"job", "instance"},
    "ALERTS": {"alertname", "alertstate", "severity"},
    "process_start_time_seconds": {"job", "instance"},
    "process_resident_memory_bytes": {"job", "instance"},
    "process_cpu_seconds_total": {"job", "instance"},
    "process_open_fds": {"job", "instance"},
    "prometheus_rule_evaluation_failures_total": {"rule_group"},
}
NAMES = sorted(page.name for page in pages())


@pytest.fixture(scope="module")
def written() -> dict[str, dict[str, Any]]:
    return dashboards()


def known() -> dict[str, set[str]]:
    """Series of the house by name, with their labels."""
    found = dict(FOREIGN)
    for metric in all_metrics():
        (family,) = metric.describe()
        labels = {"job", "instance", *metric._labelnames}
        if family.type == "histogram":
            found |= {f"{family.name}_{part}": labels for part in ("sum", "count")}
            found[f"{family.name}_bucket"] = labels | {"le"}
        else:
            found[family.name + "_total" * (family.type == "counter")] = labels
    recorded = {"route", "stage", "product", "queue"}
    return found | {rule.name: recorded for rule in rules("record")}


def test_the_files_are_those_the_code_writes() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.json")) == NAMES
    for page in pages():
        text = (FOLDER / f"{page.name}.json").read_text("utf-8")
        assert text == page.as_json(), "run `python -m deploy.grafana` and commit the files"


@pytest.mark.parametrize("name", NAMES)
def test_grafana_knows_every_field(name: str, written: dict[str, dict[str, Any]]) -> None:
    """The SDK's types are made from Grafana's own schemas: what they do not know gets lost."""
    register_default_plugins()  # type: ignore[no-untyped-call]
    dashboard = written[name]
    read = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
    assert read == dashboard
    assert dashboard["uid"] == f"kiln-{name}"
    assert dashboard["schemaVersion"] >= 39


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_says_what_it_shows_and_what_to_do(
    name: str, written: dict[str, dict[str, Any]]
) -> None:
    known_units = {value for value in vars(units).values() if isinstance(value, str)}
    panels = list(panels_of(written[name]))
    assert len({panel["title"] for panel in panels}) == len(panels)
    assert len({panel["id"] for panel in written[name]["panels"]}) == len(written[name]["panels"])
    for panel in panels:
        assert 5 < len(panel["title"]) < 70, panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["targets"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        unit = panel["fieldConfig"]["defaults"]["unit"]
        assert unit in known_units or unit.startswith("suffix:"), unit


@pytest.mark.parametrize("name", NAMES)
def test_panels_fill_the_page_and_none_lies_on_another(
    name: str, written: dict[str, dict[str, Any]]
) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in written[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert max(x for x, _ in taken) == 23
    assert len(taken) == 24 * (1 + max(y for _, y in taken)), "there is a hole in the page"


@pytest.mark.parametrize("name", NAMES)
def test_every_series_and_label_that_is_asked_for_exists(
    name: str, written: dict[str, dict[str, Any]]
) -> None:
    series = known()
    for query in queries_of(name, written[name]):
        names, labels = names_in(query.promql)
        assert names, query
        assert names <= series.keys(), query
        for one, label in labels:
            assert label in series[one], query


@pytest.mark.parametrize("name", NAMES)
def test_what_other_programs_tell_the_same_prometheus_is_on_no_dashboard(
    name: str, written: dict[str, dict[str, Any]]
) -> None:
    for query in queries_of(name, written[name]):
        for series in names_in(query.promql)[0]:
            if not series.startswith("kiln"):
                ours = rf'{series}{{[^}}]*(job=~"kiln-|alertname=~"Kiln)'
                assert re.search(ours, query.promql), query


def test_where_nobody_asked_no_share_is_told(
    tmp_path: Path, written: dict[str, dict[str, Any]]
) -> None:
    """Nought by nought would be NaN, and shown as that."""
    quiet = {
        'kiln_http_request_duration_seconds_count{job="kiln-gateway",route="/v1"}': "1x90",
        'kiln_jobs_total{product="figurine",outcome="failed"}': "1x90",
        'kiln_eta_total{product="figurine",outcome="met"}': "1x90",
    }
    shares = ("Requests that failed", "Jobs the house failed", "Estimates that held")
    for query in queries_of("overview", written["overview"]):
        if any(title in query.place for title in shares):
            check_value(tmp_path, rule_groups(), quiet, 90, query.promql, [])


def test_every_group_of_rules_bears_the_name_of_the_house() -> None:
    assert all(group["name"].startswith("kiln ") for group in rule_groups())


def test_every_series_of_the_rules_exists() -> None:
    series = known()
    for query in (*rules("record"), *rules("alert")):
        names, labels = names_in(query.promql)
        assert names <= series.keys(), query
        assert all(label in series[one] for one, label in labels), query


def test_every_recorded_series_is_looked_at(written: dict[str, dict[str, Any]]) -> None:
    shown = {
        name
        for dashboard in written.values()
        for query in queries_of("", dashboard)
        for name in names_in(query.promql)[0]
    }
    used = {
        name for rule in (*rules("record"), *rules("alert")) for name in names_in(rule.promql)[0]
    }
    recorded = {rule.name for rule in rules("record")}
    assert recorded <= shown | used


def test_every_series_of_the_house_is_on_some_dashboard(
    written: dict[str, dict[str, Any]],
) -> None:
    asked = " ".join(
        query.promql for dashboard in written.values() for query in queries_of("", dashboard)
    ) + " ".join(rule.promql for rule in rules("record"))
    hidden = {
        "kiln_duplicate_commits",  # harmless, and told among the messages with nothing to do
        "kiln_expired_files",  # housekeeping
        "kiln_metrics_bad_files",  # about the metrics themselves
    }
    families = {metric.describe()[0].name for metric in all_metrics()}
    assert {name for name in families - hidden if name not in asked} == set()


def test_an_alert_answers_also_while_all_is_well() -> None:
    assert measured('max by (q) (a{b!="1", c=~"x>2"}) > 300') == (
        'max by (q) (a{b!="1", c=~"x>2"}) > bool 300'
    )
    assert measured('absent(up{job="w"})') == '(up{job="w"})'
    assert measured("a < 0.5 * (b offset 1h > 0.2) and c == 0") == (
        "a < bool 0.5 * (b  > bool 0.2) and c == bool 0"
    )


def test_what_looks_at_whole_minutes_is_asked_by_the_second() -> None:
    asked = soon("kiln:unavailable:ratio_3d / 2 > kiln:available")
    assert ":1s]" in asked
    assert asked.endswith(") / 2 > kiln:available")
    assert soon("kiln:available") == "kiln:available"


def test_grafana_is_told_how_often_prometheus_looks() -> None:
    folder = FOLDER.parent / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yaml").read_text())[
        "datasources"
    ]
    interval = Watching.model_fields["prometheus_interval_s"].default
    assert source["jsonData"]["timeInterval"] == f"{interval}s"
    (provider,) = yaml.safe_load((folder / "dashboards" / "kiln.yaml").read_text())["providers"]
    assert provider["type"] == "file"
    assert RULES.is_dir()


def test_the_page_tells_of_these_dashboards() -> None:
    told = (FOLDER.parents[2] / "docs" / "dashboards.md").read_text("utf-8")
    assert told == told_of(pages(), 180), "run `make dashboards`"
