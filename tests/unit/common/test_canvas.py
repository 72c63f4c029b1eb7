from __future__ import annotations

from typing import Any

import kombu.exceptions
import pytest
import redis
from celery import Celery

from common import canvas
from common.celery_app import make_app
from common.contracts.plans import Node, Plan
from common.contracts.stages import STAGES
from common.errors import LedgerUnavailable
from common.ledger.records import ReadyNode
from common.settings import Settings
from gateway.plan import figurine_plan


@pytest.fixture
def app() -> Celery:
    app = make_app(Settings())
    app.conf.broker_url = "memory://"
    app.conf.broker_transport_options = {}
    return app


def _messages(app: Celery, queue: str) -> list[Any]:
    with app.connection_for_read() as connection:
        box = connection.SimpleQueue(app.amqp.queues[queue])
        found: list[Any] = []
        while True:
            try:
                message = box.get_nowait()
            except box.Empty:
                return found
            message.ack()
            found.append(message)


def _node(id_: str, *after: str, queue: str = "fusion") -> Node:
    return Node(id=id_, stage="fusion.measure", queue=queue, after=after)


def _tasks(signature: Any) -> list[tuple[str, ...]]:
    """Node ids of each message of a canvas in the order in which Celery would send them."""
    inner = getattr(signature, "tasks", None)
    if signature.get("subtask_type") == "chord":
        inner = [*signature.tasks, signature.body]
    return (
        [id_ for part in inner for id_ in _tasks(part)]
        if inner is not None
        else [signature.args[1:]]
    )


def test_a_figurine_is_a_chain_whose_wide_level_is_one_flat_chord(app: Celery) -> None:
    built = canvas.build(app, "j1", figurine_plan(["stl", "3mf"]))
    assert _tasks(built) == [
        ("fusion.measure", "fusion.sculpt", "fusion.paint"),
        ("fusion.render",),
        ("fusion.print", "fusion.package"),
        ("gateway.finish",),
    ]
    kinds = [part.get("subtask_type") for part in built.tasks]
    assert kinds == [None, "chord"]


def test_messages_carry_ids_and_nothing_else(app: Celery) -> None:
    (signature,) = canvas.build(app, "j1", Plan(nodes=(_node("a"),))).tasks
    assert (signature.args, signature.kwargs, signature.immutable) == (("j1", "a"), {}, True)


def test_no_stage_asks_celery_to_keep_its_result(app: Celery) -> None:
    built = canvas.build(app, "j1", Plan(nodes=(_node("a"), _node("b", "a", queue="x"))))
    assert all(task.options["ignore_result"] for task in built.tasks)


def test_two_wide_levels_in_a_row_are_refused(app: Celery) -> None:
    nodes = (_node("a"), _node("b"), _node("c", "a", queue="x"), _node("d", "b", queue="x"))
    plan = Plan(nodes=nodes)
    with pytest.raises(ValueError, match="needs one stage to join it"):
        canvas.build(app, "j1", plan)


def test_a_plan_is_published_by_its_first_stage_and_what_is_aside(app: Celery) -> None:
    canvas.publish_plan(app, "j1", figurine_plan(["stl"]))
    (message,) = _messages(app, "fusion")
    assert message.headers["task"] == "fusion.measure"
    assert message.payload[0] == ["j1", "fusion.measure", "fusion.sculpt", "fusion.paint"]
    assert canvas.REPUBLISHED not in message.headers
    (message,) = _messages(app, "stylize")
    assert message.payload[0] == ["j1", "stylize.portrait"]
    assert message.headers[canvas.REPUBLISHED] is True  # publishes what waited only for it


def test_what_is_behind_a_pause_is_not_published(app: Celery) -> None:
    plan = Plan(
        nodes=(
            _node("a").model_copy(update={"hold": True}),
            _node("b", "a"),
            _node("c", "b", queue="stylize"),
        )
    )
    canvas.publish_plan(app, "j1", plan)
    (message,) = _messages(app, "fusion")
    assert message.payload[0] == ["j1", "a"]
    assert not message.payload[2]["chain"]
    assert _messages(app, "stylize") == []


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_that_is_published_again_says_so_and_goes_to_its_queue(
    app: Celery, stage: Any
) -> None:
    canvas.publish_again(app, [ReadyNode("j1", stage.name, stage.name, stage.queue)])
    (message,) = _messages(app, stage.queue)
    assert message.headers[canvas.REPUBLISHED] is True
    assert message.headers["task"] == stage.name


@pytest.mark.parametrize(
    "away",
    [
        kombu.exceptions.OperationalError("no broker"),
        redis.OutOfMemoryError("OOM"),
        redis.ResponseError("MISCONF"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broker_that_does_not_answer_is_one_kind_of_error(away: Exception) -> None:
    def publish() -> None:
        raise away

    with pytest.raises(LedgerUnavailable, match="the broker does not answer"):
        canvas._send(publish)


def test_a_publisher_follows_no_results(app: Celery) -> None:
    # Celery's own backend connects to Redis here, which a unit test may not
    backend = app.backend
    backend.on_task_call(None, "id")
    result = app.AsyncResult("id")
    assert backend.add_pending_result(result) is result
    assert backend.remove_pending_result(result) is result
    assert backend.result_consumer.subscribed_to == set()
