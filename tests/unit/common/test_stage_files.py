"""No file is left over, whenever the process that wrote it dies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common.contracts.artifacts import ArtifactRef
from common.contracts.facts import MeasureFacts
from common.contracts.figurine import MeasureRequest
from common.contracts.stages import ATTRIBUTES, GLB, PHOTO, STL
from common.errors import StorageError
from common.stage import StageContext
from tests.unit.common.workbench import FACTS, SCULPT, Workbench


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


def several(context: StageContext, *_: object) -> MeasureFacts:
    """A body with more files than one, two of them equal."""
    context.write_all({GLB: b"glb", STL: b"same", ATTRIBUTES: b"same"})
    return FACTS


def test_files_that_are_written_together_are_intended_in_one_call(bench: Workbench) -> None:
    assert bench.run(several) == "committed"
    assert bench.ledger.calls["discard"] == 1
    files = bench.job().artifacts
    written = {name: bench.store.get("ann", ref) for name, ref in files.items() if name != PHOTO}
    assert written == {GLB.name: b"glb", STL.name: b"same", ATTRIBUTES.name: b"same"}
    assert bench.trash() == []


@pytest.mark.parametrize("intents_lost", [0, 1])
def test_where_one_of_several_files_cannot_be_stored_the_others_are_trash(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, intents_lost: int
) -> None:
    keep = bench.store.keep

    def disk_full(owner: str, ref: ArtifactRef, data: bytes) -> None:
        if ref.name == GLB.name:
            raise StorageError("cannot store figurine.glb: no space left")
        keep(owner, ref, data)

    monkeypatch.setattr(bench.store, "keep", disk_full)
    bench.ledger.away["discard"] = intents_lost  # then what was written is told afterwards
    bench.run(several)
    assert bench.node_states()[0] == "ready"  # another attempt follows
    assert len(bench.trash()) == 2


def test_a_file_that_the_store_has_lost_is_made_anew_for_the_next_job(bench: Workbench) -> None:
    def makes(context: StageContext, *_: object) -> MeasureFacts:
        context.write(ATTRIBUTES, b"measured")
        return FACTS

    def reads(context: StageContext, *_: object) -> MeasureFacts:
        assert context.read(ATTRIBUTES.name) == b"measured"
        return FACTS

    assert bench.run(makes) == "committed"
    lost = bench.job().artifacts[ATTRIBUTES.name]
    assert bench.store.delete_stale("ann", lost.sha256, timedelta(0))
    assert bench.run(reads, stage=SCULPT) == "failed"
    assert bench.job().error["code"] == "gone"  # type: ignore[index]
    bench.accept("j2")
    assert bench.run(makes, job="j2") == "committed", "not remembered"
    assert bench.run(reads, job="j2", stage=SCULPT) != "failed"


def test_a_file_that_is_lost_while_redis_is_away_is_lost_all_the_same(bench: Workbench) -> None:
    def reads(context: StageContext, *_: object) -> MeasureFacts:
        context.read(PHOTO)
        return FACTS

    photo = bench.job().artifacts[PHOTO]
    assert bench.store.delete_stale("ann", photo.sha256, timedelta(0))
    bench.ledger.away["forget_outputs"] = 1
    assert bench.run(reads) == "failed"
    assert bench.job().error["code"] == "gone"  # type: ignore[index]
