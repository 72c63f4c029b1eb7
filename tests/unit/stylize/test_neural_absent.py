"""A stylize worker without PyTorch and without models: as quick and small as ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from common.settings import Settings
from common.vision.faces import FaceModels
from stylize_service.warmup import variant
from tests.unit.stylize.brought import SIDE, bring

ROOT = Path(__file__).resolve().parents[3]
FACES = Path(os.environ.get("KILN_MODELS_DIR", ROOT / "data" / "models"))

WORKER = """
import sys
for name in ("torch", "safetensors", "diffusers", "transformers"):
    if BARRED:
        sys.modules[name] = None  # an import raises, as if it were not installed
from common.contracts.figurine import PortraitRequest
from common.settings import Settings
from common.vision.sample import sample_photo
from stylize_service import worker

engines = worker._load(Settings())
drawing = engines.draw(sample_photo(), PortraitRequest(size_px=128))
assert (drawing.engine, drawing.stands_in) == ("builtin", False)
reasons = {row["name"]: row.get("why") for row in engines.catalogue()}
assert not [name for name in sys.modules if name.partition(".")[0] == "torch" and not BARRED]
print(reasons)
"""


def run_worker(folder: Path, *, barred: bool) -> str:
    result = subprocess.run(
        [sys.executable, "-c", f"BARRED = {barred}\n{WORKER}"],
        cwd=ROOT,
        env={"KILN_MODELS_DIR": str(folder), "OMP_NUM_THREADS": "1", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_without_models_pytorch_is_not_even_imported(face_models: FaceModels) -> None:
    assert face_models  # skips where the files are missing
    assert "kiln models add NAME URL|PATH --kind neural" in run_worker(FACES, barred=False)


def test_without_pytorch_a_listed_model_is_named_and_the_rest_works(
    face_models: FaceModels, tmp_path: Path
) -> None:
    assert face_models
    for file in FACES.iterdir():
        if file.suffix == ".tflite":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "own.safetensors").write_bytes(b"weights")
    bring(tmp_path, tmp_path / "own.safetensors", side=SIDE)
    assert "torch, safetensors not installed here: `make neural`" in run_worker(
        tmp_path, barred=True
    )


def test_the_worker_versions_its_stage_by_face_models_and_brought_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other weights, other version: the memo forgets what the old ones drew."""
    services = []
    monkeypatch.setattr("common.worker.build_worker", services.append)
    monkeypatch.delitem(sys.modules, "stylize_service.worker", raising=False)
    import stylize_service.worker  # noqa: F401, PLC0415  it builds its app when imported

    monkeypatch.delitem(sys.modules, "stylize_service.worker")
    (service,) = services
    settings = Settings(models_dir=tmp_path)
    (tmp_path / "own.safetensors").write_bytes(b"weights")
    (tmp_path / "face.tflite").write_bytes(b"face")
    assert service.variant(settings) == ""
    bring(tmp_path, tmp_path / "own.safetensors")
    assert service.variant(settings) == variant(settings) != ""
    assert [file.name for file in service.model_files(settings)] == ["face.tflite"]
