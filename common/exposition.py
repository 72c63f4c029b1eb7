"""How the series of ``common.metrics`` get out of a process: over HTTP, only those that it tells.

Every process has every series, as they stand in one module; one without labels would stand at
nought in all of them, and ``kiln_redis_up 0`` from a process that never asked is a false alarm.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, cast

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Metric,
    generate_latest,
    multiprocess,
    start_http_server,
)
from prometheus_client.registry import Collector

from common import metrics
from common.metrics import TOLD_BY, Process
from common.settings import Settings
from common.targets import Place

SPARE_PORTS: Final = 12  # three are for what there is one of

log = logging.getLogger(__name__)


def render(process: Process) -> bytes:
    """Text exposition of this process, or of all gunicorn processes that share a folder."""
    metrics.BUILD_INFO.labels(house_version()).set(1)
    return generate_latest(_registry(process))


def metrics_ports(settings: Settings) -> range:
    """Ports for the metrics of workers, reconciler and courier, and some for restarts."""
    workers = settings.stylize_workers + settings.fusion_workers + settings.recipe_workers
    first = settings.metrics_port
    return range(first, min(first + workers + SPARE_PORTS, 65_536))


def start_metrics(settings: Settings, process: Process, worker: str = "") -> None:
    """Serve /metrics on the first free port of the worker range (see ``KILN_METRICS_PORT``)."""
    metrics.BUILD_INFO.labels(house_version()).set(1)
    registry = _registry(process)
    place = Place.of(settings, process, worker)
    for port in place.ports(metrics_ports(settings)):
        try:
            start_http_server(port, settings.inner_host, registry)
        except OSError:
            continue
        log.info("metrics on port %d", port)
        place.tell(port)
        return
    log.warning("no free port for metrics from %d on", settings.metrics_port)


def house_version() -> str:
    """Version of the house; 0 in a checkout that was not installed."""
    try:
        return version("kiln")
    except PackageNotFoundError:
        return "0"


def _registry(process: Process) -> CollectorRegistry:
    shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
    registry = CollectorRegistry()
    registry.register(_Told(process, _SharedFiles() if shared else REGISTRY))
    return registry


class _Told(Collector):
    """What a kind of process tells, and what is not of this house (memory, garbage collector)."""

    def __init__(self, process: Process, everything: Collector) -> None:
        self._process = process
        self._everything = everything

    def collect(self) -> Iterable[Metric]:
        for family in self._everything.collect():
            if self._process in TOLD_BY.get(family.name, Process):
                yield family


class _SharedFiles(multiprocess.MultiProcessCollector):
    """Skips the file of a process that died while it wrote, instead of telling nothing at all."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[no-untyped-call]

    def collect(self) -> Iterable[Metric]:
        files = [str(path) for path in sorted(Path(self._path).glob("*.db"))]
        good = [file for file in files if self._is_readable(file)]
        metrics.BAD_FILES.set(len(files) - len(good))
        return cast("Iterable[Metric]", self.merge(good, accumulate=True))  # type: ignore[no-untyped-call]

    def _is_readable(self, file: str) -> bool:
        try:
            self.merge([file], accumulate=True)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001  whatever half a file leads to
            return False
        return True
