"""``docs/dashboards.md``: what there is, what each is for, and what it looks like."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from deploy.grafana.page import Page
from tests.dashboards.queries import dashboards, queries_of, rules

INTRO = """# Dashboards

Five dashboards for Grafana 11.6 or newer, over the Prometheus of the stack. They are built in
Python (`deploy/grafana/`), written as JSON by `python -m deploy.grafana` and provisioned from
`deploy/grafana/`: mount `provisioning` as `/etc/grafana/provisioning` and `dashboards` as
`/etc/grafana/dashboards`, and give Grafana the address of Prometheus in `PROMETHEUS_URL`. The *i*
in the corner of each panel says what to do when it looks bad.

A test asks all {queries} queries of the panels, variables and marks, {recorded} recorded series and
{alerts} alert rules of a real Prometheus that watches a real stack with people in it; one that is
wrong, or has nothing to say, fails it. There is no GPU and no engine with a network there: a
stand-in tells their three series to that test, and to nothing else.

**The pictures are not screenshots of Grafana**, which is not installed where this is made. They are
drawn by matplotlib (`python -m tests.dashboards`, four minutes) from the same JSON, with the
answers of the same Prometheus to the same queries, in the same layout. They show {minutes:.0f}
minutes of a stack with figurines, recipes, photos without a face, calls that do not exist and a
receiver of webhooks that is not there. All recipe workers are away for a moment, the broker loses
a few messages, so many come that some are refused; and from the middle on one of the two fusion
workers is stopped. The machine has other work beside it: no time in them is a measurement."""

STORIES = {
    "overview": (
        "The page to leave open. On top what is promised: 99.9 % available, less than 0.5 % of the "
        "requests and of the jobs failed, nine of ten estimates held; then how fast those budgets "
        "burn, over windows from five minutes to three days, in the form of Google's SRE workbook. "
        "Below, what people get, and whether all workers, parts and Redis are there. The worker "
        "that was stopped is seen four times: fewer warm workers, a fuller queue, a part that does "
        "not answer, an alert that will fire."
    ),
    "latency": (
        "The page for *why does it take so long?* Which stage takes the working time, how long one "
        "run takes (p50, p95, p99) and how that is spread, and whether a stage waits or runs: more "
        "workers help the one, faster code the other. What is remembered from earlier jobs is told "
        "apart, because it would make every stage look fast."
    ),
    "queues": (
        "The page for *is there room?* How full each queue is against the slots of its workers, "
        "how old the oldest waiting stage is, and who is inside. The middle shows what went wrong "
        "and was made good: tries, messages published again, claims lost, refusals at the door, "
        "dead letters."
    ),
    "products": (
        "What clients ask and get: rate, errors and duration for every route and every product, "
        "estimates met and missed, webhooks, and the services behind. Refused photos are told "
        "apart from failed jobs: only these are the house's fault."
    ),
    "engines": (
        "What computes: time to load models, how full the batches of a network are, memory of the "
        "GPU, memory and cores of every process. Without a GPU and without added engines their "
        "panels say so, as here. The lower part has the series of celery-exporter by name, so that "
        "dashboards and alerts made for it fit."
    ),
}


def page(made: Iterable[Page], seconds: float) -> str:
    """Text of the page."""
    read = dashboards()
    intro = INTRO.format(
        queries=sum(len(list(queries_of(name, one))) for name, one in read.items()),
        recorded=len(list(rules("record"))),
        alerts=len(list(rules("alert"))),
        minutes=seconds / 60,
    )
    return "\n".join([intro, *(line for one in made for line in _section(one))]) + "\n"


def _section(one: Page) -> Iterator[str]:
    title = one.title.removeprefix("Kiln: ")
    yield from ("", f"## {title[0].upper()}{title[1:]}", "")
    yield from (textwrap.fill(STORIES[one.name], 100, break_on_hyphens=False), "")
    yield f"![{one.title}](dashboards/{one.name}.png)"
