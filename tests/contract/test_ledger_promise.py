"""Both ledgers: the file that outlives the ledger is kept exactly until its job has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from common.ledger.audit import audit
from common.ledger.audit_rules import Kind
from common.ledger.protocol import PROMISES
from common.ledger.records import Approval, Hook, Limits
from common.ledger.redis_ledger import RedisLedger
from common.stores import ArtifactStore, reference
from tests.contract.conftest import HELD, ONE, House, artifact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import redis

pytestmark = pytest.mark.contract

FIRST, SECOND = (artifact("promise", text).sha256 for text in ("first", "second"))


def promise(house: House, sha256: str) -> None:
    """The intent to write the file, as it is told before it is written."""
    house.ledger.discard(PROMISES, [sha256])


def thrown_away(house: House) -> list[str]:
    house.later(10)
    return [sha for owner, sha in house.ledger.trash(10) if owner == PROMISES]


def test_the_promise_of_an_unfinished_job_is_kept(house: House) -> None:
    promise(house, FIRST)
    house.accept(plan=ONE, promise=FIRST)
    assert house.job().promise == FIRST
    assert thrown_away(house) == []
    promise(house, FIRST)  # somebody writes it once more
    assert thrown_away(house) == []
    house.claim("a")
    assert thrown_away(house) == []


@pytest.mark.parametrize("end", ["succeeded", "failed", "cancelled", "expired"])
def test_a_promise_goes_when_its_job_ends(house: House, end: str) -> None:
    house.end(end, promise=FIRST)
    assert house.job().promise == FIRST
    assert thrown_away(house) == [FIRST]
    assert thrown_away(house) == []


def test_a_promise_that_was_written_in_vain_goes(house: House) -> None:
    house.accept("j1", idempotency_key="k", fingerprint="f", promise=FIRST)
    promise(house, SECOND)
    answer = house.accept("j2", idempotency_key="k", fingerprint="f", promise=SECOND)
    assert answer.status == "replayed"
    assert house.accept("j3", limits=Limits(0), promise=SECOND).status == "busy"
    assert thrown_away(house) == [SECOND]


def test_a_job_that_is_accepted_twice_keeps_its_promise(house: House) -> None:
    for _ in range(2):
        promise(house, FIRST)
        house.accept("j1", promise=FIRST)
    assert thrown_away(house) == []


def test_a_job_that_is_known_whole_has_kept_it_already(house: House) -> None:
    house.accept("j1", ONE)
    house.run("a")
    (hit,) = house.ledger.memos("ann", ["j1 a"])
    assert hit is not None
    house.accept("j2", ONE, memoised={"a": hit}, promise=FIRST)
    assert thrown_away(house) == [FIRST]


def test_an_answered_pause_changes_the_promise(house: House) -> None:
    house.accept(plan=HELD, promise=FIRST)
    house.run("a")
    assert thrown_away(house) == []
    promise(house, SECOND)
    house.ledger.resume("j1", "ann", Approval({}, promise=SECOND))
    assert house.job().promise == SECOND
    assert thrown_away(house) == [FIRST]
    house.run("b", "c", "d")
    assert thrown_away(house) == [SECOND]


def test_an_answered_pause_without_a_new_promise_leaves_the_old_one(house: House) -> None:
    house.accept(plan=HELD, promise=FIRST)
    house.run("a")
    house.ledger.resume("j1", "ann", Approval({}))
    assert (house.job().promise, thrown_away(house)) == (FIRST, [])


def test_an_answer_that_came_too_late_changes_nothing(house: House) -> None:
    house.accept(plan=ONE, promise=FIRST)
    promise(house, SECOND)
    answer = house.ledger.resume("j1", "ann", Approval({}, promise=SECOND))
    assert (answer.status, house.job().promise) == ("not_paused", FIRST)
    assert thrown_away(house) == [SECOND]


def test_promises_are_nobodys_bytes(house: House) -> None:
    house.accept(inputs=(), promise=FIRST)
    assert [house.ledger.bytes_of(who) for who in (None, "ann", PROMISES)] == [0, 0, 0]


def test_a_job_without_promise_hook_or_time_has_none(house: House) -> None:
    house.accept(plan=ONE)
    job = house.job()
    assert (job.promise, job.hook, job.cancel_at_ms, job.erased_ms) == ("", None, None, None)
    house.run("a")
    assert thrown_away(house) == []


def test_a_hook_is_kept_with_the_job(house: House) -> None:
    hook = Hook("https://example.org/kiln?a=1", ("succeeded", "paused"))
    house.accept("j1", hook=hook)
    house.accept("j2", hook=Hook("https://example.org/", ()))
    assert house.job("j1").hook == hook
    assert house.job("j2").hook == Hook("https://example.org/", ())


# -- the audit --------------------------------------------------------------------------------
@pytest.fixture
def written(client: redis.Redis, tmp_path: Path) -> Written:
    return Written(client, tmp_path)


class Written:
    """A job on Redis whose promise lies in a store, and an audit of both."""

    def __init__(self, client: redis.Redis, folder: Path) -> None:
        self.redis, self.folder = client, folder
        self.store = ArtifactStore(folder.as_uri())
        self.house = House(RedisLedger(client), lambda _: None)
        self.sha256 = self.store.put(PROMISES, "promise", "application/json", b"{}").sha256
        self.house.accept(plan=ONE, inputs=(), promise=self.sha256)

    def found(self) -> set[Kind]:
        report = audit(self.redis, self.store, grace=timedelta(0))
        return {finding.kind for finding in report.findings}


def test_a_promise_that_is_kept_is_no_orphan(written: Written) -> None:
    assert written.sha256 == reference("promise", "application/json", b"{}").sha256
    assert written.found() == set()
    written.house.ledger.cancel("j1", "ann")
    assert written.found() == set()  # it lies in the trash
    ((owner, sha256),) = written.house.ledger.trash(-1000)
    assert (owner, sha256) == (PROMISES, written.sha256)
    assert written.found() == set()  # whoever took it may die before he deletes it
    written.house.ledger.emptied(owner, sha256)
    assert written.found() == {Kind.ORPHAN}  # said to be gone, and not deleted


BREAKS: dict[str, tuple[Kind, Callable[[Written], object]]] = {
    "its file is missing": (
        Kind.FILE,
        lambda w: (w.folder / PROMISES / w.sha256[:2] / w.sha256).unlink(),
    ),
    "it may be deleted": (
        Kind.REFERENCE,
        lambda w: w.redis.delete(f"kiln:refs:{PROMISES}:{w.sha256}"),
    ),
    "another one is kept": (
        Kind.REFERENCE,
        lambda w: w.redis.sadd(f"kiln:refs:{PROMISES}:{FIRST}", "j1 promise"),
    ),
    "it is kept after the end": (
        Kind.REFERENCE,
        lambda w: (
            w.house.ledger.cancel("j1", "ann"),
            w.redis.sadd(f"kiln:refs:{PROMISES}:{w.sha256}", "j1 promise"),
        ),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_promise_is_found(written: Written, name: str) -> None:
    kind, break_it = BREAKS[name]
    break_it(written)
    assert kind in written.found()
