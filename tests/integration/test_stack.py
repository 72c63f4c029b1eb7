"""A stack comes up, heals, says what is missing, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator

import pytest
import redis
import requests

from deploy.processes import descendants, is_alive
from deploy.stack import ROOT, StackError
from tests.stack import SMALL, TestStack, require_stack, until


@pytest.fixture(scope="module")
def own() -> Iterator[TestStack]:
    """Another stack beside the one of the session: two can live side by side."""
    require_stack()
    with TestStack(**SMALL) as running:
        yield running


def make(command: str, own: TestStack) -> subprocess.CompletedProcess[str]:
    """Call the stack as the Makefile does."""
    return subprocess.run(
        [sys.executable, "-m", "deploy", command],
        cwd=ROOT,
        env=own.stack.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_process_runs_and_the_gateway_is_ready(own: TestStack) -> None:
    answer = requests.get(f"{own.url}/readyz", timeout=10)
    assert answer.status_code == 200, answer.text
    assert {process.state for process in own.processes()} <= {"RUNNING", "STARTING"}


@pytest.mark.skipif(sys.platform != "linux", reason="cores cannot be chosen here")
def test_each_process_of_the_gateway_keeps_to_a_core_of_its_own(own: TestStack) -> None:
    def children() -> list[int]:
        return descendants(own.pid("gateway"))

    def apart() -> bool:
        cores = [os.sched_getaffinity(pid) for pid in children()]
        different = min(len(cores), len(os.sched_getaffinity(0)))
        return {len(some) for some in cores} == {1} and len(set.union(*cores)) == different

    before = children()
    assert apart()
    os.kill(before[0], signal.SIGKILL)  # its successor takes its core, not that of another
    until(lambda: len(children()) == len(before) and before[0] not in children())
    until(apart)
    own.wait_until_ready()


def test_up_says_so_when_it_is_up_already(own: TestStack) -> None:
    before = own.pids()
    result = make("up", own)
    assert result.returncode == 0, result.stderr
    assert "up already" in result.stdout
    assert own.url in result.stdout
    assert set(before) <= set(own.pids())


def test_a_taken_port_is_named_with_its_setting() -> None:
    require_stack()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(StackError, match=f"port {port} is in use: set KILN_FUSION_PORT"),
            TestStack(fusion_port=port),
        ):
            pass


@pytest.mark.parametrize(
    "name", ["gateway", "gateway-worker", "fusion-worker", "reconciler", "courier"]
)
def test_a_killed_process_comes_back(own: TestStack, name: str) -> None:
    (killed,) = own.kill(name)
    until(lambda: not is_alive(killed) and own.pid(name) not in {0, killed})
    own.settle()


def test_redis_killed_comes_back_with_its_data(own: TestStack) -> None:
    client = redis.Redis.from_url(f"{own.settings.redis}/3")
    client.set("kept", "yes")
    (killed,) = own.kill("redis")
    until(lambda: own.pid("redis") not in {0, killed})
    own.settle()
    assert client.get("kept") == b"yes"
    client.close()


def test_redis_keeps_every_write_and_evicts_nothing(own: TestStack) -> None:
    client = redis.Redis.from_url(own.settings.broker_url, decode_responses=True)
    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    assert client.config_get(*wanted) == wanted
    client.close()


def test_a_stopped_worker_is_named_by_readyz(own: TestStack) -> None:
    own.wait_until_ready()  # the test before may have left workers that look for Redis
    own.stop("stylize-worker")
    try:
        until(lambda: list(own.missing()) == ["worker stylize"])
    finally:
        own.start("stylize-worker")
    own.wait_until_ready()


def test_flower_asks_for_a_password_that_only_the_owner_can_read(own: TestStack) -> None:
    url = f"http://127.0.0.1:{own.settings.flower_port}/api/workers"
    login = own.stack.run / "flower-login"
    name, _, password = login.read_text().partition(":")
    assert stat.S_IMODE(login.stat().st_mode) == 0o600
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, auth=(name, password), timeout=10).status_code == 200
    listing = subprocess.run(
        ["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True
    )
    assert password not in listing.stdout


def test_worker_names_are_unique_and_stable(own: TestStack) -> None:
    before = own.ledger().workers(["fusion", "stylize", "gateway"])
    own.restart("fusion-worker")
    own.wait_until_ready()
    assert own.ledger().workers(["fusion", "stylize", "gateway"]) == before
    names = [name for workers in before.values() for name in workers]
    assert len(set(names)) == len(names) == 3


def test_down_leaves_no_process(own: TestStack) -> None:
    """The last test of this stack."""
    pids = own.pids()
    assert len(pids) > 10
    assert os.getpid() not in pids
    result = make("down", own)
    assert result.returncode == 0, result.stderr
    assert [pid for pid in pids if is_alive(pid)] == []
    assert "was not up" in make("down", own).stdout
