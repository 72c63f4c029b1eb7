"""The diffusion engine on a tiny random pipeline: the whole way but the quality."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from prometheus_client import REGISTRY

from common.contracts.figurine import Engine, PortraitRequest, Style
from common.errors import EngineUnavailable, ServiceUnavailable
from common.models import Kind, Model, Scheduler
from common.settings import Settings
from common.vision.faces import FaceModels
from common.vision.png import encode_png
from stylize_service.warmup import load_engines
from tests.portraits import astronaut
from tests.unit.stylize.brought import bring, with_faces
from tests.unit.stylize.tiny_pipeline import save_lora, save_pipeline

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make neural`")
for library in ("diffusers", "transformers", "accelerate", "peft"):
    pytest.importorskip(library, reason=f"{library} is not installed: `make neural`")

from stylize_service.engines.diffusion import DiffusionEngine  # noqa: E402
from stylize_service.engines.pipeline import load_pipeline  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # these libraries warn about each other
CPU = torch.device("cpu")
FACES = Path(
    os.environ.get("KILN_MODELS_DIR", Path(__file__).resolve().parents[3] / "data" / "models")
)


@pytest.fixture(scope="module")
def brought(
    tmp_path_factory: pytest.TempPathFactory, face_models: FaceModels
) -> tuple[Path, Model, Model]:
    """A models folder with the pipeline and LoRA weights for one style."""
    assert face_models  # skips where the files are missing
    torch.set_num_threads(1)
    folder = with_faces(tmp_path_factory.mktemp("models"), FACES)
    pipeline = save_pipeline(folder / "tiny")
    model = bring(folder, pipeline, Kind.DIFFUSION, style=None, steps=2)
    file = save_lora(folder / "ink.v1.safetensors", pipeline)
    said = {"name": "ink.v1", "style": "pencil", "prompt": "inkwork"}
    return folder, model, bring(folder, file, Kind.LORA, **said)


@pytest.fixture(scope="module")
def engine(
    brought: tuple[Path, Model, Model], face_models: FaceModels
) -> Iterator[DiffusionEngine]:
    folder, model, lora = brought
    made = DiffusionEngine(face_models, load_pipeline(model, [lora], folder, CPU))
    yield made
    made.close()


def passes() -> float:
    return REGISTRY.get_sample_value("kiln_model_batch_size_count", {"model": "tiny"}) or 0


def test_the_task_draws_by_the_pipeline_that_was_brought(
    brought: tuple[Path, Model, Model],
) -> None:
    engines = load_engines(Settings(models_dir=brought[0], device="cpu"))
    before = passes()
    wanted = PortraitRequest(engine=Engine.DIFFUSION, size_px=128)
    drawing = engines.draw(astronaut(), wanted)
    assert drawing.engine == "diffusion"
    picture = cv2.imdecode(np.frombuffer(encode_png(drawing.picture), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (128, 128, 3)
    assert picture.std() > 3
    assert passes() == before + 1
    rows = {row["name"]: row for row in engines.catalogue()}
    assert rows["diffusion"]["available"]
    assert engines.draw(astronaut(), PortraitRequest(size_px=128)).engine == "builtin"


def test_equal_requests_have_equal_bytes_and_another_seed_another_drawing(
    engine: DiffusionEngine,
) -> None:
    first = engine.portrait(astronaut(), "cel", size=128, seed=5)
    assert np.array_equal(first, engine.portrait(astronaut(), "cel", size=128, seed=5))
    assert not np.array_equal(first, engine.portrait(astronaut(), "cel", size=128, seed=6))


def test_the_photo_decides_what_is_drawn(engine: DiffusionEngine) -> None:
    first = engine.portrait(astronaut(), "cel", size=128)
    mirrored = np.ascontiguousarray(astronaut()[:, ::-1])
    assert np.abs(engine.portrait(mirrored, "cel", size=128).astype(int) - first).mean() > 1


def test_transparent_means_nothing_behind_the_person(engine: DiffusionEngine) -> None:
    picture = engine.portrait(astronaut(), "cel", size=256, background="transparent")
    assert picture.shape == (256, 256, 4)
    assert picture[4, 4, 3] == 0
    assert picture[128, 128, 3] == 255


def test_lora_weights_draw_their_own_style_and_no_other(
    engine: DiffusionEngine, brought: tuple[Path, Model, Model], face_models: FaceModels
) -> None:
    folder, model, _ = brought
    plain = DiffusionEngine(face_models, load_pipeline(model, [], folder, CPU))
    assert engine.prompt("pencil").startswith("inkwork, ")
    assert "inkwork" not in engine.prompt("cel")
    for _ in range(2):  # and back again
        worn = engine.portrait(astronaut(), "pencil", size=128)
        assert not np.array_equal(worn, plain.portrait(astronaut(), "pencil", size=128))
        bare = engine.portrait(astronaut(), "cel", size=128)
        assert np.array_equal(bare, plain.portrait(astronaut(), "cel", size=128))
    plain.close()


@pytest.mark.parametrize("strength", [0.5, 0.3, 1.0])
@pytest.mark.parametrize("scheduler", list(Scheduler))
def test_as_many_steps_are_taken_as_the_list_says(
    brought: tuple[Path, Model, Model],
    face_models: FaceModels,
    monkeypatch: pytest.MonkeyPatch,
    scheduler: Scheduler,
    strength: float,
) -> None:
    folder, model, _ = brought
    said = model.model_copy(update={"strength": strength, "scheduler": scheduler})
    loaded = load_pipeline(said, [], folder, CPU)
    steps: list[Any] = []
    forward = loaded.pipe.unet.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        steps.append(1)
        return forward(*args, **kwargs)

    monkeypatch.setattr(loaded.pipe.unet, "forward", counted)
    one = DiffusionEngine(face_models, loaded)
    one.portrait(astronaut(), "cel", size=128)
    one.close()
    assert len(steps) == said.steps
    assert type(loaded.pipe.scheduler).__name__.lower().startswith(scheduler)


def test_a_changed_file_anywhere_in_the_folder_is_not_loaded(
    brought: tuple[Path, Model, Model], tmp_path: Path
) -> None:
    folder, model, _ = brought
    shutil.copytree(folder / model.file, tmp_path / model.file)
    config = tmp_path / model.file / "unet" / "config.json"
    config.write_text(config.read_text("utf-8") + " ")
    with pytest.raises(EngineUnavailable, match="sha256 differs"):
        load_pipeline(model, [], tmp_path, CPU)


def test_a_folder_of_another_pipeline_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionXLImg2ImgPipeline"}')
    model = bring(tmp_path, folder, Kind.DIFFUSION, style=None)
    with pytest.raises(EngineUnavailable, match="odd cannot be loaded"):
        load_pipeline(model, [], tmp_path, CPU)


def test_lora_weights_for_something_else_say_so(
    brought: tuple[Path, Model, Model], tmp_path: Path
) -> None:
    from safetensors.torch import save_file  # noqa: PLC0415  see the skips above

    folder, model, _ = brought
    shutil.copytree(folder / model.file, tmp_path / model.file)
    file = tmp_path / "other.safetensors"
    save_file({"block.lora_A.weight": torch.zeros(2, 2)}, file)
    lora = bring(tmp_path, file, Kind.LORA)
    with pytest.raises(EngineUnavailable, match="other holds nothing"):
        load_pipeline(model, [lora], tmp_path, CPU)


def test_sdxl_itself_is_not_tried_on_a_cpu(brought: tuple[Path, Model, Model]) -> None:
    folder, model, _ = brought
    large = model.model_copy(update={"size": 7_000_000_000})
    with pytest.raises(EngineUnavailable, match="tiny needs a GPU"):
        load_pipeline(large, [], folder, CPU)


def test_a_model_for_one_style_draws_no_other(
    brought: tuple[Path, Model, Model], face_models: FaceModels
) -> None:
    folder, model, _ = brought
    oil = model.model_copy(update={"style": Style.OIL})
    one = DiffusionEngine(face_models, load_pipeline(oil, [], folder, CPU))
    with pytest.raises(EngineUnavailable, match="draws oil, not cel"):
        one.portrait(astronaut(), "cel")


def test_a_gpu_without_memory_is_busy_not_broken(
    engine: DiffusionEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(engine._loaded.pipe), "__call__", full)
    with pytest.raises(ServiceUnavailable, match="no memory left for tiny"):
        engine.portrait(astronaut(), "cel")


@pytest.mark.parametrize(
    ("gigabytes", "called"),
    [(24, "to"), (8, "enable_model_cpu_offload"), (6, "enable_sequential_cpu_offload")],
)
def test_the_size_of_a_gpu_decides_how_the_pipeline_is_placed(
    monkeypatch: pytest.MonkeyPatch, gigabytes: int, called: str
) -> None:
    from stylize_service.engines import pipeline  # noqa: PLC0415  needs the libraries

    class Card:
        total_memory = gigabytes * 1_000_000_000

    calls: list[str] = []

    class Pipe:
        unet = vae = property(lambda _: Part())

        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: calls.append(name)

    class Part:
        def __getattr__(self, name: str) -> Any:
            return lambda *_, **__: None

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Card())
    pipeline._place(Pipe(), torch.device("cuda:0"))
    assert calls == [called]
