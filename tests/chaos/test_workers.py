"""Workers that die, hang, crash or run out of memory."""

from __future__ import annotations

import random
import time
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from common.contracts.plans import Node, Plan
from common.contracts.stages import BY_NAME
from tests.bench.photos import new_portrait
from tests.chaos.faults import ALWAYS
from tests.chaos.scene import until
from tests.extent import size

if TYPE_CHECKING:
    from tests.chaos.scene import Scene

WORKERS = ("gateway-worker", "stylize-worker", "fusion-worker", "recipe-worker")


def hash_of(photo: bytes) -> str:
    return sha256(photo).hexdigest()


@pytest.mark.fault(1, "SIGKILL of a worker in mid-stage, a spare one is up", seconds=20)
def test_another_worker_takes_over_and_makes_the_same_bytes(scene: Scene) -> None:
    # Given a job whose worker is killed in the middle of a stage
    photos: list[bytes] = []

    def submit() -> str:
        photos.append(new_portrait())
        return scene.figurine(photos[-1])

    job = scene.kill_in("fusion.sculpt", submit)
    killed = time.monotonic()
    # Then it is claimed again within the lease (promised: 15 s), in a second attempt
    until(lambda: scene.told(job, "running")["fusion.sculpt"] == 2, 40)
    assert time.monotonic() - killed < 20
    scene.succeed(job)
    assert scene.node(job, "fusion.sculpt").attempts == 2
    # And a run that nothing disturbs makes the same files
    forget_everything(scene)
    same = scene.figurine(photos[-1])
    scene.succeed(same)
    assert not any(node.result.cached for node in scene.job(same).nodes if node.result)
    assert files_of(scene, job) == files_of(scene, same)


def forget_everything(scene: Scene) -> None:
    for key in scene.redis.scan_iter("kiln:memo:*"):
        scene.redis.delete(key)


def files_of(scene: Scene, job: str) -> dict[str, str]:
    return {name: ref.sha256 for name, ref in scene.job(job).artifacts.items()}


@pytest.mark.fault("1b", "SIGKILL between storing the files and committing them", seconds=7)
def test_files_that_were_never_committed_do_not_stay(scene: Scene) -> None:
    scene.faults.at("commit", "kill", who="recipe")
    scene.struck()
    job = scene.recipe()
    until(lambda: scene.faults.made("commit"), 30)
    scene.kiln.cancel(job)  # nobody will make the same files again
    assert scene.wait(job)["cancelled"] == 1


@pytest.mark.fault(2, "SIGKILL of all workers, jobs queued, restart after a while", seconds=25)
def test_jobs_wait_for_workers_that_come_back(scene: Scene) -> None:
    running = [scene.figurine(), scene.recipe(3)]
    scene.struck()
    for name in WORKERS:
        scene.stack.kill(name)
        scene.stack.stop(name)
    queued = scene.recipes(size(180, 6)) + scene.figurines(size(20, 1)) + scene.tiny(size(100, 20))
    time.sleep(size(30, 2))
    scene.struck()
    for name in WORKERS:
        scene.stack.start(name)
    scene.succeed(*running, *queued, timeout_s=size(600, 120))


@pytest.mark.fault(3, "random SIGKILLs of workers over thousands of tiny jobs", seconds=40)
def test_random_kills_lose_and_double_nothing(scene: Scene) -> None:
    """5,120 jobs of four tiny stages each, with some of the recipe product between them.

    Bare Celery lost one and doubled eight of 6,000 tasks under the same kills.
    """
    rng = random.Random(16)
    jobs, kills = size(5_120, 150), size(16, 3)
    for _ in range(kills):
        # the house takes 2,000 at a time
        until(lambda: scene.redis.zcard("kiln:active") < 1_000, 600, pause_s=0.2)
        scene.tiny(jobs // kills)
        scene.recipes(size(200, 3) // kills or 1)
        time.sleep(rng.uniform(0, 1))
        scene.kill(rng.choice(["gateway-worker", "gateway-worker", "recipe-worker"]))
    scene.succeed(timeout_s=size(1800, 150))


@pytest.mark.fault("3b", "random SIGKILLs of any process over real figurine jobs", seconds=45)
def test_random_kills_of_any_process_lose_no_figurine(scene: Scene) -> None:
    """320 figurines, and every process but the supervisor may die, Redis included."""
    rng = random.Random(300)
    names = [*WORKERS, "reconciler", "gateway", "redis"]
    kills = size(16, 2)
    for _ in range(kills):
        scene.figurines(size(320, 6) // kills)
        time.sleep(rng.uniform(0, size(8, 2)))
        scene.kill(rng.choice(names))
    scene.patience_s = 1200
    scene.succeed(timeout_s=size(1800, 150))


@pytest.mark.fault(13, "a stage that hangs for ever in native code", seconds=100)
def test_a_stage_that_always_hangs_is_given_up_with_that_reason(scene: Scene) -> None:
    poison = new_portrait()
    scene.faults.at(f"{hash_of(poison)} fusion.measure", "hang", times=ALWAYS, seconds=3600)
    scene.struck()
    job, others = scene.figurine(poison), scene.figurines(3)
    scene.succeed(*others)
    # Then the watchdog ended its process at the hard limit, three times
    scene.wait(job, timeout_s=240)
    assert_dead(scene, job, "fusion.measure", "hang")


@pytest.mark.fault("13b", "native code that never gives the interpreter back", seconds=50)
def test_a_process_in_which_no_thread_can_run_is_replaced(scene: Scene) -> None:
    """Not even the watchdog runs in such a process; a timer of the system ends it."""
    poison = new_portrait()
    scene.faults.at(f"{hash_of(poison)} fusion.measure", "hang all", seconds=3600)
    scene.struck()
    job = scene.figurine(poison)
    pid = scene.stack.worker_pid(str(scene.running(job, "fusion.measure").worker))
    # Then another worker takes the stage over, and the hung process does not stay
    scene.succeed(job)
    until(lambda: pid not in scene.stack.pids(), 90)


def assert_dead(scene: Scene, job: str, stage: str, code: str) -> None:
    """A dead letter after exactly three attempts, with the reason."""
    record = scene.job(job)
    assert record.state == "failed"
    assert record.error is not None
    assert (record.error["code"], record.error["stage"]) == (code, stage)
    assert scene.node(job, stage).attempts == 3
    assert scene.told(job, "running")[stage] == 3
    assert job in scene.ledger.dead_letters()


@pytest.mark.fault(14, "a photo that crashes its process each time (SIGSEGV)", seconds=25)
def test_a_poison_photo_is_given_up_and_its_neighbours_succeed(scene: Scene) -> None:
    poison = new_portrait()
    scene.faults.at(f"{hash_of(poison)} fusion.measure", "crash", times=ALWAYS)
    scene.struck()
    neighbours = scene.figurines(2)
    job = scene.figurine(poison)
    neighbours += scene.figurines(2)
    scene.wait(job)
    assert_dead(scene, job, "fusion.measure", "crash")
    scene.succeed(*neighbours)
    scene.stack.settle()  # every worker is ready again


@pytest.mark.fault("14b", "a poison job in a process that runs eight stages at once", seconds=40)
def test_a_poison_job_does_not_take_the_jobs_beside_it_along(scene: Scene) -> None:
    """Each crash costs the neighbours an attempt; three must not cost them their job."""
    neighbours = scene.tiny(3)
    scene.succeed(*neighbours)
    plan = single("gateway.finish")
    slow = scene.tiny(3, plan, publish=False)
    for job in slow:
        scene.faults.at(f"{job} gateway.finish", "sleep", times=ALWAYS, seconds=6)
    poison = scene.tiny(1, plan, publish=False)
    # they are beside it when it crashes
    scene.faults.at(f"{poison[0]} gateway.finish", "crash", times=ALWAYS, seconds=2)
    scene.struck()
    scene.wait(*poison, *slow)
    assert_dead(scene, poison[0], "gateway.finish", "crash")
    scene.succeed(*slow)


def single(stage: str) -> Plan:
    return Plan(nodes=(Node(id=stage, stage=stage, queue=BY_NAME[stage].queue),))
