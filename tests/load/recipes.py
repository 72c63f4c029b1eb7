"""From a photo of groceries to three recipes, with 5 to 30 users at once."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway.client import Kiln
from tests.load import pantry, single
from tests.load.crowd import Crowd, Steps, come, steps_of, wanted
from tests.load.samples import (
    FLOW,
    NOTHING_SEEN,
    TOLD_TO_WAIT,
    Sample,
    errors,
    head,
    p50_p95,
    percentile,
    requests,
    row,
    spread,
    step_of,
    told,
    waits,
)
from tests.load.section import Section
from tests.load.single import Alone
from tests.stack import TestStack

SATURATED_USERS = 30
MOST_DINNERS = 15  # a second, while nobody thinks
SLOWEST = 5


def run(stack: TestStack, folder: Path, options: argparse.Namespace) -> Section:
    """Measure one user, then more and more of them, then many who do not think."""
    steps = steps_of(options.steps, options.longer)
    many = wanted(steps, options.think) + round(MOST_DINNERS * options.saturated) + 100
    photos = pantry.store_photos(folder / "recipes", many, stack.settings.recipe_url)
    alone = single.measure(stack, photos, options.singles)
    before = single.cpu_s(stack)
    samples = come(stack, folder, Crowd({"recipes": 1}, steps, {"recipes": options.think}))
    cpu_s = single.cpu_s(stack) - before
    slowest = _slowest(stack, samples, steps[-1][0])
    if options.saturated:
        hasty = Crowd({"recipes": 1}, [(SATURATED_USERS, options.saturated)], {"recipes": 0})
        samples += come(stack, folder, hasty)
    rows = [
        *_alone(alone, photos=bool(photos)),
        *(
            (f"memory of the {name}, MB", f"{mb:.0f}", "< 2000")
            for name, mb in single.resident_mb(stack).items()
        ),
        *_together(samples, steps[0][0], steps[-1][0], cpu_s),
    ]
    sent = "a photo of four kinds of produce, 1024² pixels" if photos else "a list of five things"
    lines = [
        (
            f"Each user sends {sent}, never twice the same, follows by server-sent events or by "
            "long-polls (half of them each), and gets three recipes: three requests in all, with "
            f"{options.think:g} s of thinking."
        ),
        "",
        *head(("what", "measured", "goal")),
        *map(row, rows),
        "",
        (
            "Cook: from the list of ingredients to three recipes, as the user sees it. Who follows "
            "by events gets the recipes at once; who follows by long-polls gets the list first, "
            "looks at it, and has it cooked. Times in ms, p50 / p95 (how many)."
        ),
        "",
        *head(("users", "requests/s", "requests", "told to wait", "errors", "requests a dinner",
               "cook", "photo to recipes, by events", "photo to list, by long-polls")),
        *(_step(step_of(samples, users), seconds) for users, seconds in steps),
        *_saturated(samples, options.saturated),
        *told(samples),
        *_where(slowest),
    ]  # fmt: skip
    numbers = {"alone": asdict(alone), "samples": [asdict(one) for one in samples]}
    return Section("Photo to recipes", lines, numbers | {"slowest": slowest}, _ours(samples, steps))


def dinners(samples: list[Sample]) -> int:
    """Count what came to an end, with or without something to eat."""
    return sum(s.kind == FLOW and s.name in {"cook", NOTHING_SEEN} for s in samples)


def _ours(samples: list[Sample], steps: Steps) -> dict[str, str]:
    thinking = [s for s in samples if s.thinking]
    each = requests(thinking) / max(1, dinners(thinking))
    p50, p95 = (percentile(waits(step_of(samples, steps[-1][0]), "cook"), p) for p in (50, 95))
    return {
        "5 to 30 users, from a photo to recipes": (
            f"{requests(thinking)} requests, {each:.2f} a dinner, 1 of them to follow; "
            f"{errors(samples)} errors"
        ),
        "a cook with 30 users": f"{p50 / 1000:.2f} s, p95 {p95 / 1000:.2f} s",
    }


def _alone(alone: Alone, *, photos: bool) -> list[tuple[str, str, str]]:
    rows = [
        ("photo to recipes, one user, warm, ms", spread(alone.dinners), "p50 ≤ 250"),
        ("of it the critical path of the stages, ms", spread(alone.stages), ""),
    ]
    if photos:
        rows += [
            ("`/predict` inside the recipe service, ms", spread(alone.inference), "< 100"),
            ("`/predict` through the gateway, ms", spread(alone.responses), "< 200"),
            ("`/predict`, 4 clients, requests/s", f"{alone.rate:.1f}", "> 10"),
        ]
    return rows


def _together(
    samples: list[Sample], few: int, many: int, cpu_s: float
) -> list[tuple[str, str, str]]:
    thinking = [s for s in samples if s.thinking]
    p95 = [percentile(waits(step_of(samples, users), "cook"), 95) for users in (few, many)]
    cost = cpu_s * 1000 / max(1, dinners(thinking))
    nothing = sum(s.name == NOTHING_SEEN for s in samples)
    return [
        (f"cook p95, {many} users / {few} users", f"{p95[1] / p95[0]:.2f}", "≤ 1.5"),
        ("CPU of the whole stack a dinner, ms of one core", f"{cost:.0f}", ""),
        ("errors", f"{errors(samples)}", "0"),
        ("photos on which nothing was recognised", f"{nothing}", ""),
    ]


def _step(mine: list[Sample], seconds: float) -> str:
    return _row(mine, f"{mine[0].users}" if mine else "nobody", requests(mine) / seconds)


def _saturated(samples: list[Sample], seconds: float) -> list[str]:
    hasty = [s for s in samples if not s.thinking]
    if not hasty:
        return []
    rate = requests(s for s in hasty if s.at <= seconds) / seconds
    return [_row(hasty, f"{hasty[0].users}, nobody thinks", rate)]


def _row(samples: list[Sample], label: str, rate: float) -> str:
    return row(
        (
            label,
            f"{rate:.1f}",
            requests(samples),
            sum(s.name == TOLD_TO_WAIT for s in samples),
            errors(samples),
            f"{requests(samples) / max(1, dinners(samples)):.2f}",
            p50_p95(waits(samples, "cook")),
            p50_p95(waits(samples, "photo to recipes")),
            p50_p95(waits(samples, "photo to list")),
        )
    )


def _slowest(stack: TestStack, samples: list[Sample], users: int) -> list[dict[str, Any]]:
    """Ask the ledger where the time of the slowest cooks went."""
    cooks = [s for s in step_of(samples, users) if (s.kind, s.name) == (FLOW, "cook") and s.job]
    slow = sorted(cooks, key=lambda s: -s.ms)[:SLOWEST]
    with Kiln(stack.url) as kiln:
        return [{"ms": s.ms, "timeline": kiln.timeline(s.job)} for s in slow]


def _where(slowest: list[dict[str, Any]]) -> list[str]:
    if not slowest:
        return []
    rows = []
    for one in slowest:
        stages = [s for s in one["timeline"]["stages"] if s["id"] != "recipe.recognise"]
        waited, ran = (
            max(s[what] for s in stages if "compose" in s["id"])
            + sum(s[what] for s in stages if "compose" not in s["id"])
            for what in ("wait_ms", "run_ms")
        )
        domain = " + ".join(f"{s['domain_ms']:.0f}" for s in stages)
        rows.append(row((f"{one['ms']:.0f}", waited, ran, domain)))
    names = ("cook", "waiting for a worker", "in stages", "of it the work itself")
    said = "Where the time of the slowest cooks went, by the ledger's timeline, in ms:"
    return ["", said, "", *head(names), *rows]
