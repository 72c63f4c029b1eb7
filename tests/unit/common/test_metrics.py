from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from common import metrics

FORBIDDEN_LABELS = {"job", "job_id", "id", "owner", "worker", "path"}  # one series each, for ever


def test_every_series_is_ours_by_name_and_explained() -> None:
    found = [family for family in REGISTRY.collect() if family.name.startswith("kiln_")]
    assert len(found) >= 15
    assert all(family.documentation for family in found)


def test_no_series_has_a_label_that_grows_with_the_jobs() -> None:
    series = [value for value in vars(metrics).values() if hasattr(value, "_labelnames")]
    assert series
    for one in series:
        assert FORBIDDEN_LABELS.isdisjoint(one._labelnames), one


def test_the_exposition_shows_what_was_counted() -> None:
    metrics.REPUBLISHED.labels("test_metrics").inc(3)
    assert b'kiln_reconciler_republished_total{reason="test_metrics"} 3.0' in metrics.render()


def test_several_processes_are_added_up(tmp_path: Path) -> None:
    # the way of counting is chosen at import, so it takes processes of its own
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "from common import metrics; metrics.DUPLICATE_COMMITS.inc(2)"
    show = f"{count}; print(metrics.render().decode())"
    shown = ""
    for code in (count, show):
        answer = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            cwd=Path(__file__).resolve().parents[3],
            check=True,
            capture_output=True,
            text=True,
        )
        shown = answer.stdout
    assert "kiln_duplicate_commits_total 4.0" in shown


def test_without_a_shared_folder_a_process_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    assert b"kiln_duplicate_commits_total" in metrics.render()


def test_the_file_of_a_process_that_died_while_it_wrote_is_skipped_and_counted(
    tmp_path: Path,
) -> None:
    (tmp_path / "counter_1.db").write_bytes(b"\xff" * 64)
    (tmp_path / "gauge_livesum_2.db").write_bytes(b"")
    code = (
        "from common import metrics; metrics.DUPLICATE_COMMITS.inc(2);"
        "print(metrics.render().decode())"
    )
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "kiln_duplicate_commits_total 2.0" in shown
    assert "kiln_metrics_bad_files 1.0" in shown or "kiln_metrics_bad_files 2.0" in shown
