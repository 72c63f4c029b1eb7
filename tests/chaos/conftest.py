"""One stack for all failure tests; after each one the house is healed, audited and judged."""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.faults import Faults
from tests.chaos.scene import Row, Scene
from tests.stack import MODELS, TestStack, require_stack

START_S = 240.0  # on a machine that does other things too
SLICE_S = 90.0  # of tests; with the start of the stack about two minutes
# the default draws kills of workers, messages, Redis, files and bombs
SEED = int(os.environ.get("KILN_TEST_SEED", "1528"))
RESULTS = os.environ.get("KILN_TEST_CHAOS_RESULTS")  # the runner collects the rows there
PASSED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark a slice that fits into two minutes; the seed decides which tests."""
    mine = [item for item in items if item.get_closest_marker("fault")]
    drawn = sorted(mine, key=lambda item: item.nodeid)
    random.Random(SEED).shuffle(drawn)
    left = SLICE_S
    for item in drawn:
        seconds = _fault_of(item).get("seconds", SLICE_S)
        if seconds <= left:
            left -= seconds
            item.add_marker(pytest.mark.chaos_slice)


def _fault_of(item: pytest.Item) -> dict[str, Any]:
    marker = item.get_closest_marker("fault")
    assert marker is not None, f"{item.nodeid} needs @pytest.mark.fault"
    number, what = marker.args
    return {"number": number, "what": what, **marker.kwargs}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def faults() -> Iterator[Faults]:
    with tempfile.TemporaryDirectory(prefix="kiln-faults-") as folder:
        yield Faults(Path(folder))


@pytest.fixture(scope="session")
def models_dir() -> Iterator[Path]:
    """Links to the models, so that a test can take one away."""
    with tempfile.TemporaryDirectory(prefix="kiln-models-") as folder:
        for file in MODELS.iterdir():
            (Path(folder) / file.name).symlink_to(file.resolve())
        yield Path(folder)


@pytest.fixture(scope="session")
def stack(faults: Faults, models_dir: Path) -> Iterator[TestStack]:
    require_stack()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in faults.environment(os.environ.get("PYTHONPATH", "")).items():
            patch.setenv(name, value)
        running = TestStack(models_dir=models_dir)
        try:
            running.stack.up(START_S)
            yield running
        finally:
            running.__exit__(None, None, None)


@pytest.fixture
def scene(stack: TestStack, faults: Faults, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """Jobs and faults of one test; afterwards the universal invariant."""
    about = _fault_of(request.node)
    stack.settle()
    row = Row(str(about["number"]), about["what"])
    scene, started = Scene(stack, faults, row), time.monotonic()
    yield scene
    try:
        scene.conclude()
        row.passed = request.node.stash.get(PASSED, False)
    finally:
        row.seconds = round(time.monotonic() - started, 1)
        _keep(row)


def _keep(row: Row) -> None:
    if RESULTS:
        with Path(RESULTS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row.as_dict()) + "\n")
