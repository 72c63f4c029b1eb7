"""Only a real Redis: a job that was read before is read anew when, and only when, it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.ledger.recent import RecentJobs
from common.ledger.records import HOUR_MS
from common.ledger.redis_ledger import RedisLedger
from tests.contract.conftest import ONE, House, redis_house

if TYPE_CHECKING:
    import redis

pytestmark = pytest.mark.contract


@pytest.fixture
def house(client: redis.Redis) -> House:
    return redis_house(client)


def test_a_job_that_did_not_change_is_the_very_record_of_before(house: House) -> None:
    house.accept()
    assert house.job() is house.job()
    house.claim("a")
    running = house.job()
    assert running.nodes[0].state == "running"
    assert house.job() is running


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled", "expired"])
def test_a_job_that_has_ended_is_not_sent_again(
    house: House, client: redis.Redis, how: str
) -> None:
    house.end(how)
    ended = house.job()
    client.config_resetstat()
    assert house.job() is ended
    calls = client.info("commandstats")
    assert calls["cmdstat_hmget"]["calls"] == 1
    assert "cmdstat_hgetall" not in calls


def test_a_job_that_was_erased_is_erased_at_the_next_look(house: House) -> None:
    house.end("succeeded")
    assert house.job().erased_ms is None
    assert isinstance(house.ledger, RedisLedger)
    assert house.ledger._recent.ended("j1")
    house.ledger.erase("j1", "ann")
    assert not house.ledger._recent.ended("j1")  # no word of it is kept
    assert house.job().erased_ms == house.now_ms
    assert house.job().artifacts == {}


def test_files_that_expired_are_expired_at_the_next_look(house: House) -> None:
    house.end("succeeded", photo_ttl_ms=HOUR_MS, result_ttl_ms=2 * HOUR_MS)
    assert house.job().photo_expired_ms is None
    house.later(HOUR_MS)
    house.ledger.expire()
    assert house.job().photo_expired_ms == house.now_ms
    house.later(HOUR_MS)
    house.ledger.expire()
    assert house.job().artifacts_expired_ms == house.now_ms


def test_a_job_whose_record_is_gone_is_gone(house: House, client: redis.Redis) -> None:
    house.end("succeeded")
    house.job()
    client.delete("kiln:job:j1")
    assert house.ledger.job("j1") is None


def test_a_job_that_was_lost_and_made_anew_is_the_new_one(
    house: House, client: redis.Redis
) -> None:
    house.end("succeeded")
    house.job()
    client.flushdb()
    house.later(1)
    house.accept(plan=ONE)
    assert house.state() == "queued"


def test_the_records_longest_unread_make_room(house: House) -> None:
    recent = RecentJobs(kept=2)
    for job in ("j1", "j2", "j3"):
        house.end("succeeded", job)
        recent.record(job, house.ledger._redis.hgetall(f"kiln:job:{job}"))
    assert [recent.ended(job) for job in ("j1", "j2", "j3")] == [False, True, True]
