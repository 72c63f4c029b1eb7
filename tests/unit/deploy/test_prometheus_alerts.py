"""Every alert fires when it should and stays silent when it should not, says Prometheus itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.prometheus.page import alerts, rule_groups
from tests.unit.deploy.promtool import Labels, check_value, promtool

REQUESTS = (
    "kiln_http_request_duration_seconds_count{{"
    'job="kiln-gateway", route="{}", method="GET", code="{}"}}'
)
JOBS = 'kiln_jobs_total{{product="figurine", outcome="{}"}}'
ETAS = 'kiln_eta_total{{product="figurine", outcome="{}"}}'
MEMO = 'kiln_cache_requests_total{{stage="fusion.paint", result="{}"}}'
GOOD, BAD = REQUESTS.format("/v1/jobs", 200), REQUESTS.format("/v1/jobs", 500)
GATEWAY, REDIS = (
    'up{job="kiln-gateway", instance="gateway"}',
    'kiln_redis_up{job="kiln-reconciler"}',
)
ONE, OTHER = (f'kiln_redis_up{{job="kiln-reconciler", instance="{name}"}}' for name in "ab")
LEADER, NEXT = (
    f'kiln_reconciler_last_round_timestamp_seconds{{job="kiln-reconciler", instance="{name}"}}'
    for name in "ab"
)
STREAMS = 'up{job="kiln-streams", instance="sse"}'
FAILURES = 'prometheus_rule_evaluation_failures_total{{rule_group="/rules/recording.yaml;{}"}}'
PROMETHEUS = 'process_start_time_seconds{job="prometheus"}'
DAY = 24 * 60


@dataclass(frozen=True)
class Case:
    """What is measured once a minute, and the labels of the alerts that are firing at its end."""

    alert: str
    what: str
    minutes: int
    series: dict[str, str]
    fires: tuple[Labels, ...] = ()

    def __str__(self) -> str:
        return f"{self.alert}: {self.what}"


def page(**labels: str) -> Labels:
    return {"severity": "page", **labels}


def ticket(**labels: str) -> Labels:
    return {"severity": "ticket", **labels}


def steady(minutes: int, by: float) -> str:
    """A counter that grows by so much a minute."""
    return f"0+{by}x{minutes}"


def broken(minutes: int, last: int, by: float) -> str:
    """A counter that stands still, but for the last minutes."""
    return f"0x{minutes - last} {by}+{by}x{last}"


CASES = (
    # -- error budget --------------------------------------------------------------------------
    Case(
        "KilnErrorBudgetBurn",
        "a tenth of all requests fail for an hour",
        60,
        {GOOD: steady(60, 90), BAD: steady(60, 10)},
        (page(window="1h"), page(window="6h"), ticket(window="3d")),
    ),
    Case(
        "KilnErrorBudgetBurn",
        "four of a hundred fail for six hours",
        360,
        {GOOD: steady(360, 96), BAD: steady(360, 4)},
        (page(window="6h"), ticket(window="3d")),
    ),
    Case(
        "KilnErrorBudgetBurn",
        "one of a hundred fails for a day",
        DAY,
        {GOOD: steady(DAY, 99), BAD: steady(DAY, 1)},
        (ticket(window="3d"),),
    ),
    Case(
        "KilnErrorBudgetBurn",
        "one of a thousand fails for a day",
        DAY,
        {GOOD: steady(DAY, 999), BAD: steady(DAY, 1)},
    ),
    Case(
        "KilnErrorBudgetBurn",
        "many failed, but it is over since a quarter of an hour",
        120,
        {GOOD: steady(120, 90), BAD: "0x80 0+20x20 400x20"},
        (page(window="6h"), ticket(window="3d")),
    ),
    Case(
        "KilnErrorBudgetBurn",
        "three of ten requests of a quiet hour fail",
        60,
        {GOOD: "0x50 1+1x7 7x10", BAD: "0x50 0+1x3 3x10"},
    ),
    Case(
        "KilnErrorBudgetBurn",
        "it is not ready, tells no metrics, refuses and is full: none is an error",
        60,
        {
            GOOD: steady(60, 10),
            REQUESTS.format("/readyz", 503): steady(60, 100),
            REQUESTS.format("/metrics", 500): steady(60, 100),
            REQUESTS.format("/v1/figurines", 422): steady(60, 100),
            REQUESTS.format("/v1/figurines", 429): steady(60, 100),
            REQUESTS.format("/v1/figurines", 507): steady(60, 100),
        },
    ),
    Case("KilnErrorBudgetBurn", "nobody asks anything", 60, {GOOD: "5x60", BAD: "5x60"}),
    Case(
        "KilnAvailabilityBurn",
        "the gateway is away for eight minutes",
        60,
        {GATEWAY: "1x51 0x8", REDIS: "1x60", PROMETHEUS: "-600x60"},
        (page(window="1h"), page(window="6h"), ticket(window="3d")),
    ),
    Case(
        "KilnAvailabilityBurn",
        "Redis is away for eight minutes",
        60,
        {GATEWAY: "1x60", REDIS: "1x51 0x8", PROMETHEUS: "-600x60"},
        (page(window="1h"), page(window="6h"), ticket(window="3d")),
    ),
    Case(
        "KilnAvailabilityBurn",
        "the gateway is away twice a day for three minutes",
        DAY,
        {GATEWAY: "1x599 0x2 1x599 0x2 1x235", REDIS: f"1x{DAY}"},
        (ticket(window="3d"),),
    ),
    Case(
        "KilnAvailabilityBurn",
        "the only gateway is gone, and its name with it; the process for streams is there",
        60,
        {GATEWAY: "1x51 stale", STREAMS: "1x60", REDIS: "1x60", PROMETHEUS: "-600x60"},
        (page(window="1h"), page(window="6h"), ticket(window="3d")),
    ),
    Case(
        "KilnAvailabilityBurn",
        "one of two gateways starts again and again, and streams do",
        60,
        {
            GATEWAY: "1x60",
            'up{job="kiln-gateway", instance="another"}': "0x60",
            STREAMS: "0x60",
            PROMETHEUS: "-600x60",
        },
    ),
    Case(
        "KilnAvailabilityBurn",
        "nobody tells whether Redis is there",
        60,
        {GATEWAY: "1x60", PROMETHEUS: "-600x60"},
    ),
    Case(
        "KilnAvailabilityBurn",
        "a house starts, together with its Prometheus",
        10,
        {GATEWAY: "0 0 1x8", REDIS: "_ 0 1x8", PROMETHEUS: "0x10"},
    ),
    # -- processes -----------------------------------------------------------------------------
    Case("KilnRedisDown", "it does not answer", 10, {REDIS: "1x5 0x5"}, (page(),)),
    Case("KilnRedisDown", "it answers", 10, {REDIS: "1x10"}),
    Case("KilnRedisDown", "one of two does not reach it", 10, {ONE: "1x10", OTHER: "0x10"}),
    Case(
        "KilnReconcilerWithoutRedis",
        "one of two does not reach it",
        10,
        {ONE: "1x10", OTHER: "1 0x9"},
        (ticket(job="kiln-reconciler", instance="b"),),
    ),
    Case("KilnReconcilerWithoutRedis", "nobody does", 10, {ONE: "1 0x9", OTHER: "1 0x9"}),
    Case(
        "KilnReconcilerStuck",
        "its rounds end no more, for eight minutes",
        20,
        {LEADER: "0+60x12 720x8", REDIS: "1x20"},
        (ticket(),),
    ),
    Case(
        "KilnReconcilerStuck",
        "its rounds end no more, for twenty minutes, and another was never asked to lead",
        40,
        {LEADER: "0+60x20 1200x20", NEXT: "0x40", ONE: "1x40", OTHER: "1x40"},
        (page(), ticket()),
    ),
    Case(
        "KilnReconcilerStuck",
        "the only one is gone, and what it told with it",
        40,
        {LEADER: "0+60x20 stale", REDIS: "1x20 stale"},
        (page(), ticket()),
    ),
    Case(
        "KilnReconcilerStuck",
        "one comes up again and again, and never to the end of a round",
        40,
        {LEADER: "0x10 _ 0x10 _ 0x17", REDIS: "1x40"},
        (page(), ticket()),
    ),
    Case("KilnReconcilerStuck", "it does its rounds", 40, {LEADER: "0+60x40", REDIS: "1x40"}),
    Case(
        "KilnReconcilerStuck",
        "another leads for half an hour, and the one before has lost its numbers since",
        60,
        {LEADER: "0+60x30 1800x15 0x15", NEXT: "0x30 1860+60x30", ONE: "1x60", OTHER: "1x60"},
    ),
    Case(
        "KilnReconcilerStuck",
        "a house starts after a night",
        604,
        {LEADER: "0+60x60 stale _x539 0 0 36120+60x2", REDIS: "1x60 stale _x539 0 1x3"},
    ),
    Case("KilnReconcilerStuck", "Redis is away", 40, {LEADER: "0+60x9 600x30", REDIS: "1x9 0x30"}),
    Case(
        "KilnReconcilerStuck",
        "Redis is back since a minute",
        40,
        {LEADER: "0+60x9 600x28 2340 2400", REDIS: "1x9 0x28 1 1"},
    ),
    Case(
        "KilnAvailabilityBurn",
        "one of two reconcilers does not reach Redis",
        10,
        {GATEWAY: "1x10", ONE: "1x10", OTHER: "0x10", PROMETHEUS: "0x10"},
    ),
    Case(
        "KilnQueueWithoutWorker",
        "the last of a queue has gone",
        10,
        {
            'kiln_worker_ready{queue="fusion"}': "2x4 0x6",
            'kiln_worker_ready{queue="stylize"}': "1x10",
        },
        (page(queue="fusion"),),
    ),
    Case(
        "KilnQueueWithoutWorker",
        "it comes back within two minutes",
        10,
        {'kiln_worker_ready{queue="fusion"}': "2x4 0 0 1x4"},
    ),
    Case(
        "KilnProcessDown",
        "one of two workers has gone",
        10,
        {
            'up{job="kiln-workers", instance="fusion-1"}': "1x5 0x5",
            'up{job="kiln-workers", instance="fusion-2"}': "1x10",
        },
        (ticket(job="kiln-workers", instance="fusion-1"),),
    ),
    Case(
        "KilnProcessDown",
        "it is back at once",
        10,
        {'up{job="kiln-workers", instance="fusion-1"}': "1x5 0 1x4"},
    ),
    Case(
        "KilnProcessUnseen",
        "no worker has ever said where it is",
        10,
        {GATEWAY: "1x10", 'up{job="kiln-reconciler"}': "1x10", 'up{job="kiln-courier"}': "1x10"},
        (ticket(job="kiln-workers"),),
    ),
    Case(
        "KilnProcessUnseen",
        "reconciler and courier are not found by name any more",
        10,
        {
            'up{job="kiln-workers"}': "1x10",
            'up{job="kiln-reconciler"}': "1x2 stale",
            'up{job="kiln-courier"}': "1x2 stale",
        },
        (ticket(job="kiln-courier"), ticket(job="kiln-reconciler")),
    ),
    Case(
        "KilnProcessUnseen",
        "event streams and services are not found by name any more; the rest is there",
        10,
        {
            'up{job="kiln-workers"}': "1x10",
            'up{job="kiln-reconciler"}': "1x10",
            'up{job="kiln-courier"}': "1x10",
            'up{job="kiln-streams"}': "1x2 stale",
            'up{job="kiln-services"}': "1x2 stale",
        },
        (ticket(job="kiln-services"), ticket(job="kiln-streams")),
    ),
    Case(
        "KilnProcessUnseen",
        "one is down",
        10,
        {
            'up{job="kiln-workers", instance="fusion-1"}': "0x10",
            'up{job="kiln-reconciler"}': "1x10",
            'up{job="kiln-courier"}': "1x10",
        },
    ),
    Case(
        "KilnRulesFail",
        "a group fails",
        20,
        {FAILURES.format("kiln stages"): "0x5 0+1x15"},
        (ticket(rule_group="/rules/recording.yaml;kiln stages"),),
    ),
    Case(
        "KilnRulesFail",
        "a group of others in the same Prometheus fails",
        20,
        {FAILURES.format("node-exporter"): "0x5 0+1x15", FAILURES.format("kiln stages"): "0x20"},
    ),
    Case(
        "KilnRulesFail",
        "one failed long ago",
        20,
        {FAILURES.format("kiln stages"): "3x20"},
    ),
    # -- work ----------------------------------------------------------------------------------
    Case(
        "KilnStageWaits",
        "for seven minutes",
        10,
        {
            'kiln_oldest_ready_seconds{queue="fusion"}': "0+60x10",
            'kiln_oldest_ready_seconds{queue="stylize"}': "30x10",
        },
        (ticket(queue="fusion"),),
    ),
    Case(
        "KilnStageWaits",
        "for half an hour",
        30,
        {'kiln_oldest_ready_seconds{queue="fusion"}': "0+60x30"},
        (page(queue="fusion"), ticket(queue="fusion")),
    ),
    Case(
        "KilnStageWaits",
        "four minutes, as after a burst",
        30,
        {'kiln_oldest_ready_seconds{queue="fusion"}': "240x30"},
    ),
    Case(
        "KilnJobsFail",
        "one of five",
        60,
        {JOBS.format("succeeded"): steady(60, 4), JOBS.format("failed"): steady(60, 1)},
        (ticket(),),
    ),
    Case("KilnJobsFail", "all expire", 60, {JOBS.format("expired"): steady(60, 1)}, (ticket(),)),
    Case(
        "KilnJobsFail",
        "photos do not do, people change their minds, one job fails",
        60,
        {
            JOBS.format("succeeded"): "0x60",
            JOBS.format("refused"): steady(60, 1),
            JOBS.format("cancelled"): steady(60, 1),
            JOBS.format("failed"): "0x30 1x30",
        },
    ),
    Case("KilnDeadLetters", "a new one", 30, {"kiln_dead_letters": "3x20 4x10"}, (ticket(),)),
    Case("KilnDeadLetters", "old ones, one replayed", 30, {"kiln_dead_letters": "3x20 2x10"}),
    Case("KilnDeadLetters", "one replayed just now", 22, {"kiln_dead_letters": "3x20 2x10"}),
    Case("KilnDeadLetters", "one an hour and a half ago", 100, {"kiln_dead_letters": "0x10 1x90"}),
    Case("KilnDeadLetters", "another leader tells", 23, {"kiln_dead_letters": "3x20 NaN NaN NaN"}),
    Case(
        "KilnEtaMissed",
        "two of five",
        60,
        {ETAS.format("met"): steady(60, 3), ETAS.format("missed"): steady(60, 2)},
        (ticket(product="figurine"),),
    ),
    Case(
        "KilnEtaMissed",
        "one of ten, as told",
        60,
        {ETAS.format("met"): steady(60, 9), ETAS.format("missed"): steady(60, 1)},
    ),
    Case(
        "KilnEtaMissed",
        "three of four in a quiet hour",
        60,
        {ETAS.format("met"): "0x30 1x30", ETAS.format("missed"): "0x30 3x30"},
    ),
    Case(
        "KilnMemoHitsCollapsed",
        "from a half to nothing",
        DAY,
        {MEMO.format("hit"): f"0+1x{DAY - 90} {DAY - 90}x90", MEMO.format("miss"): steady(DAY, 1)},
        (ticket(stage="fusion.paint"),),
    ),
    Case(
        "KilnMemoHitsCollapsed",
        "new code was started and has never remembered anything",
        DAY,
        {MEMO.format("hit"): f"0+1x{DAY - 90} stale", MEMO.format("miss"): steady(DAY, 1)},
        (ticket(stage="fusion.paint"),),
    ),
    Case(
        "KilnMemoHitsCollapsed",
        "from a half to two fifths",
        DAY,
        {
            MEMO.format("hit"): f"0+3x{DAY - 90} {3 * (DAY - 90)}+2x90",
            MEMO.format("miss"): steady(DAY, 3),
        },
    ),
    Case(
        "KilnMemoHitsCollapsed",
        "there never were many",
        DAY,
        {MEMO.format("hit"): f"0x{DAY - 600} 0+1x20 20x580", MEMO.format("miss"): steady(DAY, 1)},
    ),
    Case(
        "KilnMemoHitsCollapsed",
        "at night nobody asks",
        DAY,
        {
            MEMO.format("hit"): f"0+1x{DAY - 300} {DAY - 300}x300",
            MEMO.format("miss"): f"0+1x{DAY - 300} {DAY - 300}x300",
        },
    ),
    Case(
        "KilnWebhooksWait",
        "for ten minutes",
        20,
        {"kiln_webhook_oldest_seconds": "0+60x20"},
        (ticket(),),
    ),
    Case("KilnWebhooksWait", "for a minute", 20, {"kiln_webhook_oldest_seconds": "60x20"}),
    Case(
        "KilnNoRoom",
        "submits are refused for it",
        10,
        {'kiln_admission_rejected_total{reason="no_room"}': "0x5 1 2 3x3"},
        (page(),),
    ),
    Case(
        "KilnNoRoom",
        "there was none yesterday, and there is too much work today",
        20,
        {
            'kiln_admission_rejected_total{reason="no_room"}': "3x20",
            'kiln_admission_rejected_total{reason="busy"}': "0+5x20",
        },
    ),
)


def rules_for(alert: str) -> list[dict[str, Any]]:
    """Groups with this alert and the recorded series that it stands on: all would take minutes."""
    rules = [(group["name"], rule) for group in rule_groups() for rule in group["rules"]]
    wanted = [rule for _, rule in rules if rule.get("alert") == alert]
    for rule in wanted:  # grows meanwhile
        known = re.findall(r"kiln:[\w:]+", rule["expr"])
        wanted += [one for _, one in rules if one.get("record") in known and one not in wanted]
    groups = {
        name: [rule for at, rule in rules if at == name and rule in wanted] for name, _ in rules
    }
    return [{"name": name, "rules": found} for name, found in groups.items() if found]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_alert(case: Case, tmp_path: Path) -> None:
    state = {"__name__": "ALERTS", "alertname": case.alert, "alertstate": "firing", "value": "1"}
    asked = f'ALERTS{{alertname="{case.alert}", alertstate="firing"}}'
    expected = [state | dict(found) for found in case.fires]
    check_value(tmp_path, rules_for(case.alert), case.series, case.minutes, asked, expected)


def test_before_prometheus_has_looked_at_anything_nothing_is_away(tmp_path: Path) -> None:
    start = {GATEWAY: "_ _ 0 1x8", REDIS: "_ _ _ 1x8", PROMETHEUS: "_ _ 60x8"}
    away = [{"value": "0"}]
    check_value(tmp_path, rule_groups(), start, 9, "sum_over_time(kiln:unavailable[20m])", away)


def test_every_alert_fires_once_and_is_silent_once() -> None:
    wanted = {
        (alert.name, labels["severity"], labels.get("window", ""))
        for alert in alerts()
        for labels in [alert.labels]
    }
    fired = {
        (case.alert, labels["severity"], labels.get("window", ""))
        for case in CASES
        for labels in case.fires
    }
    assert fired == wanted
    assert {case.alert for case in CASES if not case.fires} == {name for name, *_ in wanted}


def test_every_alert_says_how_bad_it_is_what_it_means_and_what_to_do() -> None:
    for alert in alerts():
        assert alert.labels["severity"] in {"page", "ticket"}
        assert alert.summary
        assert "1. " in alert.runbook
        assert "`" in alert.runbook


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    folder = Path("deploy/prometheus/rules")
    said = promtool("check", "rules", *sorted(folder.glob("*.yaml")))
    assert "FAILED" not in said
    assert "duplicate" not in said
