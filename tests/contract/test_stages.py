"""Each row of the stage table is one registered task of its service, with the same types."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
import typing
from itertools import chain

import pytest
from celery import Celery

from common.celery_app import VISIBILITY_TIMEOUT_S, make_app
from common.contracts.plans import Plan
from common.contracts.stages import BY_NAME as ROWS
from common.contracts.stages import (
    COAT,
    EVERYTHING,
    GLB,
    PHOTO,
    QUEUES,
    STAGES,
    Stage,
    stages_of,
)
from common.settings import Settings
from common.stage import CLAIM_PATIENCE_S, StageTask
from gateway.plan import figurine_plan, recipe_plan
from tests.house import ROOT

ROOMS = {
    "gateway": "gateway",
    "stylize": "stylize_service",
    "fusion": "fusion_service",
    "recipe": "recipe_service",
}


def worker_of(service: str) -> Celery:
    app = importlib.import_module(f"{ROOMS[service]}.worker").app
    assert isinstance(app, Celery)
    return app


def tasks_of(service: str) -> dict[str, StageTask]:
    """The tasks of a room, which may have a module of its own for those that write files."""
    tasks = importlib.import_module(f"{ROOMS[service]}.tasks").TASKS
    if service == "fusion":
        tasks += importlib.import_module("fusion_service.file_tasks").FILE_TASKS
    return {task.row.name: task for task in tasks}


def test_every_row_belongs_to_a_service() -> None:
    assert {stage.service for stage in STAGES} == set(ROOMS)


@pytest.mark.parametrize("service", ROOMS)
def test_a_worker_registers_the_stages_of_its_service_and_no_other(service: str) -> None:
    # in a process of its own, as Celery shares tasks between the apps of one process
    code = f"from {ROOMS[service]}.worker import app; print(*app.tasks)"
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    ours = {name for name in printed.split() if not name.startswith("celery.")}
    assert ours == {stage.name for stage in stages_of(service)} == set(tasks_of(service))


@pytest.mark.parametrize("service", ROOMS)
def test_every_task_is_routed_to_the_queue_its_worker_listens_on(service: str) -> None:
    conf = worker_of(service).conf
    declared = {queue.name for queue in conf.task_queues}
    for stage in stages_of(service):
        assert conf.task_routes[stage.name] == {"queue": stage.queue}
        assert stage.queue in declared


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_task_takes_and_gives_what_its_row_says(stage: Stage) -> None:
    body = tasks_of(stage.service)[stage.name].body
    hints = typing.get_type_hints(body)
    _, request, _ = inspect.signature(body).parameters
    assert hints[request] is stage.request
    assert hints["return"] is stage.facts


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_task_is_a_view(stage: Stage) -> None:
    """Load, call the domain, save: whatever is longer needs a broker to be tested."""
    body = tasks_of(stage.service)[stage.name].body
    assert len(inspect.getsource(body).splitlines()) <= 18  # 15, the decorator, the docstring


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_limits_are_in_order(stage: Stage) -> None:
    assert 0 < stage.soft_s < stage.hard_s < VISIBILITY_TIMEOUT_S


@pytest.mark.parametrize(
    "plan",
    [
        *(figurine_plan(("glb",)), figurine_plan(("stl", "3mf", "usdz"))),
        *(figurine_plan(("stl", "3mf", "usdz"), in_turn=True), recipe_plan(1)),
    ],
    ids=["figurine to look at", "figurine", "figurine in turn", "one recipe"],
)
def test_no_message_comes_back_while_its_stages_run(plan: Plan) -> None:
    for strand in chain(*plan.trunk().strands()):
        longest = sum(ROWS[node.stage].hard_s + CLAIM_PATIENCE_S for node in strand)
        assert longest < VISIBILITY_TIMEOUT_S


def test_an_unknown_queue_is_an_error_not_a_new_queue() -> None:
    assert make_app(Settings()).conf.task_create_missing_queues is False


def test_only_json_travels() -> None:
    conf = make_app(Settings()).conf
    assert conf.accept_content == ["json"]
    assert conf.task_serializer == conf.result_serializer == "json"


def test_the_message_of_a_stage_fits_its_task() -> None:
    """What the canvas sends, ``(job, node)``, is what every task of every service takes."""
    for service in ROOMS:
        for stage in stages_of(service):
            run = worker_of(service).tasks[stage.name].run
            inspect.signature(run).bind("a job", stage.name)


@pytest.mark.parametrize("formats", [(), ("glb",), ("glb", "stl"), ("glb", "stl", "3mf", "usdz")])
@pytest.mark.parametrize("pause", [False, True])
def test_a_plan_gives_every_stage_what_it_reads(formats: tuple[str, ...], *, pause: bool) -> None:
    nodes = {node.id: node for node in figurine_plan(formats, pause=pause).nodes}
    made: dict[str, set[str]] = {}
    for node in nodes.values():
        row = ROWS[node.stage]
        before = {PHOTO}.union(*(made[parent] for parent in node.after))
        assert {*row.reads} - {EVERYTHING} <= before, node.id
        made[node.id] = before | {output.name for output in row.writes}
        assert node.queue == row.queue


def test_the_plans_use_every_stage() -> None:
    nodes = figurine_plan(("glb", "stl", "3mf", "usdz")).nodes + recipe_plan(3).nodes
    assert {node.stage for node in nodes} == {stage.name for stage in STAGES}
    assert {node.queue for node in nodes} == set(QUEUES)


def test_no_two_stages_write_the_same_artifact() -> None:
    """But for the sculptor, who paints where the plan of version 1 has no painter."""
    of_version_1 = {("fusion.sculpt", COAT.name), ("fusion.sculpt", GLB.name)}
    written = [(stage.name, output.name) for stage in STAGES for output in stage.writes]
    names = [name for stage, name in written if (stage, name) not in of_version_1]
    assert of_version_1 < set(written)
    assert len(set(names)) == len(names)
