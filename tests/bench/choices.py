"""``python -m tests.bench.choices``: what each choice of the house brings, with it and without it.

Both are run in turns in the same minute. Writes the table in ``docs/choices.md``.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from common.ledger.redis_ledger import connect
from gateway.client import Kiln
from recipe_service.engines.batching import Batcher
from tests.bench.photos import new_portrait
from tests.commit import stamp
from tests.machine import cores
from tests.stack import TestStack

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "choices.md"
SIDE: Final = 512  # px, of a generator's picture
AT_ONCE: Final = 8  # photos of food
Run = Callable[[], object]


@dataclass(frozen=True)
class Choice:
    """What was measured with it and without it; medians in ms."""

    name: str
    what: str  # was run
    chosen: float
    otherwise: float


def main() -> None:
    """Measure and write."""
    when, busy = stamp(), os.getloadavg()[0]
    choices = [
        *_of_processes(),
        *_of_the_house(),
        *_of_the_recogniser(),
        *_of_the_generator(),
    ]
    PAGE.write_text("\n".join(_page(when, busy, choices)) + "\n", "utf-8")


def _of_processes() -> Iterator[Choice]:
    """Models and libraries that are loaded once."""
    from tests.bench.stages import Bench  # noqa: PLC0415  threads are pinned by then

    photo, times = new_portrait(), []
    for _ in range(3):
        started = time.perf_counter()
        bench = Bench.open()
        bench.portrait(photo)
        times.append(_since(started))
    yield Choice(
        "workers that stay",
        "a portrait by a warm process; models loaded for it",
        _median(lambda: bench.portrait(photo), 9),
        statistics.median(times),
    )


def _of_the_house() -> Iterator[Choice]:
    with TestStack() as stack, Kiln(stack.url) as kiln:
        kiln.wait(kiln.submit_figurine(new_portrait())["id"])
        photos = [new_portrait() for _ in range(9)]
        first = [_figurine(kiln, photo) for photo in photos]
        again = [_figurine(kiln, photo) for photo in photos]
        coloured = [_figurine(kiln, photo, hair="#c0622c") for photo in photos]
        first_ms = statistics.median(first)
        yield Choice(
            "results remembered by content",
            "the same photo and wishes again; the first time",
            statistics.median(again),
            first_ms,
        )
        yield Choice(
            "paint apart from geometry",
            "another hair colour; the first time",
            statistics.median(coloured),
            first_ms,
        )
        job = kiln.submit_figurine(photos[0])["id"]
        url = f"{stack.url}/v1/jobs/{job}"
        with requests.Session() as session:
            kept, new = _in_turns(
                lambda: session.get(url), lambda: requests.get(url, timeout=9), 200
            )
        yield Choice("connections kept", "a status by the SDK; a new connection each", kept, new)
        kept, new = _in_turns(stack.ledger()._redis.ping, lambda: _knock(stack), 200)
        yield Choice(
            "connections to Redis kept", "one command; a new connection with its login", kept, new
        )


def _knock(stack: TestStack) -> None:
    with connect(stack.settings.ledger_url) as new:
        new.ping()


def _figurine(kiln: Kiln, photo: bytes, **wishes: str) -> float:
    started = time.perf_counter()
    job = kiln.submit_figurine(photo, **wishes)
    if kiln.wait(job["id"])["state"] != "succeeded":
        raise RuntimeError(job)
    return _since(started)


def _of_the_recogniser() -> Iterator[Choice]:
    """Photos of several threads that share one run of the network."""
    from recipe_service.engines.recogniser import Recogniser  # noqa: PLC0415  threads are pinned

    together, apart = Recogniser.load(), Recogniser.load()
    apart._batcher = Batcher(apart.maps, most=1)
    photos = [[new_portrait(448)] for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        chosen, otherwise = _in_turns(
            lambda: list(pool.map(together.recognise, photos)),
            lambda: list(pool.map(apart.recognise, photos)),
            15,
        )
    yield Choice(
        "photos that come together are one batch",
        f"{AT_ONCE} photos from {AT_ONCE} threads; one by one",
        chosen,
        otherwise,
    )


def _of_the_generator() -> Iterator[Choice]:
    """Choices of the neural engine, on this machine's CPU with random weights."""
    import torch  # noqa: PLC0415  seconds

    from tests.unit.stylize.brought import random_generator  # noqa: PLC0415  needs torch

    torch.set_num_threads(1)
    network: Any = random_generator(1).eval().to(memory_format=torch.channels_last)
    plain: Any = random_generator(1).eval()
    half: Any = random_generator(1).eval().to(torch.bfloat16, memory_format=torch.channels_last)
    one = torch.zeros(1, 3, SIDE, SIDE)
    last = one.contiguous(memory_format=torch.channels_last)
    four = last.repeat(4, 1, 1, 1).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        chosen, otherwise = _in_turns(lambda: network(last), lambda: plain(one), 3)
        yield Choice(
            "channels last", f"the generator, {SIDE} px; channels first", chosen, otherwise
        )
        chosen, otherwise = _in_turns(lambda: half(last.bfloat16()), lambda: network(last), 3)
        yield Choice("bfloat16 on this CPU", "the generator; in float32", chosen, otherwise)
        chosen, otherwise = _in_turns(lambda: network(last), lambda: network(four), 3)
        yield Choice(
            "batches of one on a CPU", "a picture by itself; in a batch of four", chosen,
            otherwise / 4,
        )  # fmt: skip


def _in_turns(one: Run, other: Run, times: int) -> tuple[float, float]:
    """Median ms of two functions that are run in turns."""
    one(), other()
    both = [(_timed(one), _timed(other)) for _ in range(times)]
    first, second = zip(*both, strict=True)
    return statistics.median(first), statistics.median(second)


def _median(run: Run, times: int) -> float:
    run()
    return statistics.median(_timed(run) for _ in range(times))


def _timed(run: Run) -> float:
    started = time.perf_counter()
    run()
    return _since(started)


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _page(when: str, busy: float, choices: list[Choice]) -> Iterator[str]:
    yield from (
        "# What the choices bring",
        "",
        f"`python -m tests.bench.choices` {when}",
        f"on {cores()}, load average {busy:.1f} before it began: each with and",
        "without, in turns, medians. What was changed on the way, and cannot be taken back for a",
        "measurement, is in [performance.md](performance.md).",
        "",
        "| choice | what was run; without it | with, ms | without, ms | with / without |",
        "| --- | --- | ---: | ---: | ---: |",
    )
    for one in choices:
        ratio = one.chosen / one.otherwise
        ms = f"{one.chosen:.1f} | {one.otherwise:.1f}"
        yield f"| {one.name} | {one.what} | {ms} | {ratio:.2f} |"


if __name__ == "__main__":
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    main()
