"""The table of series: what is in it, and that no entry can grow without end."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import Gauge

from common import metrics
from common.contracts.stages import STAGES
from common.metrics import TOLD_BY, Process
from common.settings import Settings
from deploy.metrics_page import all_metrics

FORBIDDEN_LABELS = {"job", "job_id", "id", "owner", "worker", "path", "pid", "instance"}
SERIES = [pytest.param(one, id=one._name) for one in all_metrics()]


@pytest.mark.parametrize("series", SERIES)
def test_every_series_is_ours_by_name_and_explained(series: Any) -> None:
    (family,) = series.describe()
    assert family.name.startswith(("kiln_", "celery_"))
    assert len(family.documentation) > 10


@pytest.mark.parametrize("series", SERIES)
def test_no_series_has_a_label_that_grows_with_the_jobs(series: Any) -> None:
    assert FORBIDDEN_LABELS.isdisjoint(series._labelnames)  # one series each, for ever


@pytest.mark.parametrize("series", SERIES)
def test_every_series_is_told_by_somebody(series: Any) -> None:
    (family,) = series.describe()
    assert TOLD_BY[family.name]
    assert TOLD_BY[family.name] <= set(Process)


@pytest.mark.parametrize("series", SERIES)
def test_several_processes_tell_a_gauge_as_one(series: Any) -> None:
    if isinstance(series, Gauge):  # "all" would add the pid of each process as a label
        assert series._multiprocess_mode not in {"all", "liveall"}


def test_a_counter_comes_without_the_moment_of_its_birth() -> None:
    metrics.LEASE_LOST.labels("fusion.measure").inc()
    names = [sample.name for family in metrics.LEASE_LOST.collect() for sample in family.samples]
    assert set(names) == {"kiln_lease_lost_total"}


def test_no_stage_and_no_wait_is_longer_than_the_last_bucket() -> None:
    longest_s = max(stage.hard_s for stage in STAGES)
    deadline_s = Settings().job_deadline_s
    for series, longest in (
        (metrics.STAGE_RUN_SECONDS, longest_s),
        (metrics.STAGE_QUEUE_SECONDS, deadline_s),
        (metrics.JOB_SECONDS, deadline_s),
    ):
        buckets = list(series._kwargs["buckets"])
        assert buckets == sorted(buckets)
        assert buckets[-1] >= longest, series._name


def test_a_long_task_still_falls_into_a_bucket() -> None:
    assert metrics.TASK_BUCKETS[-1] == 600
    assert list(metrics.TASK_BUCKETS) == sorted(metrics.TASK_BUCKETS)
