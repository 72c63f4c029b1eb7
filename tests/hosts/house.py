"""A house on many hosts: the processes of a stack, each started as its image would start it.

No folder is shared but that of the API keys; logins come from files, all else from settings.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from redis import Redis

from common.ledger.redis_ledger import RedisLedger, connect
from common.settings import Settings, as_environment
from common.stores import ArtifactStore, open_store
from deploy.logins import write_logins
from gateway.client import Kiln
from gateway.domain.keys import Scope
from gateway.door import keys
from tests.hosts.net import Host, Net
from tests.servers.s3 import BUCKET, SERVER
from tests.stack import MODELS, ROOT, until

BIN = Path(sys.executable).parent
REDIS_PORT, S3_PORT, STREAMS_PORT = 6379, 9000, 8010
QUIET = ("--without-gossip", "--without-mingle")
DIRECT = ("gunicorn", "-k", "gthread", "--no-control-socket")


class ManyHosts:
    """Redis, the bucket, the gateway and two hosts of workers, each with an address of its own."""

    WORK = ("fusion", "stylize")  # queues with a worker on each host of workers

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kiln-hosts-"))
        self.net = Net()

    def __enter__(self) -> Self:
        try:
            self.net.__enter__()
            self._lay_out()
            self._start()
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
        self._end()

    def _end(self) -> None:
        try:
            self.net.__exit__(None, None, None)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- building -----------------------------------------------------------------------------
    def _lay_out(self) -> None:
        self.memory, self.bucket, self.gate, self.alpha, self.beta = (
            self.net.host(name) for name in ("redis", "s3", "gateway", "alpha", "beta")
        )
        self.workers = {host.name: host for host in (self.alpha, self.beta)}
        self.logins = self.folder / "logins"
        write_logins(self.logins, f"{self.memory.address}:{REDIS_PORT}")
        key_file = keys.key_file(self.settings(self.gate, "gateway"))
        terms = keys.Terms(frozenset(Scope))
        _, self.key = keys.create(key_file, "local", terms)

    def settings(self, host: Host, user: str, **more: Any) -> Settings:
        """Settings of a process: what an operator would set."""
        values: dict[str, Any] = {
            "host": str(host.address),
            "inner_host": str(host.address),
            "data_dir": self.folder / host.name,
            "house_dir": self.folder / "house",
            "models_dir": MODELS,
            "secrets_dir": self.logins / user,
            "store_url": f"s3://{BUCKET}/house",
            "s3_endpoint": f"http://{self.bucket.address}:{S3_PORT}",
            "s3_region": "us-east-1",
            "s3_access_key_id": "tests",
            "s3_secret_access_key": "not-secret",
            "recipe_service_url": f"http://{self.alpha.address}:8003",
            "gateway_processes": 1,
        }
        return Settings(**(values | more))

    def _start(self) -> None:
        self.start(
            self.memory,
            ("redis-server", "deploy/redis.conf", "--port", str(REDIS_PORT)),
            ("--bind", str(self.memory.address), "--dir", str(self._folder_of(self.memory))),
            ("--aclfile", str(self.logins / "users.acl")),
        )
        journal = self._folder_of(self.bucket) / "journal"
        self.start(
            self.bucket,
            (sys.executable, str(SERVER), str(journal)),
            ("--host", str(self.bucket.address), "--port", str(S3_PORT)),
        )
        for host in self.workers.values():
            self.celery(host, "fusion", "fusion_service")
            self.celery(host, "stylize", "stylize_service")
        self.celery(self.alpha, "recipe", "recipe_service")
        at = f"{self.alpha.address}:8003"
        self.python(self.alpha, "worker", *DIRECT, "-b", at, "recipe_service.wsgi:application")
        self.celery(self.gate, "gateway", "gateway")
        self.python(self.gate, "gateway", "gateway.reconciler")
        serve = ("gunicorn", "-c", "gateway/gunicorn.conf.py", "gateway.wsgi:application")
        self.python(self.gate, "gateway", *serve)
        streams = {"gateway_role": "events", "gateway_port": STREAMS_PORT, "max_streams": 1000}
        self.python(self.gate, "gateway", *serve, **streams, data_dir=self.folder / "streams")
        bucket = f"http://{self.bucket.address}:{S3_PORT}/{BUCKET}"
        until(lambda: _answers("PUT", bucket), 30)
        self.wait_until_ready()

    def celery(self, host: Host, queue: str, package: str) -> None:
        """Start a worker under a name that says where it is."""
        name = f"{queue}-1@{host.name}"
        words = ("worker", "-P", "threads", "-c", "1", "-Q", queue, "-n", name)
        self.python(host, "worker", "celery", "-A", f"{package}.worker", *words, *QUIET)

    def python(self, host: Host, user: str, module: str, *words: str, **more: Any) -> None:
        """Start a Python process of the house on a host."""
        # the file of logins alone says where Redis is, and who asks
        told = as_environment(self.settings(host, user, redis_url=None, **more))
        environment = told | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.start(host, (sys.executable, "-m", module, *words), env=environment)

    def start(
        self, host: Host, *commands: tuple[str, ...], env: dict[str, str] | None = None
    ) -> None:
        """Start any process on a host; its log lies in the folder of the host."""
        command = [word for part in commands for word in part]
        log = self._folder_of(host) / f"{len(host.processes)}.log"
        plain = {name: text for name, text in os.environ.items() if not name.startswith("KILN_")}
        host.run(*command, env=plain | (env or {}), log=log, cwd=ROOT)

    def _folder_of(self, host: Host) -> Path:
        folder = self.folder / host.name
        folder.mkdir(exist_ok=True)
        return folder

    # -- looking ------------------------------------------------------------------------------
    @property
    def url(self) -> str:
        """The front door."""
        return f"http://{self.gate.address}:8000"

    @property
    def streams_url(self) -> str:
        """The door for event streams."""
        return f"http://{self.gate.address}:{STREAMS_PORT}"

    @cached_property
    def operator(self) -> Settings:
        """Settings of a person at this machine."""
        return self.settings(self.gate, "operator")

    def kiln(self) -> Kiln:
        """A client with a key."""
        return Kiln(self.url, self.key)

    def redis(self) -> Redis:
        """The ledger's database."""
        return connect(self.operator.ledger_url)

    def ledger(self) -> RedisLedger:
        """The ledger."""
        return RedisLedger(self.redis())

    def workers_ready(self) -> set[str]:
        """Names of the warm workers that draw and build."""
        return {name for names in self.ledger().workers(self.WORK).values() for name in names}

    def store(self) -> ArtifactStore:
        """What the bucket holds."""
        return open_store(self.operator)

    def wait_until_ready(self, timeout_s: float = 60) -> None:
        """Return when everything is there that a job needs."""
        try:
            until(lambda: _answers("GET", f"{self.url}/readyz"), timeout_s)
        except AssertionError as error:
            error.add_note(self.logs())
            raise

    def logs(self, lines: int = 12) -> str:
        """Read the last lines of every log."""
        return "\n".join(
            f"--- {path.relative_to(self.folder)}\n"
            + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
            for path in sorted(self.folder.glob("*/*.log"))
        )


def _answers(method: str, url: str) -> bool:
    try:
        return requests.request(method, url, timeout=3).ok
    except requests.RequestException:
        return False
