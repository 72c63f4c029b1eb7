"""Starts a peer in processes of its own, and ends all of them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import requests

from common.settings import Settings
from deploy.processes import descendants, is_alive
from deploy.stack import ROOT
from tests.bench.bare import ONE_HEAP
from tests.bench.cpu import Groups, families
from tests.bench.drive import HttpSystem

PATIENCE_S: Final = 120.0
ENVIRONMENT: Final = {
    **ONE_HEAP,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_DOCKER_CPU_WARNING": "1",
}


@contextmanager
def sequential(python: Path, out: Path) -> Iterator[HttpSystem]:
    """Run FastAPI services that call each other; as many as Kiln has workers."""
    settings = Settings()
    count = 1 + settings.stylize_workers + settings.fusion_workers
    door, *ports = map(str, free_ports(count))
    stylize, fusion = ports[: settings.stylize_workers], ports[settings.stylize_workers :]
    module = "tests.bench.peers.sequential"
    commands = {
        "gateway": [(module, "gateway", door, str(out), ",".join(stylize), ",".join(fusion))],
        "stylize": [(module, "stylize", port, str(out)) for port in stylize],
        "fusion": [(module, "fusion", port, str(out)) for port in fusion],
    }
    with running(python, commands) as pids:
        wait_until_ready([door, *ports])
        yield HttpSystem(f"http://127.0.0.1:{door}", lambda: families(pids, {}))


@contextmanager
def ray_serve(python: Path, out: Path) -> Iterator[HttpSystem]:
    """Run Ray Serve with as many replicas as Kiln has workers."""
    settings = Settings()
    (door,) = map(str, free_ports(1))
    replicas = (str(settings.stylize_workers), str(settings.fusion_workers))
    command = ("tests.bench.peers.ray_serve", door, str(out), *replicas)
    with running(python, {"ray": [command]}) as pids:
        wait_until_ready([door])
        yield HttpSystem(f"http://127.0.0.1:{door}", lambda: by_title(pids))


@contextmanager
def running(
    python: Path, commands: dict[str, list[tuple[str, ...]]]
) -> Iterator[dict[str, list[int]]]:
    """Run modules of Python; whatever they have started is gone afterwards."""
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": str(ROOT)}
    started = []
    with tempfile.TemporaryFile() as said:
        try:
            pids: dict[str, list[int]] = {}
            for name, modules in commands.items():
                for module in modules:
                    process = subprocess.Popen(
                        [python, "-m", *module], cwd=ROOT, env=environment, stdout=said, stderr=said
                    )
                    started.append(process)
                    pids.setdefault(name, []).append(process.pid)
            yield pids
        except BaseException:
            said.seek(0)
            print(said.read().decode(errors="replace")[-5000:])  # noqa: T201
            raise
        finally:
            end(started)


def by_title(tops: Groups) -> dict[str, list[int]]:
    """Group processes and their descendants by what they call themselves, as Ray's do."""
    found: dict[str, list[int]] = {}
    for pids in families(tops, {}).values():
        for pid in pids:
            with suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                words = line.split() or ["unnamed"]
                title = words[0] if words[0].startswith("ray::") else Path(words[0]).name
                found.setdefault(title, []).append(pid)
    return found


def end(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask processes to leave, and end what is left of them and their children."""
    family = {pid for process in started for pid in (process.pid, *descendants(process.pid))}
    for process in started:
        process.terminate()
    for process in started:
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
    for pid in family:
        if is_alive(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for process in started:
        process.wait()


def free_ports(count: int) -> list[int]:
    """Find some ports that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def wait_until_ready(ports: Sequence[str]) -> None:
    """Wait until every port answers."""
    give_up = time.monotonic() + PATIENCE_S
    for port in ports:
        while not answers(f"http://127.0.0.1:{port}/readyz"):
            if time.monotonic() > give_up:
                raise TimeoutError(f"nothing answers on port {port}")
            time.sleep(0.2)


def answers(url: str) -> bool:
    """Whether something says that it is ready."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
