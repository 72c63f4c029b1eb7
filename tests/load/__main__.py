"""``make load``: what people do to Kiln, part by part. Writes ``docs/load.md``.

The users run in a process of their own (Locust replaces the standard library's sockets) against
a stack of their own on the same machine, so what they cost is in the numbers. What a part has
measured stays in the results folder: a page is made of the last run of each part.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.cpu import Accountant
from tests.commit import commit
from tests.load import burst, figurines, hey, recipes
from tests.load.samples import head, row
from tests.load.section import Section
from tests.machine import cores
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
Part = Callable[[argparse.Namespace], Section]
Measure = Callable[[TestStack, Path, argparse.Namespace], Section]


def _on_a_stack(measure: Measure) -> Part:
    def part(options: argparse.Namespace) -> Section:
        with tempfile.TemporaryDirectory() as folder, TestStack() as stack:
            stack.stop("flower")
            return measure(stack, Path(folder), options)

    return part


PARTS: dict[str, Part] = {
    "recipes": _on_a_stack(recipes.run),
    "figurines": _on_a_stack(figurines.run),
    "mixed": _on_a_stack(figurines.mixed),
    "burst": burst.run,
    "hey": _on_a_stack(hey.run),
}
TO_BEAT = {
    "5 to 30 users, from a photo to recipes": "1,752 requests, of them 58 polls a user; 0 errors",
    "a cook with 30 users": "5.6 to 12.0 s, growing with users",
    "30 figurines from cold, 15 at a time": "86.7 % success, 40-90 s cold starts",
}


def main() -> None:
    """Run the parts that were asked for, one after the other; write the page."""
    options = _options()
    for name in options.parts or PARTS:
        busy, began, code = os.getloadavg()[0], Accountant(dict), commit()
        section = PARTS[name](options)
        machine = began.account()
        when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {code}"
        section = replace(section, busy=busy, taken=machine.taken, took_s=machine.wall, when=when)
        section.save(options.results / f"{name}.json")
        print("\n".join(section.text()), flush=True)  # noqa: T201
    options.out.write_text("\n".join(_page(options.results)).rstrip() + "\n", "utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    add = parser.add_argument
    add("parts", nargs="*", help=f"{', '.join(PARTS)}; default: all")
    add("--steps", default="5:100,10:40,20:40,30:70", help="users:seconds, comma between steps")
    add("--figurine-steps", default="5:60,10:60,20:60,30:60", help="the same of the figurines")
    add("--mixed-steps", default="10:40,20:40,30:60", help="the same of both at once")
    add("--longer", type=float, default=1, help="all steps so many times longer")
    add("--think", type=float, default=18, help="seconds a diner thinks a dinner")
    add("--saturated", type=float, default=20, help="seconds without thinking")
    add("--singles", type=int, default=30, help="dinners of a single user")
    add("--burst", type=int, default=30, help="figurines of a burst")
    add("--at-once", type=int, default=15, help="of them at the same time")
    add("--bursts", type=int, default=2, help="times that a stack is started for it")
    add("--hey", type=int, default=1000, help="requests of a run of hey")
    add("--results", type=Path, default=ROOT / "out" / "load", help="raw numbers, as JSON")
    add("--out", type=Path, default=ROOT / "docs" / "load.md")
    options = parser.parse_args()
    if unknown := [name for name in options.parts if name not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}: {', '.join(PARTS)}")
    return options


def _page(results: Path) -> list[str]:
    paths = [results / f"{name}.json" for name in PARTS]
    sections = [Section.read(path) for path in paths if path.exists()]
    ours = {what: said for section in sections for what, said in section.ours.items()}
    return [
        "# Load",
        "",
        (
            f"`make load` on {cores()}, users and stack on the same machine, built-in "
            "engines, Flower off except for the burst. Each part has a stack of its own, and says "
            "the load average before it began (of the part before it, when they follow one "
            "another) and what the host took for other machines: where that is more than a few "
            "percent, times are longer and more uneven than they need be. Raw numbers stay "
            "in `out/load/`; `python -m tests.load burst hey` measures these parts alone."
        ),
        "",
        "Numbers to beat, of the system Kiln grew from:",
        "",
        *head(("what", "there", "here")),
        *(row((what, there, ours.get(what, "not measured"))) for what, there in TO_BEAT.items()),
        "",
        *(line for section in sections for line in section.text()),
    ]


if __name__ == "__main__":
    main()
