"""Products and HTTP: rate, errors and duration of every route; products; webhooks."""

from __future__ import annotations

from typing import Final

from deploy.grafana.page import Choice, Page, Section
from deploy.grafana.panels import (
    BAD,
    GOOD,
    PER_MINUTE,
    SECONDS,
    Query,
    Scale,
    above,
    heat,
    lines,
    listing,
)

DOOR: Final = 'job=~"kiln-(gateway|streams)", route!~"/(health|readyz|metrics)", route=~"$route"'
ROOMS: Final = 'job="kiln-services", route!~"/(health|readyz|metrics)"'
HTTP: Final = "kiln_http_request_duration_seconds"
NOW: Final = "[$__rate_interval]"
SHOWN: Final = "[$__range]"
LONG: Final = Scale("s", logarithmic=True)
MINE: Final = 'product=~"$product"'


def products() -> Page:
    """Build the page about what clients ask and get."""
    return Page(
        "products",
        "Kiln: products and HTTP",
        "What is asked at the front door, how it is answered, and what becomes of the jobs.",
        [_door(), _routes(), _jobs(), _kinds(), _webhooks(), _rooms()],
        [Choice("product", "kiln_jobs_total"), Choice("route", f"{HTTP}_count")],
    )


def _door() -> Section:
    return Section(
        "The front door: rate, errors, duration",
        (
            lines(
                "Requests a second, by route",
                "Who asks again and again instead of waiting shows here: many reads of "
                "`/v1/jobs/<job>` for each submit. Point such clients at `?wait=30` or `/events`.",
                Query(f"sum by (route) (rate({HTTP}_count{{{DOOR}}}{NOW}))", "{{route}}"),
                scale=Scale("reqps"),
                width=8,
            ),
            lines(
                "Refusals and errors a minute, by code",
                "4xx: the client is told what to change. 503: busy, it comes again. 500: a bug; "
                "its request id is in the log of the gateway. 507: a disk or a quota is full.",
                Query(
                    f'60 * sum by (code) (rate({HTTP}_count{{{DOOR}, code=~"[45].."}}{NOW}))',
                    "{{code}}",
                ),
                scale=PER_MINUTE,
                width=8,
                stacked=True,
            ),
            lines(
                "Time to answer (p95), by route",
                "Calls that wait on purpose (`?wait=`, `/events`) take as long as they were asked "
                "to; any other above 1 s: look at Redis and at the cores of this machine.",
                Query(_quantile(0.95, "route", DOOR, NOW), "{{route}}"),
                scale=LONG,
                width=8,
            ),
        ),
    )


def _routes() -> Section:
    asked = f"sum by (route) (increase({HTTP}_count{{{DOOR}}}{SHOWN}))"
    failed = f'sum by (route) (increase({HTTP}_count{{{DOOR}, code=~"5.."}}{SHOWN}))'
    return Section(
        "Routes, in the time shown",
        (
            heat(
                "Time to answer",
                "All routes that are chosen above. What waits on purpose is the band on top.",
                Query(f"sum by (le) (increase({HTTP}_bucket{{{DOOR}}}{NOW}))", "{{le}}"),
                width=10,
            ),
            listing(
                "One line a route",
                "*Failed* counts answers with 5xx, which are the house's fault.",
                Query(asked, "Requests", "short"),
                Query(f"({failed} or 0 * {asked}) / {asked}", "Failed", "percentunit"),
                Query(_quantile(0.5, "route", DOOR, SHOWN), "p50", "s"),
                Query(_quantile(0.95, "route", DOOR, SHOWN), "p95", "s"),
                Query(_quantile(0.99, "route", DOOR, SHOWN), "p99", "s"),
                by={"route": "Route"},
                width=14,
            ),
        ),
    )


def _jobs() -> Section:
    return Section(
        "Products: rate, errors, duration",
        (
            lines(
                "Jobs that ended, by product",
                "What is asked for. A sudden zero: do requests still come in, above?",
                Query(
                    f"60 * sum by (product) (rate(kiln_jobs_total{{{MINE}}}{NOW}))", "{{product}}"
                ),
                scale=PER_MINUTE,
                width=6,
                stacked=True,
            ),
            lines(
                "Jobs without a result, by outcome",
                "`refused`: the photo did not do, and the job says why. `failed` and `expired` "
                "are the house's fault: `kiln dead list` shows them.",
                Query(
                    "60 * sum by (outcome) ("
                    f'rate(kiln_jobs_total{{{MINE}, outcome!="succeeded"}}{NOW}))',
                    "{{outcome}}",
                ),
                scale=PER_MINUTE,
                width=6,
                stacked=True,
            ),
            lines(
                "From accept to done",
                "Of jobs that succeeded in the last 5 minutes. p99 far above p50: some wait in "
                "a queue; see *Queues and saturation*.",
                *(
                    Query(f"kiln:job_seconds:{p}_5m{{{MINE}}}", f"{{{{product}}}} {p}")
                    for p in ("p50", "p95", "p99")
                ),
                scale=SECONDS,
                width=6,
            ),
            lines(
                "Estimates that held",
                "Jobs that ended before the p90 told when they were accepted: nine of ten should. "
                "Lower for long: run `make eta` on a quiet machine and compare.",
                Query(
                    f'sum by (product) (rate(kiln_eta_total{{{MINE}, outcome="met"}}{NOW}))'
                    f" / sum by (product) (rate(kiln_eta_total{{{MINE}}}{NOW}))",
                    "{{product}}",
                ),
                scale=Scale("percentunit", above(0.8, 0.9), most=1),
                width=6,
            ),
        ),
    )


def _kinds() -> Section:
    ended = _ended("outcome!=''")
    return Section(
        "Products, in the time shown",
        (
            heat(
                "From accept to the end",
                "Choose a product above to see its own. Figurines and recipes are bands apart.",
                Query(f"sum by (le) (increase(kiln_job_seconds_bucket{{{MINE}}}{NOW}))", "{{le}}"),
                width=10,
            ),
            listing(
                "One line a product",
                "*Refused* are photos that did not do, *Failed* the house's own faults.",
                Query(ended, "Ended", "short"),
                Query(_part("succeeded"), "Succeeded", "percentunit"),
                Query(_part("refused"), "Refused", "percentunit"),
                Query(_part("cancelled"), "Cancelled", "percentunit"),
                Query(_part("failed|expired"), "Failed", "percentunit"),
                Query(
                    "histogram_quantile(0.95, sum by (product, le) ("
                    f'increase(kiln_job_seconds_bucket{{{MINE}, outcome="succeeded"}}{SHOWN})))',
                    "p95",
                    "s",
                ),
                by={"product": "Product"},
                width=14,
            ),
        ),
    )


def _webhooks() -> Section:
    return Section(
        "Webhooks: who wished to be told",
        (
            lines(
                "Calls a minute, by outcome",
                "`again`: a receiver did not take it, it is called later. `given_up`: after all "
                "attempts. `kiln` clients see the attempts at `/v1/jobs/ID/webhooks`.",
                Query(
                    f"60 * sum by (outcome) (rate(kiln_webhook_calls_total{NOW}))", "{{outcome}}"
                ),
                scale=PER_MINUTE,
                width=8,
                stacked=True,
            ),
            lines(
                "Time a receiver takes (p95), by outcome",
                "One slow receiver does not keep the others waiting; all of them slow: look at "
                "the network of this machine.",
                Query(
                    "histogram_quantile(0.95, sum by (outcome, le) ("
                    f"rate(kiln_webhook_seconds_bucket{NOW})))",
                    "{{outcome}}",
                ),
                scale=SECONDS,
                width=8,
            ),
            lines(
                "Oldest message that was never tried",
                "Above a minute: the courier is away or too slow; `make status`, then its log.",
                Query("max(kiln_webhook_oldest_seconds)", "oldest"),
                scale=Scale("s", ((None, GOOD), (60, BAD))),
                width=8,
            ),
        ),
    )


def _rooms() -> Section:
    return Section(
        "The services behind, when they are called directly",
        (
            lines(
                "Requests a second",
                "Direct calls (portrait, sculpt, predict) do not queue: they are answered at once "
                "or refused.",
                Query(
                    f"sum by (route, code) (rate({HTTP}_count{{{ROOMS}}}{NOW}))",
                    "{{route}} {{code}}",
                ),
                scale=Scale("reqps"),
            ),
            lines(
                "Time to answer (p95)",
                "Grows with the number of calls at once: the cores are shared with the workers.",
                Query(_quantile(0.95, "route", ROOMS, NOW), "{{route}}"),
                scale=SECONDS,
            ),
        ),
    )


def _quantile(share: float, label: str, chosen: str, window: str) -> str:
    buckets = f"rate({HTTP}_bucket{{{chosen}}}{window})"
    return f"histogram_quantile({share}, sum by ({label}, le) ({buckets}))"


def _ended(chosen: str) -> str:
    return f"sum by (product) (increase(kiln_jobs_total{{{MINE}, {chosen}}}{SHOWN}))"


def _part(outcomes: str) -> str:
    ended = _ended("outcome!=''")
    wanted = _ended(f'outcome=~"{outcomes}"')
    return f"({wanted} or 0 * {ended}) / {ended}"
