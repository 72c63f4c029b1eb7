"""Is it well? Promises, budgets, what people get, and whether everything is there."""

from __future__ import annotations

from typing import Final

from deploy.grafana.page import Choice, Page, Section
from deploy.grafana.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    PER_MINUTE,
    SECONDS,
    Query,
    Scale,
    above,
    below,
    levels,
    lines,
    listing,
    number,
)

DOWNTIME: Final = 0.001  # of the time: the promise is 99.9 %
FAILURES: Final = 0.005  # of the requests, and of the jobs
WINDOWS: Final = ("5m", "30m", "1h", "6h", "3d")
PACE: Final = Scale("suffix:x", ((None, GOOD), (1, FAIR), (14.4, BAD)))
FEW: Final = Scale("percentunit", below(FAILURES / 2, FAILURES), digits=2)
LEFT: Final = Scale("percentunit", above(0, 0.25), least=None, digits=1)
NOBODY: Final = "none asked for"
PARTS: Final = (
    'label_replace(max(kiln_redis_up), "job", "kiln-redis", "", "")'
    " or label_replace(time() - max(kiln_reconciler_last_round_timestamp_seconds) < bool 180"
    ', "job", "kiln-rounds", "", "")'
    ' or avg by (job) (up{job=~"kiln-.+"})'
)


def overview() -> Page:
    """Build the first page somebody looks at."""
    return Page(
        "overview",
        "Kiln: is it well?",
        "Availability and errors against what is promised, what people get, what is missing.",
        [_promises(), _budgets(), _people(), _house()],
        [Choice("product", "kiln_jobs_total")],
    )


def _promises() -> Section:
    return Section(
        "Are the promises kept, in the time shown?",
        (
            number(
                "Available",
                "Share of the time in which the gateway and its Redis answered; 99.9 % is "
                "promised. When red: see *Parts that answer* below, then the log of that part.",
                Query("1 - avg_over_time(kiln:unavailable[$__range])"),
                scale=Scale("percentunit", ((None, BAD), (1 - DOWNTIME, GOOD)), digits=3),
            ),
            number(
                "Downtime left",
                "What is left of the 0.1 % in which the house may be away, in the time shown: "
                "choose 30 days for a month's budget. Below zero: fix before you change anything.",
                Query(f"1 - avg_over_time(kiln:unavailable[$__range]) / {DOWNTIME}"),
                scale=LEFT,
            ),
            number(
                "Requests that failed",
                "Share of the requests answered with 5xx (507, a full disk or quota, is not "
                "counted); below 0.5 % is promised. When red: *Products and HTTP* tells the route.",
                Query(
                    "(sum(sum_over_time(kiln:http_errors:rate5m[$__range])) or vector(0))"
                    " / (sum(sum_over_time(kiln:http_requests:rate5m[$__range])) > 0)"
                ),
                scale=FEW,
            ).no_value(NOBODY),
            number(
                "Jobs the house failed",
                "Share of the jobs that failed or expired through no fault of the photo or the "
                "wish. When red: `kiln dead list` shows them, the log of the worker says why.",
                Query(
                    '(sum(increase(kiln_jobs_total{outcome=~"failed|expired"}[$__range]))'
                    " or vector(0))"
                    ' / (sum(increase(kiln_jobs_total{outcome!="cancelled"}[$__range])) > 0)'
                ),
                scale=FEW,
            ).no_value(NOBODY),
            number(
                "Estimates that held",
                "Share of the jobs that ended before the p90 that was told when they were "
                "accepted; nine of ten should. When low: workers were lost or others use the "
                "machine.",
                Query(
                    'sum(increase(kiln_eta_total{outcome="met"}[$__range]))'
                    " / (sum(increase(kiln_eta_total[$__range])) > 0)"
                ),
                scale=Scale("percentunit", above(0.8, 0.9), digits=1),
            ).no_value(NOBODY),
            number(
                "Alerts that fire",
                "The list is at the end of this page; docs/alerts.md says what to do about each.",
                Query('count(ALERTS{alertname=~"Kiln.+", alertstate="firing"}) or vector(0)'),
                scale=Scale("short", ((None, GOOD), (1, BAD)), digits=0),
            ),
        ),
    )


def _budgets() -> Section:
    return Section(
        "How fast the budgets burn: at 1x they are used up exactly when the month is over",
        (
            lines(
                "Downtime, as a multiple of what is allowed",
                "The short windows rise first and fall first; when short and long ones are above "
                "14.4 together, a month's budget is gone in two days: act now.",
                *(
                    Query(f"kiln:unavailable:ratio_{window} / {DOWNTIME}", f"last {window}")
                    for window in WINDOWS
                ),
                scale=PACE,
                width=8,
            ),
            lines(
                "Failed requests, as a multiple of what is allowed",
                "As on the left, for requests answered with 5xx. *Products and HTTP* tells which.",
                *(
                    Query(f"kiln:http_errors:ratio_rate{window} / {FAILURES}", f"last {window}")
                    for window in WINDOWS
                ),
                scale=PACE,
                width=8,
            ),
            lines(
                "Failed jobs, as a multiple of what is allowed",
                "Jobs that failed or expired through a fault of the house, of those that ended in "
                "the last 5 minutes. `kiln dead list` shows them.",
                Query(f"kiln:jobs_failed:ratio_rate5m / {FAILURES}", "last 5m"),
                scale=PACE,
                width=8,
            ),
        ),
    )


def _people() -> Section:
    mine = 'kiln_jobs_total{product=~"$product"}'
    return Section(
        "What people get",
        (
            lines(
                "Jobs that ended, by product",
                "How much is asked for. A sudden zero: look at *Requests a second* in *Products "
                "and HTTP*, and at the workers below.",
                Query(f"60 * sum by (product) (rate({mine}[$__rate_interval]))", "{{product}}"),
                scale=PER_MINUTE,
                width=8,
                stacked=True,
            ),
            lines(
                "Jobs that ended, by outcome",
                "`refused` is a photo that does not do and `cancelled` a wish: neither is a fault "
                "of the house. `failed` and `expired` are.",
                Query(f"60 * sum by (outcome) (rate({mine}[$__rate_interval]))", "{{outcome}}"),
                scale=PER_MINUTE,
                width=8,
                stacked=True,
            ),
            lines(
                "From accept to done, by product (p50 and p95)",
                "Of jobs that succeeded in the last 5 minutes. When it grows: *Where the time "
                "goes* tells whether stages wait or run longer.",
                Query('kiln:job_seconds:p50_5m{product=~"$product"}', "{{product}} p50"),
                Query('kiln:job_seconds:p95_5m{product=~"$product"}', "{{product}} p95"),
                scale=SECONDS,
                width=8,
            ),
        ),
    )


def _house() -> Section:
    return Section(
        "Is everything there?",
        (
            levels(
                "Warm workers, by queue",
                "Zero means that jobs of this queue wait; none is lost. `make status` tells which "
                "worker is away, its log why.",
                Query("max by (queue) (kiln_worker_ready)", "{{queue}}"),
                scale=Scale("short", ((None, BAD), (1, GOOD)), digits=0),
            ),
            lines(
                "How full the queues are",
                "Running and waiting stages per slot. Above 1 stages wait; above 2 for long, add "
                "workers: *Queues and saturation* tells where.",
                Query("kiln:queue_saturation:ratio", "{{queue}}"),
                scale=Scale("percentunit", ((None, GOOD), (1, FAIR), (2, BAD))),
                width=8,
            ),
            lines(
                "Jobs in the house",
                "Accepted and not ended. When it only grows, more is asked for than can be made.",
                Query("max by (product) (kiln_jobs_open)", "{{product}}"),
                scale=COUNT,
                width=8,
                stacked=True,
            ),
            levels(
                "Parts that answer",
                "Share of the processes of a part that could be scraped, whether Redis answers, "
                "and whether a reconciler does its rounds. `make status` tells which is away.",
                Query(PARTS, "{{job}}"),
                scale=Scale("percentunit", ((None, BAD), (0.5, FAIR), (1, GOOD)), most=1),
            ),
            listing(
                "Alerts",
                "What fires, and what is about to. docs/alerts.md says what to do about each.",
                Query(
                    'count by (alertname, severity, alertstate) (ALERTS{alertname=~"Kiln.+"})',
                    "How many",
                    "short",
                ),
                by={"alertname": "Alert", "severity": "Severity", "alertstate": "State"},
                width=10,
            ),
            listing(
                "Versions that run",
                "Two of them are an upgrade under way; when it stays so, one was forgotten.",
                Query("count by (version) (kiln_build_info)", "Processes", "short"),
                by={"version": "Version"},
                width=6,
            ),
        ),
    )
