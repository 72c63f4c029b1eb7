"""The audit is clean on a healthy house and finds each thing that can be wrong with one."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import NoFace
from common.ledger.audit import Report, audit
from common.ledger.audit_rules import Kind
from common.ledger.records import Approval, Hook
from common.ledger.redis_ledger import RedisLedger
from common.stores import ArtifactStore
from tests.contract.conftest import DIAMOND, HELD, House, artifact

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis

HOUR_S = 3600
STATES = {"succeeded", "failed", "cancelled", "expired", "queued", "running", "paused"}
HOOK = Hook("https://example.org/hook", ("succeeded", "failed", "paused"))


class Audited:
    """A house with a job in every state, its files, and an audit of it."""

    def __init__(self, client: redis.Redis, folder: Path) -> None:
        self.redis = client
        self.folder = folder
        self.store = ArtifactStore(folder.as_uri())
        self.house = House(RedisLedger(client, lease_ms=60_000), lambda _: None)

    def fill(self) -> None:
        house = self.house
        for job in ("succeeded", "failed", "cancelled", "queued", "running"):
            self.put(f"photo of {job}")
            house.accept(job, idempotency_key=job, hook=HOOK)
        for name in ("a", "b", "c", "d"):
            self.put(f"{name}.bin")
        house.run("a", "b", "c", "d", job="succeeded")
        house.ledger.fail(house.claim("a", "failed"), NoFace("nobody there"))
        house.claim("a", "cancelled", worker="w2")
        house.ledger.cancel("cancelled", "ann")
        house.run("a", job="running")
        house.claim("b", "running")
        self._expire_one()
        self._pause_one()
        self._erase_one()

    def _erase_one(self) -> None:
        self.house.accept("erased", hook=HOOK)
        self.house.run("a", job="erased")
        receipt = self.house.ledger.erase("erased", "ann")
        assert receipt is not None
        self.house.ledger.deleted("erased", "ann", receipt.due)

    def _expire_one(self) -> None:
        self.put("photo of expired")
        self.house.accept("expired", deadline_ms=1)
        time.sleep(0.005)
        self.house.ledger.reap()

    def _pause_one(self) -> None:
        """Paused a second time, after its first stage ran anew."""
        self.put("photo of paused")
        self.house.accept("paused", HELD, hook=HOOK)
        self.house.run("a", job="paused")
        again = Approval({"height_mm": 90}, again=frozenset("a"), hold=True)
        assert self.house.ledger.resume("paused", "ann", again).status == "resumed"
        self.house.run("a", job="paused")

    def put(self, content: str) -> Path:
        """Store a file, as if an hour ago."""
        ref = self.store.put("ann", content, "x/y", content.encode())
        path = self.path(content)
        assert ref.sha256 == path.name
        os.utime(path, (time.time() - HOUR_S, time.time() - HOUR_S))
        return path

    def path(self, content: str) -> Path:
        digest = hashlib.sha256(content.encode()).hexdigest()
        return self.folder / "ann" / digest[:2] / digest

    def audit(self, **options: Any) -> Report:
        return audit(self.redis, self.store, **options)

    def found(self) -> set[tuple[Kind, str]]:
        return {(finding.kind, finding.job) for finding in self.audit().findings}


@pytest.fixture
def audited(client: redis.Redis, tmp_path: Path) -> Audited:
    audited = Audited(client, tmp_path / "store")
    audited.fill()
    return audited


def test_a_healthy_house_with_jobs_in_every_state_is_clean(audited: Audited) -> None:
    report = audited.audit()
    assert report.findings == ()
    assert report.clean
    assert report.jobs == dict.fromkeys(STATES, 1) | {"cancelled": 2}  # one of them was erased
    assert report.files == len(STATES) + 4


def test_an_empty_house_is_clean(client: redis.Redis, tmp_path: Path) -> None:
    assert audit(client, ArtifactStore(tmp_path.as_uri())) == Report({}, 0, ())


def test_an_audit_changes_nothing(audited: Audited) -> None:
    def changes() -> int:
        return int(audited.redis.info("persistence")["rdb_changes_since_last_save"])

    before = changes()
    audited.audit()
    assert changes() == before


def test_a_house_whose_results_have_expired_is_clean(client: redis.Redis, tmp_path: Path) -> None:
    audited = Audited(client, tmp_path)
    audited.put("photo of j1")
    audited.house.accept(photo_ttl_ms=1, result_ttl_ms=1)
    for name in "abcd":
        audited.put(f"{name}.bin")
    audited.house.run("a", "b", "c", "d")
    time.sleep(0.005)
    assert audited.house.ledger.expire() == 5
    assert audited.audit().clean  # the files are in the trash
    for owner, sha256 in audited.house.ledger.trash(grace_ms=-1000):
        audited.store.delete_stale(owner, sha256, timedelta(0))
    assert audited.audit() == Report({"succeeded": 1}, 0, ())


def job(name: str) -> str:
    return f"kiln:job:{name}"


MESSAGE = '{"event": "cancelled", "state": "delivered"}'

BREAKS: list[tuple[Kind, str, Any]] = [
    (Kind.UNREADABLE, "queued", lambda r: r.hset(job("queued"), "plan", "[{}]")),
    (Kind.UNREADABLE, "queued", lambda r: r.hdel(job("queued"), "params")),
    (Kind.UNKNOWN_JOB, "queued", lambda r: r.delete(job("queued"))),
    (Kind.UNKNOWN_JOB, "ghost", lambda r: r.zadd("kiln:active", {"ghost": 1})),
    (Kind.UNKNOWN_JOB, "ghost", lambda r: r.zadd("kiln:ready:red", {"ghost a": 1})),
    (Kind.UNKNOWN_JOB, "ghost", lambda r: r.sadd("kiln:held:w9", "ghost a")),
    (Kind.UNKNOWN_JOB, "ghost", lambda r: r.xadd("kiln:events:ghost", {"type": "accepted"})),
    (Kind.STATE, "succeeded", lambda r: r.hdel(job("succeeded"), "finished")),
    (Kind.STATE, "queued", lambda r: r.hset(job("queued"), "finished", 5)),
    (Kind.STATE, "failed", lambda r: r.hdel(job("failed"), "error")),
    (Kind.STATE, "succeeded", lambda r: r.hset(job("succeeded"), "error", "{}")),
    (Kind.STATE, "succeeded", lambda r: r.hdel(job("succeeded"), "r:a")),
    (Kind.STATE, "succeeded", lambda r: r.hset(job("succeeded"), "s:d", "waiting")),
    (Kind.STATE, "cancelled", lambda r: r.hset(job("cancelled"), "s:a", "running")),
    (Kind.STATE, "running", lambda r: r.hset(job("running"), "s:a", "waiting")),
    (Kind.STUCK, "queued", lambda r: r.hset(job("queued"), "s:a", "waiting")),
    (Kind.STUCK, "running", lambda r: r.hset(job("running"), "s:c", "waiting")),
    (Kind.STUCK, "paused", lambda r: r.hset(job("paused"), "s:b", "ready")),
    (Kind.OVERDUE, "queued", lambda r: r.hset(job("queued"), "deadline", 1)),
    (Kind.OVERDUE, "running", lambda r: r.zadd("kiln:leases", {"running b": 1})),
    (Kind.INDEX, "queued", lambda r: r.zrem("kiln:active", "queued")),
    (Kind.INDEX, "paused", lambda r: r.zadd("kiln:active", {"paused": 1})),
    (Kind.INDEX, "queued", lambda r: r.zadd("kiln:deadlines", {"queued": 7})),
    (Kind.INDEX, "paused", lambda r: r.zrem("kiln:deadlines", "paused")),
    (Kind.INDEX, "queued", lambda r: r.zrem("kiln:ready:red", "queued a")),
    (Kind.INDEX, "running", lambda r: r.zrem("kiln:leases", "running b")),
    (Kind.INDEX, "running", lambda r: r.srem("kiln:held:w1", "running b")),
    (Kind.INDEX, "running", lambda r: r.sadd("kiln:held:w2", "running b")),
    (Kind.INDEX, "running", lambda r: r.zadd("kiln:ready:red", {"running b": 1})),
    (Kind.INDEX, "queued", lambda r: r.zrem("kiln:owner:ann", "queued")),
    (Kind.INDEX, "failed", lambda r: r.zadd("kiln:active", {"failed": 1})),
    (Kind.INDEX, "failed", lambda r: r.zadd("kiln:deadlines", {"failed": 1})),
    (Kind.INDEX, "failed", lambda r: r.zrem("kiln:expiry", "failed photo")),
    (Kind.INDEX, "failed", lambda r: r.zrem("kiln:owner:ann", "failed")),
    (Kind.LEFT_BEHIND, "failed", lambda r: r.zadd("kiln:ready:red", {"failed b": 1})),
    (Kind.LEFT_BEHIND, "cancelled", lambda r: r.zadd("kiln:leases", {"cancelled a": 9e15})),
    (Kind.LEFT_BEHIND, "cancelled", lambda r: r.sadd("kiln:held:w2", "cancelled a")),
    (Kind.EVENTS, "failed", lambda r: r.delete("kiln:events:failed")),
    (Kind.EVENTS, "failed", lambda r: told(r, "failed", "failed")),
    (Kind.EVENTS, "failed", lambda r: told(r, "failed", "stage")),
    (Kind.EVENTS, "queued", lambda r: told(r, "queued", "cancelled")),
    (Kind.COMMITS, "succeeded", lambda r: r.hset(job("succeeded"), "s:d", "stopped")),
    (Kind.COMMITS, "running", lambda r: told(r, "running", "stage", stage="a", state="done")),
    (Kind.TTL, "succeeded", lambda r: r.persist(job("succeeded"))),
    (Kind.TTL, "cancelled", lambda r: r.persist("kiln:events:cancelled")),
    (Kind.TTL, "queued", lambda r: r.expire(job("queued"), 100)),
    (Kind.TTL, "paused", lambda r: r.expire("kiln:events:paused", 100)),
    (Kind.TTL, "", lambda r: r.persist("kiln:idem:ann:failed")),
    (Kind.TTL, "", lambda r: r.persist("kiln:memo:ann:succeeded a")),
    (Kind.REFERENCE, "queued", lambda r: r.delete(refs("photo of queued"))),
    (Kind.REFERENCE, "queued", lambda r: r.hset(job("queued"), "photo_expired_at", 5)),
    (Kind.REFERENCE, "queued", lambda r: r.sadd(refs("a.bin"), "queued a.bin")),
    (Kind.REFERENCE, "running", lambda r: r.sadd(refs("b.bin"), "running a.bin")),
    (Kind.COUNTER, "", lambda r: r.hincrby("kiln:open", "stage.a", 1)),
    (Kind.COUNTER, "", lambda r: r.hdel("kiln:open", "stage.b")),
    (Kind.COUNTER, "", lambda r: r.hset("kiln:open", "stage.nobody", 1)),
    (Kind.COUNTER, "", lambda r: r.hincrby("kiln:bytes", "ann", -7)),
    (Kind.COUNTER, "", lambda r: r.hincrby("kiln:bytes", "*", 1)),
    (Kind.COUNTER, "", lambda r: r.hset("kiln:bytes", "bob", 7)),
    (Kind.COUNTER, "", lambda r: r.hset("kiln:files:bob", "f" * 64, 7)),
    (Kind.COUNTER, "", lambda r: r.hdel("kiln:files:ann", artifact("a.bin").sha256)),
    (Kind.INDEX, "queued", lambda r: r.zrem("kiln:active_of:ann", "queued")),
    (Kind.INDEX, "failed", lambda r: r.zadd("kiln:active_of:ann", {"failed": 1})),
    (Kind.INDEX, "queued", lambda r: r.zadd("kiln:cancels", {"queued": 9e15})),
    (Kind.INDEX, "running", lambda r: r.hset(job("running"), "cancel_at", 5)),
    (Kind.INDEX, "failed", lambda r: r.zadd("kiln:cancels", {"failed": 1})),
    (Kind.TTL, "failed", lambda r: r.persist("kiln:hooks:failed")),
    (Kind.TTL, "paused", lambda r: r.expire("kiln:hooks:paused", 100)),
    (Kind.UNKNOWN_JOB, "ghost", lambda r: r.zadd("kiln:outbox", {"ghost failed": 1})),
    (Kind.MESSAGE, "failed", lambda r: r.delete("kiln:hooks:failed")),
    (Kind.MESSAGE, "failed", lambda r: r.zrem("kiln:outbox", "failed failed")),
    (Kind.MESSAGE, "failed", lambda r: r.zadd("kiln:outbox", {"failed paused": 1})),
    (Kind.MESSAGE, "paused", lambda r: r.hdel("kiln:hooks:paused", "paused", "paused_2")),
    (Kind.MESSAGE, "cancelled", lambda r: r.hset("kiln:hooks:cancelled", "cancelled", MESSAGE)),
    (Kind.MESSAGE, "succeeded", lambda r: r.hdel(job("succeeded"), "hook")),
    (Kind.ERASED, "erased", lambda r: r.hset(job("erased"), "error", "{}")),
    (Kind.ERASED, "erased", lambda r: r.hset(job("erased"), "r:a", "{}")),
    (Kind.ERASED, "erased", lambda r: r.hset(job("erased"), "params", '{"name": "Ann"}')),
    (Kind.ERASED, "erased", lambda r: r.hset(job("erased"), "trace", "t-1")),
    (Kind.ERASED, "erased", lambda r: r.hdel(job("erased"), "receipt")),
    (Kind.ERASED, "erased", lambda r: r.zadd("kiln:owner:ann", {"erased": 1})),
    (Kind.ERASED, "erased", lambda r: r.zadd("kiln:expiry", {"erased photo": 1})),
    (Kind.ERASED, "erased", lambda r: reason(r, "erased")),
    (Kind.KEY, "", lambda r: r.set("kiln:left:over", "1")),
]


def refs(content: str) -> str:
    return f"kiln:refs:ann:{artifact('', content).sha256}"


def reason(client: redis.Redis, name: str) -> None:
    client.delete(f"kiln:events:{name}")
    told(client, name, "cancelled", error="a face")
    client.expire(f"kiln:events:{name}", 100)


def told(client: redis.Redis, name: str, kind: str, **data: str) -> None:
    text = "{" + ", ".join(f'"{key}": "{value}"' for key, value in data.items()) + "}"
    client.xadd(f"kiln:events:{name}", {"type": kind, "data": text})


@pytest.mark.parametrize(
    ("kind", "name", "break_it"),
    BREAKS,
    ids=[f"{number}-{kind}-{name}" for number, (kind, name, _) in enumerate(BREAKS)],
)
def test_what_is_broken_is_found(
    audited: Audited, kind: Kind, name: str, break_it: Callable[[redis.Redis], object]
) -> None:
    break_it(audited.redis)
    found = audited.found()
    assert (kind, name) in found
    assert {job for _, job in found} <= {name, ""}, "other jobs are as healthy as before"


def test_a_file_that_is_gone_is_found(audited: Audited) -> None:
    audited.path("b.bin").unlink()
    (finding,) = audited.audit().findings
    assert (finding.kind, finding.job) == (Kind.FILE, "succeeded")
    assert audited.audit(check_hashes=False).findings[0].kind == Kind.FILE


def test_a_file_with_other_bytes_is_found_when_hashes_are_read(audited: Audited) -> None:
    audited.path("b.bin").write_text("c.bin")
    (finding,) = audited.audit().findings
    assert (finding.kind, finding.job) == (Kind.FILE, "succeeded")
    assert "checksum" in finding.detail
    assert audited.audit(check_hashes=False).clean


def test_a_file_nobody_refers_to_is_an_orphan_when_it_is_old(audited: Audited) -> None:
    audited.put("left by a stage that died")
    (finding,) = audited.audit().findings
    assert (finding.kind, finding.job) == (Kind.ORPHAN, "")
    assert audited.audit(grace=timedelta(hours=2)).clean


def test_half_a_file_that_a_crash_left_is_an_orphan(audited: Audited) -> None:
    path = audited.path("a.bin")
    half = path.with_name(f"{path.name}#1")
    half.write_text("a.")
    os.utime(half, (0, 0))
    assert audited.found() == {(Kind.ORPHAN, "")}


def test_a_file_in_the_trash_is_no_orphan(audited: Audited) -> None:
    path = audited.put("thrown away")
    audited.house.ledger.discard("ann", [path.name])
    assert audited.audit().clean


def test_every_kind_of_finding_is_tested() -> None:
    assert {kind for kind, _, _ in BREAKS} | {Kind.FILE, Kind.ORPHAN} == set(Kind)


def test_a_long_stream_that_lost_its_beginning_hides_no_end(
    client: redis.Redis, audited: Audited
) -> None:
    first = audited.house.ledger.events("succeeded")[0]
    client.xdel("kiln:events:succeeded", first.id)
    assert audited.audit().clean  # the commits are no longer counted
    told(client, "succeeded", "failed")
    assert audited.found() == {(Kind.EVENTS, "succeeded")}


def test_the_diamond_has_four_stages() -> None:
    """What the breaks above rely on."""
    assert [node.id for node in DIAMOND.nodes] == ["a", "b", "c", "d"]
