from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.registry import Collector

from common import exposition, metrics
from common.exposition import house_version, metrics_ports, render, start_metrics
from common.metrics import Process
from common.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
SHOW = (
    "from common import exposition, metrics;{};"
    "print(exposition.render(metrics.Process.{}).decode())"
)


def shown_by(folder: Path, process: str, code: str) -> str:
    """What a process of several tells; how it counts is chosen at import."""
    answer = subprocess.run(
        [sys.executable, "-c", SHOW.format(code, process)],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return answer.stdout


# -- what is told ----------------------------------------------------------------------------
def test_the_exposition_shows_what_was_counted() -> None:
    metrics.REPUBLISHED.labels("test_metrics").inc(3)
    shown = render(Process.RECONCILER)
    assert b'kiln_reconciler_republished_total{reason="test_metrics"} 3.0' in shown


def test_a_process_does_not_tell_what_it_cannot_know() -> None:
    # a gauge without labels stands at nought from the start: that would be a false alarm
    assert b"kiln_redis_up" in render(Process.RECONCILER)
    for process in set(Process) - {Process.RECONCILER}:
        assert b"kiln_redis_up" not in render(process)
    assert b"kiln_duplicate_commits_total" not in render(Process.GATEWAY)


@pytest.mark.parametrize("process", Process)
def test_every_process_tells_its_version_and_its_memory(process: Process) -> None:
    shown = render(process).decode()
    assert f'kiln_build_info{{version="{house_version()}"}} 1.0' in shown
    assert "python_info" in shown


def test_the_version_is_that_of_the_project() -> None:
    assert house_version() == "0" or house_version()[0].isdigit()


# -- several processes -------------------------------------------------------------------------
def test_several_processes_are_added_up(tmp_path: Path) -> None:
    shown_by(tmp_path, "WORKER", "metrics.DUPLICATE_COMMITS.inc(2)")
    shown = shown_by(tmp_path, "WORKER", "metrics.DUPLICATE_COMMITS.inc(2)")
    assert "kiln_duplicate_commits_total 4.0" in shown


def test_several_processes_tell_no_pid_and_only_what_is_theirs(tmp_path: Path) -> None:
    count = "metrics.SSE_CLIENTS.inc(); metrics.REJECTED.labels('busy').inc()"
    shown_by(tmp_path, "GATEWAY", count)
    shown = shown_by(tmp_path, "GATEWAY", count)
    assert "pid=" not in shown
    assert "kiln_sse_clients 2.0" in shown
    assert 'kiln_admission_rejected_total{reason="busy"} 2.0' in shown
    assert f'kiln_build_info{{version="{house_version()}"}} 1.0' in shown
    assert "kiln_redis_up" not in shown


def test_the_file_of_a_process_that_died_while_it_wrote_is_skipped_and_counted(
    tmp_path: Path,
) -> None:
    (tmp_path / "counter_1.db").write_bytes(b"\xff" * 64)
    (tmp_path / "gauge_livesum_2.db").write_bytes(b"")
    shown = shown_by(tmp_path, "GATEWAY", "metrics.REJECTED.labels('busy').inc(2)")
    assert 'kiln_admission_rejected_total{reason="busy"} 2.0' in shown
    assert "kiln_metrics_bad_files 1.0" in shown or "kiln_metrics_bad_files 2.0" in shown


# -- ports -------------------------------------------------------------------------------------
def test_metrics_are_served_on_the_first_free_port(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[int] = []

    def serve(port: int, _: str, registry: Collector) -> None:
        tried.append(port)
        if len(tried) < 3:
            raise OSError("in use")
        assert any(family.name == "kiln_build_info" for family in registry.collect())

    monkeypatch.setattr(exposition, "start_http_server", serve)
    start_metrics(Settings(data_dir=tmp_path, metrics_port=9101), Process.WORKER)
    assert tried == [9101, 9102, 9103]


def test_a_worker_without_a_free_port_works_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    tried: list[int] = []

    def serve(port: int, *_: object) -> None:
        tried.append(port)
        raise OSError("in use")

    monkeypatch.setattr(exposition, "start_http_server", serve)
    settings = Settings(data_dir=tmp_path)
    start_metrics(settings, Process.WORKER)
    assert "no free port" in caplog.text
    assert tried == list(metrics_ports(settings))
