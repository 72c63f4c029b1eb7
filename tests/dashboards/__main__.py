"""``python -m tests.dashboards``: what the dashboards look like with people in the house.

Starts a stack with its Prometheus, lets guests in for three minutes, stops a worker,
and draws every dashboard into ``docs/dashboards/`` with a page about them.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import requests

from deploy.grafana.__main__ import pages
from gateway.client import ApiError, Unreachable
from tests.dashboards.house import Guests, listener, message_lost
from tests.dashboards.page import page
from tests.dashboards.picture import Span, draw
from tests.dashboards.prometheus import Prometheus
from tests.dashboards.queries import dashboards
from tests.stack import TestStack

ROOT = Path(__file__).resolve().parents[2]
INTERVAL_S = 2
SETTINGS = {
    "prometheus": "on",
    "prometheus_interval_s": INTERVAL_S,
    "max_active_jobs": 25,
    "webhook_schedule_s": [1, 2],
}


def main() -> None:
    """Make load, draw, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.dashboards", description=__doc__)
    parser.add_argument("--seconds", type=float, default=180, help="how long guests come")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="where the page goes")
    options = parser.parse_args()
    folder = options.out / "dashboards"
    folder.mkdir(parents=True, exist_ok=True)
    with TestStack(**SETTINGS) as stack:
        prometheus = Prometheus(f"http://127.0.0.1:{stack.settings.prometheus_port}")
        started = time.time()
        busy(stack, options.seconds)
        span = Span(started, time.time(), INTERVAL_S, "20s")
        for name, dashboard in sorted(dashboards().items()):
            draw(dashboard, prometheus, span, folder / f"{name}.png")
            print(f"wrote {folder / name}.png")  # noqa: T201
        seconds = span.end - span.start
        (options.out / "dashboards.md").write_text(page(pages(), seconds), "utf-8")


def busy(stack: TestStack, seconds: float) -> None:
    """Let people come and go; a worker leaves them in the middle of it."""
    guests, over, rng = Guests(stack), threading.Event(), random.Random(11)
    doings: list[tuple[Callable[[], object], float]] = [  # and the pause behind each, in s
        *((lambda: guests.figurine(1024), 3),) * 2,
        *((guests.recipe, 0.8),) * 2,
        (guests.known_portrait, 4),
        (guests.known_face, 6),
        (guests.told_recipe, 5),
        (guests.portrait_of_nobody, 9),
        (guests.lost, 4),
        (guests.direct, 6),
    ]

    def come_again(doing: Callable[[], object], pause_s: float) -> None:
        while not over.wait(rng.uniform(0.3, 1.7) * pause_s):
            with suppress(ApiError, Unreachable, requests.RequestException):
                doing()

    waiting = guests.forgotten()
    listening = [listener(stack.url, waiting, over) for _ in range(3)]
    with ThreadPoolExecutor(len(doings)) as pool:
        coming = [pool.submit(come_again, *doing) for doing in doings]
        time.sleep(0.25 * seconds)
        guests.given_up()
        with suppress(ApiError):  # the house may be full already
            message_lost(stack)
        time.sleep(0.15 * seconds)
        stack.stop("fusion-worker-2")
        time.sleep(0.6 * seconds)
        over.set()
        for one in coming:
            one.result()
    for thread in listening:
        thread.join(1)


if __name__ == "__main__":
    main()
