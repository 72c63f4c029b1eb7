"""Every PromQL expression that somebody may look at: of panels, variables, marks, and rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deploy.grafana.page import ALL, panels_of

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
RULES = ROOT / "deploy" / "prometheus" / "rules"

# What Grafana puts into its own variables; the scrape interval of the test is shorter.
GRAFANA = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "5m"}
STRINGS = re.compile(r'"[^"]*"|\'[^\']*\'')
COMPARISON = re.compile(r"(==|!=|<=|>=|<|>)(?!\s*bool)")


@dataclass(frozen=True)
class Query:
    """One expression, and where it stands."""

    place: str
    promql: str
    over_time: bool = True  # else only its latest value is shown

    @property
    def name(self) -> str:
        """Name of the rule, or of the last part of the place."""
        return self.place.rpartition(" / ")[2]

    def __str__(self) -> str:
        return f"{self.place}: {self.promql}"


def dashboards() -> dict[str, dict[str, Any]]:
    """Read every dashboard, by the name of its file."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in DASHBOARDS.glob("*.json")}


def queries_of(name: str, dashboard: dict[str, Any]) -> Iterator[Query]:
    """List what Grafana asks for one dashboard while nothing is chosen in its variables."""
    chosen = {f"${one['name']}": ALL for one in variables(dashboard)}
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            place = f"{name} / {panel['title']} / {target['refId']}"
            yield Query(place, filled(target["expr"], chosen), bool(target.get("range")))
    for mark in dashboard["annotations"]["list"]:
        yield Query(f"{name} / marks: {mark['name']}", filled(mark["expr"], chosen))
    for variable in variables(dashboard):
        metric, label = variable["query"].removeprefix("label_values(")[:-1].split(", ")
        promql = f'count by ({label}) ({metric}{{{label}!=""}})'
        yield Query(f"{name} / variable {label}", promql, over_time=False)


def variables(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in dashboard["templating"]["list"] if one["type"] == "query"]


def filled(promql: str, more: dict[str, str] | None = None) -> str:
    """Put values into Grafana's variables, the longest names first."""
    values = GRAFANA | (more or {})
    for name in sorted(values, key=len, reverse=True):
        promql = promql.replace(name, values[name])
    if "$" in STRINGS.sub("", promql):
        raise ValueError(f"a variable without a value: {promql}")
    return promql


def rules(kind: str) -> Iterator[Query]:
    """List the rules of a kind, ``record`` or ``alert``."""
    for path in sorted(RULES.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
            for rule in group["rules"]:
                if kind in rule:
                    yield Query(f"{path.name} / {rule[kind]}", rule["expr"], over_time=False)


def measured(alert: str) -> str:
    """Rewrite what an alert asks, so that it answers also while all is well.

    Comparisons tell 0 or 1 instead of nothing, what must not be absent is asked for itself, and
    yesterday is today: a Prometheus of a test has none.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    text = re.sub(r"\{[^}]*\}", keep, alert)
    text = re.sub(r"\boffset\s+\w+", "", text).replace("absent(", "(")
    text = COMPARISON.sub(r"\1 bool", text)
    return re.sub(r"\0(\d+)\0", lambda match: kept[int(match[1])], text)


def soon(promql: str) -> str:
    """Rewrite what looks at whole minutes only: a Prometheus of a test is not that old."""
    for rule in rules("record"):
        if ":1m]" in rule.promql:
            expression = rule.promql.replace(":1m]", ":1s]")
            promql = re.sub(rf"{rule.name}(?![\w:])", f"({expression})", promql)
    return promql


def names_in(promql: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Read off an expression which series it names, and which labels it asks of which."""
    text = STRINGS.sub('""', re.sub(r"\[[^\]]*\]", "", promql))
    labels = {
        (series, label)
        for series, chosen in re.findall(r"([\w:]+)\s*\{([^}]*)\}", text)
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", chosen)
    }
    text = re.sub(r"\{[^}]*\}", "", text)
    text = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", text)
    words = re.findall(r"(?<![\w.:])([A-Za-z_:][\w:]*)(?!\w*\s*\()", text)
    return set(words) - {"and", "or", "unless", "bool", "offset", "by"}, labels
