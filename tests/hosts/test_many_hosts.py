"""The same code on many hosts: Redis, bucket, gateway and workers with addresses of their own.

A host is cut off by pulling its cable: what it sends goes nowhere, and no connection is closed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from common.ledger.audit_rules import commits_of
from common.ledger.records import NodeRecord
from tests.bench.photos import new_portrait
from tests.chaos.scene import until
from tests.hosts.house import ManyHosts

if TYPE_CHECKING:
    from tests.hosts.net import Host

AWAY_S = 6


def nodes(house: ManyHosts, job: str) -> tuple[NodeRecord, ...]:
    record = house.ledger().job(job)
    assert record is not None, f"{job} is lost"
    return record.nodes


def submit(house: ManyHosts, count: int) -> list[str]:
    with house.kiln() as kiln:
        return [str(kiln.submit_figurine(new_portrait())["id"]) for _ in range(count)]


def running(house: ManyHosts, jobs: list[str]) -> tuple[str, NodeRecord]:
    """Wait until a stage of the figurine runs."""

    def look() -> Any:
        found = ((job, node) for job in jobs for node in nodes(house, job))
        return next(
            (one for one in found if one[1].state == "running" and "fusion" in one[1].id), None
        )

    job, node = until(look, 30, pause_s=0)
    return job, node


def succeed(house: ManyHosts, jobs: list[str], timeout_s: float = 60) -> None:
    """Every job ends well, each stage is committed once and one end is told."""
    with house.kiln() as kiln:
        for job in jobs:
            ended = kiln.wait(job, timeout_s=timeout_s)
            assert ended["state"] == "succeeded", (ended["error"], house.logs(5))
    for job in jobs:
        story = tuple(house.ledger().events(job))
        assert set(commits_of(story).values()) == {1}
        assert sum(event.terminal for event in story) == 1


def cut_in_mid_stage(house: ManyHosts, jobs: list[str]) -> tuple[Host, str, str]:
    """Cut off the host of a running stage; what it had not told by then, it cannot tell."""
    for _ in range(20):
        job, node = running(house, jobs)
        lost = host_of(house, node.worker)
        lost.unplug()
        now = next(one for one in nodes(house, job) if one.id == node.id)
        if now.state == "running":
            return lost, job, node.id
        lost.plug()  # it was quicker than we are
    pytest.fail("every stage had ended before its host was cut off")


def host_of(house: ManyHosts, worker: str | None) -> Host:
    return house.workers[str(worker).partition("@")[2]]


def test_a_job_runs_through_a_house_that_shares_nothing_but_redis_and_a_bucket(
    house: ManyHosts,
) -> None:
    jobs = submit(house, 2)
    succeed(house, jobs)
    who = {str(node.worker).partition("@")[2] for job in jobs for node in nodes(house, job)}
    assert who == {"alpha", "beta", "gateway"}
    for host in house.net.hosts:
        assert not (house.folder / host.name / "artifacts").exists()


def test_the_gateway_finds_the_services_on_other_hosts(house: ManyHosts) -> None:
    answer = requests.post(
        f"{house.url}/predict",
        files={"photo": new_portrait(256)},
        headers={"Authorization": f"Bearer {house.key}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    assert "detections" in answer.json()


def test_a_worker_host_that_is_cut_off_in_mid_job_costs_a_lease_and_comes_back(
    house: ManyHosts,
) -> None:
    jobs = submit(house, 3)
    lost, job, stage = cut_in_mid_stage(house, jobs)
    succeed(house, jobs)
    again = next(node for node in nodes(house, job) if node.id == stage)
    assert (host_of(house, again.worker) is lost, again.attempts) == (False, 2)
    until(lambda: not any(name.endswith(f"@{lost.name}") for name in house.workers_ready()), 20)
    # back again, it is a worker like any other: alone, it makes all of a job
    lost.plug()
    until(lambda: {f"{name}-1@{lost.name}" for name in house.WORK} <= house.workers_ready(), 30)
    other = next(host for host in house.workers.values() if host is not lost)
    other.unplug()
    alone = submit(house, 1)
    succeed(house, alone)
    made = [n for n in nodes(house, alone[0]) if not n.id.startswith("gateway")]
    assert {str(n.worker).partition("@")[2] for n in made} == {lost.name}


@pytest.mark.parametrize("name", ["redis", "s3"])
def test_what_all_hosts_need_may_be_cut_off_for_some_seconds(house: ManyHosts, name: str) -> None:
    away = next(host for host in house.net.hosts if host.name == name)
    jobs = submit(house, 2)
    running(house, jobs)
    away.unplug()
    try:
        back_at = time.monotonic() + AWAY_S
        refused = requests.post(
            f"{house.url}/v1/figurines",
            files={"photo": new_portrait(256)},
            headers={"Authorization": f"Bearer {house.key}"},
            timeout=30,
        )
        assert refused.status_code == 503, refused.text
        assert int(refused.headers["Retry-After"]) >= 1
        time.sleep(max(0.0, back_at - time.monotonic()))
    finally:
        away.plug()
    succeed(house, jobs, timeout_s=90)
