"""The table of the systems, and the goals."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.bench.cpu import Account, Accountant, Usage, families, table
from tests.bench.drive import Crowd, crowd, percentile, singles
from tests.bench.rounds import Measured, calmest
from tests.bench.systems import KILN, LIMIT, RAY, SEQUENTIAL
from tests.bench.versus import costs, goals, measures
from tests.bench.versus import table as systems_table


def measured(job_ms: float, rate: float, seconds: float) -> Measured:
    crowds = {n: [Crowd(n, rate, (seconds,) * 4)] * 2 for n in (10, 30)}
    return Measured(singles_ms=[job_ms] * 3, crowds=crowds, paces=[0.02])


FOUND = {
    LIMIT: measured(900, 2.0, 15),
    KILN: measured(600, 1.8, 16),
    SEQUENTIAL: measured(1000, 1.7, 18),
    RAY: Measured(not_here="no network"),
}


def test_goals_compare_kiln_with_the_limit_and_every_peer_there_is() -> None:
    found = {what: (round(value, 2), met) for what, value, _, met in goals(FOUND)}
    assert found == {
        "jobs/s at 30 clients / the limit": (0.9, True),
        f"one job / {SEQUENTIAL}": (0.6, True),
        f"jobs/s at 30 clients / {SEQUENTIAL}": (1.06, True),
        f"p95 at 30 clients / {SEQUENTIAL}": (0.89, True),
    }


def test_a_goal_may_be_missed() -> None:
    slow = FOUND | {KILN: measured(800, 1.6, 20)}
    assert [met for _, _, _, met in goals(slow)] == [False, False, False, False]


def test_a_peer_that_is_not_here_says_why() -> None:
    lines = systems_table(FOUND)
    assert lines[-1].startswith("| Ray Serve | not measured here: no network |")
    assert len({line.count("|") for line in lines}) == 1


def test_a_jobs_cpu_time_is_told_for_all_rounds() -> None:
    found = {LIMIT: Measured(), KILN: Measured()}
    for name, seconds in ((LIMIT, 10.0), (KILN, 12.5)):
        account = Account(10, 15, 2, 2, {"a": Usage(seconds, 0, 0, 0)})
        found[name].accounts += [(account, 10)] * 3
    assert costs(found)[-1] == (
        f"| {KILN} | 1250 (1250 to 1250) | 0.80 (0.80 to 0.80) "
        "| 15 (15 to 15) % | 10 (10 to 10) % |"
    )


def test_a_crowd_is_measured_again_until_the_host_leaves_the_cores_alone() -> None:
    def after(*stolen: float) -> tuple[float, int]:
        ahead = iter(stolen)
        one = Crowd(30, 1.0, (1.0,))
        _, found = calmest(lambda: (one, Account(10, 15, next(ahead), 2, {})))
        return found.stolen, len(list(ahead))  # what counts, and what was not needed

    assert after(0.5, 0.1, 0.1) == (0.5, 2)
    assert after(4, 0.9, 0.1) == (0.9, 1)
    assert after(4, 2, 3, 0) == (2, 1)


def test_less_is_better_in_every_measure() -> None:
    worse = measures(FOUND | {KILN: measured(800, 1.6, 20)})
    better = measures(FOUND)
    assert all(worse[name].median > better[name].median for name in better)


class Instant:
    """A system that needs no time."""

    def __init__(self) -> None:
        self.made: list[bytes] = []

    def make(self, photo: bytes) -> None:
        self.made.append(photo)

    def pids(self) -> dict[str, list[int]]:
        return {}


def test_clients_make_each_photo_once() -> None:
    system, photos = Instant(), [bytes([number]) for number in range(20)]
    result = crowd(system, photos, 4)
    assert sorted(system.made) == photos
    assert (result.clients, len(result.seconds)) == (4, 20)
    assert len(singles(system, photos[:3])) == 3


def test_a_percentile_lies_between_two_values() -> None:
    assert percentile([1, 2, 3, 4, 5], 50) == 3
    assert percentile([0, 100], 95) == pytest.approx(95)
    assert percentile([7], 95) == 7


def test_the_account_adds_up_to_the_cores_time() -> None:
    account = Account(
        wall=10,
        busy=12,
        stolen=1,
        cores=2,
        groups={"a": Usage(6, 1, 10, 2), "b": Usage(2, 1, 4, 1)},
    )
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[1] for line in table(account, 10)}
    assert rows["a"] == "700.0"
    assert rows["all of these"] == "1000.0"
    assert rows["other processes of the machine"] == "200.0"
    assert rows["taken by the host for other machines"] == "100.0"
    assert rows["no process: the cores were idle"] == "700.0"
    assert rows["the cores' time"] == "2000.0"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_is_charged_for_what_it_used_since_the_beginning() -> None:
    burn = "import time\nprint(flush=True)\ninput()\nwhile time.process_time() < 0.5: pass\nprint()"
    command = (sys.executable, "-c", f"{burn}\ninput()")
    with subprocess.Popen(command, stdin=-1, stdout=-1, bufsize=0) as child:
        assert child.stdin
        assert child.stdout
        child.stdout.readline()
        accountant = Accountant(lambda: {"child": [child.pid]})
        assert child.pid in families({"tests": [os.getpid()]}, {"tests": "children"})["children"]
        child.stdin.write(b"\n")
        child.stdout.readline()
        assert accountant.account().groups["child"].seconds > 0.2
        child.stdin.write(b"\n")
    assert accountant.account().groups["child"] == Usage()  # gone: nobody knows any more
