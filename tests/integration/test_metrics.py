"""What a running house tells of itself: every series where the table says, and it moves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import pytest
import requests
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from common.metrics import TOLD_BY, Process
from gateway.client import Kiln
from tests.bench.photos import new_portrait
from tests.stack import TestStack, until

PORT = re.compile(r"metrics on port (\d+)")
Scrape = dict[Process, list[Metric]]


def scraped(stack: TestStack) -> Scrape:
    """Every family of every process, by kind of process."""
    settings = stack.settings
    places: dict[Process, list[str]] = {Process.GATEWAY: [stack.url]}
    ports = (settings.stylize_port, settings.fusion_port, settings.recipe_port)
    places[Process.SERVICE] = [f"http://127.0.0.1:{port}" for port in ports]
    by_log = {"worker": Process.WORKER, "reconciler": Process.RECONCILER}
    by_log["courier"] = Process.COURIER
    for log in stack.stack.logs.glob("*.log"):
        told = PORT.findall(log.read_text(errors="replace"))
        for word, process in by_log.items():
            if told and word in log.name:  # the last: it may have been restarted
                places.setdefault(process, []).append(f"http://127.0.0.1:{told[-1]}")
    return {
        process: [
            family
            for url in urls
            for family in text_string_to_metric_families(_text(f"{url}/metrics"))
        ]
        for process, urls in places.items()
    }


def _text(url: str) -> str:
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.text


def total(families: list[Metric], sample: str, **labels: str) -> float:
    """Sum of a sample over all processes and all labels but these."""
    return sum(
        one.value
        for family in families
        for one in family.samples
        if one.name == sample and labels.items() <= one.labels.items()
    )


@pytest.fixture(scope="module")
def told(stack: TestStack) -> Scrape:
    """What the house tells after dinner, a figurine, a portrait of the same photo and a refusal."""
    photo = new_portrait()
    with Kiln(stack.url) as kiln:
        jobs = [kiln.submit_figurine(photo), kiln.submit_recipe(ingredients=["rice", "leek"])]
        jobs = [kiln.wait(job["id"], 120) for job in jobs]
        jobs.append(kiln.wait(kiln.submit_portrait(photo)["id"], 60))  # its first stage is known
    assert {job["state"] for job in jobs} == {"succeeded"}
    refused = requests.post(f"{stack.url}/v1/figurines", data=b"no photo at all", timeout=10)
    assert refused.status_code == 422
    assert requests.get(f"{stack.url}/no/such/page-{jobs[0]['id']}", timeout=10).status_code == 404
    ended = partial(_ended, stack)
    until(lambda: ended("figurine") and ended("portrait") and ended("recipe"), 30)
    return scraped(stack)


def _ended(stack: TestStack, product: str) -> bool:
    """Whether those who count by what they follow have heard of the ends, too."""
    found = scraped(stack)
    jobs = total(found[Process.RECONCILER], "kiln_jobs_total", product=product)
    etas = total(found[Process.GATEWAY], "kiln_eta_total", product=product)
    return bool(jobs and etas)


@pytest.mark.parametrize("process", Process)
def test_every_process_tells_all_that_the_table_promises(told: Scrape, process: Process) -> None:
    promised = {name for name, by in TOLD_BY.items() if process in by}
    assert promised - {family.name for family in told[process]} == set()


@pytest.mark.parametrize("process", Process)
def test_no_process_tells_what_is_not_its_own(told: Scrape, process: Process) -> None:
    ours = {f.name for f in told[process] if f.name.startswith(("kiln_", "celery_"))}
    assert ours - {name for name, by in TOLD_BY.items() if process in by} == set()


def test_no_label_grows_with_the_jobs_or_the_processes(told: Scrape) -> None:
    values = defaultdict(set)
    for families in told.values():
        for sample in (sample for family in families for sample in family.samples):
            assert "pid" not in sample.labels
            for label, value in sample.labels.items():
                assert not re.search(r"[0-9a-f]{32}", value), sample
                values[label].add(value)
    assert "unknown" in values["route"]
    assert all("<" in route or not re.search(r"\d{3}", route) for route in values["route"])


def test_requests_are_counted_by_route_method_and_code(told: Scrape) -> None:
    count: Callable[..., float] = partial(
        total, told[Process.GATEWAY], "kiln_http_request_duration_seconds_count"
    )
    assert count(route="/v1/figurines", method="POST", code="202") >= 1
    assert count(route="/v1/figurines", method="POST", code="422") >= 1
    assert count(route="unknown", method="GET", code="404") >= 1
    assert count(route="/v1/jobs/<job>") >= 1
    services = told[Process.SERVICE]
    assert total(services, "kiln_http_request_duration_seconds_count", route="/metrics") >= 3


def test_stages_are_counted_where_they_run(told: Scrape) -> None:
    count: Callable[..., float] = partial(total, told[Process.WORKER])
    for stage in ("stylize.portrait", "fusion.sculpt", "recipe.compose", "gateway.finish"):
        assert count("kiln_stage_queue_seconds_count", stage=stage) >= 1
        assert count("kiln_stage_run_seconds_count", stage=stage, outcome="committed") >= 1
        assert count("kiln_stage_attempts_total", stage=stage, reason="first") >= 1
    assert count("kiln_cache_requests_total", stage="stylize.portrait", result="hit") >= 1
    assert count("kiln_cache_requests_total", stage="stylize.portrait", result="miss") >= 1
    for service in ("stylize", "fusion", "recipe", "gateway"):
        assert count("kiln_model_load_seconds", service=service) >= 0


def test_the_reconciler_tells_how_the_house_is_doing(told: Scrape, stack: TestStack) -> None:
    count: Callable[..., float] = partial(total, told[Process.RECONCILER])
    assert count("kiln_redis_up") == 1
    census = stack.ledger().census(())  # other tests may have left paused jobs and dead letters
    assert count("kiln_dead_letters") == census.dead
    for product in ("figurine", "portrait", "recipe"):
        assert count("kiln_jobs_total", product=product, outcome="succeeded") >= 1
        assert count("kiln_job_seconds_count", product=product) >= 1
        assert count("kiln_jobs_open", product=product) == census.open.get(product, 0)
    for queue in ("stylize", "fusion", "recipe", "gateway"):
        assert (
            count("kiln_worker_slots", queue=queue) >= count("kiln_worker_ready", queue=queue) > 0
        )
        assert count("celery_active_worker_count", queue_name=queue) > 0
        assert count("celery_active_process_count", queue_name=queue) > 0
    assert count("celery_worker_up") == count("kiln_worker_ready")


def test_tasks_are_counted_as_an_exporter_would(told: Scrape) -> None:
    count: Callable[..., float] = partial(total, told[Process.WORKER])
    everywhere = [family for families in told.values() for family in families]
    labels = {"name": "fusion.measure", "queue_name": "fusion"}
    assert total(everywhere, "celery_task_sent_total", hostname="generic", **labels) >= 1
    for word in ("received", "started", "succeeded"):
        assert count(f"celery_task_{word}_total", **labels) >= 1
    assert count("celery_task_runtime_count", **labels) >= 1
    assert count("celery_task_runtime_sum", **labels) > 0
    assert count("celery_task_retried_total") == 0


def test_every_process_tells_the_version(told: Scrape) -> None:
    for families in told.values():
        assert total(families, "kiln_build_info") >= 1
