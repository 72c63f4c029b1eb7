"""Engines and GPU, memory and cores, and Celery in the names its own exporter uses."""

from __future__ import annotations

from typing import Final

from deploy.grafana.page import Page, Section
from deploy.grafana.panels import (
    BAD,
    COUNT,
    FAIR,
    GOOD,
    PER_MINUTE,
    SECONDS,
    Query,
    Scale,
    below,
    heat,
    levels,
    lines,
)

NOW: Final = "[$__rate_interval]"
NO_ENGINE: Final = "no engine with a network here"
NO_GPU: Final = "no GPU here"
BYTES: Final = Scale("bytes")
BY: Final = "{{job}} {{instance}}"
# names that other programs tell the same Prometheus, too
OURS: Final = '{job=~"kiln-.+"}'
HERE: Final = '{job=~"kiln-.+|prometheus"}'
STATES: Final = (
    *("sent", "received", "started", "succeeded"),
    *("failed", "retried", "revoked", "rejected"),
)


def engines() -> Page:
    """Build the page about what computes."""
    return Page(
        "engines",
        "Kiln: engines and GPU",
        "What is loaded, how full its batches are, what it takes of memory and cores; Celery.",
        [_models(), _processes(), _batches(), _gpu(), _celery(), _workers()],
    )


def _models() -> Section:
    return Section(
        "Loading",
        (
            levels(
                "Time to load the models of a service",
                "A worker is ready only after it. Longer than last week: a slower disk, or more "
                "models.",
                Query("max by (service) (kiln_model_load_seconds)", "{{service}}"),
                scale=Scale("s", below(10, 30)),
                width=12,
            ),
            levels(
                "Time to load an engine",
                "Engines with weights load when they are first needed. No bars: nobody has added "
                "one (docs/engines.md).",
                Query("max by (engine) (kiln_engine_load_seconds)", "{{engine}}"),
                scale=Scale("s", below(10, 60)),
                width=12,
            ).no_value(NO_ENGINE),
        ),
    )


def _batches() -> Section:
    passes = f"sum by (model) (rate(kiln_model_batch_size_count{NOW}))"
    return Section(
        "Batches: how many pictures go through a network at once",
        (
            lines(
                "Pictures in one pass, mean",
                "Always 1 on a busy GPU: raise KILN_STYLIZE_THREADS or KILN_BATCH_WINDOW_MS. No "
                "lines: no engine with a network runs here.",
                Query(
                    f"sum by (model) (rate(kiln_model_batch_size_sum{NOW})) / {passes}", "{{model}}"
                ),
                scale=Scale("short"),
                width=8,
            ).no_value(NO_ENGINE),
            heat(
                "Pictures in one pass, spread",
                "All at the top: batches are full, KILN_BATCH_MOST could be raised if the memory "
                "below allows.",
                Query(f"sum by (le) (increase(kiln_model_batch_size_bucket{NOW}))", "{{le}}"),
                scale=Scale("short"),
                width=8,
            ).no_value(NO_ENGINE),
            lines(
                "Passes a minute",
                "The work of each network.",
                Query(f"60 * {passes}", "{{model}}"),
                scale=PER_MINUTE,
                width=8,
            ).no_value(NO_ENGINE),
        ),
    )


def _gpu() -> Section:
    memory = 'max by (device) (kiln_gpu_memory_bytes{{kind="{}"}})'.format
    return Section(
        "GPU",
        (
            lines(
                "Memory, by kind",
                "`used` is what all processes of the machine hold, `reserved` what this house "
                "keeps, `allocated` what it needs just now. No lines: there is no GPU.",
                Query("max by (device, kind) (kiln_gpu_memory_bytes)", "{{device}} {{kind}}"),
                scale=BYTES,
            ).no_value(NO_GPU),
            lines(
                "Share of the memory that is used",
                "Above 95 %: lower KILN_BATCH_MOST or run fewer workers on this GPU.",
                Query(f"{memory('used')} / {memory('total')}", "{{device}}"),
                scale=Scale("percentunit", below(0.85, 0.95), most=1),
            ).no_value(NO_GPU),
        ),
    )


def _processes() -> Section:
    return Section(
        "Processes",
        (
            lines(
                "Memory of each process",
                "A worker that grows beyond KILN_WORKER_MAX_RSS_MB ends between two jobs and is "
                "replaced: a saw-tooth is fine, a line that only rises is not.",
                Query(f"process_resident_memory_bytes{HERE}", BY),
                scale=BYTES,
                width=8,
            ),
            lines(
                "Cores in use",
                "All processes together cannot use more than the machine has. A worker near its "
                "threads is busy, that is what it is for.",
                Query(f"rate(process_cpu_seconds_total{HERE}{NOW})", BY),
                scale=Scale("short"),
                width=8,
            ),
            lines(
                "Open files",
                "Should be flat. A line that only rises is a leak: report it.",
                Query(f"process_open_fds{HERE}", BY),
                scale=COUNT,
                width=8,
            ),
        ),
    )


def _celery() -> Section:
    runtime = f"celery_task_runtime_bucket{OURS}"
    return Section(
        "Celery, as celery-exporter would tell it",
        (
            lines(
                "Tasks a minute, by what happened to them",
                "`received` and `succeeded` follow `sent`. `retried` or `failed`: the stage tells "
                "why in the log of its worker. `rejected`: a message of another version of Kiln.",
                *(
                    Query(
                        f"60 * (sum(rate(celery_task_{state}_total{OURS}{NOW})) or vector(0))",
                        state,
                    )
                    for state in STATES
                ),
                scale=PER_MINUTE,
                width=8,
            ),
            lines(
                "Run time of a task (p95), by name",
                "As `kiln_stage_run_seconds`, with the time Celery itself takes.",
                Query(
                    f"histogram_quantile(0.95, sum by (name, le) (rate({runtime}{NOW})))",
                    "{{name}}",
                ),
                scale=SECONDS,
                width=8,
            ),
            heat(
                "Run time of all tasks",
                "Buckets reach to 600 s.",
                Query(f"sum by (le) (increase({runtime}{NOW}))", "{{le}}"),
                width=8,
            ),
        ),
    )


def _workers() -> Section:
    return Section(
        "Celery's workers and queues",
        (
            levels(
                "Workers that are up",
                "0 is a worker that was there and went.",
                Query(f"max by (hostname) (celery_worker_up{OURS})", "{{hostname}}"),
                scale=Scale("short", ((None, BAD), (1, GOOD)), most=1, digits=0),
            ),
            lines(
                "Tasks a worker runs now",
                "As many as it has slots: the queue is full.",
                Query(f"max by (hostname) (celery_worker_tasks_active{OURS})", "{{hostname}}"),
                scale=COUNT,
                width=8,
                stacked=True,
            ),
            lines(
                "Messages in a queue",
                "Of the broker. Beside it, *Queues and saturation* tells what the ledger knows: "
                "they differ for a moment only.",
                Query(f"max by (queue_name) (celery_queue_length{OURS})", "{{queue_name}}"),
                scale=COUNT,
                width=8,
            ),
            lines(
                "Workers and processes, by queue",
                "A step down is a worker that went away.",
                Query(
                    f"max by (queue_name) (celery_active_worker_count{OURS})",
                    "{{queue_name}} workers",
                ),
                Query(
                    f"max by (queue_name) (celery_active_process_count{OURS})",
                    "{{queue_name}} slots",
                ),
                Query(
                    f"max by (queue_name) (celery_active_consumer_count{OURS})",
                    "{{queue_name}} readers",
                ),
                scale=COUNT,
                width=12,
            ),
            lines(
                "Tasks that raised, by task",
                "A bug: the log of that worker has the traceback. What a stage finds wrong is not "
                "counted here, but in *Queues and saturation*.",
                Query(
                    f"60 * (sum by (name) (rate(celery_task_failed_total{OURS}{NOW}))"
                    f" or 0 * sum by (name) (rate(celery_task_received_total{OURS}{NOW})))",
                    "{{name}}",
                ),
                scale=Scale("suffix: /min", ((None, GOOD), (1, FAIR))),
                width=12,
            ),
        ),
    )
