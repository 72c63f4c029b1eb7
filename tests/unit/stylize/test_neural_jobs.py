"""Jobs of many people through the stage runner: shared passes, own receipts, an honest memo."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest
from prometheus_client import REGISTRY

from common.contracts.plans import Node, Plan
from common.contracts.stages import BY_NAME
from common.memo import source_version
from common.settings import Settings
from common.stage import run
from common.vision.faces import FaceModels
from stylize_service.tasks import portrait
from stylize_service.warmup import load_engines, variant
from tests.portraits import astronaut
from tests.unit.common.workbench import Workbench
from tests.unit.stylize.brought import bring_generator, with_faces

pytest.importorskip("torch", reason="PyTorch is not installed: `make neural`")

NAME = "stylize.portrait"
PLAN = Plan(nodes=(Node(id=NAME, stage=NAME, queue="stylize"),))
FACES = Path(
    os.environ.get("KILN_MODELS_DIR", Path(__file__).resolve().parents[3] / "data" / "models")
)


@pytest.fixture
def folder(face_models: FaceModels, tmp_path: Path) -> Path:
    assert face_models  # skips where the files are missing
    return with_faces(tmp_path, FACES)


@pytest.fixture(scope="module")
def photo() -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR))[1].tobytes()


def worker(folder: Path, **said: Any) -> Workbench:
    """A warm stylize worker."""
    bench = Workbench()
    return warm(bench, folder, **said)


def warm(bench: Workbench, folder: Path, **said: Any) -> Workbench:
    settings = Settings(models_dir=folder, device="cpu", **said)
    engines = load_engines(settings)
    engines.load_all()
    version = source_version((), (), variant(settings))
    versions = dict.fromkeys(BY_NAME, version)
    bench.runtime = replace(bench.runtime, models=engines, versions=versions)
    return bench


def accept(bench: Workbench, job: str, photo: bytes, **params: Any) -> None:
    bench.accept(job, photo, plan=PLAN, params={"size_px": 128} | params)


def passes(model: str, what: str) -> float:
    return REGISTRY.get_sample_value(f"kiln_model_batch_size_{what}", {"model": model}) or 0


def drawn(bench: Workbench, job: str) -> tuple[str, bool]:
    (node,) = bench.job(job).nodes
    assert node.result is not None
    return node.result.engine, node.result.cached


def test_the_jobs_of_a_moment_share_a_pass_and_each_has_its_receipt(
    folder: Path, photo: bytes
) -> None:
    bring_generator(folder, name="moment")
    bench = worker(folder, batch_most=4, batch_window_ms=1000)
    jobs = [f"j{number}" for number in range(4)]
    for number, job in enumerate(jobs):
        accept(bench, job, photo, seed=number)
    before = passes("moment", "count")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda job: run_job(bench, job), jobs))
    assert done == ["committed"] * 4
    assert 1 <= passes("moment", "count") - before < 4  # a busy machine may bring one late
    assert passes("moment", "sum") >= 4
    assert {drawn(bench, job) for job in jobs} == {("neural", False)}
    assert len({bench.job(job).artifacts["portrait.png"].sha256 for job in jobs}) == 4


def run_job(bench: Workbench, job: str) -> str:
    return run(bench.runtime, portrait, job, NAME, republished=False)


def test_equal_wishes_are_remembered_until_other_weights_come(folder: Path, photo: bytes) -> None:
    bring_generator(folder, seed=1)
    bench = worker(folder)
    for job in ("first", "again"):
        accept(bench, job, photo)
        run_job(bench, job)
    assert drawn(bench, "again") == ("neural", True)
    (folder / "models.json").unlink()
    bring_generator(folder, seed=2)
    warm(bench, folder)
    accept(bench, "later", photo)
    run_job(bench, "later")
    assert drawn(bench, "later") == ("neural", False)
    hashes = [bench.job(job).artifacts["portrait.png"].sha256 for job in ("first", "later")]
    assert hashes[0] != hashes[1]


def test_what_the_builtin_engine_drew_in_place_of_a_broken_one_is_not_remembered(
    folder: Path, photo: bytes
) -> None:
    model = bring_generator(folder)
    weights = (folder / model.file).read_bytes()
    (folder / model.file).write_bytes(b"cut off")
    bench = worker(folder)
    for job in ("first", "again"):
        accept(bench, job, photo)
        assert run_job(bench, job) == "committed"
        assert drawn(bench, job) == ("builtin", False)
    (folder / model.file).write_bytes(weights)
    warm(bench, folder)
    accept(bench, "mended", photo)
    run_job(bench, "mended")
    assert drawn(bench, "mended") == ("neural", False)


def test_who_asks_for_an_engine_by_name_gets_it_or_a_reason(folder: Path, photo: bytes) -> None:
    bench = worker(folder)
    accept(bench, "j1", photo, engine="neural")
    run_job(bench, "j1")
    error = bench.job("j1").error
    assert error is not None
    assert error["code"] == "engine_unavailable"
    assert "kiln models add" in error["detail"]
