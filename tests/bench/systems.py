"""The systems that are compared: the limit, Kiln, and peers where they can be installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from common.celery_app import make_app
from common.settings import Settings
from tests.bench.bare import BareLoop
from tests.bench.cpu import families
from tests.bench.drive import HttpSystem
from tests.bench.peers import launch
from tests.bench.peers.venv import NotHereError, peers_python
from tests.bench.rounds import Opener
from tests.stack import TestStack

LIMIT: Final = "bare two-process loop"
KILN: Final = "Kiln"
SEQUENTIAL: Final = "sequential HTTP services"
RAY: Final = "Ray Serve"
WATCHERS: Final = ("flower", "prometheus")  # the other systems run without theirs, too


def all_systems() -> tuple[dict[str, Opener], dict[str, str]]:
    """Collect how to open each system, and why some cannot be."""
    openers = house_and_limit()
    try:
        python = peers_python()
    except NotHereError as reason:
        return openers, dict.fromkeys((SEQUENTIAL, RAY), str(reason))
    peers: dict[str, Opener] = {
        SEQUENTIAL: partial(launch.sequential, python),
        RAY: partial(launch.ray_serve, python),
    }
    return openers | peers, {}


def house_and_limit() -> dict[str, Opener]:
    """Without peers."""
    return {LIMIT: limit, KILN: kiln}


def limit(out: Path) -> BareLoop:
    """As many processes as Kiln has fusion workers."""
    return BareLoop(Settings().fusion_workers, out)


@contextmanager
def kiln(_: Path) -> Iterator[HttpSystem]:
    """Run a stack of its own, in a folder of its own."""
    with quiet_stack() as stack:
        yield HttpSystem(stack.url, lambda: processes_of(stack))


@contextmanager
def quiet_stack() -> Iterator[TestStack]:
    """Run a stack without what only watches it."""
    with TestStack() as stack:
        for watcher in WATCHERS:
            with suppress(AssertionError):  # not part of this stack
                stack.stop(watcher)
        make_app(stack.settings).control.disable_events()  # they are for Flower, which is off
        yield stack


def processes_of(stack: TestStack) -> dict[str, list[int]]:
    """Group the processes of a stack by program; decoders of photos by themselves."""
    tops: dict[str, list[int]] = {}
    for process in stack.processes():
        if process.pid:
            tops.setdefault(process.name.rstrip("-0123456789"), []).append(process.pid)
    workers = {name: "photo decoders" for name in tops if name.endswith("-worker")}
    return families(tops, workers)
