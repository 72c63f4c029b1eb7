"""Estimates against a simulation of the workers that knows what will happen."""

from __future__ import annotations

import itertools
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from common.contracts.plans import Plan
from common.contracts.stages import BY_NAME
from common.ledger.records import Run, Standing
from gateway.domain.eta import Eta, estimate
from gateway.domain.waves import Waves
from gateway.plan import figurine_plan, recipe_plan
from tests.unit.gateway.floor import Floor, Job

RUN_S = {row.name: row.typical_ms / 1000 for row in BY_NAME.values()}
SLOTS = {"fusion": 2, "stylize": 1, "recipe": 8, "gateway": 1}
ALONE = {"fusion": 1, "stylize": 1, "recipe": 1, "gateway": 1}
FIGURINE = figurine_plan(("glb", "stl", "3mf"))
STEADY = {stage: (Run(1000 * seconds),) * 50 for stage, seconds in RUN_S.items()}


def steady(slots: dict[str, int] = SLOTS) -> Floor:
    return Floor(slots, RUN_S.__getitem__)


def guess(floor: Floor, job: Job, standing: Standing | None = None) -> Eta:
    told = estimate(floor.record(job), standing or floor.standing(job, STEADY), hops=0)
    assert told is not None
    return told


# -- exact where everything is known --------------------------------------------------------
def test_a_job_alone_takes_its_critical_path() -> None:
    floor = steady(dict.fromkeys(SLOTS, 4))
    job = floor.accept(FIGURINE)
    path = ("fusion.measure", "fusion.sculpt", "fusion.paint", "fusion.render", "gateway.finish")
    told = guess(floor, job)
    assert told.p50_s == pytest.approx(sum(RUN_S[stage] for stage in path), rel=0.1)


@pytest.mark.parametrize("slots", [SLOTS, ALONE])
@pytest.mark.parametrize("before", [0, 1, 2, 5, 12, 40, 150])
@pytest.mark.parametrize("plan", [FIGURINE, figurine_plan(("glb",)), recipe_plan(3)])
def test_the_last_of_a_crowd_ends_when_the_simulation_says(
    plan: Plan, before: int, slots: dict[str, int]
) -> None:
    floor = steady(slots)
    for _ in range(before):
        floor.accept(plan)
    job = floor.accept(plan)
    told = guess(floor, job)
    floor.finish()
    assert job.end_s is not None
    alone = sum(max(RUN_S[node.stage] for node in level) for level in plan.trunk().levels())
    # whether the last two jobs before it end at once or one after the other is not known
    assert told.p50_s == pytest.approx(job.end_s, abs=0.75 * alone)
    assert told.p90_s == pytest.approx(told.p50_s)


@pytest.mark.parametrize("place", [0, 7, 15, 29])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 0.8, 0.95])
def test_in_mid_life_nearly_so(place: int, share: float) -> None:
    """Of what comes before the job only the number is known, not which stages it is."""

    def crowd() -> tuple[Floor, Job]:
        floor = steady()
        jobs = [floor.accept(FIGURINE) for _ in range(30)]
        return floor, jobs[place]

    floor, job = crowd()
    floor.finish()
    end = job.end_s or 0.0
    floor, job = crowd()
    floor.until(share * end)
    left = end - floor.now_s
    assert guess(floor, job).p50_s == pytest.approx(left, rel=0.35, abs=3 * max(RUN_S.values()))


def test_recipes_do_not_wait_for_figurines() -> None:
    floor = steady()
    for _ in range(50):
        floor.accept(FIGURINE)
    job = floor.accept(recipe_plan(3))
    assert guess(floor, job).p50_s < 0.5


# -- what must hold whatever the numbers ----------------------------------------------------
def noisy(seed: int, sigma: float = 0.3) -> Callable[[str], float]:
    rng = random.Random(seed)
    return lambda stage: RUN_S[stage] * rng.lognormvariate(0, sigma)


def test_a_longer_queue_is_never_a_shorter_wait() -> None:
    floor = Floor(SLOTS, noisy(1))
    for _ in range(40):
        floor.accept(FIGURINE)
    floor.finish()
    history = floor.standing(floor.accept(FIGURINE)).runs
    told = []
    for before in range(0, 60, 3):
        floor = steady()
        for _ in range(before):
            floor.accept(FIGURINE)
        job = floor.accept(FIGURINE)
        told.append(guess(floor, job, replace(floor.standing(job), runs=history)))
    for less, more in itertools.pairwise(told):
        assert more.p50_s > less.p50_s
        assert more.p90_s > less.p90_s


def test_the_same_numbers_give_the_same_answer_and_p90_is_the_later() -> None:
    floor = Floor(SLOTS, noisy(2))
    for _ in range(20):
        floor.accept(FIGURINE)
    floor.until(3.0)
    job = floor.jobs[12]
    first = guess(floor, job, floor.standing(job))
    assert first == guess(floor, job, floor.standing(job))
    assert first.p90_s > first.p50_s > 0


def test_nine_of_ten_end_within_p90_in_a_busy_house() -> None:
    """Poisson arrivals at 90 % of what the workers can do; a house that has run for a while."""
    rng, floor, seen = random.Random(4), Floor(SLOTS, noisy(3)), []
    for _ in range(250):
        floor.until(floor.now_s + rng.expovariate(1.5))
        job = floor.accept(FIGURINE)
        seen.append((job, floor.now_s, guess(floor, job, floor.standing(job))))
    floor.finish()
    took = [((job.end_s or 0) - at, told) for job, at, told in seen[30:]]
    assert 0.8 < statistics.mean(seconds <= told.p90_s for seconds, told in took) < 0.99
    assert 0.85 < statistics.median(seconds / told.p50_s for seconds, told in took) < 1.15


def shared(cores: int) -> Floor:
    """One machine: where more stages run than it has cores, each takes longer."""
    floor = Floor(SLOTS, lambda stage: RUN_S[stage] * max(1.0, (floor.running + 1) / cores))
    return floor


def once_crowded(floor: Floor) -> None:
    """Some pairs of jobs, then twenty alone."""
    for _ in range(3):
        floor.accept(FIGURINE)
        floor.accept(FIGURINE)
        floor.finish()
    for _ in range(20):
        floor.accept(FIGURINE)
        floor.finish()


@pytest.mark.parametrize("noted", [True, False])
def test_a_crowd_is_told_what_stages_take_in_a_crowd(*, noted: bool) -> None:
    """Where no run tells how many were beside it, the quiet time before decides."""
    floor, seen = shared(cores=1), []
    once_crowded(floor)
    for _ in range(10):
        job = floor.accept(FIGURINE)
        told = floor.standing(job)
        if not noted:
            runs = {s: tuple(Run(run.ms) for run in runs) for s, runs in told.runs.items()}
            told = replace(told, runs=runs)
        seen.append((job, floor.now_s, guess(floor, job, told)))
    floor.finish()
    took = [(job.end_s or 0.0) - at for job, at, _ in seen]
    held = sum(seconds <= told.p90_s for seconds, (_, _, told) in zip(took, seen, strict=True))
    assert held >= 6 if noted else held <= 1  # of later ones that run beside it nobody knows


def test_a_job_alone_is_not_told_what_the_crowd_before_it_took() -> None:
    floor = shared(cores=1)
    once_crowded(floor)
    alone = guess(floor, job := floor.accept(FIGURINE), floor.standing(job))
    floor.finish()
    for _ in range(40):
        floor.accept(FIGURINE)
    floor.finish()
    again = guess(floor, job := floor.accept(FIGURINE), floor.standing(job))
    assert again.p50_s == pytest.approx(alone.p50_s, rel=0.15)


def test_before_anything_was_measured_the_stage_table_is_asked() -> None:
    floor = steady()
    told = guess(floor, job := floor.accept(FIGURINE), floor.standing(job, {}))
    assert 0.5 < told.p50_s < 1.5
    assert told.p90_s > 1.2 * told.p50_s


def test_without_a_worker_nobody_knows() -> None:
    floor = steady()
    job = floor.accept(FIGURINE)
    away = replace(floor.standing(job), slots=SLOTS | {"stylize": 0})
    assert estimate(floor.record(job), away) is None


def test_a_job_that_will_pause_is_estimated_up_to_its_pause() -> None:
    floor = steady()
    job = floor.accept(recipe_plan(5, pause=True))
    assert guess(floor, job).p50_s == pytest.approx(RUN_S["recipe.recognise"], rel=0.5)
    whole = floor.accept(recipe_plan(5))
    assert guess(floor, whole).p50_s > guess(floor, job).p50_s


def test_a_stage_that_has_run_for_long_is_nearly_over_or_longer_than_ever() -> None:
    floor = steady()
    job = floor.accept(recipe_plan(1))
    told = [guess(floor, job).p50_s]
    floor.until(0.9 * RUN_S["recipe.recognise"])
    told.append(guess(floor, job).p50_s)
    record = floor.record(job)
    late = replace(floor.standing(job, STEADY), now_ms=record.created_ms + 600_000)
    beyond = estimate(record, late, hops=0)
    assert told[1] < told[0]
    assert beyond is not None
    assert 60 < beyond.p50_s < 600


def test_an_estimate_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten stages, 2000 jobs: asserted is only that it does not grow with the queue."""
    floor = Floor(SLOTS, noisy(5))
    for _ in range(60):
        floor.accept(recipe_plan(5))
    floor.until(2.0)
    job = floor.accept(recipe_plan(5))
    standing = floor.standing(job)
    crowded = replace(standing, open=dict.fromkeys(standing.open, 2000), active=2000)

    def seconds(what: Standing) -> float:
        tries = []
        for _ in range(20):
            started = time.perf_counter()
            guess(floor, job, what)
            tries.append(time.perf_counter() - started)
        return min(tries)

    assert seconds(crowded) < 3 * seconds(standing)


def test_what_comes_before_a_wave_adds_up_to_all_that_is_open() -> None:
    floor = steady()
    for _ in range(9):
        floor.accept(FIGURINE)
    job = floor.accept(FIGURINE)
    record, standing = floor.record(job), floor.standing(job, STEADY)
    waves = Waves(record, list(record.plan.nodes), standing)
    sums: dict[str, float] = {}
    for wave in range(len(waves.own())):
        for queue in SLOTS:
            for stage, many in waves.before(queue, wave).items():
                sums[stage] = sums.get(stage, 0) + many
    assert sums == {node.stage: pytest.approx(9) for node in FIGURINE.nodes}
