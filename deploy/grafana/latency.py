"""Where the time goes: which stage, waiting or running, and what was known already."""

from __future__ import annotations

from typing import Final

from deploy.grafana.page import Choice, Page, Section
from deploy.grafana.panels import (
    PER_MINUTE,
    SECONDS,
    SHARE,
    Query,
    Scale,
    heat,
    levels,
    lines,
    listing,
)

STAGE: Final = '{stage=~"$stage"}'
RAN: Final = '{stage=~"$stage", outcome="committed"}'  # not those whose answer was known
TALL: Final = 11  # a bar for each of a dozen stages


def where_the_time_goes() -> Page:
    """Build the page to look at when something takes long."""
    return Page(
        "latency",
        "Kiln: where the time goes",
        "Each stage of a job waits for a worker, then runs. This page tells which takes how long.",
        [_seconds(), _runs(), _spread(), _waits(), _memo(), _all()],
        [Choice("stage", "kiln_stage_run_seconds_count")],
    )


def _seconds() -> Section:
    spent = f"increase(kiln_stage_run_seconds_sum{STAGE}[$__range])"
    working = f"rate(kiln_stage_run_seconds_sum{STAGE}[$__rate_interval])"
    return Section(
        "Which stage takes the seconds?",
        (
            levels(
                "Share of all working time, in the time shown",
                "What to make faster first: a stage with half of the time is worth ten with a "
                "twentieth.",
                Query(f"sort_desc(sum by (stage) ({spent}) / scalar(sum({spent})))", "{{stage}}"),
                scale=SHARE,
            ).height(TALL),
            lines(
                "Stages at work at once",
                "Seconds of work a second. The sum cannot be more than the slots of all workers; "
                "when it stays there, the house is full.",
                Query(f"sum by (stage) ({working})", "{{stage}}"),
                scale=Scale("short"),
                width=16,
                stacked=True,
            ).height(TALL),
        ),
    )


def _runs() -> Section:
    advice = (
        "From claim to commit, of the last 5 minutes, without answers that were known already. "
        "When one stage grows: larger photos, or its engine has changed. When all grow together: "
        "too many workers for these cores, or others use the machine."
    )
    return Section(
        "How long does one run take?",
        tuple(
            lines(
                f"{name} ({p})",
                advice,
                Query(f"kiln:stage_run_seconds:{p}_5m{STAGE}", "{{stage}}"),
                scale=SECONDS,
                width=8,
            )
            for p, name in (
                ("p50", "Every other run"),
                ("p95", "All but 5 %"),
                ("p99", "All but 1 %"),
            )
        ),
    )


def _spread() -> Section:
    ran = f"increase(kiln_stage_run_seconds_bucket{RAN}[$__rate_interval])"
    waited = f"increase(kiln_stage_queue_seconds_bucket{STAGE}[$__rate_interval])"
    return Section(
        "How is it spread?",
        (
            heat(
                "Running",
                "One band a kind of stage is normal (choose a stage above to see its own). A "
                "second band of the same stage is a second kind of input, or a cold start.",
                Query(f"sum by (le) ({ran})", "{{le}}"),
            ),
            heat(
                "Waiting",
                "From ready to claimed. Near the bottom: workers were free. Rising: more is asked "
                "for than the workers can do; see *Queues and saturation*.",
                Query(f"sum by (le) ({waited})", "{{le}}"),
            ),
        ),
    )


def _waits() -> Section:
    waiting = f"sum by (stage) (rate(kiln_stage_queue_seconds_sum{STAGE}[$__rate_interval]))"
    running = f"sum by (stage) (rate(kiln_stage_run_seconds_sum{STAGE}[$__rate_interval]))"
    return Section(
        "Waiting, or running?",
        (
            lines(
                "Of the time a stage takes, the part it waits",
                "More workers help what waits, faster code what runs. Near 100 % for long: add "
                "workers for that queue.",
                Query(f"{waiting} / ({waiting} + {running})", "{{stage}}"),
                scale=SHARE,
            ),
            lines(
                "Wait before a stage begins (p95)",
                "From ready to claimed, of the last 5 minutes.",
                Query(f"kiln:stage_queue_seconds:p95_5m{STAGE}", "{{stage}}"),
                scale=SECONDS,
            ),
        ),
    )


def _memo() -> Section:
    looked_up = f"rate(kiln_cache_requests_total{STAGE}[$__rate_interval])"
    return Section(
        "What was known already?",
        (
            lines(
                "Answers that were known (memo), by stage",
                "What was made of equal input is not made again; a job of which everything is "
                "known ends at the door, with a hit for each of its stages. Lower after an upgrade "
                "is normal: new code makes new answers.",
                Query(f"kiln:memo_hits:ratio_rate5m{STAGE}", "{{stage}}"),
                scale=SHARE,
            ),
            lines(
                "Look-ups, by result",
                "`hit` was known, `miss` had to be made.",
                Query(f"60 * sum by (result) ({looked_up})", "{{result}}"),
                scale=PER_MINUTE,
                stacked=True,
            ),
        ),
    )


def _all() -> Section:
    return Section(
        "All stages, in the time shown",
        (
            listing(
                "One line a stage",
                "*Known* is the share of the answers that were known already. *Again* counts runs "
                "that were tried again after a fault or a lost worker.",
                Query(_total("kiln_stage_run_seconds_count"), "Runs", "short"),
                Query(_mean("kiln_stage_queue_seconds"), "Mean wait", "s"),
                Query(_mean("kiln_stage_run_seconds"), "Mean run", "s"),
                Query(_quantile(0.95), "Run, p95", "s"),
                Query(
                    f"({_total('kiln_cache_requests_total', result='hit')}"
                    f" or 0 * {_total('kiln_cache_requests_total')})"
                    f" / {_total('kiln_cache_requests_total')}",
                    "Known",
                    "percentunit",
                ),
                Query(
                    f"{_total('kiln_stage_attempts_total', reason='again')}"
                    f" or 0 * {_total('kiln_stage_attempts_total')}",
                    "Again",
                    "short",
                ),
                by={"stage": "Stage"},
            ).height(TALL),
        ),
    )


def _total(metric: str, **labels: str) -> str:
    chosen = "".join(f', {label}="{value}"' for label, value in labels.items())
    return f'sum by (stage) (increase({metric}{{stage=~"$stage"{chosen}}}[$__range]))'


def _mean(metric: str) -> str:
    return f"{_total(f'{metric}_sum')} / {_total(f'{metric}_count')}"


def _quantile(share: float) -> str:
    buckets = f"increase(kiln_stage_run_seconds_bucket{RAN}[$__range])"
    return f"histogram_quantile({share}, sum by (stage, le) ({buckets}))"
