"""What only a real Redis can show: its own time, its TTLs, and how it goes away."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
import redis

from common.errors import LedgerUnavailable, NoFace
from common.ledger import redis_standing
from common.ledger.erasure import REMEMBERED_MS
from common.ledger.protocol import IDEMPOTENCY_TTL_MS
from common.ledger.records import DAY_MS, HOUR_MS, Run
from common.ledger.redis_ledger import LONGEST_BLOCK_MS, SOCKET_TIMEOUT_S, RedisLedger, connect
from common.ledger.scripts import within_reach
from tests.contract.conftest import DIAMOND, ONE, House, artifact, redis_house

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.contract

# Keys that outlive every job: indexes that empty themselves, and the few that never grow.
WITHOUT_TTL = {"events", "rests", "dead", "versions", "waits", "runs", "clock"}


@pytest.fixture
def house(client: redis.Redis) -> House:
    """A RedisLedger with leases of 50 ms, on the stopped clock."""
    return redis_house(client)


@pytest.fixture
def ticking(client: redis.Redis) -> House:
    """A RedisLedger with leases of 50 ms, on the time of Redis."""
    ledger = RedisLedger(client, lease_ms=50, worker_ttl_ms=50)
    return House(ledger, lambda ms: time.sleep(ms / 1000))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield int(bound.getsockname()[1])


# -- the time of Redis ------------------------------------------------------------------------
def test_leases_run_out_by_the_time_of_redis(ticking: House) -> None:
    before = time.time() * 1000
    ticking.accept()
    ticking.claim("a")
    time.sleep(0.1)
    assert [one.id for one in ticking.ledger.reap().again] == ["a"]
    assert ticking.claim("a").attempt == 2
    assert before - 1 <= ticking.job().created_ms <= time.time() * 1000 + 1


def test_workers_fade_by_the_time_of_redis(ticking: House) -> None:
    ticking.ledger.worker_up("red", "red@0")
    time.sleep(0.1)
    assert ticking.ledger.workers(["red"]) == {"red": []}


def test_a_leader_that_is_silent_is_replaced(house: House) -> None:
    assert house.ledger.lead("reconciler", "r1", 40)
    time.sleep(0.1)
    assert house.ledger.lead("reconciler", "r2", 60_000)
    assert not house.ledger.lead("reconciler", "r1", 60_000)


# -- TTLs -------------------------------------------------------------------------------------
def keys_of(client: redis.Redis, job: str) -> dict[str, int]:
    keys = (f"kiln:job:{job}", f"kiln:events:{job}")
    return {key: int(client.pttl(key)) for key in keys}


@pytest.mark.parametrize("end", ["succeeded", "failed", "cancelled", "expired"])
def test_keys_get_a_ttl_when_the_job_ends_and_not_before(
    client: redis.Redis, house: House, end: str
) -> None:
    house.accept("j0", plan=ONE)
    house.claim("a", "j0")
    assert set(keys_of(client, "j0").values()) == {-1}
    house.end(end)
    longest = 37 * DAY_MS
    assert all(longest - HOUR_MS < ttl <= longest for ttl in keys_of(client, "j1").values())
    house.ledger.cancel("j1", "ann")
    house.ledger.reap()
    house.later(30 * DAY_MS)
    house.ledger.expire()
    assert all(ttl > 0 for ttl in keys_of(client, "j1").values())


def test_records_of_requests_and_outputs_have_a_ttl_from_the_start(
    client: redis.Redis, house: House
) -> None:
    house.accept(plan=ONE, idempotency_key="k", result_ttl_ms=HOUR_MS)
    house.commit(house.claim("a"), memo="m")
    assert IDEMPOTENCY_TTL_MS - HOUR_MS < client.pttl("kiln:idem:ann:k") <= IDEMPOTENCY_TTL_MS
    assert 0 < client.pttl("kiln:memo:ann:m") <= HOUR_MS


def test_a_house_whose_jobs_are_gone_keeps_nothing_of_them(
    client: redis.Redis, house: House
) -> None:
    for job in ("j1", "j2", "j3", "j4"):
        house.accept(job, deadline_ms=1000)
    house.run("a", "b", "c", "d", job="j1")
    house.ledger.fail(house.claim("a", "j2"), NoFace("none"))
    house.claim("a", "j3")
    house.ledger.cancel("j3", "ann")
    house.later(1000)
    house.ledger.reap()
    house.later(30 * DAY_MS)
    house.ledger.expire()
    for owner, sha256 in house.ledger.trash(0):
        house.ledger.emptied(owner, sha256)
    house.later(REMEMBERED_MS)
    house.ledger.trash(0)
    forever = [str(key) for key in client.keys("*") if client.pttl(key) == -1]
    assert {key.split(":")[1] for key in forever} <= WITHOUT_TTL


def test_files_of_a_job_that_ran_out_unseen_are_let_go(client: redis.Redis, house: House) -> None:
    """No reconciler ran between the end of its files and the end of its record."""
    house.accept("j1", ONE)
    house.ledger.announce(house.claim("a"), artifact("a.bin"))
    house.ledger.cancel("j1", "ann")
    client.delete("kiln:job:j1")
    house.ledger.expire()
    assert house.ledger.bytes_of("ann") > 0
    assert house.ledger.recount() > 0
    assert house.ledger.bytes_of("ann") == house.ledger.bytes_of() == 0
    left = {sha256 for _, sha256 in house.ledger.trash(-1)}
    assert left == {artifact("a.bin").sha256, artifact("photo", "photo of j1").sha256}
    assert client.keys("kiln:refs:*") == []
    assert not client.zscore("kiln:owner:ann", "j1")
    assert house.ledger.recount() == 0


def test_files_of_many_jobs_of_old_are_passed_over_in_one_go(
    client: redis.Redis, house: House
) -> None:
    """A version before left committed files in the trash."""
    house.accept("j1", ONE)
    claim = house.claim("a")
    for number in range(50):
        house.ledger.announce(claim, artifact(f"{number}.bin"))
        client.zadd("kiln:trash", {f"ann {artifact(f'{number}.bin').sha256}": 1})
    house.ledger.discard("ann", ["f" * 64])
    assert house.ledger.trash(-1, limit=10) == [("ann", "f" * 64)]


def test_the_list_of_dead_letters_does_not_grow_for_ever(client: redis.Redis, house: House) -> None:
    client.zadd("kiln:dead", {f"old-{number}": number for number in range(1500)})
    house.accept(plan=ONE)
    for _ in range(3):
        house.claim("a")
        house.ledger.release("w1", counts=True)
    assert client.zcard("kiln:dead") == 1000
    assert house.ledger.dead_letters(1) == ["j1"]


def test_an_entry_without_its_job_does_not_stop_the_house(
    client: redis.Redis, house: House
) -> None:
    for index in ("leases", "deadlines", "ready:red", "expiry"):
        entry = "ghost" if index == "deadlines" else "ghost a"
        client.zadd(f"kiln:{index}", {entry: 1})
    house.accept()
    house.claim("a")
    house.later(60)
    assert [one.job for one in house.ledger.reap().again] == ["j1"]
    house.later(60_000)
    house.counts("red")
    assert [one.job for one in house.ledger.overdue("red", 1, 0)] == ["j1"]
    assert house.ledger.expire() == 0
    assert client.keys("kiln:*ghost*") == []
    assert house.counts("red")["red"][0] == 1


# -- a Redis that was away --------------------------------------------------------------------
def test_scripts_survive_a_redis_that_forgot_them(client: redis.Redis, house: House) -> None:
    house.accept()
    client.script_flush()
    claim = house.claim("a")
    client.script_flush()
    assert house.commit(claim).status == "committed"


def test_a_dropped_connection_is_opened_again(redis_port: int, house: House) -> None:
    house.accept()
    with connect(f"redis://127.0.0.1:{redis_port}/2") as other:
        assert other.client_kill_filter(_type="normal", skipme=True) >= 1
    time.sleep(0.05)  # the news travels
    assert house.state() == "queued"


def test_a_redis_that_is_down_is_reported_at_once(closed_port: int) -> None:
    started = time.monotonic()
    with connect(f"redis://127.0.0.1:{closed_port}/2") as client:
        house = House(RedisLedger(client), lambda _: None)
        calls: list[Callable[[], object]] = [
            house.accept,
            lambda: house.ledger.job("j1"),
            lambda: house.ledger.jobs("ann", None, 1),
            lambda: house.ledger.events("j1"),
            lambda: house.ledger.follow("$", 100),
            lambda: house.ledger.workers(["red"]),
            house.ledger.ping,
        ]
        for call in calls:
            with pytest.raises(LedgerUnavailable):
                call()
    assert time.monotonic() - started < 6


def test_a_redis_that_hangs_is_reported_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with connect(f"redis://127.0.0.1:{port}/2", timeout_s=0.2) as client:
            started = time.monotonic()
            with pytest.raises(LedgerUnavailable):
                RedisLedger(client).ping()
            assert time.monotonic() - started < 2
    assert SOCKET_TIMEOUT_S < 6
    assert LONGEST_BLOCK_MS / 1000 < SOCKET_TIMEOUT_S


def test_following_with_a_block_longer_than_the_socket_waits_is_shortened(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    monkeypatch.setattr("common.ledger.redis_ledger.LONGEST_BLOCK_MS", 30)
    started = time.monotonic()
    assert house.ledger.follow("0", 60_000) == ("0", [])
    assert time.monotonic() - started < SOCKET_TIMEOUT_S


def test_redis_tells_how_full_it_is(client: redis.Redis, house: House) -> None:
    assert house.ledger.filled() == 0.0  # it may take what it wants
    client.config_set("maxmemory", 10 * int(client.info("memory")["used_memory"]))  # type: ignore[index,arg-type]
    try:
        assert 0.05 < house.ledger.filled() < 0.2
    finally:
        client.config_set("maxmemory", 0)


def test_a_full_redis_takes_no_job_and_finishes_none_by_half(
    client: redis.Redis, house: House
) -> None:
    house.accept()
    before = house.job()
    client.config_set("maxmemory", 1)
    try:
        with pytest.raises(LedgerUnavailable):
            house.accept("j2")
        with pytest.raises(LedgerUnavailable):
            house.claim("a")
        assert house.job() == before
    finally:
        client.config_set("maxmemory", 0)
    assert house.ledger.job("j2") is None
    house.run("a")


def test_a_redis_that_became_a_replica_is_unavailable(client: redis.Redis, house: House) -> None:
    house.accept()
    client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(LedgerUnavailable):
            house.claim("a")
    finally:
        client.replicaof("NO", "ONE")
    assert house.claim("a").attempt == 1


@pytest.mark.parametrize(
    "answer",
    [
        redis.BusyLoadingError("loading"),
        redis.OutOfMemoryError("command not allowed"),
        redis.ReadOnlyError("replica"),
        redis.TimeoutError("slow"),
        redis.AuthenticationError("no"),
        redis.ResponseError("MISCONF Errors writing to the AOF file: No space left on device"),
        redis.ResponseError("BUSY Redis is busy running a script"),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_what_redis_cannot_do_now_is_unavailable(answer: redis.RedisError) -> None:
    with pytest.raises(LedgerUnavailable) as caught, within_reach():
        raise answer
    assert caught.value.retryable


def test_a_mistake_of_ours_is_not_hidden() -> None:
    with pytest.raises(redis.ResponseError, match="ERR"), within_reach():
        raise redis.ResponseError("ERR user_script:1: attempt to index a nil value")


# -- run times of a moment ago ------------------------------------------------------------------
def test_run_times_may_be_those_of_a_moment_ago(house: House) -> None:
    assert isinstance(house.ledger, RedisLedger)
    house.ledger.runs_for_s = 3600.0

    def told(job: str) -> dict[str, tuple[Run, ...]]:
        standing = house.ledger.standing(job)
        assert standing is not None
        return standing.runs

    house.accept("j1", ONE)
    house.accept("j2", ONE)
    assert told("j2") == {"stage.a": ()}
    claim = house.claim("a", "j1")
    house.later(40)
    house.commit(claim)
    assert told("j2") == {"stage.a": ()}
    house.accept("j3", DIAMOND)  # with stages of which nothing is known yet
    assert told("j3")["stage.a"] == (Run(40, 0),)
    assert told("j2") == {name: told("j3")[name] for name in told("j2")}
    assert house.ledger.standing("j1") is None


def test_run_times_that_an_older_version_noted_are_read(client: redis.Redis, house: House) -> None:
    house.accept("j1", ONE)
    client.rpush("kiln:runs:stage.a", "8 2", "40")
    standing = house.ledger.standing("j1")
    assert standing is not None
    assert standing.runs == {"stage.a": (Run(8, 2), Run(40, None))}


def test_no_script_of_a_recount_reads_many_references(
    client: redis.Redis, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_standing, "FILES_AT_ONCE", 3)
    monkeypatch.setattr(redis_standing, "REFERENCES_AT_ONCE", 6)
    for name in "abcdefg":
        client.sadd(
            f"kiln:refs:ann:{name}", *(f"j{n} photo" for n in range(5 if name < "c" else 1))
        )
    ledger = house.ledger
    assert isinstance(ledger, RedisLedger)
    files = [("ann", name) for name in "abcdefgh"]
    portions = list(ledger._portions(files))
    assert [file for portion in portions for file in portion] == files
    assert ["".join(name for _, name in portion) for portion in portions] == [
        "a",
        "b",
        "cde",
        "fgh",
    ]
