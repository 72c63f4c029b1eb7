"""The stack's own Redis: everybody can do their work, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import requests

from common.redis_logins import login_in_url, logins_file
from deploy.redis_users import USERS
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.stack import SMALL, TestStack, require_stack, until

pytestmark = pytest.mark.verify_only  # a house of its own, for minutes

NEVER = (
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "CONFIG GET *",
    "CONFIG SET dir x",
    "SHUTDOWN",
    "MONITOR",
    "ACL LIST",
    "SCRIPT FLUSH",
    "CLIENT LIST",
    "SWAPDB 0 1",
    "SAVE",
    "REPLICAOF 127.0.0.1 1",
    "GET somebody-elses",
)
NEVER_METRICS = ("GET kiln:x", "HGETALL kiln:x", "SET kiln:x 1", "EVAL return 0 0", "SCAN 0")


@pytest.fixture(scope="module")
def house() -> Iterator[TestStack]:
    require_stack()
    with TestStack(**SMALL) as running:
        yield running


def client(house: TestStack, user: str, number: int = 0) -> redis.Redis:
    login = login_in_url(house.folder, user)
    assert login
    url = f"redis://{login}127.0.0.1:{house.settings.redis_port}/{number}"
    return redis.Redis.from_url(url, decode_responses=True)


def refusals(house: TestStack) -> list[tuple[str, str, str]]:
    """What Redis has refused so far, by user."""
    with client(house, "operator") as operator:
        return [(one["username"], one["reason"], one["object"]) for one in operator.acl_log(128)]


def works(house: TestStack) -> None:
    kiln = Kiln(house.url)
    dinner = kiln.submit_recipe(ingredients=["2 eggs", "rice"], count=2)
    figurine = kiln.submit_figurine(new_portrait(512), formats="stl")
    assert kiln.wait(dinner["id"])["state"] == "succeeded"
    assert [event.type for event in kiln.stream(figurine["id"])][-1] == "succeeded"
    name, _, password = house.stack.flower_login().partition(":")
    flower = f"http://127.0.0.1:{house.settings.flower_port}"

    def flower_sees_a_worker() -> bool:
        answer = requests.get(f"{flower}/api/workers?refresh=1", auth=(name, password), timeout=30)
        return any(worker.startswith("fusion-1@") for worker in answer.json())

    until(flower_sees_a_worker, 60)  # it looks anew now and then


def test_the_whole_house_works_and_nothing_is_refused(house: TestStack) -> None:
    works(house)
    for name in ("gateway", "reconciler", "fusion-worker", "flower", "courier"):
        house.kill(name)
    house.settle()
    works(house)
    assert refusals(house) == []


def test_redis_replays_its_log_with_every_job(house: TestStack) -> None:
    """Its replay checks transactions and scripts against the rights of the user ``default``."""
    jobs = [Kiln(house.url).submit_recipe(ingredients=["rice", f"{n} eggs"]) for n in (2, 3)]
    for job in jobs:
        Kiln(house.url).wait(job["id"])
    before = {job["id"]: Kiln(house.url).job(job["id"]) for job in jobs}
    house.kill("redis")
    house.settle()
    assert {job: Kiln(house.url).job(job) for job in before} == before
    assert refusals(house) == []


@pytest.mark.parametrize("user", ["gateway", "worker", "flower", "metrics"])
def test_a_process_cannot_do_what_it_never_does(house: TestStack, user: str) -> None:
    commands = NEVER + (NEVER_METRICS if user == "metrics" else ())
    with client(house, user) as connection:
        for command in commands:
            with pytest.raises(redis.exceptions.NoPermissionError):
                connection.execute_command(*command.split())
        with pytest.raises(redis.ResponseError, match=r"permission|can't run"):
            connection.execute_command("EVAL", "return redis.call('flushall')", "0")
    with client(house, "operator") as operator:
        operator.acl_log_reset()


def test_flower_cannot_read_the_ledger(house: TestStack) -> None:
    with client(house, "operator", 2) as operator, client(house, "flower", 2) as flower:
        (key, *_) = [key for key in operator.keys("kiln:job:*") if operator.type(key) == "hash"]
        with pytest.raises(redis.exceptions.NoPermissionError):
            flower.hgetall(key)
        operator.acl_log_reset()


def test_an_exporter_counts_without_seeing(house: TestStack) -> None:
    with client(house, "metrics") as metrics:
        assert metrics.info("memory")["used_memory"] > 0
        assert metrics.llen("kiln:fusion") == 0
        assert metrics.dbsize() > 0


def test_nobody_comes_in_without_a_login(house: TestStack) -> None:
    with (
        redis.Redis(port=house.settings.redis_port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def ask(house: TestStack, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """``kiln redis``, as whoever runs the house."""
    command = [sys.executable, "-m", "gateway.cli", "redis", *words]
    environment = house.stack.environment() | settings
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_operator_asks_redis_without_typing_a_password(house: TestStack) -> None:
    assert "maxmemory:" in ask(house, "info", "memory").stdout
    leader = ask(house, "get", "kiln:leader:reconciler").stdout
    assert str(house.pid("reconciler")) in leader
    as_gateway = ask(house, "info", "cpu", KILN_REDIS_USER="gateway")
    assert "used_cpu_user" in as_gateway.stdout
    refused = ask(house, "config", "get", "*", KILN_REDIS_USER="gateway")
    assert (refused.returncode, "no permissions" in refused.stderr) == (2, True)
    with client(house, "operator") as operator:
        operator.acl_log_reset()


def test_passwords_are_in_one_file_and_nowhere_else(house: TestStack) -> None:
    passwords = list(json.loads(logins_file(house.folder).read_text()).values())
    assert len(passwords) == len(USERS)
    holding = {
        path
        for path in house.folder.rglob("*")
        if path.is_file()
        and any(secret in path.read_bytes().decode("latin-1") for secret in passwords)
    }
    assert holding == {logins_file(house.folder)}
    assert logins_file(house.folder).stat().st_mode & 0o077 == 0
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    environments = "".join(
        Path(f"/proc/{pid}/environ").read_text("latin-1")
        for pid in house.pids()
        if Path(f"/proc/{pid}/environ").exists()
    )
    assert not [one for one in passwords if one in listing.stdout + environments]


def test_a_redis_that_is_away_tells_no_password(house: TestStack) -> None:
    house.stop("redis")
    try:
        answers = [
            requests.get(f"{house.url}{path}", timeout=30) for path in ("/readyz", "/v1/jobs")
        ]
    finally:
        house.start("redis")
        house.settle()
    assert {answer.status_code for answer in answers} == {503}
    assert not any("redis://" in answer.text or "@" in answer.text for answer in answers)


def test_other_users_of_the_machine_can_read_no_file_of_the_house(house: TestStack) -> None:
    works(house)
    modes = {path: path.stat().st_mode for path in house.folder.rglob("*") if path.is_file()}
    assert any(path.is_relative_to(house.folder / "artifacts") for path in modes)
    assert any(path.suffix == ".log" for path in modes)
    assert [path for path, mode in modes.items() if mode & 0o077] == []
