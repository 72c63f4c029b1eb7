"""Write ``docs/alerts.md`` out of the rules: what each alert means and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import yaml

from deploy.prometheus.config import FOLDER, RULES

FILE: Final = FOLDER.parent.parent / "docs" / "alerts.md"

INTRODUCTION: Final = """\
# Alerts

Written by `make docs` from `deploy/prometheus/rules/`; edits here are lost. A test keeps it
current, and another one lets every alert fire and stay silent.

A stack runs a Prometheus of its own where one is installed (`make setup` does, on Debian and
Ubuntu): `make up` tells where, its `/alerts` shows which of these are firing. It listens on
`KILN_INNER_HOST`, keeps its data in the data folder for `KILN_PROMETHEUS_DAYS` days or
`KILN_PROMETHEUS_GB`, and nobody waits for it: without it (`KILN_PROMETHEUS=off`) nothing else is
missing. With `KILN_ALERTMANAGER=host:port` an Alertmanager is told, and tells people.

A Prometheus on the machine that it watches goes down with it. Whoever must know that the machine
is away lets another machine ask `/readyz` of the gateway.

`page`: somebody's job is at stake now. `ticket`: within a working day. What to do is written for
one machine and its default data folder, `data`; what that is in containers and in a cluster:
[operations.md](operations.md#when-an-alert-fires).
"""


@dataclass(frozen=True)
class Alert:
    """One rule that raises an alert; several may share a name and a runbook."""

    name: str
    group: str
    expr: str
    pause: str  # how long it must be true
    labels: dict[str, str]
    summary: str
    runbook: str


def rule_groups() -> list[dict[str, Any]]:
    """Read every group of every rule file."""
    return [
        group
        for file in sorted(RULES.glob("*.yaml"))
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]
    ]


def alerts() -> list[Alert]:
    """Read all alerts, in the order of the files."""
    return [
        Alert(
            name=rule["alert"],
            group=group["name"],
            expr=" ".join(rule["expr"].split()),
            pause=rule.get("for", "at once"),
            labels=rule["labels"],
            summary=rule["annotations"]["summary"],
            runbook=rule["annotations"]["runbook"],
        )
        for group in rule_groups()
        for rule in group["rules"]
        if "alert" in rule
    ]


def page() -> str:
    """Text of the page."""
    return "\n".join([INTRODUCTION, *_list(), *_chapters(), *_recorded()])


def write() -> None:
    """Write it."""
    FILE.write_text(page(), "utf-8")


def _list() -> Iterator[str]:
    yield from ("| alert | severity | fires when |", "| --- | --- | --- |")
    for alert in alerts():
        link = f"[{alert.name}](#{alert.name.lower()})"
        yield f"| {link} | {alert.labels['severity']} | {_plain(alert.summary)} |"


def _plain(summary: str) -> str:
    """Put what a template would fill in into words."""
    words = summary.replace("{{ $value | humanizePercentage }}", "N %")
    words = words.replace("{{ $value | humanizeDuration }}", "N min").replace("{{ $value }}", "N")
    return words.replace("{{ $labels.", "").replace(" }}", "")


def _chapters() -> Iterator[str]:
    for name, rules in groupby(alerts(), key=lambda alert: alert.name):
        first, *others = rules
        yield from ("", f"## {name}", "", first.runbook.rstrip(), "")
        yield from ("```promql",)
        for rule in (first, *others):
            said = ", ".join(rule.labels.values())
            yield f"# {said}, {'for ' * rule.pause[0].isdigit()}{rule.pause}"
            yield rule.expr
        yield "```"


def _recorded() -> Iterator[str]:
    yield from ("", "## Recorded numbers", "")
    yield from ("Computed once, for dashboards and alerts.", "")
    yield from ("| series | what |", "| --- | --- |")
    for group in rule_groups():
        for rule in group["rules"]:
            if "record" in rule:
                expr = " ".join(rule["expr"].split()).replace("|", r"\|")
                yield f"| `{rule['record']}` | `{expr}` |"
    yield ""
