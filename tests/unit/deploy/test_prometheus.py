"""What the Prometheus of a stack is told, and where there is none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from common.exposition import start_metrics
from common.metrics import Process
from common.settings import Settings
from common.targets import Place, targets_folder
from deploy.__main__ import main
from deploy.prometheus import config
from deploy.prometheus.config import FOLDER, configuration, prepare, wanted
from deploy.prometheus.page import FILE, alerts, page
from deploy.reference import codes
from deploy.stack import Process as Running
from deploy.stack import Stack, StackError
from gateway.cli import app
from tests.unit.deploy.promtool import promtool

JOBS = ["gateway", "services", "workers", "reconciler", "courier"]


def jobs_of(settings: Settings) -> dict[str, Any]:
    return {job["job_name"]: job for job in configuration(settings)["scrape_configs"]}


def addresses(settings: Settings, job: str) -> dict[str, str]:
    found = jobs_of(settings)[job]["static_configs"]
    return {one["labels"]["instance"]: target for one in found for target in one["targets"]}


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have none on this machine."""
    monkeypatch.setattr(config.shutil, "which", lambda _: None)


# -- what it reads -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "given",
    [{}, {"inner_host": "::1", "prometheus_interval_s": 1}, {"alertmanager": "alerts.lan:9093"}],
    ids=str,
)
def test_promtool_finds_nothing_wrong_with_it(tmp_path: Path, given: dict[str, Any]) -> None:
    file = tmp_path / "prometheus.yml"
    prepare(Settings(data_dir=tmp_path, **given), file)
    assert "SUCCESS" in promtool("check", "config", file)


def test_every_process_of_the_house_is_looked_at() -> None:
    assert list(jobs_of(Settings())) == [*(f"kiln-{job}" for job in JOBS), "prometheus"]
    assert {str(process) for process in Process} == set(JOBS)
    ports = addresses(Settings(), "kiln-services")
    assert ports == {
        "stylize": "127.0.0.1:8001",
        "fusion": "127.0.0.1:8002",
        "recipe": "127.0.0.1:8003",
    }


@pytest.mark.parametrize(
    ("host", "asked"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("192.0.2.7", "127.0.0.1")],  # noqa: S104
)
def test_the_gateway_is_asked_where_it_knows_its_own_machine(host: str, asked: str) -> None:
    assert addresses(Settings(host=host), "kiln-gateway") == {"gateway": f"{asked}:8000"}


def test_a_worker_is_found_where_it_says_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path)
    prepare(settings, tmp_path / "run" / "prometheus.yml")
    monkeypatch.setattr("common.exposition.start_http_server", lambda *_: None)
    start_metrics(settings, Process.WORKER, "fusion-1@here")
    (pattern,) = jobs_of(settings)["kiln-workers"]["file_sd_configs"][0]["files"]
    (file,) = Path(pattern).parent.glob(Path(pattern).name)
    assert json.loads(file.read_text("utf-8"))[0]["labels"] == {"instance": "fusion-1"}


def test_workers_of_an_earlier_start_are_forgotten(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    for _ in range(2):
        prepare(settings, tmp_path / "run" / "prometheus.yml")
        (old,) = jobs_of(settings)["kiln-workers"]["file_sd_configs"][0]["files"]
        assert list(Path(old).parent.iterdir()) == []
        Path(old.replace("*", "fusion-9")).write_text("[]", "utf-8")


def test_nobody_can_change_it_from_outside() -> None:
    program = (FOLDER / "supervisord.conf").read_text("utf-8")
    for switch in ("enable-admin-api", "enable-lifecycle", "enable-remote-write-receiver"):
        assert switch not in program
    assert "--web.cors.origin=none" in program
    assert "--web.listen-address=%(ENV_STACK_INNER_ADDRESS)s:" in program


# -- whether there is one ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "there", "is_wanted"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("on", False, True),
        ("off", True, False),
    ],
)
def test_by_itself_there_is_one_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, said: Any, there: bool, is_wanted: bool
) -> None:
    monkeypatch.setattr(config.shutil, "which", lambda _: "/bin/it" if there else None)
    assert wanted(Settings(prometheus=said)) == is_wanted


@pytest.mark.usefixtures("without")
def test_whoever_insists_is_told_that_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="KILN_PROMETHEUS=on, but there is no prometheus"):
        Stack(Settings(data_dir=tmp_path, prometheus="on")).up()


@pytest.mark.parametrize(
    ("said", "there", "line"),
    [
        ("auto", False, "not installed: nothing remembers the metrics"),
        ("auto", True, "off, port 9090 is in use: set KILN_PROMETHEUS_PORT"),
        ("auto", True, "http://127.0.0.1:9090/alerts"),
        ("off", True, "off\n"),
    ],
)
def test_up_says_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str,
    there: bool,
    line: str,
) -> None:
    running = [Running("prometheus", "RUNNING", 7)] if "http" in line else []
    monkeypatch.setattr(config.shutil, "which", lambda _: "/bin/it" if there else None)
    monkeypatch.setattr(Stack, "up", lambda _: True)
    monkeypatch.setattr(Stack, "processes", lambda _: running)
    monkeypatch.setenv("KILN_PROMETHEUS", said)
    assert main(["up"]) == 0
    assert capsys.readouterr().out.count(f"Prometheus     {line}") == 1


def test_supervisord_reads_both_files_and_one_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "logs").mkdir()
    stack = Stack(Settings(data_dir=tmp_path))
    for watched in (True, False):
        code = (
            "import sys; from supervisor.options import ServerOptions; o = ServerOptions();"
            "o.realize(['-c', 'deploy/supervisord.conf']);"
            "print(*(p.name for g in o.process_group_configs for p in g.process_configs))"
        )
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=stack.environment(watched=watched),
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout.split().count("prometheus") == watched
        assert "gateway" in result.stdout.split()


# -- what is written about it --------------------------------------------------------------------
def test_the_page_of_alerts_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == page(), "run `make docs` and commit the page"


def test_commands_that_a_runbook_names_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text("utf-8"), re.MULTILINE))
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    made = set(re.findall(r"\bmake ([a-z-]+)`", page()))
    told = set(re.findall(r"`kiln ([a-z]+)", page()))
    assert {"status", "restart"} <= made <= targets
    assert {"dead", "audit", "recover", "redis"} <= told <= commands


@pytest.mark.parametrize("text", [page(), Path("docs/operations.md").read_text("utf-8")])
def test_a_runbook_asks_redis_by_a_command_that_logs_in(text: str) -> None:
    assert "`redis-cli" not in text  # the stack's own lets nobody in without a login


def test_the_folder_of_targets_is_called_as_the_runbook_says() -> None:
    (runbook,) = [one.runbook for one in alerts() if one.name == "KilnProcessUnseen"][:1]
    assert "`ls data/run/targets/JOB`, JOB without its `kiln-`" in runbook
    folder = Place.of(Settings(), Process.WORKER).folder
    assert folder == targets_folder(Settings()) / "kiln-workers".removeprefix("kiln-")


@pytest.mark.parametrize("code", ["crash", "hang", "internal", "busy", "ledger_unavailable"])
def test_codes_that_a_runbook_names_are_there(code: str) -> None:
    assert f"`{code}`" in page()
    assert code in codes()
