"""Queues and saturation: is there room, what went wrong on the way, who is inside."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import timeseries

from deploy.grafana.page import Choice, Page, Section
from deploy.grafana.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    PER_MINUTE,
    Query,
    Scale,
    below,
    levels,
    lines,
    number,
)

REPEATED: Final = '{reason="again"}'
NO_STAGE: Final = "0 * sum by (stage) (rate(kiln_stage_attempts_total[$__rate_interval]))"
QUEUE: Final = '{queue=~"$queue"}'
FULL: Final = Scale("percentunit", ((None, GOOD), (1, FAIR), (2, BAD)))
NEVER: Final = Scale("short", ((None, GOOD), (1, BAD)), digits=0)
SELDOM: Final = Scale("short", ((None, GOOD), (1, FAIR)), digits=0)


def queues() -> Page:
    """Build the page to look at when jobs wait."""
    return Page(
        "queues",
        "Kiln: queues and saturation",
        "How much waits, how much runs, how much could; and what had to be done again.",
        [_now(), _room(), _troubles(), _inside()],
        [Choice("queue", "kiln_queue_depth")],
    )


def _now() -> Section:
    return Section(
        "Now",
        (
            number(
                "Waiting longest",
                "Age of the oldest stage that could run. When it grows: a worker is away, or there "
                "are too few.",
                Query(f"max(kiln_oldest_ready_seconds{QUEUE})"),
                scale=Scale("s", below(10, 60), digits=1),
            ),
            number(
                "Stages that wait",
                "Ready, and nobody runs them yet. Fine while it comes down again.",
                Query(f"sum(max by (queue) (kiln_queue_depth{QUEUE}))"),
            ),
            number(
                "Dead letters",
                "Stages that used up their attempts. `kiln dead list` shows them, "
                "`kiln dead replay` tries one anew.",
                Query("max(kiln_dead_letters)"),
                scale=NEVER,
            ),
            number(
                "Refused at the door",
                "Requests answered *busy* or *no room*, in the time shown. Clients come again "
                "after Retry-After; when it happens often, add workers or raise the limits.",
                Query("sum(increase(kiln_admission_rejected_total[$__range])) or vector(0)"),
                scale=SELDOM,
            ),
            number(
                "Leases lost",
                "Stages that lost their claim while they ran, in the time shown: a cancelled job, "
                "or a worker that stood still for too long.",
                Query("sum(increase(kiln_lease_lost_total[$__range])) or vector(0)"),
                scale=SELDOM,
            ),
            number(
                "Event streams open",
                "Clients that listen now. The limit is KILN_MAX_STREAMS for each gateway process.",
                Query("sum(kiln_sse_clients)"),
            ),
        ),
    )


def _room() -> Section:
    return Section(
        "Is there room?",
        (
            levels(
                "How full each queue is",
                "Running and waiting stages per slot. Above 100 % stages wait.",
                Query(f"kiln:queue_saturation:ratio{QUEUE}", "{{queue}}"),
                scale=FULL,
            ),
            lines(
                "How full each queue is, over time",
                "Above 200 % for long: more workers for this queue (KILN_FUSION_WORKERS and so "
                "on), or another machine.",
                Query(f"kiln:queue_saturation:ratio{QUEUE}", "{{queue}}"),
                scale=FULL,
                width=16,
            ),
            lines(
                "Stages that wait, by queue",
                "When one queue grows and the others do not, its workers are too few or away.",
                Query(f"max by (queue) (kiln_queue_depth{QUEUE})", "{{queue}}"),
                scale=COUNT,
                width=8,
            ),
            lines(
                "Age of the oldest that waits",
                "The wait that the next job will see, about.",
                Query(f"max by (queue) (kiln_oldest_ready_seconds{QUEUE})", "{{queue}}"),
                scale=Scale("s", below(10, 60)),
                width=8,
            ),
            lines(
                "Stages that run, and slots there are",
                "Running stays below slots: work comes too slowly or not at all. Slots fall: a "
                "worker went away.",
                Query(f"max by (queue) (kiln_stage_running{QUEUE})", "{{queue}} running"),
                Query(f"max by (queue) (kiln_worker_slots{QUEUE})", "{{queue}} slots"),
                scale=COUNT,
                width=8,
            ),
        ),
    )


def _troubles() -> Section:
    return Section(
        "What went wrong on the way, and was made good",
        (
            _often(
                "Stages tried again",
                "After a fault that may pass, or a worker that died. One stage only: look into "
                "the log of its worker. All of them: Redis or the store were away.",
                "stage",
                f"{_rates('stage', 'kiln_stage_attempts_total', REPEATED)} or {NO_STAGE}",
            ),
            _often(
                "Stages published again",
                "`lease`: a worker died. `lost`: a message was missing, as after a restart of "
                "Redis. `slow`: a stage waited longer than its queue usually makes one wait.",
                "reason",
                _rates("reason", "kiln_reconciler_republished_total"),
            ),
            _often(
                "Messages with nothing to do",
                "Of stages that are `done`, `held` by another worker, or whose job has `ended`, as "
                "it does when the photo does not do. Harmless; many `done` follow after many were "
                "published again.",
                "reason",
                _rates("reason", "kiln_claim_refused_total"),
            ),
            _often(
                "Leases lost, by stage",
                "Work that was thrown away: its job was cancelled, or another worker had it by "
                "then. Without cancelled jobs: workers stand still, look at memory and swap.",
                "stage",
                f"{_rates('stage', 'kiln_lease_lost_total')} or {NO_STAGE}",
            ),
            _often(
                "Refused at the door, by reason",
                "`busy`, `deep`: more is asked for than the limits let in. `no_room`, `quota`: a "
                "disk or a share of it is full. `streams`: too many listen at once. "
                "`uploads`: too many large photos on their way in (`KILN_UPLOADS_MB`). `rate`: a "
                "key asks more often than it may.",
                "reason",
                _rates("reason", "kiln_admission_rejected_total"),
            ),
            lines(
                "Dead letters, over time",
                "Stages given up and not replayed. `kiln dead list` shows them with their photos.",
                Query("max(kiln_dead_letters)", "dead letters"),
                scale=NEVER,
                width=8,
            ),
        ),
    )


def _often(title: str, help_: str, label: str, rates: str) -> timeseries.Panel:
    return lines(
        title, help_, Query(f"60 * ({rates})", f"{{{{{label}}}}}"), scale=PER_MINUTE, width=8
    )


def _rates(label: str, counter: str, chosen: str = "") -> str:
    return f"sum by ({label}) (rate({counter}{chosen}[$__rate_interval]))"


def _inside() -> Section:
    return Section(
        "Who is inside?",
        (
            lines(
                "Jobs accepted and not ended",
                "The limit is KILN_MAX_ACTIVE_JOBS; beyond it submits are refused.",
                Query("max by (product) (kiln_jobs_open)", "{{product}}"),
                scale=COUNT,
                stacked=True,
            ),
            lines(
                "Event streams open, over time",
                "Clients that listen to their jobs. When it is flat at the limit, others are "
                "refused: raise KILN_MAX_STREAMS.",
                Query("sum by (instance) (kiln_sse_clients)", "{{instance}}"),
                scale=COUNT,
                stacked=True,
            ),
        ),
    )
