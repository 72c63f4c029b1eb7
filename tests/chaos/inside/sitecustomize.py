"""Python loads this by itself in every process of a chaos stack: it makes the faults asked for.

A fault is a JSON file in the folder ``CHAOS_FAULTS`` (see ``tests.chaos.faults``), looked for at
a few points of the house. Without such a file nothing differs from the product. Stands on
nothing but the standard library, because it is loaded before everything else.
"""

from __future__ import annotations

import ctypes
import importlib.abc
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("CHAOS_FAULTS", "/nonexistent"))
ENOUGH_TO_DIE = 4 << 30
LOOK_S = 0.25

real_time = time.time


def wanted(point: str) -> dict[str, Any] | None:
    """Find the fault that is asked for here, and use one of its times up."""
    try:
        fault: dict[str, Any] = json.loads((FOLDER / f"{point}.json").read_text())
    except (OSError, ValueError):
        return None
    if not is_me(fault.get("who", "")):
        return None
    for turn in range(int(fault["times"])):
        try:
            os.close(os.open(FOLDER / f"{point}.used-{turn}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        return fault
    return None


def is_me(who: str) -> bool:
    """Tell whether a part of a command line, or of a supervised name, is of this process."""
    return who in " ".join([*sys.argv, os.environ.get("SUPERVISOR_PROCESS_NAME", "")])


def act(fault: dict[str, Any] | None) -> None:
    """Do what the fault says, as the system or a library would."""
    if fault is not None:
        DEEDS[fault["do"]](fault["seconds"])


def leave(seconds: float) -> None:
    """SIGTERM, and a moment in which it arrives."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(seconds)


def crash(seconds: float) -> None:
    """SIGSEGV, after a while."""
    time.sleep(seconds)
    ctypes.string_at(0)


def exit_(_: float) -> None:
    """Do what billiard does to a child that gets SIGTERM."""
    raise SystemExit(1)


def lose_connection(_: float) -> None:
    """Fail as redis-py does."""
    import redis  # noqa: PLC0415

    raise redis.ConnectionError("chaos: connection lost")


def refuse(_: float) -> None:
    """Fail for good, as a stage does."""
    from common import errors  # noqa: PLC0415

    raise errors.NoFace("chaos: there is nobody")


def eat(_: float) -> None:
    """Take memory until somebody ends this; a MemoryError is left to whoever called."""
    taken = []
    while len(taken) << 24 < ENOUGH_TO_DIE:
        taken.append(b"\1" * (1 << 24))


DEEDS: dict[str, Callable[[float], object]] = {
    "kill": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "term": leave,
    "crash": crash,
    "sleep": time.sleep,
    "hang": lambda seconds: ctypes.CDLL(None).sleep(int(seconds)),  # has released the interpreter
    "hang all": lambda seconds: ctypes.PyDLL(None).sleep(int(seconds)),  # has not
    "eat": eat,
    "exit": exit_,
    "no connection": lose_connection,
    "refuse": refuse,
}


# -- the points -----------------------------------------------------------------------------
def in_stage(module: Any) -> None:
    """Inside a stage, before its domain work: by job, or by the hash of an input."""
    work = module._work

    def work_with_faults(runtime: Any, task: Any, context: Any) -> Any:
        refs = context.claim.artifacts.values()
        for key in (context.claim.job, *(ref.sha256 for ref in refs)):
            act(wanted(f"{key} {context.claim.node}"))
        return work(runtime, task, context)

    module._work = work_with_faults


def in_commit(module: Any) -> None:
    """After a stage has stored its files, before it commits; and when a job is accepted."""
    before(module.RedisLedger, "commit", "commit")


def in_lease(module: Any) -> None:
    """The heartbeats of a worker."""
    renew = module.LeaseKeeper.renew_due

    def renew_unless_told(self: Any, now: float) -> None:
        if not (FOLDER / "no heartbeat.json").exists():
            renew(self, now)

    module.LeaseKeeper.renew_due = renew_unless_told


def in_chord(module: Any) -> None:
    """When a finished header is about to be counted, and when the body is about to be sent."""
    before(module.RedisBackend, "on_chord_part_return", "chord part")


def in_publish(module: Any) -> None:
    """Between the ledger's promise and the first message."""
    before(module, "publish_plan", "publish")


def in_amqp(module: Any) -> None:
    """While the body of a chord is published."""
    publish = module.AMQP._retry_publish

    def publish_body(self: Any, *args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_code.co_name == "on_chord_part_return":
            act(wanted("chord body"))
        return publish(self, *args, **kwargs)

    module.AMQP._retry_publish = publish_body


def in_worker(module: Any) -> None:
    """While a worker loads its models."""
    before(module._Life, "_warm_up", "warm up")


def before(owner: Any, name: str, point: str) -> None:
    """Look for a fault before a function runs."""
    inner = getattr(owner, name)

    def outer(*args: Any, **kwargs: Any) -> Any:
        act(wanted(point))
        return inner(*args, **kwargs)

    setattr(owner, name, outer)


POINTS: dict[str, Callable[[Any], None]] = {
    "common.stage": in_stage,
    "common.ledger.redis_ledger": in_commit,
    "common.lease": in_lease,
    "common.canvas": in_publish,
    "common.worker": in_worker,
    "celery.backends.redis": in_chord,
    "celery.app.amqp": in_amqp,
}


class Finder(importlib.abc.MetaPathFinder):
    """Lets others find a module, and patches it when it has run."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        patch = POINTS.get(name)
        if patch is None:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(found for one in others if (found := one.find_spec(name, path, target)))
        run = spec.loader.exec_module

        def run_and_patch(module: Any) -> None:
            run(module)
            patch(module)

        spec.loader.exec_module = run_and_patch
        return spec


# -- the clock ------------------------------------------------------------------------------
_clock = {"looked": 0.0, "offset": 0.0}


def wrong_time() -> float:
    """Time of day with the jump that is asked for."""
    if time.monotonic() - _clock["looked"] > LOOK_S:
        _clock["looked"] = time.monotonic()
        try:
            fault = json.loads((FOLDER / "clock.json").read_text())
            mine = is_me(fault["who"])
        except (OSError, ValueError):
            fault, mine = {}, False
        _clock["offset"] = fault["seconds"] if mine else 0.0
    return real_time() + _clock["offset"]


if FOLDER.is_dir():
    sys.meta_path.insert(0, Finder())
    time.time = wrong_time
