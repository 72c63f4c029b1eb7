"""How many hosts a load takes and what they cost, from what one job was measured to cost.

``python -m deploy.capacity`` writes ``docs/capacity.md``; with a load, such as ``--figurines 500
--recipes 2000`` an hour, it prints the row for that load. ``deploy/capacity.json`` has what was
measured, by ``python -m tests.bench.curves``.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from gateway.door.room import FILLED as CLOSED_FROM

MEASURED: Final = Path(__file__).with_name("capacity.json")
PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "capacity.md"
REDIS: Final = "redis"
PROCESSES_GB: Final = 2.0  # a core, for everything but Redis (docs/operations.md)
FILLED: Final = 0.7  # of its memory that Redis may fill: the rest is for writing its log anew
ONE_REDIS: Final = 0.7  # of the one core that Redis runs its commands on; more makes everybody wait
FIGURINES: Final = (10, 100, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 6_000_000)
RECIPES: Final = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)  # jobs an hour
GB_A_MB: Final = 1 / 1000
GB_A_KB: Final = 1 / 1_000_000
HOURS_A_MONTH: Final = 730


@dataclass(frozen=True)
class Assumptions:
    """What the measurement does not say; each has a flag of its own."""

    peak: float = 3.0  # the busiest minute against the mean hour
    busy: float = 0.6  # share of the workers' cores that may be in use at the peak
    host_cores: int = 8
    core_speed: float = 1.0  # a core of the hosts against one of the machine that was measured
    core_gb: float = 4.0  # memory that comes with a core
    core_hour: float = 0.04  # US dollars for a core of a general-purpose cloud machine
    gb_month: float = 0.023  # US dollars for object storage
    kept_days: float = 30.0  # KILN_RESULT_TTL_HOURS
    photo_days: float = 1.0  # KILN_PHOTO_TTL_HOURS
    redis_gb: float = 8.0  # what one Redis may fill (maxmemory); of its share of a host at most
    spare: int = 1  # hosts that may fail


@dataclass(frozen=True)
class Load:
    """Jobs an hour, on average."""

    figurines: float = 0.0
    recipes: float = 0.0

    @property
    def jobs(self) -> dict[str, float]:
        """By product."""
        return {"figurine": self.figurines, "recipe": self.recipes}


@dataclass(frozen=True)
class Capacity:
    """What a load takes."""

    cores: int  # of workers, gateway and Redis, at the peak
    hosts: int
    wait_s: float  # 95 of 100 jobs wait less for a core, at the peak
    redis: float  # cores of Redis in use at the peak
    redis_gb: float  # records of the jobs that are kept
    houses: int  # Redis servers, each with a house of its own around it, that share the users
    stored_gb: float
    dollars: float  # a month


def capacity(
    load: Load, measured: Mapping[str, Any], assumed: Assumptions | None = None
) -> Capacity:
    """Compute hosts and cost.

    The cores of the hosts that nobody may miss are the servers of one queue with arrivals at
    random, and wait times follow Erlang's C formula (A. K. Erlang, 1917) for as many servers,
    with a job's whole CPU time as the service time. That is rough where jobs are few: stages of
    a job run side by side. A house takes no new jobs before its Redis is full, and a Redis is on
    one host: houses are placed whole.

    Parameters
    ----------
    measured
        For each product: ``cpu_ms`` a job by kind of process; ``photo_mb``, ``results_mb`` and
        ``redis_kb`` that a kept job takes.
    """
    assumed = assumed or Assumptions()
    at_peak = {product: jobs / 3600 * assumed.peak for product, jobs in load.jobs.items()}
    kept = {product: jobs * 24 * assumed.kept_days for product, jobs in load.jobs.items()}
    cpu_s = {
        product: sum(kinds.values()) / 1000 / assumed.core_speed
        for product, kinds in measured["cpu_ms"].items()
    }
    needed = sum(at_peak[product] * cpu_s[product] for product in at_peak)
    cores = max(1, math.ceil(needed / assumed.busy))
    redis = sum(
        at_peak[product] * measured["cpu_ms"][product].get(REDIS, 0.0) / 1000 / assumed.core_speed
        for product in at_peak
    )
    redis_gb = sum(kept[product] * measured["redis_kb"][product] for product in kept) * GB_A_KB
    room_gb = _room_gb(assumed)
    one_gb = min(assumed.redis_gb, room_gb)
    houses = max(1, math.ceil(redis / ONE_REDIS), math.ceil(redis_gb / (one_gb * CLOSED_FROM)))
    a_host = math.floor(room_gb / one_gb)
    working = max(math.ceil(cores / assumed.host_cores), math.ceil(houses / a_host))
    hosts = working + (assumed.spare if working > 1 else 0)
    stored = _stored_gb(load, measured, assumed)
    machines = hosts * assumed.host_cores * assumed.core_hour * HOURS_A_MONTH
    rate = sum(at_peak.values())
    return Capacity(
        cores=cores,
        hosts=hosts,
        wait_s=wait_s(working * assumed.host_cores, needed / rate if rate else 0.0, rate),
        redis=redis,
        redis_gb=redis_gb,
        houses=houses,
        stored_gb=stored,
        dollars=machines + stored * assumed.gb_month,
    )


def _room_gb(assumed: Assumptions) -> float:
    """Find what the Redis servers of one host may fill."""
    return (assumed.core_gb - PROCESSES_GB) * FILLED * assumed.host_cores


def _stored_gb(load: Load, measured: Mapping[str, Any], assumed: Assumptions) -> float:
    """Photos go sooner than results, never later."""
    photo_days = min(assumed.photo_days, assumed.kept_days)
    mb_days = sum(
        jobs
        * (
            measured["photo_mb"][product] * photo_days
            + measured["results_mb"][product] * assumed.kept_days
        )
        for product, jobs in load.jobs.items()
    )
    return float(mb_days * 24 * GB_A_MB)


def wait_s(servers: int, service_s: float, rate: float, share: float = 0.95) -> float:
    """Time within which that share of arrivals begins to be served; infinite past saturation."""
    offered = rate * service_s
    if offered >= servers:
        return math.inf
    blocked = 1.0  # Erlang's B, by its recursion, which stays exact for many servers
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    waits = blocked / (1 - offered / servers * (1 - blocked))
    if waits <= 1 - share:
        return 0.0
    return math.log(waits / (1 - share)) * service_s / (servers - offered)


def page(measured: Mapping[str, Any], assumed: Assumptions | None = None) -> str:
    """Text of ``docs/capacity.md``."""
    assumed = assumed or Assumptions()
    return _PAGE.format(
        **measured,
        **vars(assumed),
        one_redis=ONE_REDIS,
        processes_gb=PROCESSES_GB,
        filled=FILLED,
        closed_from=CLOSED_FROM,
        room_gb=_room_gb(assumed),
        costs="\n".join(_costs(measured)),
        loads="\n".join(_table(measured, assumed)),
    )


def _costs(measured: Mapping[str, Any]) -> Iterator[str]:
    kinds = sorted({kind for product in measured["cpu_ms"].values() for kind in product})
    yield "| product | " + " | ".join(kinds) + " | all | photo, MB | results, MB | Redis, kB |"
    yield "| --- |" + " ---: |" * (len(kinds) + 4)
    for product, cpu in measured["cpu_ms"].items():
        each = " | ".join(f"{cpu.get(kind, 0):.0f}" for kind in kinds)
        kept = " | ".join(f"{measured[f'{what}_mb'][product]:.2f}" for what in ("photo", "results"))
        record = measured["redis_kb"][product]
        yield f"| {product} | {each} | {sum(cpu.values()):.0f} | {kept} | {record:.1f} |"


def _table(measured: Mapping[str, Any], assumed: Assumptions) -> Iterator[str]:
    yield "| jobs an hour | cores | hosts | p95 wait | Redis | houses | kept | a month |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for jobs in FIGURINES:
        yield _row(f"{jobs:,} figurines", capacity(Load(figurines=jobs), measured, assumed))
    for jobs in RECIPES:
        yield _row(f"{jobs:,} recipes", capacity(Load(recipes=jobs), measured, assumed))


def _row(name: str, one: Capacity) -> str:
    return (
        f"| {name} | {one.cores:,} | {one.hosts:,} | {one.wait_s:.2f} s "
        f"| {one.redis:.0%}, {_size(one.redis_gb)} | {one.houses:,} | {_size(one.stored_gb)} "
        f"| ${one.dollars:,.0f} |"
    )


def _size(gb: float) -> str:
    return f"{gb / 1000:,.1f} TB" if gb >= 1000 else f"{gb:,.1f} GB"


def main() -> None:
    """Write the page, or print what a load takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figurines", type=float, default=0.0, help="jobs an hour")
    parser.add_argument("--recipes", type=float, default=0.0, help="jobs an hour")
    default = Assumptions()
    for name, value in vars(default).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = parser.parse_args()
    assumed = replace(default, **{name: getattr(options, name) for name in vars(default)})
    measured = json.loads(MEASURED.read_text())
    load = Load(options.figurines, options.recipes)
    if not any(load.jobs.values()):
        PAGE.write_text(page(measured), "utf-8")
        print(f"wrote {PAGE}")  # noqa: T201
        return
    one = capacity(load, measured, assumed)
    print(  # noqa: T201
        f"{one.hosts} hosts of {assumed.host_cores} cores ({one.cores} cores at the peak), "
        f"p95 wait {one.wait_s:.2f} s, Redis {one.redis:.0%} of a core and {_size(one.redis_gb)} "
        f"in {one.houses} house{'s' if one.houses > 1 else ''}, {_size(one.stored_gb)} of files, "
        f"${one.dollars:,.0f} a month"
    )


_PAGE: Final = """\
# How many hosts, and what they cost

Written by `python -m deploy.capacity`; edits here are lost. For a load of your own, in jobs an
hour: `.venv/bin/python -m deploy.capacity --figurines 500 --recipes 2000`.

**Measured** by `make curves` {when} on {machine}: CPU ms of one core that a
job takes, by kind of process, and what of it is kept. A recipe is a dinner from {recipes_of}.
The yardstick, a fixed piece of work, took {pace:.0f} ms of CPU time there: on cores that take
half of that, `--core-speed 2`. {files_from}

{costs}

**Assumed**, each with a flag:

- the busiest minute has {peak:g} times the jobs of the mean hour (`--peak`);
- {busy:.0%} of the cores are in use then (`--busy`);
- hosts have {host_cores} cores (`--host-cores`), each as fast as a core of the machine that was
  measured (`--core-speed {core_speed:g}`) and with {core_gb:g} GB (`--core-gb`), at
  {core_hour:g} US dollars a core-hour (`--core-hour`);
- {processes_gb:g} GB a core carry the processes of [operations.md](operations.md#how-large); of
  the rest Redis fills {filled:.0%}, and writes its log anew in what is left;
- results are kept for {kept_days:g} days (`--kept-days`), photos for {photo_days:g}
  (`--photo-days`), at {gb_month:g} US dollars a GB-month (`--gb-month`);
- one Redis may fill {redis_gb:g} GB (`--redis-gb`; the files in `deploy/` come with 0.7), takes no
  new jobs from {closed_from:.0%} of it on, and is on one host as a whole, which has room for
  {room_gb:.1f} GB: the rest of it stays empty;
- from two hosts on, {spare} may fail (`--spare`).

**Not counted**: traffic out (somebody who fetches all of a figurine takes what is kept of it), what
object storage asks for a request, disks of the hosts, pictures drawn on a GPU, status requests and
event streams (below).

Prices are round numbers of 2026 and no offer: put in your own.

{loads}

Everything beyond one host is extrapolated: what a job costs was measured on two cores, and is taken
to stay what it is. What speaks for it: workers share nothing but Redis and the store, and a
command of Redis costs the same whoever sends it. What speaks against it: the cores of a host share
its memory and its heat, and nobody has run a hundred hosts of this.

**Redis** runs its commands on one core, and holds the records of all jobs that are kept. Beyond
{one_redis:.0%} of the core, or of more than it may fill, split the users over several houses (a
Redis and its workers each) behind one address; a job never leaves its house, so houses need to
know nothing of each other. A Redis that is full refuses new jobs and loses none. Records are what
binds first, and from about a thousand jobs an hour on they, not the work, say how many hosts it
takes: results that are kept for a day take a {kept_days:g}th of the space.

**Wait** is Erlang's C formula with the cores of all hosts but the spare ones as servers and
arrivals at random. Bursts beyond the assumed peak wait longer, and are refused with a `Retry-After`
when a queue is full (`KILN_MAX_QUEUE_DEPTH`).

**Status requests** come on top: [arrival.md](arrival.md) says what a host with two gateway
processes answers. Let browsers follow events instead of polling.
"""

if __name__ == "__main__":
    main()
