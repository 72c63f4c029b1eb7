"""A whole stack of its own for tests: private ports, private folder, nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from supervisor.xmlrpc import Faults

from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings
from common.stores import ArtifactStore, open_store
from common.vision.fetch import missing_files
from deploy.processes import descendants, is_alive
from deploy.stack import ROOT, Process, Stack, free_ports
from tests.ending import end_in_order_when_told

# one process of each service, for tests that do not make many things at once: it is there sooner
SMALL = {"fusion_workers": 1, "recipe_workers": 1}
MODELS = Path(os.environ.get("KILN_MODELS_DIR", ROOT / "data" / "models"))


class TestStack:
    """The same supervisord and the same code as ``make up``, under other settings.

    Names of processes may be given in part: ``fusion-worker`` means all of them.
    """

    __test__ = False  # not a class of tests

    def __init__(self, **settings: Any) -> None:
        # a short path: sockets have a limit of about 100 characters
        self.folder = Path(tempfile.mkdtemp(prefix="kiln-"))
        given: dict[str, Any] = {
            "data_dir": self.folder,
            "models_dir": MODELS,
            **free_ports(),
            "prometheus": "off",  # a test that wants it says so
            **settings,
        }
        self.settings = Settings(**given)
        self.stack = Stack(self.settings)
        self._seen: set[int] = set()

    def __enter__(self) -> Self:
        end_in_order_when_told()
        try:
            self.stack.up()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        left = self._end()
        assert not left, f"processes left behind: {left}"

    # -- looking --------------------------------------------------------------------
    @property
    def url(self) -> str:
        return self.settings.gateway_url

    def ledger(self) -> RedisLedger:
        return RedisLedger(connect(self.settings.ledger_url))

    def store(self) -> ArtifactStore:
        return open_store(self.settings)

    def missing(self) -> dict[str, str]:
        return self.stack.missing()

    def processes(self, name: str = "") -> list[Process]:
        found = [p for p in self.stack.processes() if _is_named(p, name)]
        assert found, f"no process called {name}"
        return found

    def pids(self) -> list[int]:
        """All processes of the stack, children included."""
        found = self.stack.pids()
        self._seen.update(found)
        return found

    def pid(self, name: str) -> int:
        (process,) = self.processes(name)
        return process.pid

    def worker_pid(self, worker: str) -> int:
        """Pid of a Celery worker by its own name, such as fusion-1@host."""
        service, _, number = worker.partition("@")[0].rpartition("-")
        program = f"{service}-worker"
        return self.pid(f"{program}-{number}" if len(self.processes(program)) > 1 else program)

    # -- doing --------------------------------------------------------------------------
    def wait_until_ready(self, timeout_s: float = 60) -> None:
        self.stack.wait_until_ready(timeout_s)

    def kill(self, name: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to every process of that name; returns the pids it went to.

        Children get it too: orphans would go on answering for a second or two.
        """
        self.pids()
        pids = [process.pid for process in self.processes(name) if process.pid]
        for pid in [child for top in pids for child in (top, *descendants(top))]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def settle(self, timeout_s: float = 60) -> None:
        """Start what is stopped and wait until everything runs and is ready."""
        for process in self.stack.processes():
            if process.state == "STOPPED":
                self.start(process.name)
        until(lambda: {p.state for p in self.stack.processes()} == {"RUNNING"}, timeout_s)
        self.wait_until_ready(timeout_s)

    def stop(self, name: str) -> None:
        """Stop and stay stopped, as an operator would; returns when it is gone."""
        self.pids()
        with self.stack.supervisor() as supervisor:
            for group, process in self._full_names(name):
                full = f"{group}:{process}"
                while not _stopped(supervisor, full):
                    time.sleep(0.05)

    def start(self, name: str) -> None:
        with self.stack.supervisor() as supervisor:
            for group, process in self._full_names(name):
                supervisor.startProcess(f"{group}:{process}")

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def _full_names(self, name: str) -> list[tuple[str, str]]:
        wanted = {process.name for process in self.processes(name)}
        with self.stack.supervisor() as supervisor:
            rows = supervisor.getAllProcessInfo()
        return [(row["group"], row["name"]) for row in rows if row["name"] in wanted]

    def _end(self) -> list[int]:
        """Stop everything by its pid; returns what an orderly stop had left."""
        if self.stack.is_up():
            self.pids()
            self.stack.down()
        left = [pid for pid in self._seen if is_alive(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)
        return left


def require_stack() -> None:
    """Skip on a laptop, fail in CI, where something a stack needs is missing."""
    reasons = []
    if shutil.which("redis-server") is None:
        reasons.append("redis-server is not installed")
    if missing := missing_files(MODELS):
        reasons.append(f"{', '.join(missing)} not in {MODELS}")
    if reasons:
        reason = f"{'; '.join(reasons)}: run `make setup`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def until(condition: Callable[[], bool], timeout_s: float = 30) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not true after {timeout_s:.0f} s"
        time.sleep(0.05)


def _stopped(supervisor: Any, name: str) -> bool:
    """Stop a process; False where it has just died, and supervisord will start it again."""
    try:
        supervisor.stopProcess(name)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode != Faults.NOT_RUNNING:
            raise
        return bool(supervisor.getProcessInfo(name)["statename"] in {"STOPPED", "FATAL"})
    return True


def _is_named(process: Process, name: str) -> bool:
    program, _, number = process.name.rpartition("-")
    return name in {"", process.name} or (number.isdigit() and program == name)
