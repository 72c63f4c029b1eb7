"""What the Prometheus of a stack is told: whom to read, which rules, where its data lies."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

from common.hosts import also_here, in_url
from common.metrics import Process
from common.settings import Settings
from common.targets import targets_folder

FOLDER: Final = Path(__file__).resolve().parent
RULES: Final = FOLDER / "rules"
PROGRAM: Final = FOLDER / "supervisord.conf"
LONGEST_SCRAPE_S: Final = 10

Json = dict[str, Any]


def wanted(settings: Settings) -> bool:
    """Whether the stack runs a Prometheus."""
    if settings.prometheus == "auto":
        return installed()
    return settings.prometheus == "on"


def installed() -> bool:
    """Whether there is one on this machine."""
    return shutil.which("prometheus") is not None


def prepare(settings: Settings, file: Path) -> None:
    """Write its configuration, and make the folders in which workers say where they are.

    What workers of another start have said there is forgotten.
    """
    targets = targets_folder(settings)
    shutil.rmtree(targets, ignore_errors=True)
    for process in Process:
        (targets / process).mkdir(parents=True)
    file.write_text(json.dumps(configuration(settings), indent=2) + "\n", "utf-8")


def configuration(settings: Settings) -> Json:
    """Write down what Prometheus reads as YAML, of which JSON is a part.

    Instances have the names of processes, not their ports: a worker that was started anew may have
    another one. Jobs are called ``kiln-…``: a Prometheus that reads others too keeps them apart.
    """
    pace = f"{settings.prometheus_interval_s}s"
    told: Json = {
        "global": {
            "scrape_interval": pace,
            "scrape_timeout": f"{min(settings.prometheus_interval_s, LONGEST_SCRAPE_S)}s",
            "evaluation_interval": pace,
        },
        "rule_files": [str(RULES / "*.yaml")],
        "scrape_configs": [
            _at("kiln-gateway", gateway=(also_here(settings.host), settings.gateway_port)),
            _at("kiln-services", **_services(settings)),
            *(_found(settings, process) for process in Process if process not in _WITH_DOOR),
            _at("prometheus", prometheus=(_inner(settings), settings.prometheus_port)),
        ],
    }
    if settings.alertmanager:
        managers = [{"static_configs": [{"targets": [settings.alertmanager]}]}]
        told["alerting"] = {"alertmanagers": managers}
    return told


_WITH_DOOR: Final = {Process.GATEWAY, Process.SERVICE}  # their ports are settings


def _services(settings: Settings) -> dict[str, tuple[str, int]]:
    return {
        name: (_inner(settings), getattr(settings, f"{name}_port"))
        for name in ("stylize", "fusion", "recipe")
    }


def _inner(settings: Settings) -> str:
    return in_url(settings.inner_host)


def _at(job: str, **places: tuple[str, int]) -> Json:
    return {
        "job_name": job,
        "static_configs": [
            {"targets": [f"{host}:{port}"], "labels": {"instance": name}}
            for name, (host, port) in places.items()
        ],
    }


def _found(settings: Settings, process: Process) -> Json:
    """Let processes be found by the files that they write."""
    files = [str(targets_folder(settings) / process / "*.json")]
    return {"job_name": f"kiln-{process}", "file_sd_configs": [{"files": files}]}
