"""A house with a lock, open to the network: who gets in, and which doors there are at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from deploy.prometheus import installed
from deploy.stack import ROOT, StackError
from gateway.client import ApiError, Kiln
from tests.bench.photos import new_portrait
from tests.stack import SMALL, TestStack, require_stack

SHOP = "https://shop.example"  # as docs/api-versions.md lets it in
LIST = ["2 eggs", "rice", "3 tomatoes", "1 onion"]


def outer_address() -> str:
    """Address of this machine by which others know it; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but the loopback")
        return str(probe.getsockname()[0])


@pytest.fixture(scope="module")
def locked() -> Iterator[TestStack]:
    require_stack()
    prometheus = "on" if installed() else "off"
    with TestStack(
        host="0.0.0.0",  # noqa: S104
        **SMALL,
        prometheus=prometheus,
        cors_origins=SHOP,
    ) as running:
        yield running


def kiln_keys(stack: TestStack, *arguments: str) -> str:
    """Call ``kiln keys`` as an operator does; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "keys", *arguments],
        cwd=ROOT,
        env=stack.stack.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        call(*arguments, **named)
    return caught.value.status, caught.value.code


def cooked(kiln: Kiln, *ingredients: str) -> dict[str, Any]:
    job = kiln.submit_recipe(ingredients=ingredients or LIST, count=1)
    job = kiln.wait(job["id"], timeout_s=60)
    assert job["state"] == "succeeded", job
    return job


def test_two_keys_know_nothing_of_each_other(locked: TestStack) -> None:
    anna = Kiln(locked.url, kiln_keys(locked, "create", "anna"))
    bert = Kiln(locked.url, kiln_keys(locked, "create", "bert"))
    rotated = Kiln(locked.url, kiln_keys(locked, "create", "anna"))
    job = cooked(anna)
    assert rotated.job(job["id"])["state"] == "succeeded"
    assert anna.fetch(job["artifacts"][0]) == rotated.fetch(job["artifacts"][0])
    for look in (bert.job, bert.timeline, bert.cancel):
        assert refused(look, job["id"]) == (404, "not_found")
    assert refused(bert.fetch, job["artifacts"][0]) == (404, "not_found")
    assert refused(lambda: list(bert.stream(job["id"]))) == (404, "not_found")
    same = cooked(bert)
    assert same["id"] != job["id"]
    assert not any(stage["cached"] for stage in same["stages"])


def test_a_figurine_is_made_for_a_key(locked: TestStack) -> None:
    anna = Kiln(locked.url, kiln_keys(locked, "create", "anna"))
    job = anna.submit_figurine(new_portrait(512), formats="stl")
    events = [event.type for event in anna.stream(job["id"])]
    assert events[-1] == "succeeded"
    assert refused(Kiln(locked.url, "").job, job["id"]) == (401, "unauthorized")


def test_a_key_that_may_read_cannot_submit(locked: TestStack) -> None:
    reader = Kiln(locked.url, kiln_keys(locked, "create", "reader", "--scope", "read"))
    assert refused(reader.submit_recipe, ingredients=LIST) == (403, "forbidden")
    assert refused(reader.submit_figurine, b"no photo") == (403, "forbidden")
    writer = Kiln(locked.url, kiln_keys(locked, "create", "writer", "--scope", "submit"))
    job = writer.submit_recipe(ingredients=LIST)
    assert refused(writer.job, job["id"]) == (403, "forbidden")


def test_a_revoked_key_is_refused_by_every_gateway_process_at_once(locked: TestStack) -> None:
    key = kiln_keys(locked, "create", "gone")

    def codes() -> set[int]:  # on connections of their own, so that every process answers
        headers = {"X-API-Key": key, "Connection": "close"}
        url = f"{locked.url}/v1/jobs"
        return {requests.get(url, headers=headers, timeout=10).status_code for _ in range(20)}

    assert codes() == {200}
    assert "revoked" in kiln_keys(locked, "revoke", "gone")
    assert codes() == {401}


def test_a_hasty_key_waits_as_long_as_it_is_told(locked: TestStack) -> None:
    key = kiln_keys(locked, "create", "hasty", "--rate", "5/second")
    with requests.Session() as session:
        session.headers["X-API-Key"] = key
        answers = [session.get(f"{locked.url}/v1/jobs", timeout=10) for _ in range(12)]
        codes = [answer.status_code for answer in answers]
        assert codes.count(200) >= 5
        assert set(codes) == {200, 429}
        pause_s = int(next(a for a in answers if a.status_code == 429).headers["Retry-After"])
        assert pause_s == 1
        time.sleep(pause_s)
        assert session.get(f"{locked.url}/v1/jobs", timeout=10).status_code == 200


def test_a_rate_is_counted_by_all_gateway_processes_together(locked: TestStack) -> None:
    key = kiln_keys(locked, "create", "many", "--rate", "20/hour")
    codes = []
    for _ in range(40):  # each on a connection of its own
        headers = {"X-API-Key": key, "Connection": "close"}
        codes.append(requests.get(f"{locked.url}/v1/jobs", headers=headers, timeout=10).status_code)
    assert codes == [200] * 20 + [429] * 20


def test_the_unfinished_jobs_of_a_key_are_bounded(locked: TestStack) -> None:
    key = kiln_keys(locked, "create", "few", "--max-active", "2")
    few = Kiln(locked.url, key)
    locked.stop("recipe-worker")
    try:
        jobs = [few.submit_recipe(ingredients=[f"{n} eggs", "rice"])["id"] for n in (2, 3)]
        body, headers = {"ingredients": LIST}, {"Authorization": f"Bearer {key}"}
        answer = requests.post(f"{locked.url}/v1/recipes", json=body, headers=headers, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_jobs"), answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        other = Kiln(locked.url, kiln_keys(locked, "create", "other"))
        jobs_of_others = [other.submit_recipe(ingredients=LIST)["id"] for _ in range(3)]
    finally:
        locked.start("recipe-worker")
    assert {few.wait(job)["state"] for job in jobs} == {"succeeded"}
    assert {other.wait(job)["state"] for job in jobs_of_others} == {"succeeded"}
    cooked(few)


def test_the_bytes_of_a_key_are_bounded(locked: TestStack) -> None:
    full = Kiln(locked.url, kiln_keys(locked, "create", "full", "--quota-mb", "1"))
    job = full.submit_figurine(new_portrait(512))
    assert full.wait(job["id"])["state"] == "succeeded"
    assert refused(full.submit_figurine, new_portrait(512)) == (507, "quota_exceeded")
    assert refused(full.submit_recipe, ingredients=LIST) == (507, "quota_exceeded")
    other = Kiln(locked.url, kiln_keys(locked, "create", "other"))
    cooked(other)  # there is room for others


def test_without_redis_a_key_is_neither_counted_nor_turned_away(locked: TestStack) -> None:
    key = kiln_keys(locked, "create", "patient", "--rate", "1000/hour")
    headers = {"X-API-Key": key}
    locked.stop("redis")
    try:
        answer = requests.get(f"{locked.url}/v1/jobs", headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (503, "ledger_unavailable")
        assert requests.get(f"{locked.url}/v1/catalog", headers=headers, timeout=30).ok
        ready = requests.get(f"{locked.url}/readyz", timeout=30)
        assert ready.status_code == 503
        assert "redis://" not in ready.text
    finally:
        locked.start("redis")
        locked.settle()


# -- what is reachable from where -----------------------------------------------------------------
def test_from_elsewhere_only_the_gateway_can_be_reached(locked: TestStack) -> None:
    elsewhere, ports = outer_address(), ports_of(locked)
    if locked.settings.prometheus == "off":
        del ports["prometheus"]
    assert listening("127.0.0.1", ports) == ports.keys()
    assert listening(elsewhere, ports) == {"gateway"}


def test_metrics_of_the_gateway_are_for_this_machine_or_an_admin(locked: TestStack) -> None:
    path = f":{locked.settings.gateway_port}/metrics"
    elsewhere = f"http://{outer_address()}{path}"
    admin = kiln_keys(locked, "create", "operator", "--scope", "admin")
    said = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    assert requests.get(f"http://127.0.0.1{path}", timeout=10).status_code == 200
    assert requests.get(elsewhere, timeout=10).status_code == 401
    assert requests.get(elsewhere, headers=said, timeout=10).status_code == 401
    opened = requests.get(elsewhere, headers={"X-API-Key": admin}, timeout=10)
    assert opened.status_code == 200
    assert "kiln_http_request_duration_seconds" in opened.text


def ports_of(stack: TestStack) -> dict[str, int]:
    fields = type(stack.settings).model_fields
    names = [name.removesuffix("_port") for name in fields if name.endswith("_port")]
    return {name: getattr(stack.settings, f"{name}_port") for name in names}


def listening(host: str, ports: dict[str, int]) -> set[str]:
    found = set()
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex((host, port)) == 0:
                found.add(name)
    return found


def test_a_house_without_a_lock_does_not_open_to_the_network() -> None:
    require_stack()
    with pytest.raises(StackError, match="kiln keys create NAME"):
        TestStack(host="0.0.0.0", auth="off").__enter__()  # noqa: S104


def test_gunicorn_alone_refuses_it_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "gateway/gunicorn.conf.py", "gateway.wsgi:app"],
        cwd=ROOT,
        env=os.environ | {"KILN_HOST": "0.0.0.0", "KILN_AUTH": "off"},  # noqa: S104
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "KILN_AUTH" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("origin", "guest"), [(SHOP, True), ("https://evil.example", False)])
def test_a_page_of_another_site_asks_before_it_sends(
    locked: TestStack, origin: str, guest: bool
) -> None:
    asked = {
        "Origin": origin,
        "Sec-Fetch-Site": "cross-site",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,idempotency-key",
    }
    preflight = requests.options(f"{locked.url}/v1/recipes", headers=asked, timeout=10)
    assert preflight.status_code == 204
    assert preflight.headers.get("Access-Control-Allow-Origin") == (origin if guest else None)
    assert ("Idempotency-Key" in preflight.headers.get("Access-Control-Allow-Headers", "")) is guest
    page = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    sent = requests.post(f"{locked.url}/v1/recipes", json={}, headers=page, timeout=10)
    # the key is what a guest lacks; a stranger is not even asked for one
    assert sent.json()["code"] == ("unauthorized" if guest else "foreign_site")
    assert sent.headers.get("Access-Control-Allow-Origin") == (origin if guest else None)
    assert "Origin" in sent.headers["Vary"]
