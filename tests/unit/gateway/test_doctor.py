"""``kiln doctor`` on machines that lack something."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from common.settings import Settings
from gateway import cli
from gateway.terminal import doctor
from gateway.terminal.checkup import house, machine, ports, software
from gateway.terminal.checkup.finding import Finding, missing, ok, warning
from gateway.terminal.exits import Exit
from gateway.terminal.screen import out


def kiln(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["doctor", *words])


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    findings = [ok("Python", "3.11.7")]
    monkeypatch.setattr(doctor, "SUBJECTS", {"Machine": lambda _: iter(findings)})
    monkeypatch.setattr(out, "width", 80)
    return findings


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in findings}


def settings(tmp_path: Path, **more: Any) -> Settings:
    return Settings(data_dir=tmp_path, **more)


# -- the command ----------------------------------------------------------------------------
def test_a_sound_machine_is_fine(found: list[Finding]) -> None:
    found.append(warning("npm", "optional, not here", "sudo apt-get install npm"))
    result = kiln()
    assert result.exit_code == Exit.FINE
    assert "✓ Python" in result.stdout
    assert "Everything needed is here; 1 thing worth a look." in result.stdout


def test_what_is_missing_is_told_with_the_command_that_brings_it(found: list[Finding]) -> None:
    found.append(missing("redis-server", "not installed", "sudo apt-get install redis-server"))
    result = kiln()
    assert result.exit_code == Exit.FAILED
    assert "✗ redis-server" in result.stdout
    assert "sudo apt-get install redis-server" in result.stdout
    assert "1 of 2 must be mended" in result.stdout


def test_problems_alone_are_shown_to_who_wants_no_more(found: list[Finding]) -> None:
    found.append(missing("Disk", "full", "rm"))
    shown = kiln("--problems").stdout
    assert ("Disk" in shown, "Python" in shown) == (True, False)


def test_programs_get_everything(found: list[Finding]) -> None:
    found.append(missing("Disk", "full [really]", "rm"))
    result = kiln("--json")
    said = json.loads(result.stdout)
    assert (said["sound"], result.exit_code) == (False, Exit.FAILED)
    assert said["findings"][1] == {
        "subject": "Machine",
        "name": "Disk",
        "state": "missing",
        "says": "full [really]",
        "fix": "rm",
    }


def test_a_look_that_fails_is_a_finding_too(
    found: list[Finding], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: Settings) -> Iterator[Finding]:
        raise RuntimeError("a sick machine")

    monkeypatch.setitem(doctor.SUBJECTS, "Ports", breaks)
    result = kiln()
    assert (result.exit_code, "a sick machine" in result.stdout) == (Exit.FAILED, True)


# -- the machine ----------------------------------------------------------------------------
def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    findings = by_name(machine.look(settings(tmp_path)))
    assert {"Python", "Memory", "Disk", "Data folder", "Clock"} <= findings.keys()
    assert findings["Python"].state == "ok"


def test_an_old_python_is_not_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "OLDEST_PYTHON", (99, 0))
    assert by_name(machine.look(settings(tmp_path)))["Python"].state == "missing"


@pytest.mark.parametrize(("free", "state"), [(900, "missing"), (2_000, "warning"), (9_000, "ok")])
def test_memory_is_weighed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: float, state: str
) -> None:
    monkeypatch.setattr(machine, "free_memory_mb", lambda: free)
    assert by_name(machine.look(settings(tmp_path)))["Memory"].state == state


def test_what_a_container_may_have_counts(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n")
    assert machine.free_memory_mb(tmp_path) == pytest.approx(8192)
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("500000000\n")
    assert machine.free_memory_mb(tmp_path) == pytest.approx(8192)
    (group / "memory.max").write_text("1500000000\n")
    assert machine.free_memory_mb(tmp_path) == pytest.approx(1000)
    assert machine.free_memory_mb(tmp_path / "mac") is None


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    full = settings(tmp_path, min_free_mb=10**9)
    finding = by_name(machine.look(full))["Disk"]
    assert (finding.state, "KILN_DATA_DIR" in finding.fix) == ("missing", True)


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    finding = by_name(machine.look(settings(tmp_path / "data")))["Data folder"]
    assert finding.state == "missing"
    fresh = by_name(machine.look(settings(tmp_path / "new" / "deep")))["Data folder"]
    assert (fresh.state, "made by" in fresh.says) == ("ok", True)


def test_keys_that_others_can_read_are_told(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text("{}")
    keys.chmod(0o644)
    assert by_name(machine.look(settings(tmp_path)))["API keys"].fix == f"chmod 600 {keys}"
    keys.chmod(0o600)
    assert "API keys" not in by_name(machine.look(settings(tmp_path)))


# -- software -------------------------------------------------------------------------------
@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of programs that is all there is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(software, "_OPEN_WINDOW", "raise SystemExit('no EGL here')")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KILN_MODELS_DIR", raising=False)
    return folder


def program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def test_a_bare_machine_is_told_everything(shelf: Path, tmp_path: Path) -> None:
    findings = by_name(software.look(settings(tmp_path)))
    assert findings["redis-server"].fix == "sudo apt-get install redis-server"
    assert findings["Face models"].fix == "make setup"
    assert "no EGL here" in findings["OpenGL (EGL)"].says
    assert "libegl1" in findings["OpenGL (EGL)"].fix
    states = [findings[name].state for name in ("Prometheus", "npm", "Chromium")]
    assert states == ["warning"] * 3
    assert findings["Python packages"].state == "ok"


@pytest.mark.parametrize(
    ("version", "state"), [("5.0.14", "missing"), ("6.2.0", "ok"), ("7.0.15", "ok")]
)
def test_redis_has_to_be_new_enough(shelf: Path, tmp_path: Path, version: str, state: str) -> None:
    program(shelf / "redis-server", f"Redis server v={version} sha=0:0 bits=64")
    assert by_name(software.look(settings(tmp_path)))["redis-server"].state == state


def test_who_has_a_redis_elsewhere_needs_none_here(shelf: Path, tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, redis_url="redis://r:6379", prometheus="off")
    findings = by_name(software.look(elsewhere))
    assert findings["redis-server"].state == "ok"
    assert "Prometheus" not in findings


def test_a_package_that_is_gone_is_named(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(software, "PACKAGES", ("numpy", "no_such_package"))
    finding = by_name(software.look(settings(tmp_path)))["Python packages"]
    assert (finding.state, finding.says) == ("missing", "not installed: no_such_package")


# -- ports ----------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is called: what listens is known from the system's tables."""
    monkeypatch.setattr(ports, "_answers", lambda *_: False)


@pytest.fixture
def stranger() -> Iterator[tuple[int, int]]:
    """Port and pid of a process that is none of ours."""
    code = "import socket as s; l = s.create_server(('127.0.0.1', 0)); print(l.getsockname()[1])"
    waits = f"{code[: -len('print(l.getsockname()[1])')]}print(l.getsockname()[1], flush=True); "
    with subprocess.Popen(
        [sys.executable, "-c", f"{waits}input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
        process.kill()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc here")
def test_who_has_a_port_is_named(stranger: tuple[int, int], tmp_path: Path) -> None:
    port, pid = stranger
    assert ports.listener(port) == ports.Listener(pid, ports._name(Path(f"/proc/{pid}")))
    finding = by_name(ports.look(settings(tmp_path, gateway_port=port)))[f"Port {port}"]
    assert finding.state == "missing"
    assert f"(process {pid})" in finding.says
    assert finding.fix.startswith("KILN_GATEWAY_PORT=")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc here")
def test_our_own_processes_may_have_their_ports(stranger: tuple[int, int], tmp_path: Path) -> None:
    port, _ = stranger
    (tmp_path / "run").mkdir()
    (tmp_path / "run/supervisord.pid").write_text(str(os.getpid()))
    own = settings(tmp_path, gateway_port=port)
    assert by_name(ports.look(own))[f"Port {port}"].state == "ok"
    assert ports.is_ours(own, port)


def test_a_free_port_is_fine(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    finding = by_name(ports.look(settings(tmp_path, gateway_port=port)))[f"Port {port}"]
    assert finding == ok(f"Port {port}", "free for the gateway")


def test_a_redis_elsewhere_needs_no_port_here(tmp_path: Path) -> None:
    names = by_name(ports.look(settings(tmp_path, redis_url="redis://r:6379")))
    assert "Port 6390" not in names


# -- the house ------------------------------------------------------------------------------
class Answers:
    """Stands for ``requests.get``: answers by path."""

    def __init__(self, **answers: tuple[int, str] | Exception) -> None:
        self._answers = answers

    def __call__(self, url: str, **_: object) -> requests.Response:
        answer = self._answers[url.rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code, response._content = answer[0], answer[1].encode()
        response.headers["Date"] = "Wed, 21 Oct 2026 07:28:00 GMT"
        return response


def look_with(
    monkeypatch: pytest.MonkeyPatch, house_settings: Settings, answers: Answers
) -> dict[str, Finding]:
    monkeypatch.setattr(house.requests, "get", answers)
    return by_name(house.look(house_settings))


def test_a_house_that_does_not_run_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    away = Answers(health=requests.ConnectionError())
    found = look_with(monkeypatch, settings(tmp_path), away)
    assert (found["Gateway"].state, found["Gateway"].fix) == ("warning", "make up")


def test_a_queue_without_a_worker_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = json.dumps({"missing": {"worker fusion": "no warm worker"}})
    answers = Answers(health=(200, "{}"), readyz=(503, gone))
    found = look_with(monkeypatch, settings(tmp_path), answers)
    assert (found["Gateway"].state, found["Queue fusion"].state) == ("ok", "missing")
    assert (found["Queue stylize"].state, found["Queue fusion"].fix) == ("ok", "make restart")


def test_without_redis_nothing_is_said_of_workers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = json.dumps({"missing": {"redis": "does not answer"}})
    answers = Answers(health=(200, "{}"), readyz=(503, gone))
    found = look_with(monkeypatch, settings(tmp_path), answers)
    assert found["Redis"].state == "missing"
    assert not [name for name in found if name.startswith("Queue")]


def test_clocks_that_differ_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answers = Answers(health=(200, "{}"), readyz=(200, "{}"))
    far = settings(tmp_path, host="192.0.2.7")
    found = look_with(monkeypatch, far, answers)
    assert found["Clocks"].state == "warning"
    assert found["Lock"].fix == "kiln keys create NAME"
    assert "Clocks" not in look_with(monkeypatch, settings(tmp_path), answers)
