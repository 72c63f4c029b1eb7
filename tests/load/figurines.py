"""From a portrait to a figurine, with more and more users; and both products side by side."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.load import pantry
from tests.load.crowd import Crowd, come, steps_of, store_portraits, wanted
from tests.load.samples import (
    DOWNLOADS,
    FLOW,
    TOLD_TO_WAIT,
    Sample,
    errors,
    head,
    p50_p95,
    requests,
    row,
    step_of,
    told,
    waits,
)
from tests.load.section import Section
from tests.stack import TestStack

MOST_FIGURINES = 3  # a second, on the machines this has run on
MOST_DINNERS = 15
SITTERS_S = 30.0  # of thinking
STREAMS, POLLS = "follow by events", "follow by long-poll"
FIGURINE, VIEW = "photo to figurine", "photo to GLB"
COLUMNS = (
    "users", "figurines/s", "requests", "told to wait", "errors",
    "requests a figurine before the downloads", "photo to GLB in the browser",
    "photo to figurine", "of them by events", "by long-polls",
)  # fmt: skip


def run(stack: TestStack, folder: Path, options: argparse.Namespace) -> Section:
    """Let sitters come who think, then the same number of them who do not."""
    steps = steps_of(options.figurine_steps, options.longer)
    hasty_s = options.saturated
    many = wanted(steps, SITTERS_S) + round(MOST_FIGURINES * hasty_s) + steps[-1][0]
    store_portraits(folder / "figurines", many)
    samples = come(stack, folder, Crowd({"figurines": 1}, steps, {"figurines": SITTERS_S}))
    if hasty_s:
        crowd = Crowd({"figurines": 1}, [(steps[-1][0], hasty_s)], {"figurines": 0})
        samples += come(stack, folder, crowd)
    lines = [
        (
            "Each user sends a portrait of 1024² pixels, never twice the same, follows by "
            "server-sent events or by long-polls (half of them each), then fetches the preview "
            f"and the GLB, and thinks for {SITTERS_S:g} s. Whoever is told to wait comes back "
            "after the `Retry-After`, not before. Times in ms, p50 / p95 (how many)."
        ),
        "",
        *head(COLUMNS),
        *(_row(step_of(samples, users), f"{users}", seconds) for users, seconds in steps),
        *_saturated(samples),
        *told(samples),
    ]
    return Section("Photo to figurine", lines, {"samples": [asdict(one) for one in samples]})


def mixed(stack: TestStack, folder: Path, options: argparse.Namespace) -> Section:
    """Let both kinds of users come at once."""
    steps = steps_of(options.mixed_steps, options.longer)
    hasty_s = options.saturated
    dinners = wanted(steps, options.think, 0.6) + round(MOST_DINNERS * hasty_s)
    pantry.store_photos(folder / "recipes", dinners, stack.settings.recipe_url)
    store_portraits(
        folder / "figurines", wanted(steps, SITTERS_S, 0.4) + round(MOST_FIGURINES * hasty_s)
    )
    who = {"recipes": 3, "figurines": 2}
    patient = {"recipes": options.think, "figurines": SITTERS_S}
    samples = come(stack, folder, Crowd(who, steps, patient))
    if hasty_s:
        crowd = Crowd(who, [(steps[-1][0], hasty_s)], dict.fromkeys(who, 0.0))
        samples += come(stack, folder, crowd)
    lines = [
        (
            f"Three of five users want a dinner ({options.think:g} s of thinking), two of five a "
            f"figurine ({SITTERS_S:g} s), of each half by events and half by long-polls, at the "
            "same time on the same machine. Times in ms, p50 / p95 (how many)."
        ),
        "",
        *head(("users", "requests", "told to wait", "errors", "cook", "photo to recipes",
               "photo to GLB in the browser", "photo to figurine")),
        *(_mixed_row(step_of(samples, users), f"{users}") for users, _ in steps),
        *([_mixed_row([s for s in samples if not s.thinking], f"{steps[-1][0]}, nobody thinks")]
          if hasty_s else []),
        *told(samples),
    ]  # fmt: skip
    return Section("Both at once", lines, {"samples": [asdict(one) for one in samples]})


def _saturated(samples: list[Sample]) -> list[str]:
    hasty = [s for s in samples if not s.thinking]
    if not hasty:
        return []
    label = f"{hasty[0].users}, nobody thinks"
    return [_row(hasty, label, max(s.at for s in hasty))]  # who came in time is served to the end


def _row(samples: list[Sample], label: str, seconds: float) -> str:
    made = waits(samples, FIGURINE)
    before = requests(s for s in samples if s.name not in DOWNLOADS)
    return row(
        (
            label,
            f"{len(made) / seconds:.2f}",
            *_counts(samples),
            f"{before / max(1, len(made)):.2f}",
            p50_p95(waits(samples, VIEW)),
            p50_p95(made),
            p50_p95(_of(samples, STREAMS)),
            p50_p95(_of(samples, POLLS)),
        )
    )


def _mixed_row(samples: list[Sample], label: str) -> str:
    flows = ("cook", "photo to recipes", VIEW, FIGURINE)
    return row((label, *_counts(samples), *(p50_p95(waits(samples, what)) for what in flows)))


def _counts(samples: list[Sample]) -> tuple[int, int, int]:
    return requests(samples), sum(s.name == TOLD_TO_WAIT for s in samples), errors(samples)


def _of(samples: Iterable[Sample], how: str) -> list[float]:
    """Times of those who followed in this way."""
    found = list(samples)
    jobs = {s.job for s in found if s.name == how}
    return waits((s for s in found if s.kind == FLOW and s.job in jobs), FIGURINE)
