"""A ledger to test, twice: in memory and on a private Redis, both on a clock that stands still."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import redis

from common.contracts.artifacts import ArtifactRef
from common.contracts.plans import Node, Plan
from common.errors import NoFace
from common.ledger.memory import MemoryLedger
from common.ledger.protocol import MAX_ATTEMPTS, Ledger
from common.ledger.records import (
    HOUR_MS,
    Accepted,
    Claim,
    Committed,
    JobRecord,
    Limits,
    NewJob,
    NodeRecord,
    NodeResult,
    Refusal,
)
from common.ledger.redis_ledger import RedisLedger, connect
from common.ledger.scripts import load_scripts

EPOCH_MS = 1_800_000_000_000
LEASE_MS = 50
TIME, STOPPED = "redis.call('TIME')", "redis.call('HMGET', P .. 'clock', 's', 'us')"


def node(id_: str, *after: str, queue: str = "red", **flags: bool) -> Node:
    return Node(id=id_, stage=f"stage.{id_}", queue=queue, after=after, **flags)


ONE = Plan(nodes=(node("a"),))
DIAMOND = Plan(
    nodes=(node("a"), node("b", "a"), node("c", "a", queue="blue"), node("d", "b", "c")),
)

HELD = Plan(nodes=(node("a", hold=True), node("b", "a"), node("c", "a"), node("d", "b", "c")))


def artifact(name: str, content: str = "", *, internal: bool = False) -> ArtifactRef:
    digest = sha256((content or name).encode()).hexdigest()
    return ArtifactRef(name=name, sha256=digest, size=7, media_type="x/y", internal=internal)


@dataclass
class House:
    """A ledger, its clock, and short words for what the tests do with them."""

    ledger: Ledger
    set_clock: Callable[[int], None]
    now_ms: int = EPOCH_MS
    plans: dict[str, Plan] = field(default_factory=dict)

    def later(self, milliseconds: int) -> None:
        self.now_ms += milliseconds
        self.set_clock(self.now_ms)

    def new(self, job: str = "j1", plan: Plan = DIAMOND, **changes: Any) -> NewJob:
        photo = artifact("photo", f"photo of {job}", internal=True)
        fields: dict[str, Any] = {"owner": "ann", "product": "figurine", "inputs": (photo,)}
        fields |= {"params": {"height_mm": 100, "name": "Zoë"}, "trace": "t-1"}
        return NewJob(job=job, plan=plan, **(fields | changes))

    def accept(
        self,
        job: str = "j1",
        plan: Plan = DIAMOND,
        max_active: int = 100,
        *,
        limits: Limits | None = None,
        **changes: Any,
    ) -> Accepted:
        new = self.new(job, plan, **changes)
        return self.ledger.accept(new, limits or Limits(max_active))

    def end(self, how: str, job: str = "j1", **changes: Any) -> None:
        """Accept a job of one stage and bring it to one of the four ends."""
        self.accept(job, plan=ONE, deadline_ms=1000, **changes)
        claim = self.claim("a", job)
        if how == "succeeded":
            self.commit(claim)
        if how == "failed":
            self.ledger.fail(claim, NoFace("none"))
        if how == "cancelled":
            self.ledger.cancel(job, "ann")
        if how == "expired":
            self.later(1000)
            self.ledger.reap()
        assert self.state(job) == how

    def claim(self, node_id: str, job: str = "j1", worker: str = "w1") -> Claim:
        claim = self.ledger.claim(job, node_id, worker)
        assert isinstance(claim, Claim), claim
        return claim

    def refusal(self, node_id: str, job: str = "j1", worker: str = "w2") -> str:
        refusal = self.ledger.claim(job, node_id, worker)
        assert isinstance(refusal, Refusal), refusal
        return refusal.status

    def commit(self, claim: Claim, *names: str, memo: str = "") -> Committed:
        refs = [artifact(name) for name in names or (f"{claim.node}.bin",)]
        result = NodeResult(engine="builtin", facts={"ratio": 0.25, "names": ["x"]}, domain_ms=1.5)
        return self.ledger.commit(claim, refs, result, memo or f"{claim.job} {claim.node}")

    def run(self, *node_ids: str, job: str = "j1") -> None:
        for node_id in node_ids:
            assert self.commit(self.claim(node_id, job)).status == "committed"

    def job(self, job: str = "j1") -> JobRecord:
        record = self.ledger.job(job)
        assert record is not None
        return record

    def state(self, job: str = "j1") -> str:
        return str(self.job(job).state)

    def nodes(self, job: str = "j1") -> dict[str, NodeRecord]:
        return {record.id: record for record in self.job(job).nodes}

    def node_states(self, job: str = "j1") -> str:
        return " ".join(record.state for record in self.job(job).nodes)

    def terminal_events(self, job: str = "j1") -> list[str]:
        return [event.type for event in self.ledger.events(job) if event.terminal]

    def nothing_left(self) -> bool:
        """No node of any job is ready or running, as the machines see it."""
        counts = self.counts("red", "blue").values()
        self.later(HOUR_MS // 2)  # every lease has run out
        return set(counts) == {(0, 0, 0.0)} and not self.ledger.reap().again

    def counts(self, *queues: str) -> dict[str, tuple[int, int, float]]:
        """Ready and running nodes, and the age of the oldest ready one, by queue."""
        found = self.ledger.census(queues).queues
        return {queue: (row.ready, row.running, row.oldest_s) for queue, row in found.items()}

    def story(self, job: str = "j1") -> list[str]:
        """Events of a job in short: their type, or stage and state."""
        return [
            f"{event.data['stage']} {event.data['state']}" if event.type == "stage" else event.type
            for event in self.ledger.events(job)
        ]


@pytest.fixture(scope="session")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a Redis of our own: it keeps nothing and ends with the tests."""
    binary = shutil.which("redis-server")
    if binary is None:
        reason = "redis-server is not installed (Debian: apt-get install redis-server)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("redis")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log) as process:
        _wait_for(port, folder / "log")
        yield port
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + 10
    with connect(f"redis://127.0.0.1:{port}/0") as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.02)
            else:
                return
    pytest.fail(f"redis-server did not start:\n{log.read_text()}")


@pytest.fixture
def client(redis_port: int) -> Iterator[redis.Redis]:
    """Connection to an empty Redis, as the product connects."""
    with connect(f"redis://127.0.0.1:{redis_port}/2") as connection:
        connection.flushdb()
        yield connection


def memory_house() -> House:
    house = House(None, lambda _: None)  # type: ignore[arg-type]  # the two need each other
    house.ledger = MemoryLedger(lambda: house.now_ms, lease_ms=LEASE_MS)
    return house


def redis_house(client: redis.Redis) -> House:
    """Build a RedisLedger whose scripts read a stopped clock where the product reads TIME."""

    def set_clock(now_ms: int) -> None:
        client.hset("kiln:clock", items=["s", now_ms // 1000, "us", now_ms % 1000 * 1000])

    ledger = RedisLedger(client, lease_ms=LEASE_MS)
    for name, text in load_scripts(LEASE_MS, MAX_ATTEMPTS).items():
        assert text.count(TIME) == 1, name  # every script asks the time in one place
        ledger._scripts[name] = client.register_script(text.replace(TIME, STOPPED))
    set_clock(EPOCH_MS)
    return House(ledger, set_clock)


@pytest.fixture(params=["memory", "redis"])
def house(request: pytest.FixtureRequest) -> House:
    """Both ledgers in turn, with leases of 50 ms."""
    if request.param == "memory":
        return memory_house()
    return redis_house(request.getfixturevalue("client"))
