"""Prometheus' own tool, as tests use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Labels = Mapping[str, str]


def promtool(*arguments: str | Path) -> str:
    """Run it and return what it said; skip on a laptop without it, fail in CI."""
    if shutil.which("promtool") is None:
        reason = "promtool is not installed: run `make setup-dev`"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    result = subprocess.run(
        ["promtool", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def check_value(  # noqa: PLR0917
    folder: Path,
    groups: Sequence[Mapping[str, Any]],
    series: Mapping[str, str],
    minutes: int,
    promql: str,
    samples: Sequence[Labels],
) -> None:
    """Let time pass under some rules, then compare what an expression gives.

    Parameters
    ----------
    folder
        For the files of the test.
    groups
        The rules.
    series
        Values of each series, in promtool's short hand; one sample a minute.
    minutes
        How long they last.
    promql
        What is asked in the end.
    samples
        Labels of each expected sample, and its value as ``value``.
    """
    expected = [{"labels": _written(labels), "value": float(labels["value"])} for labels in samples]
    asked = {"expr": promql, "eval_time": f"{minutes}m", "exp_samples": expected}
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": text} for name, text in series.items()],
        "promql_expr_test": [asked],
    }
    file, rules = folder / "test.json", folder / "rules.json"
    whole = {"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [test]}
    rules.write_text(json.dumps({"groups": groups}), "utf-8")
    file.write_text(json.dumps(whole), "utf-8")
    promtool("test", "rules", file)


def _written(labels: Labels) -> str:
    name = labels.get("__name__", "")
    pairs = [f'{key}="{text}"' for key, text in labels.items() if key not in {"value", "__name__"}]
    return f"{name}{{{', '.join(pairs)}}}"
