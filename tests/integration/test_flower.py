"""Flower shows who works on what, to whoever has its password, and can change nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests

from common.contracts.stages import BY_NAME
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.stack import TestStack, until

CONTROLS = (
    "worker/shutdown/{worker}",
    "worker/pool/restart/{worker}",
    "worker/pool/grow/{worker}?n=1",
    "worker/pool/shrink/{worker}?n=1",
    "worker/pool/autoscale/{worker}?min=1&max=9",
    "worker/queue/add-consumer/{worker}?queue=other",
    "worker/queue/cancel-consumer/{worker}?queue=fusion",
    "task/apply/fusion.paint",
    "task/async-apply/fusion.paint",
    "task/send-task/fusion.paint",
    "task/abort/{task}",
    "task/revoke/{task}?terminate=true",
    "task/timeout/fusion.paint?workername={worker}&soft=1",
    "task/rate-limit/fusion.paint?workername={worker}&ratelimit=1",
)


def flower(
    stack: TestStack, path: str, method: str = "GET", login: str | None = None, **options: Any
) -> requests.Response:
    """Ask Flower, with its own login unless another is given."""
    name, _, password = (stack.stack.flower_login() if login is None else login).partition(":")
    url = f"http://127.0.0.1:{stack.settings.flower_port}/{path}"
    auth = (name, password) if name else None
    return requests.request(method, url, auth=auth, timeout=30, **options)


@pytest.fixture(scope="module")
def job(stack: TestStack) -> str:
    """A figurine that Flower has seen to its end."""
    kiln = Kiln(stack.url)
    job: str = kiln.submit_figurine(new_portrait(512), formats="stl", name="Zoë")["id"]
    assert kiln.wait(job)["state"] == "succeeded"
    until(lambda: {task["state"] for task in tasks(stack, job)} == {"SUCCESS"})
    return job


def tasks(stack: TestStack, job: str) -> list[dict[str, Any]]:
    found = flower(stack, "api/tasks").json().values()
    return [task for task in found if job in task["args"]]


@pytest.mark.parametrize("path", ["", "workers", "tasks", "broker", "api/workers", "api/tasks"])
def test_nobody_comes_in_without_the_password(stack: TestStack, path: str) -> None:
    assert flower(stack, path, login="").status_code == 401
    assert flower(stack, path, login="kiln:guess").status_code == 401
    assert flower(stack, path).status_code == 200


def test_who_has_no_password_sees_numbers_and_no_job(stack: TestStack) -> None:
    """Flower puts no lock before these two (SECURITY.md)."""
    job = Kiln(stack.url).submit_figurine(new_portrait(512), formats="stl", name="Zoë")["id"]
    assert Kiln(stack.url).wait(job)["state"] == "succeeded"
    told = [flower(stack, path, login="").text for path in ("metrics", "healthcheck")]
    assert "flower_events_total" in told[0]
    assert not re.search(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}|Zo", "".join(told))
    assert job not in told[0]
    names = set(re.findall(r'(\w+)="', told[0])) - {"le", "version", "implementation"}
    assert names <= {"task", "type", "worker", "generation", "major", "minor", "patchlevel"}


def test_every_stage_of_a_job_is_there_by_name_with_its_time(stack: TestStack, job: str) -> None:
    seen = tasks(stack, job)
    ran = {stage["id"] for stage in Kiln(stack.url).timeline(job)["stages"] if stage["worker"]}
    assert {node for task in seen for node in re.findall(r"'([a-z]+\.[^']+)'", task["args"])} == ran
    for task in seen:
        assert task["name"] in BY_NAME
        assert task["runtime"] > 0
        assert re.match(r"(gateway|stylize|fusion)-\d@", task["worker"])
        assert flower(stack, f"api/task/info/{task['uuid']}").json()["name"] == task["name"]


def test_a_task_shows_ids_and_nothing_else(stack: TestStack, job: str) -> None:
    for task in tasks(stack, job):
        assert re.fullmatch(rf"[\[(]'{job}'(, '[\w:.-]+')+[\])]", task["args"])
        assert task["kwargs"] == "{}"
        assert re.fullmatch(r"\{'status': '\w+'\}", task["result"])
        assert "Zo" not in str(task)


def test_all_workers_are_listed(stack: TestStack) -> None:
    wanted = {"gateway-1", "stylize-1", "fusion-1", "fusion-2", "recipe-1", "recipe-2"}

    def listed() -> set[str]:
        return {name.partition("@")[0] for name in flower(stack, "api/workers?refresh=1").json()}

    until(lambda: listed() == wanted, 60)


@pytest.mark.parametrize("control", CONTROLS)
def test_nothing_can_be_changed(stack: TestStack, job: str, control: str) -> None:
    seen = tasks(stack, job)[0]
    path = control.format(worker=seen["worker"], task=seen["uuid"])
    answer = flower(stack, f"api/{path}", "POST", json={"args": [job, "photo"]})
    assert answer.status_code == 403, answer.text
