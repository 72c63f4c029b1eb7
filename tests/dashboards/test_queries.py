"""Every query of every dashboard, rule and alert, asked of the stack's own Prometheus.

A query is alive when Prometheus understands it and answers with at least one number.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from deploy.grafana.__main__ import pages
from tests.dashboards.house import Guests, listener, message_lost
from tests.dashboards.prometheus import BadQuery, Prometheus
from tests.dashboards.queries import Query, dashboards, measured, queries_of, rules, soon
from tests.dashboards.stand_ins import standing_in
from tests.stack import TestStack, require_stack, until

SETTINGS = {
    "prometheus": "on",
    "prometheus_interval_s": 1,
    "fusion_workers": 1,
    "recipe_workers": 1,
    "max_active_jobs": 12,
    "webhook_schedule_s": [0.5],
}


@dataclass(frozen=True)
class Watched:
    """A house that something happened in, and who watched it."""

    prometheus: Prometheus
    since: float

    def dead(self, queries: Iterable[Query]) -> str:
        """Say of each query that is not alive why, a line each."""
        return "\n".join(f"{query}: {why}" for query in queries if (why := self._why_dead(query)))

    def _why_dead(self, query: Query) -> str:
        promql = soon(query.promql)
        try:
            if query.over_time:
                found = self.prometheus.over(promql, self.since, time.time(), 1)
            else:
                found = self.prometheus.now(promql)
        except BadQuery as exc:
            return str(exc)
        if not found:
            return "answers nothing"
        return "" if any(one.alive for one in found) else "answers no number"


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    require_stack()
    if shutil.which("prometheus") is None:
        reason = "prometheus is not installed: run `make setup`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with TestStack(**SETTINGS) as stack, standing_in(stack.settings) as stand_in:
        since, guests, over = time.time(), Guests(stack), threading.Event()
        prometheus = Prometheus(f"http://127.0.0.1:{stack.settings.prometheus_port}")
        listening = listener(stack.url, guests.forgotten(), over)
        guests.wave()
        guests.figurine()
        guests.given_up()
        message_lost(stack)
        stand_in.work()
        guests.wave()
        until(lambda: bool(prometheus.now('kiln_jobs_total{outcome="expired"} > 0')))
        time.sleep(3)  # one more look and one more round of the rules
        yield Watched(prometheus, since)
        over.set()
        listening.join(10)


@pytest.mark.parametrize("name", [page.name for page in pages()])
def test_every_query_of_a_dashboard_is_alive(name: str, watched: Watched) -> None:
    dead = watched.dead(queries_of(name, dashboards()[name]))
    assert not dead, dead


def test_every_recorded_series_is_alive(watched: Watched) -> None:
    recorded = [Query(rule.place, rule.name) for rule in rules("record")]
    assert len(recorded) > 10
    dead = watched.dead(recorded)
    assert not dead, dead


def test_every_alert_can_be_asked(watched: Watched) -> None:
    """None need fire, but each has its numbers: one that has none would never fire."""
    alerts = list(rules("alert"))
    assert len(alerts) > 10
    for alert in alerts:
        watched.prometheus.now(alert.promql)
    dead = watched.dead(Query(one.place, measured(one.promql), over_time=False) for one in alerts)
    assert not dead, dead
