"""Writes ``redis.json`` and ``artifacts.zip``: what version 1 leaves behind when the power is cut.

Run it with the code of that version, from a checkout of commit ad22840::

    PYTHONPATH=CHECKOUT python tests/data/v1/make.py

It starts a stack, brings one job into each state, kills every process but Redis, waits until the
leases have run out, and writes all keys of Redis and all files but the large ones.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import zipfile
from pathlib import Path
from typing import Any

import redis

from deploy.processes import is_alive
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.stack import TestStack, until

HERE = Path(__file__).parent
ASTRONAUT = HERE.parent / "astronaut.jpg"
DINNER = ["3 tomatoes", "2 onions", "200 g rice", "eggs", "spinach"]
LEASE_S = 10
LARGEST = 100_000


def main() -> None:
    with TestStack(fusion_workers=2) as stack:
        stack.stop("reconciler")
        jobs = _jobs(stack)
        redis_pid = _cut_the_power(stack)
        time.sleep(LEASE_S + 1)
        dump = {"jobs": jobs, "taken_ms": int(time.time() * 1000), "databases": _databases(stack)}
        text = json.dumps(dump, indent=1, sort_keys=True, ensure_ascii=False)
        text = text.replace(socket.gethostname(), "a-host-of-version-1")
        assert str(stack.folder) not in text
        (HERE / "redis.json").write_text(text + "\n", "utf-8")
        _pack(stack.folder / "artifacts")
        os.kill(redis_pid, signal.SIGKILL)
        until(lambda: not is_alive(redis_pid))


def _jobs(stack: TestStack) -> dict[str, str]:
    """One job in each state, by the name of the state."""
    with Kiln(stack.url) as kiln:
        done = kiln.wait(kiln.submit_recipe(ingredients=DINNER, count=1)["id"])["id"]
        paused = kiln.submit_recipe(ingredients=DINNER[1:], count=2, pause_after="ingredients")
        until(lambda: kiln.job(paused["id"])["state"] == "paused")
        # the last of a group of stages: Celery counts how many of them have ended
        stack.stop("stylize-worker")
        group = kiln.submit_figurine(new_portrait(512), formats="glb")["id"]
        until(lambda: _states(stack, group)["fusion.render"] == "done", 60)
        until(lambda: set(_states(stack, group).values()) == {"done", "ready", "waiting"})
        measured = kiln.submit_figurine(ASTRONAUT.read_bytes(), formats="glb")["id"]
        _freeze(stack, measured, "fusion.measure")
        sculpted = kiln.submit_figurine(new_portrait(512), formats="glb")["id"]
        _freeze(stack, sculpted, "fusion.sculpt")
        queued = kiln.submit_figurine(
            ASTRONAUT.read_bytes(), template="casual", formats="glb", idempotency_key="version 1"
        )["id"]
    return {
        "succeeded": done,
        "paused": paused["id"],
        "group": group,
        "measure": measured,
        "sculpt": sculpted,
        "queued": queued,
    }


def _states(stack: TestStack, job: str) -> dict[str, str]:
    record = stack.ledger().job(job)
    assert record is not None
    return {node.id: node.state for node in record.nodes}


def _freeze(stack: TestStack, job: str, stage: str) -> None:
    until(lambda: _states(stack, job)[stage] == "running", 30)
    record = stack.ledger().job(job)
    assert record is not None
    worker = next(node.worker for node in record.nodes if node.id == stage)
    os.kill(stack.worker_pid(str(worker)), signal.SIGSTOP)
    assert _states(stack, job)[stage] == "running"


def _cut_the_power(stack: TestStack) -> int:
    """Kill all processes but Redis, whose pid is returned."""
    keep = stack.pid("redis")
    pids = [pid for pid in stack.pids() if pid != keep]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return keep


def _pack(folder: Path) -> None:
    """All but the large results of the job in the middle of a group: nobody reads them again."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    with zipfile.ZipFile(HERE / "artifacts.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            if file.stat().st_size <= LARGEST:
                packed.write(file, file.relative_to(folder).as_posix())


def _databases(stack: TestStack) -> dict[str, Any]:
    found = {}
    for number in range(3):
        url = f"{stack.settings.redis}/{number}"
        with redis.Redis.from_url(url, decode_responses=True) as client:
            found[str(number)] = {key: _key(client, key) for key in sorted(client.scan_iter())}
    return found


def _key(client: Any, key: str) -> dict[str, Any]:
    kind = client.type(key)
    value: Any = {
        "string": client.get,
        "hash": client.hgetall,
        "set": lambda name: sorted(client.smembers(name)),
        "zset": lambda name: client.zrange(name, 0, -1, withscores=True),
        "list": lambda name: client.lrange(name, 0, -1),
        "stream": client.xrange,
    }[kind](key)
    return {"type": kind, "value": value, "pttl": client.pttl(key)}


if __name__ == "__main__":
    main()
