"""The page ``docs/metrics.md``, out of the table of ``common.metrics``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client import Histogram
from prometheus_client.metrics import MetricWrapperBase

from common import metrics
from common.metrics import TOLD_BY, Process
from deploy.stack import ROOT

FILE: Final = ROOT / "docs" / "metrics.md"
WHERE: Final = {
    Process.GATEWAY: "`/metrics` of the gateway, all of its processes together; in a locked house"
    " with an admin key, or from the machine itself",
    Process.SERVICE: "`/metrics` of each service: stylize, fusion, recipe",
    Process.WORKER: "a port of its own for each Celery worker, from `KILN_METRICS_PORT` on",
    Process.RECONCILER: "a port of the same range; the leader alone tells jobs and queues",
    Process.COURIER: "a port of the same range",
}
INTRO: Final = """# Metrics

Written by `make docs` from `common/metrics.py`; edits here are lost. A test keeps it current.

Series are counted by the code that does the thing, never by listening to Celery's events, which
may get lost. Labels have few values: no ids, no people, no paths. The `celery_*` series are those
of celery-exporter by name and labels, so that dashboards made for it fit; there is no exporter
process. Their `hostname` is the whole name of the worker, such as `fusion-1@host` (the exporter
cuts it down to `host`), and a task is a success for Celery whenever it returned: a stage that
failed tells the ledger, not Celery. Beside these, all but the gateway tell what the library knows
of their process: `process_*`, `python_*`.

How long a queue is and how old its oldest stage, who works and what is given up, one process reads
off the ledger once a round (`KILN_RECONCILE_S`), by one script: the leader of the reconcilers. Who
does not lead, or cannot reach Redis, tells none of these gauges rather than old ones;
`kiln_redis_up` says why."""


def metrics_page() -> str:
    """Text of the page."""
    return "\n".join([INTRO, *_places(), *_series(), *_buckets(), ""])


def all_metrics() -> list[MetricWrapperBase]:
    """Every series of the house, in the order of the module."""
    return [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]


def _places() -> Iterator[str]:
    yield from ("", "## Who tells them", "", "| process | where |", "| --- | --- |")
    for process, where in WHERE.items():
        yield f"| {process} | {where} |"


def _series() -> Iterator[str]:
    yield from ("", "## Series", "", "| name | type | labels | told by | what |")
    yield f"|{' --- |' * 5}"
    for metric in all_metrics():
        (family,) = metric.describe()
        name = family.name + "_total" * (family.type == "counter")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001  no other way
        told_by = ", ".join(one for one in Process if one in TOLD_BY[family.name])
        cells = (f"`{name}`", family.type, labels, told_by, family.documentation)
        yield f"| {' | '.join(cells)} |"


def _buckets() -> Iterator[str]:
    yield from ("", "## Buckets", "", "Upper bounds, in seconds where the name does not say else.")
    yield from ("", "| histogram | buckets |", "| --- | --- |")
    for metric in all_metrics():
        if isinstance(metric, Histogram):
            (family,) = metric.describe()
            bounds = ", ".join(f"{bound:g}" for bound in metric._upper_bounds)  # noqa: SLF001  ditto
            yield f"| `{family.name}` | {bounds} |"
