"""What this machine does not have, told by a stand-in in the very names and labels of the house.

Only for the test that every query is alive: no picture is drawn of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Gauge, Histogram, start_http_server
from prometheus_client.metrics import MetricWrapperBase

from common import metrics
from common.metrics import Process
from common.settings import Settings
from common.targets import targets_folder

# series → why nobody here tells it
ABSENT = {
    "kiln_gpu_memory_bytes": "there is no GPU",
    "kiln_model_batch_size": "engines with a network need weights that somebody must bring",
    "kiln_engine_load_seconds": "as above",
}


class StandIn:
    """Tells the absent series as one more worker would."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._memory = Gauge(*_described(metrics.GPU_MEMORY), registry=self.registry)
        self._load = Gauge(*_described(metrics.ENGINE_LOAD_SECONDS), registry=self.registry)
        self._batch = Histogram(
            *_described(metrics.MODEL_BATCH_SIZE),
            registry=self.registry,
            buckets=metrics.BATCH_BUCKETS,
        )
        self.work()

    def work(self) -> None:
        for n, kind in enumerate(("allocated", "reserved", "used", "total"), start=1):
            self._memory.labels("cuda:0", kind).set(n * 2**30)
        self._load.labels("neural").set(2.5)
        for size in (1, 3, 8):
            self._batch.labels("cel").observe(size)


@contextmanager
def standing_in(settings: Settings) -> Iterator[StandIn]:
    """Let the Prometheus of a stack find the stand-in, and a worker that is gone for good."""
    stand_in = StandIn()
    server, thread = start_http_server(0, "127.0.0.1", stand_in.registry)
    places = {"stand-in": server.server_port, "gone": 9}  # nobody listens on the second
    for name, port in places.items():
        target = {"targets": [f"127.0.0.1:{port}"], "labels": {"instance": name}}
        file = targets_folder(settings) / Process.WORKER / f"{name}.json"
        file.write_text(json.dumps([target]), "utf-8")
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _described(metric: MetricWrapperBase) -> tuple[str, str, tuple[str, ...]]:
    (family,) = metric.describe()
    return family.name, family.documentation, tuple(metric._labelnames)
