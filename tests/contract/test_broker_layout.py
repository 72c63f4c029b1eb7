"""Where kombu keeps its messages. The reconciler counts them there: a new kombu must not differ."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import redis
from celery import Celery

from common import canvas
from common.celery_app import make_app
from common.contracts.stages import QUEUES
from common.ledger.records import ReadyNode
from common.ledger.redis_ledger import connect
from common.settings import Settings
from gateway.broker import FRESH_S, Broker, Messages
from gateway.plan import figurine_plan

NONE = dict.fromkeys(QUEUES, 0)


@pytest.fixture
def messages(redis_port: int) -> Iterator[redis.Redis]:
    with connect(f"redis://127.0.0.1:{redis_port}/0") as connection:
        connection.flushall()
        yield connection


@pytest.fixture
def app(redis_port: int, messages: redis.Redis) -> Iterator[Celery]:
    app = make_app(Settings(redis_url=f"redis://127.0.0.1:{redis_port}"))
    yield app
    app.close()


def _publish(app: Celery, queue: str, priority: int | None = None) -> None:
    app.send_task("any", ("j1", "n1"), queue=queue, priority=priority, ignore_result=True)


def _depths(messages: redis.Redis) -> dict[str, int]:
    found = Broker(messages).messages(QUEUES)
    return {queue: counted.waiting + counted.taken for queue, counted in found.items()}


@pytest.mark.parametrize("priority", [None, 0, 2, 3, 5, 6, 9])
def test_a_waiting_message_is_found_whatever_its_priority(
    app: Celery, messages: redis.Redis, priority: int | None
) -> None:
    _publish(app, "fusion", priority)
    assert _depths(messages) == NONE | {"fusion": 1}


def test_a_message_at_a_worker_is_found_until_it_is_acknowledged(
    app: Celery, messages: redis.Redis
) -> None:
    for queue in ("stylize", "stylize", "gateway"):
        _publish(app, queue)
    with app.connection_for_read() as connection:
        box = connection.SimpleQueue(app.amqp.queues["stylize"])
        message = box.get(timeout=5)
        assert messages.hlen("kiln:unacked") >= 1
        assert _depths(messages) == NONE | {"stylize": 2, "gateway": 1}
        message.ack()
        assert _depths(messages) == NONE | {"stylize": 1, "gateway": 1}
        box.close()


def test_a_message_that_was_taken_long_ago_is_told_from_one_of_this_moment(
    app: Celery, messages: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    _publish(app, "stylize")
    with app.connection_for_read() as connection:
        box = connection.SimpleQueue(app.amqp.queues["stylize"])
        box.get(timeout=5)
        assert Broker(messages).messages(["stylize"])["stylize"] == Messages(0, 1, fresh=1)
        later = time.time() + FRESH_S + 1
        monkeypatch.setattr(time, "time", lambda: later)
        assert Broker(messages).messages(["stylize"])["stylize"] == Messages(0, 1, fresh=0)
        box.close()


def test_a_published_plan_is_a_message_each_for_its_trunk_and_what_is_aside(
    app: Celery, messages: redis.Redis
) -> None:
    canvas.publish_plan(app, "j1", figurine_plan(["stl", "3mf"]))
    assert _depths(messages) == NONE | {"fusion": 1, "stylize": 1}


def test_what_goes_on_with_a_job_is_served_before_what_begins_one(app: Celery) -> None:
    canvas.publish_plan(app, "new", figurine_plan(["stl", "3mf"]))
    canvas.publish_plan(app, "newer", figurine_plan(["stl", "3mf"]))
    canvas.publish_again(app, [ReadyNode("begun", "fusion.print", "fusion.print", "fusion")])
    with app.connection_for_read() as connection:
        box = connection.SimpleQueue(app.amqp.queues["fusion"])
        served = [box.get(timeout=5) for _ in range(3)]
        assert [one.payload[0][0] for one in served] == ["begun", "new", "newer"]
        assert [len(one.payload[2]["chain"] or ()) for one in served] == [0, 1, 1]
        for one in served:
            one.ack()
        box.close()


def test_a_publisher_leaves_no_subscription_and_no_result_behind(
    app: Celery, messages: redis.Redis, redis_port: int
) -> None:
    for _ in range(20):
        canvas.publish_plan(app, "j1", figurine_plan(["stl", "3mf"]))
        canvas.publish_again(app, [ReadyNode("j1", "gateway.finish", "gateway.finish", "gateway")])
    assert messages.pubsub_channels() == []
    with connect(f"redis://127.0.0.1:{redis_port}/1") as results:
        assert results.dbsize() == 0


def test_broken_entries_do_not_stop_the_count(app: Celery, messages: redis.Redis) -> None:
    messages.hset("kiln:unacked", "tag", "not json{")
    messages.lpush("kiln:fusion", "not json{")
    assert _depths(messages) == NONE | {"fusion": 1}
