"""``make eta``: how honest the estimated times are. Writes ``docs/eta.md``.

Each estimate that somebody got is compared with what then happened: with the 202, and again and
again while the job was under way.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.load.pantry import new_list
from tests.machine import cores
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
LOOK_S = 0.5  # one job a time is looked at again
RECIPE_S = 1.5  # somebody cooks beside the figurines
WARM_UP = 6


@dataclass(frozen=True)
class Guess:
    """One estimate, as a client got it."""

    situation: str
    job: str
    product: str
    later: bool  # not the one of the 202
    at: float
    p50_s: float
    p90_s: float


@dataclass(frozen=True)
class Truth:
    """An estimate and what came."""

    guess: Guess
    took_s: float

    @property
    def held(self) -> bool:
        return self.took_s <= self.guess.p90_s

    @property
    def ratio(self) -> float:
        return self.took_s / max(0.001, self.guess.p50_s)


class House:
    """A stack with jobs in it; notes every estimate it gives."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._rng = random.Random(7)
        self.situation = ""
        self.busiest = 0.0
        self.guesses: list[Guess] = []
        self._inside: set[str] = set()
        self._over = threading.Event()

    def figurine(self, photo: bytes) -> None:
        """Send a photo and wait for its end."""
        self._job(lambda kiln: kiln.submit_figurine(photo))

    def recipe(self) -> None:
        """Send a list and wait for its end."""
        self._job(lambda kiln: kiln.submit_recipe(ingredients=new_list(self._rng)))

    def _job(self, submit: Callable[[Kiln], dict[str, Any]]) -> None:
        with Kiln(self._url) as kiln:
            job = submit(kiln)
            self._note(job, later=False)
            self._inside.add(job["id"])
            end = kiln.wait(job["id"])
            self._inside.discard(job["id"])
        if end["state"] != "succeeded":
            raise RuntimeError(end["error"])

    def beside(self, *, figurines: bool) -> None:
        """Cook now and then, and look at jobs that are under way, until it is over."""
        cooked_s = time.monotonic()
        with Kiln(self._url) as kiln:
            while not self._over.wait(LOOK_S):
                if figurines and time.monotonic() - cooked_s > RECIPE_S:
                    self.recipe()
                    cooked_s = time.monotonic()
                self.busiest = max(self.busiest, os.getloadavg()[0])
                inside = sorted(self._inside)
                if inside:
                    self._note(kiln.job(self._rng.choice(inside)), later=True)

    def crowd(self, situation: str, photos: list[bytes], size: int) -> None:
        """So many jobs at a time, until there are no more photos."""
        self.situation = situation
        self._over.clear()
        with ThreadPoolExecutor(size + 1) as pool:
            beside = pool.submit(self.beside, figurines=size > 1)
            for done in [pool.submit(self.figurine, photo) for photo in photos]:
                done.result()
            self._over.set()
            beside.result()

    def _note(self, view: dict[str, Any], *, later: bool) -> None:
        if eta := view["eta"]:
            at = datetime.fromisoformat(eta["at"]).timestamp()
            what = (self.situation, view["id"], view["product"], later)
            self.guesses.append(Guess(*what, at, eta["p50_s"], eta["p90_s"]))

    def truths(self) -> list[Truth]:
        """Compare all that was told with the moments at which the jobs have ended."""
        with Kiln(self._url) as kiln:
            ended = {
                job: datetime.fromisoformat(kiln.job(job)["finished"]).timestamp()
                for job in sorted({guess.job for guess in self.guesses})
            }
        return [Truth(guess, ended[guess.job] - guess.at) for guess in self.guesses]


def measure(house: House, options: argparse.Namespace) -> list[Truth]:
    """Put the house into one situation after the other."""
    house.crowd("warming up", [new_portrait() for _ in range(WARM_UP)], 2)
    house.guesses.clear()
    house.crowd("idle", [new_portrait() for _ in range(options.singles)], 1)
    for _ in range(options.singles):
        house.recipe()
    for size in options.sizes:
        photos = [new_portrait() for _ in range(size)]
        house.crowd(f"{size} at once", photos, size)
        photos = [new_portrait() for _ in range(round(size * options.turns))]
        house.crowd(f"{size} kept up", photos, size)
    return house.truths()


def report(truths: list[Truth], busy: float, busiest: float) -> list[str]:
    """Format the page."""
    rows = []
    for situation in dict.fromkeys(truth.guess.situation for truth in truths):
        for product in ("figurine", "recipe"):
            for later in (False, True):
                mine = [
                    truth
                    for truth in truths
                    if (truth.guess.situation, truth.guess.product, truth.guess.later)
                    == (situation, product, later)
                ]
                when = "under way" if later else "202"
                rows += [_row(f"{situation} | {product} | {when}", mine)] if mine else []
    return [
        "# Estimated times",
        "",
        (
            f"`make eta` on {cores()}, clients and stack on the same machine, which "
            f"had a load average of {busy:.1f} before it began, and of {busiest:.1f} at most. "
            "Where the first is not near 0, others were at work beside it, and nobody can know "
            "when they begin and end. *At once*: so many figurine jobs are sent in the same "
            "second, and no more. *Kept up*: for each that ends, the next one is sent. Somebody "
            "cooks a recipe beside them, every few seconds. Of every estimate: did the job end "
            "within p90 (goal: nine of ten), and how long did it take, as a multiple of p50 "
            "(median; one in ten was below, one in ten above)."
        ),
        "",
        "| jobs in the house | product | told | estimates | within p90 | took / p50 |",
        "| --- | --- | --- | ---: | ---: | --- |",
        *rows,
        _row("**all** | | 202", [truth for truth in truths if not truth.guess.later]),
        _row("**all** | | under way", [truth for truth in truths if truth.guess.later]),
    ]


def _row(label: str, truths: list[Truth]) -> str:
    ratios = sorted(truth.ratio for truth in truths)
    held = sum(truth.held for truth in truths) / len(truths)
    low, high = ratios[len(ratios) // 10], ratios[-1 - len(ratios) // 10]
    middle = statistics.median(ratios)
    cells = (f"{len(truths)}", f"{held:.0%}", f"{middle:.2f} ({low:.2f} to {high:.2f})")
    return f"| {label} | {' | '.join(cells)} |"


def main() -> None:
    """Measure, print the page, write it to the docs."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.eta", description=__doc__)
    parser.add_argument("--singles", type=int, default=20, help="jobs one at a time")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 40], help="jobs at a time")
    parser.add_argument("--turns", type=float, default=2.5, help="so many times as many, kept up")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "eta.md")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    with TestStack() as stack:
        stack.stop("flower")
        house = House(stack.url)
        truths = measure(house, options)
    text = "\n".join(report(truths, busy, house.busiest)) + "\n"
    print(text)  # noqa: T201
    options.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
