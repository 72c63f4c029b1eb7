"""Counters that begin at nought: the step from nothing to one is no increase for Prometheus.

A first refusal or a first failed job would go unseen by every rate.
"""

from __future__ import annotations

from typing import Final

from common import metrics
from common.contracts.stages import BY_NAME
from gateway.door import inflow, lock
from gateway.resume import PARAMS
from gateway.submit import REFUSALS

PRODUCTS: Final = tuple(PARAMS)
OUTCOMES: Final = ("succeeded", "failed", "refused", "cancelled", "expired")


def count_in_gateway() -> None:
    """Begin what a process of the gateway counts."""
    for reason in (*REFUSALS, "streams", inflow.REASON, lock.REASON):
        metrics.REJECTED.labels(reason).inc(0)
    for stage in BY_NAME:
        metrics.CACHE_REQUESTS.labels(stage, "hit").inc(0)
    for product in PRODUCTS:
        for outcome in ("met", "missed"):
            metrics.ETAS.labels(product, outcome).inc(0)


def count_in_reconciler() -> None:
    """Begin what the reconciler counts."""
    for product in PRODUCTS:
        for outcome in OUTCOMES:
            metrics.JOBS.labels(product, outcome).inc(0)
            metrics.JOB_SECONDS.labels(product, outcome)
    for reason in ("lease", "lost", "slow"):
        metrics.REPUBLISHED.labels(reason).inc(0)
