"""How Prometheus finds workers: by name, whatever port they got."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from common import exposition
from common.exposition import start_metrics
from common.metrics import Process
from common.settings import Settings
from common.targets import targets_folder

FIRST = 9101


class Machine:
    """Ports that are in use; starting to serve takes one."""

    def __init__(self) -> None:
        self.taken: set[int] = set()
        self.served: list[int] = []

    def serve(self, port: int, *_: object) -> None:
        if port in self.taken:
            raise OSError("in use")
        self.taken.add(port)
        self.served.append(port)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(exposition, "start_http_server", machine.serve)
    return machine


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(data_dir=tmp_path, metrics_port=FIRST)
    for process in Process:
        (targets_folder(settings) / process).mkdir(parents=True)
    return settings


def start(settings: Settings, *workers: str) -> None:
    for worker in workers:
        start_metrics(settings, Process.WORKER, f"{worker}@here")


def told(settings: Settings, process: Process = Process.WORKER) -> dict[str, Any]:
    files = (targets_folder(settings) / process).glob("*.json")
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def test_a_worker_tells_its_name_and_where_it_is(machine: Machine, settings: Settings) -> None:
    start(settings, "fusion-1")
    target = {"targets": [f"127.0.0.1:{FIRST}"], "labels": {"instance": "fusion-1"}}
    assert told(settings) == {"fusion-1": [target]}


def test_what_there_is_one_of_goes_by_its_kind(machine: Machine, settings: Settings) -> None:
    start_metrics(settings, Process.COURIER)
    assert list(told(settings, Process.COURIER)) == ["courier"]


def test_a_worker_comes_back_to_its_port(machine: Machine, settings: Settings) -> None:
    start(settings, "fusion-1", "fusion-2")
    machine.taken.clear()  # both have gone
    start(settings, "fusion-2", "fusion-1")
    assert machine.served == [FIRST, FIRST + 1, FIRST + 1, FIRST]


def test_the_port_of_a_dead_worker_is_not_taken_by_another(
    machine: Machine, settings: Settings
) -> None:
    start(settings, "fusion-1")
    machine.taken.clear()
    start(settings, "fusion-2")
    assert machine.served == [FIRST, FIRST + 1]
    assert told(settings)["fusion-1"][0]["targets"] == [f"127.0.0.1:{FIRST}"]


def test_a_worker_whose_port_is_lost_gets_another_and_says_so(
    machine: Machine, settings: Settings
) -> None:
    start(settings, "fusion-1", "fusion-1")  # the old process still holds it
    assert told(settings)["fusion-1"][0]["targets"] == [f"127.0.0.1:{FIRST + 1}"]


@pytest.mark.parametrize("text", ["", "{", "[]", "[{}]", '[{"targets": []}]', '[{"targets": "x"}]'])
def test_a_broken_file_is_nobody(machine: Machine, settings: Settings, text: str) -> None:
    (targets_folder(settings) / Process.WORKER / "fusion-9.json").write_text(text, "utf-8")
    start(settings, "fusion-1")
    assert machine.served == [FIRST]


def test_where_nobody_looks_nothing_is_written(machine: Machine, tmp_path: Path) -> None:
    start(Settings(data_dir=tmp_path, metrics_port=FIRST), "fusion-1")
    assert machine.served == [FIRST]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_stops_no_worker(
    machine: Machine,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("common.targets.write_private", full)
    start(settings, "fusion-1")
    assert "will not find this process: no space left" in caplog.text
