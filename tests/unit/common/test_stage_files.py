"""No file is left over, whenever the process that wrote it dies."""

from __future__ import annotations

import pytest

from common.contracts.facts import MeasureFacts
from common.contracts.figurine import MeasureRequest
from common.contracts.stages import ATTRIBUTES, GLB
from common.stage import StageContext
from tests.unit.common.workbench import FACTS, Workbench


@pytest.fixture
def bench() -> Workbench:
    bench = Workbench()
    bench.accept()
    return bench


def test_a_file_lies_in_the_trash_until_its_stage_commits(bench: Workbench) -> None:
    def dies(context: StageContext, *_: object) -> MeasureFacts:
        context.write(ATTRIBUTES, b"made by a process that dies")
        raise KeyboardInterrupt  # nobody catches it, as nobody catches SIGKILL

    with pytest.raises(KeyboardInterrupt):
        bench.run(dies)
    assert len(bench.trash()) == 1


def test_a_committed_file_is_taken_out_of_the_trash(bench: Workbench) -> None:
    assert bench.run() == "committed"
    assert bench.trash() == []


def test_a_redis_that_is_away_while_files_are_written_is_asked_once(bench: Workbench) -> None:
    def body(context: StageContext, _: MeasureRequest, __: object) -> MeasureFacts:
        context.write(GLB, b"glb")
        context.write(ATTRIBUTES, b"attributes")
        return FACTS

    bench.ledger.away["discard"] = 1
    assert bench.run(body) == "committed"
    assert bench.ledger.calls["discard"] == 1
