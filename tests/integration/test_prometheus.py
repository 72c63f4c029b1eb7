"""Prometheus in the stack: it sees every process, its rules give numbers, a loss is noticed."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from deploy.prometheus.page import rule_groups
from gateway.client import Kiln
from gateway.domain.keys import Scope
from gateway.door.keys import Terms, create, key_file
from tests.bench.photos import new_portrait
from tests.stack import TestStack, require_stack, until

pytestmark = pytest.mark.verify_only  # a house of its own, for minutes

PROCESSES = {
    "kiln-gateway": {"gateway"},
    "kiln-services": {"stylize", "fusion", "recipe"},
    "kiln-workers": {"gateway-1", "stylize-1", "fusion-1", "recipe-1"},
    "kiln-reconciler": {"reconciler"},
    "kiln-courier": {"courier"},
    "prometheus": {"prometheus"},
}


@pytest.fixture(scope="module")
def watched() -> Iterator[TestStack]:
    """A house with a lock, and a name of its own: Prometheus comes in all the same."""
    require_stack()
    if shutil.which("prometheus") is None:
        reason = "prometheus is not installed: run `make setup`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with TestStack(
        prometheus="on",
        prometheus_interval_s=1,
        auth="on",
        allowed_hosts="kiln.example",
        fusion_workers=1,
        recipe_workers=1,
    ) as running:
        yield running


def ask(house: TestStack, path: str, **query: str) -> Any:
    url = f"http://127.0.0.1:{house.settings.prometheus_port}/api/v1/{path}"
    return requests.get(url, params=query, timeout=10).json()["data"]


def rules(house: TestStack) -> list[dict[str, Any]]:
    return [rule for group in ask(house, "rules")["groups"] for rule in group["rules"]]


def raised(house: TestStack) -> set[tuple[str, str, str]]:
    """Name, instance or queue, and state of every alert that is not inactive."""
    return {
        (rule["name"], alert["labels"].get("instance") or alert["labels"].get("queue", ""), state)
        for rule in rules(house)
        for alert in rule.get("alerts", [])
        for state in [alert["state"]]
    }


def recorded(house: TestStack) -> set[str]:
    """Recorded series that have a number now."""
    found = ask(house, "query", query='{__name__=~"kiln:.+"}')["result"]
    return {one["metric"]["__name__"] for one in found if not math.isnan(float(one["value"][1]))}


def test_every_process_is_seen_through_the_lock(watched: TestStack) -> None:
    def seen() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for target in ask(watched, "targets", state="active")["activeTargets"]:
            if target["health"] == "up":
                labels = target["labels"]
                found.setdefault(labels["job"], set()).add(labels["instance"])
        return found

    until(lambda: seen() == PROCESSES)


def test_two_figurines_later_every_recorded_rule_has_a_number(watched: TestStack) -> None:
    _, key = create(key_file(watched.settings), "anna", Terms(frozenset(Scope)))
    kiln = Kiln(watched.url, key)
    for _ in range(2):  # a rate is a step from what was there before
        job = kiln.submit_figurine(new_portrait(512), formats="stl")["id"]
        assert kiln.wait(job)["state"] == "succeeded"
        until(lambda: recorded(watched) >= {"kiln:memo_hits:ratio_rate5m"})
    rules = [rule for group in rule_groups() for rule in group["rules"]]
    wanted = {rule["record"] for rule in rules if "record" in rule}
    with suppress(AssertionError):  # the next line says what is missing
        until(lambda: recorded(watched) == wanted, 15)
    assert recorded(watched) == wanted


def test_no_rule_fails_and_no_alert_is_raised(watched: TestStack) -> None:
    until(lambda: {rule["health"] for rule in rules(watched)} == {"ok"})
    assert raised(watched) == set()


def test_a_worker_that_is_gone_is_noticed(watched: TestStack) -> None:
    watched.stop("fusion-worker")
    wanted = {
        ("KilnProcessDown", "fusion-1", "pending"),
        ("KilnQueueWithoutWorker", "fusion", "pending"),
    }
    until(lambda: raised(watched) == wanted)


def test_without_it_the_house_is_ready(watched: TestStack) -> None:
    watched.start("fusion-worker")
    watched.stop("prometheus")
    watched.wait_until_ready()
