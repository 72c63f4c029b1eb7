"""Webhooks on a real stack, called at a real server that fails, hangs and comes back."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from common.ledger.audit import audit
from common.ledger.redis_ledger import connect
from deploy.stack import ROOT
from gateway.client import Kiln
from gateway.door.keys import webhook_secret
from tests.servers.receiver import ANSWER, Receiver, Request, answer
from tests.stack import SMALL, TestStack, require_stack, until

SCHEDULE_S = [0.2, 0.3, 0.3]
TIMEOUT_S = 2.0
LEASE_S = 3 * TIMEOUT_S


@pytest.fixture(scope="module")
def own() -> Iterator[TestStack]:
    require_stack()
    settings = {"webhook_schedule_s": SCHEDULE_S, "webhook_timeout_s": TIMEOUT_S}
    with TestStack(**SMALL, **settings) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


def cook(own: TestStack, receiver: Receiver, **parameters: Any) -> str:
    """Ask for a dinner and return the id of its job."""
    with Kiln(own.url) as kiln:
        lines = ["200 g rice", "2 eggs", "1 leek"]
        job = kiln.submit_recipe(ingredients=lines, webhook_url=receiver.url, **parameters)
    return str(job["id"])


def messages(own: TestStack, job: str) -> list[dict[str, Any]]:
    answered = requests.get(f"{own.url}/v1/jobs/{job}/webhooks", timeout=10)
    assert answered.status_code == 200, answered.text
    return list(answered.json()["messages"])


def wait_for(own: TestStack, job: str, state: str, timeout_s: float = 60) -> dict[str, Any]:
    """Wait until the only message of a job is in a state."""
    until(lambda: [one["state"] for one in messages(own, job)] == [state], timeout_s)
    (message,) = messages(own, job)
    return message


def verified(own: TestStack, request: Request) -> dict[str, Any]:
    """Check a request as a receiver does, and return what it says."""
    told: dict[str, Any] = Webhook(webhook_secret(own.settings, "local")).verify(
        request.body, request.headers
    )
    return told


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


# -- delivering ----------------------------------------------------------------------
def test_a_receiver_that_fails_first_gets_it_in_the_end(own: TestStack, receiver: Receiver) -> None:
    receiver.answers += [answer(500), answer(503, "Retry-After: 2"), answer(200, body=b"thanks")]
    job = cook(own, receiver)
    message = wait_for(own, job, "delivered")
    assert [one["status"] for one in message["attempts"]] == [500, 503, 200]
    assert [one["error"] for one in message["attempts"]] == ["answered 500", "answered 503", None]
    assert ids(receiver) == [message["id"]] * 3
    assert receiver.requests[2].at - receiver.requests[1].at >= 2
    for request in receiver.requests:
        told = verified(own, request)
        assert told["type"] == "job.succeeded"
        assert told["data"]["id"] == job
        assert told["data"]["state"] == "succeeded"
    assert len({request.body for request in receiver.requests}) == 1
    link = verified(own, receiver.requests[0])["data"]["links"]["self"]
    assert requests.get(own.url + link, timeout=10).json()["state"] == "succeeded"


def test_each_event_is_delivered_once(own: TestStack, receiver: Receiver) -> None:
    job = cook(own, receiver, pause_after="ingredients")
    wait_for(own, job, "delivered")
    with Kiln(own.url) as kiln:
        kiln.resume(job, ingredients=["200 g rice", "2 eggs"])
        assert kiln.wait(job)["state"] == "succeeded"
    until(lambda: [one["state"] for one in messages(own, job)] == ["delivered"] * 2)
    time.sleep(LEASE_S / 2)
    assert [verified(own, one)["type"] for one in receiver.requests] == [
        "job.paused",
        "job.succeeded",
    ]
    assert ids(receiver) == [f"msg_{job}_paused", f"msg_{job}_succeeded"]


def test_a_cancelled_job_tells_it_and_others_do_not(own: TestStack, receiver: Receiver) -> None:
    job = cook(own, receiver, pause_after="ingredients", webhook_events=["cancelled"])
    with Kiln(own.url) as kiln:
        assert kiln.wait(job)["state"] == "paused"
        kiln.cancel(job)
    wait_for(own, job, "delivered")
    assert [verified(own, one)["type"] for one in receiver.requests] == ["job.cancelled"]


def test_a_burst_of_jobs_is_delivered_once_each(own: TestStack, receiver: Receiver) -> None:
    jobs = [cook(own, receiver, count=1, servings=2 + number) for number in range(12)]
    until(lambda: len(receiver.requests) >= 12)
    until(lambda: all(messages(own, job)[0]["state"] == "delivered" for job in jobs))
    assert sorted(ids(receiver)) == sorted(f"msg_{job}_succeeded" for job in jobs)


# -- giving up -----------------------------------------------------------------------
def test_a_receiver_that_is_gone_is_not_called_again(own: TestStack, receiver: Receiver) -> None:
    receiver.answers.append(answer(410))
    job = cook(own, receiver)
    message = wait_for(own, job, "failed")
    time.sleep(2 * sum(SCHEDULE_S))
    assert len(receiver.requests) == 1
    assert message["attempts"][0]["error"] == "answered 410: the receiver wants no more"


def test_after_the_last_attempt_it_is_given_up_and_can_be_sent_by_hand(
    own: TestStack, receiver: Receiver
) -> None:
    receiver.answers += [answer(500), answer(302, "Location: http://169.254.169.254/")] * 2
    job = cook(own, receiver)
    message = wait_for(own, job, "failed")
    assert [one["status"] for one in message["attempts"]] == [500, 302, 500, 302]
    # When its owner has mended the receiver
    sent = requests.post(f"{own.url}/v1/jobs/{job}/webhooks/redeliver", timeout=10)
    assert sent.status_code == 202, sent.text
    assert sent.json()["messages"][0]["state"] == "pending"
    message = wait_for(own, job, "delivered")
    assert len(message["attempts"]) == 5
    assert ids(receiver) == [message["id"]] * 5


def test_a_receiver_that_is_silent_is_not_waited_for_long(own: TestStack) -> None:
    with Receiver(act=lambda _, me: me.closing.wait(60) and None).running() as silent:
        job = cook(own, silent)
        until(lambda: bool(messages(own, job)) and bool(messages(own, job)[0]["attempts"]))
        first = messages(own, job)[0]["attempts"][0]
        silent.closing.set()
    assert first["error"] == "no answer came in time"
    assert first["ms"] == pytest.approx(TIMEOUT_S * 1000, abs=700)


# -- what dies -----------------------------------------------------------------------
class Hanging:
    """A receiver that takes the first request and answers only when told to."""

    def __init__(self) -> None:
        self.taken, self.let_go = threading.Event(), threading.Event()

    def __call__(self, connection: socket.socket, receiver: Receiver) -> None:
        receiver.read(connection)
        if not self.taken.is_set():
            self.taken.set()
            self.let_go.wait(30)
        connection.sendall(ANSWER)


def test_a_courier_killed_between_call_and_receipt_delivers_again_under_the_same_id(
    own: TestStack,
) -> None:
    hanging = Hanging()
    with Receiver(act=hanging).running() as receiver:
        job = cook(own, receiver)
        assert hanging.taken.wait(60)
        # When it dies with the message delivered, but nothing noted
        own.kill("courier")
        hanging.let_go.set()
        # Then the next one delivers it again, as the receiver can see
        message = wait_for(own, job, "delivered", LEASE_S + 30)
    assert ids(receiver) == [message["id"]] * 2
    assert [verified(own, one)["data"]["id"] for one in receiver.requests] == [job, job]
    assert len(message["attempts"]) == 1
    own.settle()


def test_redis_killed_during_a_call_loses_no_message(own: TestStack) -> None:
    hanging = Hanging()
    with Receiver(act=hanging).running() as receiver:
        job = cook(own, receiver)
        assert hanging.taken.wait(60)
        own.kill("redis")
        hanging.let_go.set()
        own.settle()
        message = wait_for(own, job, "delivered", LEASE_S + 30)
    assert set(ids(receiver)) == {message["id"]}
    assert 1 <= len(receiver.requests) <= 2


def test_the_courier_tells_what_it_does(own: TestStack, receiver: Receiver) -> None:
    wait_for(own, cook(own, receiver), "delivered")
    first = own.settings.metrics_port
    texts = []
    for port in range(first, first + 16):
        try:
            texts.append(requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text)
        except requests.ConnectionError:
            continue
    name = r'^kiln_webhook_calls_total\{outcome="delivered"\} ([1-9]\d*\.0)$'
    assert any(re.search(name, text, re.MULTILINE) for text in texts)


def test_nobody_is_told_of_a_job_that_was_deleted(own: TestStack, receiver: Receiver) -> None:
    receiver.answers.append(answer(503, "Retry-After: 2"))
    job = cook(own, receiver)
    until(lambda: len(receiver.requests) == 1)
    with Kiln(own.url) as kiln:
        kiln.delete(job)
    time.sleep(3)
    assert len(receiver.requests) == 1


def test_after_all_that_the_audit_finds_nothing(own: TestStack) -> None:
    own.settle()
    with connect(own.settings.ledger_url) as client:
        found = audit(client, own.store(), grace=timedelta(minutes=10))
    assert found.findings == ()


# -- what is written down ------------------------------------------------------------
def test_the_receiver_on_the_page_works(own: TestStack, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = tmp_path / "receiver.py"
    file.write_text(code, "utf-8")
    secret = webhook_secret(own.settings, "local")
    process = subprocess.Popen(
        [sys.executable, "-u", file, str(port)],
        env={"KILN_WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"http://127.0.0.1:{port}/"
        until(lambda: _answers(port))
        forged = requests.post(url, data=b"{}", headers={"webhook-id": "msg_1"}, timeout=5)
        assert forged.status_code == 400
        job = cook(own, Receiver(port=port))
        assert wait_for(own, job, "delivered")["attempts"][-1]["status"] == 204
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=10)
    assert job in said
    assert "job.succeeded" in said


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_message_on_the_page_is_like_a_real_one(own: TestStack, receiver: Receiver) -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    shown = json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[0])
    wait_for(own, cook(own, receiver), "delivered")
    told = verified(own, receiver.requests[0])
    assert shown.keys() == told.keys()
    assert shown["data"].keys() == told["data"].keys()
    assert shown["data"]["links"].keys() == told["data"]["links"].keys()
