"""Event streams from a process of their own: a greenlet each, and few connections to Redis."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import requests

from gateway.client.event_lines import parse_events
from gateway.lines import FOR_STREAMS
from tests.bench.photos import new_portrait
from tests.chaos.scene import until
from tests.hosts.house import ManyHosts

STREAMS = 200


def follow(house: ManyHosts, job: str) -> list[str]:
    """Read a job's events to the end; their ids."""
    answer = requests.get(
        f"{house.streams_url}/v1/jobs/{job}/events",
        headers={"Authorization": f"Bearer {house.key}"},
        stream=True,
        timeout=60,
    )
    with answer:
        answer.raise_for_status()
        answer.encoding = "utf-8"
        lines = answer.iter_lines(decode_unicode=True)
        # an estimate has no id of its own
        return [event.id for event in parse_events(lines) if event.type != "eta"]


def connections(house: ManyHosts) -> int:
    with house.redis() as client:
        return sum(one["user"] == "gateway" for one in client.client_list())


def test_two_hundred_streams_in_one_process_miss_nothing_and_share_a_few_connections(
    house: ManyHosts,
) -> None:
    before = connections(house)
    with house.kiln() as kiln, ThreadPoolExecutor(STREAMS) as pool:
        job = str(kiln.submit_figurine(new_portrait())["id"])
        followers: list[Future[list[str]]] = [
            pool.submit(follow, house, job) for _ in range(STREAMS)
        ]
        most = []

        def all_have_ended() -> bool:
            most.append(connections(house))
            return all(one.done() for one in followers)

        until(all_have_ended, 60, pause_s=0.2)
    told = [event.id for event in house.ledger().events(job)]
    assert {tuple(one.result()) for one in followers} == {tuple(told)}
    # the gateway itself took the job, with a few more
    assert max(most) - before <= FOR_STREAMS + 8


def test_a_door_for_streams_answers_nothing_else_and_is_locked_like_the_other(
    house: ManyHosts,
) -> None:
    for path in ("/v1/jobs", "/v1/figurines", "/docs", "/"):
        assert requests.get(f"{house.streams_url}{path}", timeout=10).status_code == 404
    assert requests.get(f"{house.streams_url}/v1/jobs/x/events", timeout=10).status_code == 401
