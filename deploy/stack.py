"""One machine, one command: start every process of a stack, wait until it is ready, stop it.

Everything a stack owns lies in its data folder, so two stacks with different ``KILN_*``
settings live side by side.
"""

from __future__ import annotations

import os
import random
import secrets
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests
from supervisor.xmlrpc import SupervisorTransport

from common.hosts import also_here, in_url
from common.settings import Settings, as_environment
from deploy import prometheus, redis_users
from deploy.processes import descendants, is_alive

ROOT: Final = Path(__file__).resolve().parent.parent
CONFIG: Final = ROOT / "deploy" / "supervisord.conf"
READY_S: Final = 120.0
DOWN_S: Final = 180.0  # longer than the longest stopwaitsecs of supervisord.conf
LONGEST_SOCKET_PATH: Final = 90  # the system allows 104 or 108, supervisord appends its pid


class StackError(Exception):
    """The stack cannot do what was asked; the message is for the person at the keyboard."""


@dataclass(frozen=True)
class Process:
    """A process of the stack, as supervisord sees it. ``pid`` is 0 when it does not run."""

    name: str
    state: str
    pid: int


class Stack:
    """The processes that belong to one set of settings."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.run = settings.data_dir.resolve() / "run"
        self.logs = settings.data_dir.resolve() / "logs"

    # -- up and down ------------------------------------------------------------------
    def up(self, timeout_s: float = READY_S) -> bool:
        """Start everything and wait until the gateway is ready; False when it ran already.

        Raises
        ------
        StackError
            A port is taken, supervisord does not start, or not everything is ready in time.
        """
        started = not self.is_up()
        if started:
            self._start_supervisord()
        self.wait_until_ready(timeout_s)
        return started

    def down(self, timeout_s: float = DOWN_S) -> bool:
        """Stop everything and wait until no process is left; False when nothing ran."""
        if not self.is_up():
            return False
        pids = self.pids()
        with self.supervisor() as supervisor:
            supervisor.shutdown()
        deadline = time.monotonic() + timeout_s
        while alive := [pid for pid in pids if is_alive(pid)]:
            if time.monotonic() > deadline:
                raise StackError(f"still running {timeout_s:.0f} s after the stop: {alive}")
            time.sleep(0.05)
        return True

    def wait_until_ready(self, timeout_s: float = READY_S) -> None:
        """Return when ``GET /readyz`` of the gateway is green.

        Raises
        ------
        StackError
            Names what is missing, with the last lines of its log.
        """
        deadline = time.monotonic() + timeout_s
        while missing := self.missing():
            if time.monotonic() > deadline:
                raise StackError(self._not_ready(missing, timeout_s))
            time.sleep(0.1)

    def missing(self) -> dict[str, str]:
        """Ask the gateway what it waits for; empty when it is ready."""
        try:
            answer = requests.get(f"{self.settings.gateway_url}/readyz", timeout=5)
            return {} if answer.ok else dict(answer.json()["missing"])
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            return {"gateway": f"does not answer ({type(error).__name__})"}

    # -- looking ----------------------------------------------------------------------
    def is_up(self) -> bool:
        """Whether the supervisord of this stack answers."""
        try:
            with self.supervisor() as supervisor:
                supervisor.getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    @contextmanager
    def supervisor(self) -> Iterator[Any]:
        """Open supervisord's own interface, by its socket in the data folder."""
        transport = SupervisorTransport(None, None, f"unix://{self.run / 'supervisor.sock'}")
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as proxy:
            yield proxy.supervisor

    def processes(self) -> list[Process]:
        """List every process supervisord looks after."""
        with self.supervisor() as supervisor:
            rows = supervisor.getAllProcessInfo()
        return [Process(row["name"], row["statename"], row["pid"]) for row in rows]

    def pids(self) -> list[int]:
        """Supervisord's pid and those of all its descendants."""
        with self.supervisor() as supervisor:
            top = int(supervisor.getPID())
        return [top, *descendants(top)]

    def tail(self, name: str, lines: int = 15) -> str:
        """Read the last lines of the log of a process, or of all processes of a program."""
        found = [self.logs / f"{name}.log"]
        if not found[0].exists():
            found = sorted(self.logs.glob(f"{name}-[0-9]*.log"))
        return "\n".join(
            f"--- {path}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
            for path in found
        )

    # -- how ----------------------------------------------------------------------------
    def _start_supervisord(self) -> None:
        if self.settings.danger:
            raise StackError(self.settings.danger)
        if self.settings.prometheus == "on" and not prometheus.installed():
            raise StackError("KILN_PROMETHEUS=on, but there is no prometheus: `make setup`")
        self._check_paths()
        self._check_ports()
        for folder in (self.run, self.logs, self.settings.data_dir / "redis"):
            folder.mkdir(parents=True, exist_ok=True)
        redis_users.prepare(self.settings.data_dir.resolve())
        watched = prometheus.wanted(self.settings) and self._is_free("prometheus_port")
        if watched:
            prometheus.prepare(self.settings, self.run / "prometheus.yml")
        command = [_tool("supervisord"), "-c", str(CONFIG)]
        result = subprocess.run(  # noqa: S603  our own file
            command,
            cwd=ROOT,
            env=self.environment(watched=watched),
            umask=0o077,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise StackError(f"supervisord does not start:\n{result.stdout}{result.stderr}")
        deadline = time.monotonic() + 10
        while not self.is_up():
            if time.monotonic() > deadline:
                raise StackError(f"supervisord does not answer\n{self.tail('supervisord')}")
            time.sleep(0.02)

    def environment(self, *, watched: bool = False) -> dict[str, str]:
        """Environment of every process: the settings, and where the stack keeps its things.

        ``watched``: there is to be a Prometheus.
        """
        own = {
            "STACK_RUN": str(self.run),
            "STACK_INNER_ADDRESS": in_url(self.settings.inner_host),
            "STACK_LOGS": str(self.logs),
            "STACK_REDIS": str(self.settings.data_dir.resolve() / "redis"),
            "STACK_OWN_REDIS": str(self.settings.redis_url is None).lower(),
            "STACK_MORE": str(prometheus.PROGRAM) if watched else "",
            "STACK_PROMETHEUS": str(self.settings.data_dir.resolve() / "prometheus"),
            "STACK_PROMETHEUS_MB": str(round(self.settings.prometheus_gb * 1024)),
            "FLOWER_BASIC_AUTH": self.flower_login(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        return {**os.environ, **as_environment(self.settings), **own}

    def flower_login(self) -> str:
        """``name:password`` for Flower: the setting, or one made up once for this data folder."""
        if self.settings.flower_basic_auth:
            return self.settings.flower_basic_auth
        path = self.run / "flower-login"
        if not path.exists():
            self.run.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(f"kiln:{secrets.token_urlsafe(12)}")
        return path.read_text().strip()

    def _check_paths(self) -> None:
        socket_path = str(self.run / "supervisor.sock")
        if len(socket_path) > LONGEST_SOCKET_PATH:
            raise StackError(
                f"{socket_path} is too long for a socket: set KILN_DATA_DIR to a shorter path"
            )

    def _check_ports(self) -> None:
        inner = ["stylize_port", "fusion_port", "recipe_port", "flower_port"]
        if self.settings.redis_url is None:
            inner.append("redis_port")
        if self.settings.prometheus == "on":  # else it does without
            inner.append("prometheus_port")
        taken = [name for name in ("gateway_port", *inner) if not self._is_free(name)]
        if taken:
            raise StackError(
                "\n".join(
                    f"port {getattr(self.settings, name)} is in use: "
                    f"set KILN_{name.upper()} to another one, or stop what uses it"
                    for name in taken
                )
            )

    def _is_free(self, name: str) -> bool:
        host = self.settings.host if name == "gateway_port" else self.settings.inner_host
        both = {host, also_here(host).strip("[]")} if name == "gateway_port" else {host}
        return all(_is_free(one, getattr(self.settings, name)) for one in both)

    def _not_ready(self, missing: dict[str, str], timeout_s: float) -> str:
        lines = [f"not ready after {timeout_s:.0f} s:"]
        lines += [f"  {name}: {what}" for name, what in sorted(missing.items())]
        if self.is_up():
            stopped = [process for process in self.processes() if process.state != "RUNNING"]
            lines += [f"  {process.name} is {process.state}" for process in stopped]
            # the gateway calls the worker of a queue "worker QUEUE"
            named = {f"{name.removeprefix('worker ')}-worker" for name in missing if " " in name}
            names = {*named, *(process.name for process in stopped)} or {"gateway"}
            lines += [text for name in sorted(names) if (text := self.tail(name))]
        return "\n".join(lines)


def free_ports() -> dict[str, int]:
    """Free ports for a second stack, by setting; below the range that outgoing connections use."""
    names = [name for name in Settings.model_fields if name.endswith("_port")]
    candidates = random.sample(range(20_000, 32_000), 40 * len(names))
    free = (port for port in candidates if _is_free("127.0.0.1", port))
    return dict(zip(names, free, strict=False))


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)
