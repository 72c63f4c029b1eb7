"""What a cluster is told of alerts and dashboards is what one machine is told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.monitoring import DASHBOARDS
from deploy.prometheus.page import rule_groups

MOST_BYTES = 262_144  # of an object that `kubectl apply` keeps a copy of in an annotation


@pytest.fixture(scope="module")
def printed() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "deploy.monitoring", "--namespace", "watch"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(ended.stdout))


def of_kind(printed: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in printed if one["kind"] == kind]


def test_every_rule_is_in_an_object(printed: list[dict[str, Any]]) -> None:
    rules = of_kind(printed, "PrometheusRule")
    assert [group for one in rules for group in one["spec"]["groups"]] == rule_groups()


def test_every_dashboard_is_in_an_object_that_the_sidecar_finds(
    printed: list[dict[str, Any]],
) -> None:
    found = {}
    for one in of_kind(printed, "ConfigMap"):
        kubernetes_validate.validate(one, "1.34", strict=True)
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        found |= {name: json.loads(text) for name, text in one["data"].items()}
    files = DASHBOARDS.glob("*.json")
    assert found == {f"kiln-{file.name}": json.loads(file.read_text("utf-8")) for file in files}
    assert len(found) == 5


def test_no_object_is_too_large_to_be_applied(printed: list[dict[str, Any]]) -> None:
    assert {one["metadata"]["namespace"] for one in printed} == {"watch"}
    assert max(len(json.dumps(one)) for one in printed) < MOST_BYTES
