from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from deploy.capacity import (
    CLOSED_FROM,
    FILLED,
    MEASURED,
    PAGE,
    PROCESSES_GB,
    Assumptions,
    Load,
    capacity,
    page,
    wait_s,
)

COST = {
    "cpu_ms": {"figurine": {"worker": 900.0, "redis": 100.0}, "recipe": {"worker": 100.0}},
    "photo_mb": {"figurine": 1.0, "recipe": 0.2},
    "results_mb": {"figurine": 10.0, "recipe": 0.1},
    "redis_kb": {"figurine": 10.0, "recipe": 5.0},
}


def test_one_server_waits_as_the_textbook_says() -> None:
    # M/M/1 at half its capacity: half of all arrivals wait, on average as long as they are served
    assert wait_s(1, 1.0, 0.5, share=0.5) == pytest.approx(0.0)
    assert wait_s(1, 1.0, 0.5, share=0.95) == pytest.approx(math.log(0.5 / 0.05) / 0.5)


def test_ten_servers_wait_as_the_tables_of_erlang_say() -> None:
    share = 1 - 0.4092  # of arrivals of 8 erlangs at 10 servers find one that is free
    assert wait_s(10, 1.0, 8.0, share=share) == pytest.approx(0.0, abs=1e-3)
    assert wait_s(10, 1.0, 8.0, share=share + 0.01) > 0


def test_a_house_past_its_capacity_waits_for_ever() -> None:
    assert wait_s(3, 1.0, 3.0) == math.inf


def test_hosts_follow_the_work() -> None:
    assumed = Assumptions(peak=1, busy=0.5, host_cores=4, spare=0, kept_days=0)
    one = capacity(Load(figurines=3600), COST, assumed)  # one a second, one core each
    ten = capacity(Load(figurines=36_000), COST, assumed)
    assert (one.cores, one.hosts) == (2, 1)
    assert (ten.cores, ten.hosts) == (20, 5)
    assert (
        capacity(Load(figurines=36_000), COST, Assumptions(peak=1, spare=2, kept_days=0)).hosts == 5
    )


def test_hosts_hold_the_records_of_the_jobs_that_are_kept() -> None:
    # 100 a minute for ten days at 10 kB are 14.4 GB; a host of 4 cores has 4 * 2 * 0.7 for them
    assumed = Assumptions(host_cores=4, kept_days=10, spare=0)
    load = Load(figurines=6000)
    assert capacity(load, COST, replace(assumed, busy=1, core_speed=100)).hosts == 3
    assert capacity(load, COST, replace(assumed, busy=1, core_speed=100, core_gb=8)).hosts == 1


def test_a_faster_core_and_a_flatter_day_take_fewer() -> None:
    load = Load(figurines=36_000)
    usual = capacity(load, COST)
    assert capacity(load, COST, Assumptions(core_speed=2)).cores < usual.cores
    assert capacity(load, COST, Assumptions(peak=1)).cores < usual.cores


def test_redis_is_shared_by_no_more_than_it_bears() -> None:
    assumed = Assumptions(peak=1, kept_days=0)
    few = capacity(Load(figurines=3600), COST, assumed)
    many = capacity(Load(figurines=36_000), COST, assumed)
    assert (few.redis, few.houses) == (pytest.approx(0.1), 1)
    assert (many.redis, many.houses) == (pytest.approx(1.0), 2)


def test_redis_holds_no_more_records_than_it_may_fill() -> None:
    load = Load(figurines=1000, recipes=1000)
    usual = capacity(load, COST, Assumptions(kept_days=10, redis_gb=1))
    assert usual.redis_gb == pytest.approx(1000 * 240 * (10 + 5) / 1e6)
    assert usual.houses == 4
    assert capacity(load, COST, Assumptions(kept_days=10, redis_gb=4)).houses == 1


def test_a_house_takes_no_new_jobs_before_its_redis_is_full() -> None:
    assumed = Assumptions(kept_days=10, redis_gb=1)
    hourly = 1e6 / (10 * 24 * 10)  # that many keep 1 GB of records
    assert capacity(Load(figurines=hourly * (CLOSED_FROM - 0.01)), COST, assumed).houses == 1
    assert capacity(Load(figurines=hourly * (CLOSED_FROM + 0.01)), COST, assumed).houses == 2


@pytest.mark.parametrize("host_cores", [4, 8, 16])
@pytest.mark.parametrize("redis_gb", [0.7, 3.0, 8.0, 40.0])
@pytest.mark.parametrize("jobs", [100, 3_000, 100_000])
def test_the_hosts_have_room_for_every_redis(jobs: int, redis_gb: float, host_cores: int) -> None:
    assumed = Assumptions(host_cores=host_cores, redis_gb=redis_gb, spare=0)
    one = capacity(Load(figurines=jobs), COST, assumed)
    room_gb = host_cores * (assumed.core_gb - PROCESSES_GB) * FILLED
    each_gb = min(redis_gb, room_gb)  # no Redis is cut in two
    assert one.hosts * (room_gb // each_gb) >= one.houses
    assert one.houses * each_gb * CLOSED_FROM >= one.redis_gb


def test_who_waits_has_all_cores_of_the_hosts_but_not_the_spare_ones() -> None:
    assumed = Assumptions(peak=1, busy=0.9, host_cores=4, spare=3, kept_days=0)
    one = capacity(Load(figurines=3600 * 5), COST, assumed)  # 5 of 6 cores, on 2 hosts and 3
    assert (one.cores, one.hosts) == (6, 5)
    assert one.wait_s == wait_s(8, 1.0, 5.0)


def test_what_is_kept_is_paid_for() -> None:
    load = Load(recipes=1000)
    kept = capacity(load, COST, Assumptions(kept_days=10, photo_days=2))
    assert kept.stored_gb == pytest.approx(1000 * 24 * (10 * 0.1 + 2 * 0.2) / 1000)
    # what a job made is gone: its photo is too, however long photos may be kept
    brief = capacity(load, COST, Assumptions(kept_days=10, photo_days=30))
    assert brief.stored_gb == pytest.approx(1000 * 24 * 10 * (0.1 + 0.2) / 1000)
    assert kept.dollars > capacity(load, COST, Assumptions(kept_days=0)).dollars


def test_the_page_says_what_was_measured_last() -> None:
    measured = json.loads(MEASURED.read_text("utf-8"))
    assert PAGE.read_text("utf-8") == page(measured), "run `.venv/bin/python -m deploy.capacity`"
