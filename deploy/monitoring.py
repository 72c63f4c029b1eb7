"""``python -m deploy.monitoring`` prints alerts and dashboards as objects for a cluster.

A ``PrometheusRule`` of each rule file, for the Prometheus operator, and a ``ConfigMap`` of each
dashboard, with the label by which Grafana's sidecar finds them. They say what the files beside
this one say, so nothing is kept twice: pipe them into ``kubectl apply -f -``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.prometheus.config import RULES

DASHBOARDS: Final = Path(__file__).parent / "grafana" / "dashboards"
RELEASE: Final = "prometheus"  # as in the Kubernetes component `monitoring`
OURS: Final = {"app.kubernetes.io/part-of": "kiln"}


def objects(namespace: str, release: str) -> Iterator[dict[str, Any]]:
    """Make all objects.

    Parameters
    ----------
    namespace
        Where Prometheus and Grafana look for them.
    release
        Value of the label ``release``, by which most operators select rules.
    """
    for file in sorted(RULES.glob("*.yaml")):
        yield {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": _metadata(f"kiln-{file.stem}", namespace, release=release),
            "spec": yaml.safe_load(file.read_text("utf-8")),
        }
    for file in sorted(DASHBOARDS.glob("*.json")):
        yield {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _metadata(f"kiln-dashboard-{file.stem}", namespace, grafana_dashboard="1"),
            "data": {f"kiln-{file.name}": file.read_text("utf-8")},
        }


def _metadata(name: str, namespace: str, **labels: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "labels": {**OURS, **labels}}


def main() -> None:
    """Print the objects as YAML."""
    parser = argparse.ArgumentParser(prog="python -m deploy.monitoring", description=__doc__)
    parser.add_argument("--namespace", default="monitoring")
    parser.add_argument("--release", default=RELEASE, help="label of the operator's release")
    options = parser.parse_args()
    yaml.safe_dump_all(objects(options.namespace, options.release), sys.stdout, sort_keys=False)


if __name__ == "__main__":
    main()
