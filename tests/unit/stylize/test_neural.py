"""The neural engine on random weights: front end, formats, checks, batches; no quality here."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from prometheus_client import REGISTRY
from pydantic import ValidationError

from common.contracts.figurine import Engine, PortraitRequest, Style
from common.errors import BadParameter, EngineUnavailable, NoFace, ServiceUnavailable
from common.lease import LeaseLost
from common.models import Model, write_models
from common.settings import Settings
from common.vision.faces import FaceModels
from stylize_service.domain.cel import BACKDROPS
from stylize_service.engines.sitting import find_sitter
from stylize_service.tasks import portrait
from stylize_service.warmup import load_engines, variant
from tests.portraits import astronaut
from tests.unit.stylize.brought import SIDE, bring, bring_generator, random_generator, with_faces

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make neural`")
pytest.importorskip("safetensors", reason="safetensors is not installed: `make neural`")

from stylize_service.engines.animegan import Generator  # noqa: E402
from stylize_service.engines.device import choose_device, placement  # noqa: E402
from stylize_service.engines.neural import NeuralEngine  # noqa: E402
from stylize_service.engines.weights import load_painter  # noqa: E402

CPU = torch.device("cpu")
FACES = Path(
    os.environ.get("KILN_MODELS_DIR", Path(__file__).resolve().parents[3] / "data" / "models")
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def engine(face_models: FaceModels, tmp_path: Path) -> Any:
    model = bring_generator(tmp_path)
    made = NeuralEngine(face_models, [load_painter(model, tmp_path, CPU)])
    yield made
    made.close()


def passes(model: str) -> float:
    return REGISTRY.get_sample_value("kiln_model_batch_size_count", {"model": model}) or 0


def pictures(model: str) -> float:
    return REGISTRY.get_sample_value("kiln_model_batch_size_sum", {"model": model}) or 0


# -- the architecture ------------------------------------------------------------------------
def test_the_generator_has_the_parameters_of_the_public_weights() -> None:
    shapes = {name: tuple(one.shape) for name, one in Generator().state_dict().items()}
    assert len(shapes) == 77
    assert sum(int(np.prod(shape)) for shape in shapes.values()) == 2_143_552
    assert shapes["block_a.0.1.weight"] == (32, 3, 7, 7)
    assert shapes["block_c.1.layers.1.1.bias"] == (256,)  # depthwise, on 128 x 2 channels
    assert shapes["block_c.4.layers.2.weight"] == (256, 512, 1, 1)
    assert shapes["block_e.2.2.bias"] == (32,)
    assert shapes["out_layer.0.weight"] == (3, 32, 1, 1)


@pytest.mark.parametrize("side", [64, 68])
def test_a_picture_goes_in_and_one_of_the_same_size_comes_out(side: int) -> None:
    with torch.inference_mode():
        drawn = random_generator(3)(torch.zeros(2, 3, side, side))
    assert drawn.shape == (2, 3, side, side)
    assert float(drawn.abs().max()) <= 1


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """What the CPU can do, by default nothing."""
    able: dict[str, bool] = {}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    return able


@pytest.mark.usefixtures("able")
def test_layout_of_memory_changes_nothing(tmp_path: Path) -> None:
    painter = load_painter(bring_generator(tmp_path, seed=4), tmp_path, CPU)
    photo = cv2.resize(astronaut(), (SIDE, SIDE))
    seen = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        plain = random_generator(4).eval()(seen.contiguous())
    expected = ((plain + 1) * 127.5).round().to(torch.uint8)[0].permute(1, 2, 0).numpy()
    drawn = painter.draw(torch.from_numpy(photo[None])).numpy()[0]
    assert np.abs(drawn.astype(int) - expected).max() <= 1


def test_half_precision_changes_no_colour_by_more_than_a_step() -> None:
    """What a GPU does; here on the CPU, which can do it slowly."""
    assert float(_change(torch.float16, 32).max()) < 1


def test_bfloat16_changes_no_colour_by_more_than_the_eye_sees() -> None:
    change = _change(torch.bfloat16, 128)
    assert float(change.mean()) < 1
    assert float(change.max()) < 8


def _change(dtype: Any, side: int) -> Any:
    """By how many steps of 255 a picture in another precision differs."""
    seen = torch.from_numpy(cv2.resize(astronaut(), (side, side))).permute(2, 0, 1)[None]
    photo = seen.float() / 127.5 - 1
    network = random_generator(2).eval()
    with torch.inference_mode():
        whole = network(photo)
        other = network.to(dtype)(photo.to(dtype)).float()
    return (whole - other).abs() * 127.5


@pytest.mark.parametrize("feature", ["avx512_bf16", "amx_bf16", "avx2"])
def test_a_cpu_draws_in_bfloat16_if_it_has_instructions_for_it(
    tmp_path: Path, able: dict[str, bool], feature: str
) -> None:
    model = bring_generator(tmp_path)
    assert load_painter(model, tmp_path, CPU).dtype == torch.float32
    able[feature] = True
    expected = torch.float32 if feature == "avx2" else torch.bfloat16
    assert load_painter(model, tmp_path, CPU).dtype == expected


# -- portraits -------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [128, 300, 1024])
def test_the_size_is_the_one_asked_for(engine: NeuralEngine, size: int) -> None:
    picture = engine.portrait(astronaut(), "cel", size=size)
    assert (picture.shape, picture.dtype) == ((size, size, 3), np.uint8)


def test_the_network_draws_the_sitter_and_the_backdrop_is_clean(
    engine: NeuralEngine, face_models: FaceModels
) -> None:
    picture = engine.portrait(astronaut(), "cel", size=512, seed=2)
    matte = find_sitter(face_models, astronaut(), "largest").matte
    far = cv2.dilate(matte, np.ones((15, 15), np.uint8)) < 0.01
    colours = {tuple(int(v) for v in one) for one in np.unique(picture[far], axis=0)}
    assert set(BACKDROPS[2]) <= colours
    assert picture[matte > 0.99].std() > 5  # random weights still draw something


def test_equal_requests_have_equal_bytes_and_the_seed_changes_only_the_backdrop(
    engine: NeuralEngine, face_models: FaceModels
) -> None:
    first = engine.portrait(astronaut(), "cel", size=512, seed=1)
    assert np.array_equal(first, engine.portrait(astronaut(), "cel", size=512, seed=1))
    other = engine.portrait(astronaut(), "cel", size=512, seed=2)
    matte = find_sitter(face_models, astronaut(), "largest").matte
    assert np.abs(first.astype(int) - other)[matte < 0.01].mean() > 10


def test_nothing_is_behind_the_person_when_that_is_asked_for(engine: NeuralEngine) -> None:
    picture = engine.portrait(astronaut(), "cel", size=256, background="transparent")
    assert picture.shape == (256, 256, 4)
    assert picture[4, 4, 3] == 0
    assert picture[128, 128, 3] == 255


def test_the_room_of_the_photo_never_reaches_the_network(engine: NeuralEngine) -> None:
    image = astronaut()
    image[:50, :100] = (255, 0, 0)
    clean = engine.portrait(astronaut(), "cel", size=256).astype(int)
    assert np.abs(engine.portrait(image, "cel", size=256) - clean).mean() < 2


def test_what_cannot_be_drawn_is_refused(engine: NeuralEngine) -> None:
    with pytest.raises(BadParameter, match="127"):
        engine.portrait(astronaut(), "cel", size=127)
    with pytest.raises(NoFace):
        engine.portrait(np.full((300, 300, 3), 90, np.uint8), "cel")
    with pytest.raises(EngineUnavailable, match="oil") as caught:
        engine.portrait(astronaut(), "oil")
    assert "--style oil" in caught.value.advice


def test_threads_share_passes_and_get_what_a_lone_one_gets(
    face_models: FaceModels, tmp_path: Path
) -> None:
    model = bring_generator(tmp_path, name="shared")
    engine = NeuralEngine(face_models, [load_painter(model, tmp_path, CPU)], 4, window_s=2.0)
    photos = [astronaut(), np.ascontiguousarray(astronaut()[:, ::-1])] * 2
    before, sum_before = passes("shared"), pictures("shared")
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda one: engine.portrait(one, "cel", size=128), photos))
    engine.close()
    assert pictures("shared") - sum_before == 4
    assert passes("shared") - before == 1
    alone = NeuralEngine(face_models, [load_painter(model, tmp_path, CPU)])
    for photo, picture in zip(photos, together, strict=True):
        difference = alone.portrait(photo, "cel", size=128).astype(int) - picture
        assert np.abs(difference).max() <= 2
    alone.close()


def test_who_gives_up_does_not_wait_for_the_network(engine: NeuralEngine) -> None:
    def stop() -> None:
        raise LeaseLost("j1")

    before = passes("own")
    with pytest.raises(LeaseLost):
        engine.portrait(astronaut(), "cel", stop=stop)
    assert passes("own") == before


# -- files of weights ------------------------------------------------------------------------
def test_changed_weights_are_not_loaded(tmp_path: Path) -> None:
    model = bring_generator(tmp_path)
    file = tmp_path / model.file
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(EngineUnavailable, match="sha256 differs"):
        load_painter(model, tmp_path, CPU)
    file.unlink()
    with pytest.raises(EngineUnavailable, match="not in the models folder"):
        load_painter(model, tmp_path, CPU)


@pytest.mark.filterwarnings("ignore")  # making such a file warns, reading one does not
def test_a_torchscript_file_draws_as_well(tmp_path: Path) -> None:
    path = tmp_path / "script.pt"
    traced = torch.jit.trace(random_generator(5).eval(), torch.zeros(1, 3, SIDE, SIDE))
    traced.save(str(path))
    painter = load_painter(bring(tmp_path, path), tmp_path, CPU)
    twin = load_painter(bring_generator(tmp_path, seed=5), tmp_path, CPU)
    photo = torch.from_numpy(cv2.resize(astronaut(), (SIDE, SIDE))[None])
    assert int((painter.draw(photo).int() - twin.draw(photo).int()).abs().max()) <= 1


@pytest.mark.filterwarnings("ignore")  # making such a file warns, reading one does not
def test_a_network_of_another_shape_says_so(tmp_path: Path) -> None:
    path = tmp_path / "half.pt"
    half = torch.nn.AvgPool2d(2)
    torch.jit.trace(half, torch.zeros(1, 3, SIDE, SIDE)).save(str(path))
    with pytest.raises(EngineUnavailable, match=r"gives \(1, 3, 32, 32\), not \(1, 3, 64, 64\)"):
        load_painter(bring(tmp_path, path), tmp_path, CPU)


def test_weights_of_another_architecture_say_what_is_missing(tmp_path: Path) -> None:
    from safetensors.torch import save_file  # noqa: PLC0415  see the skip above

    path = tmp_path / "other.safetensors"
    save_file({"layer.weight": torch.zeros(3)}, path)
    with pytest.raises(EngineUnavailable, match="AnimeGANv2") as caught:
        load_painter(bring(tmp_path, path), tmp_path, CPU)
    assert "TorchScript" in caught.value.advice


def test_weights_that_give_no_numbers_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file  # noqa: PLC0415  see the skip above

    path = tmp_path / "nan.safetensors"
    state = random_generator(1).state_dict()
    save_file(state | {"out_layer.0.weight": state["out_layer.0.weight"] * float("nan")}, path)
    with pytest.raises(EngineUnavailable, match="not finite"):
        load_painter(bring(tmp_path, path), tmp_path, CPU)


class _Burglar:
    def __reduce__(self) -> Any:
        return os.abort, ()


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in a checkpoint"])
def test_a_pickle_is_never_opened(tmp_path: Path, *, wrapped: bool) -> None:
    path = tmp_path / "evil.safetensors"
    if wrapped:
        torch.save({"x": _Burglar()}, path)
    else:
        path.write_bytes(pickle.dumps(_Burglar()))
    with pytest.raises(EngineUnavailable):  # and this process is still there
        load_painter(bring(tmp_path, path), tmp_path, CPU)


# -- devices ---------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", ["gpu", "cuda:", "cuda:-1", "CPU", "cuda:0,1"])
def test_a_device_that_is_none_is_refused_when_the_house_starts(wrong: str) -> None:
    with pytest.raises(ValidationError, match="device"):
        Settings(device=wrong)


def test_a_gpu_that_is_asked_for_and_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == choose_device("cpu") == CPU
    for wanted in ("cuda", "cuda:0"):
        with pytest.raises(EngineUnavailable, match=f"KILN_DEVICE={wanted}, .* no GPU"):
            choose_device(wanted)


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda:0")
    assert choose_device("cpu") == CPU
    with pytest.raises(EngineUnavailable, match="only 1 GPU"):
        choose_device("cuda:1")


def test_a_small_gpu_gets_the_pipeline_in_parts() -> None:
    assert [placement(int(gb * 1e9)) for gb in (24, 12, 8, 6)] == [
        "whole",
        "whole",
        "part",
        "layer",
    ]


def test_a_gpu_without_memory_is_busy_not_broken(
    engine: NeuralEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("stylize_service.engines.weights.Painter.draw", full)
    with pytest.raises(ServiceUnavailable, match="no memory left"):
        engine.portrait(astronaut(), "cel")


# -- the choice ------------------------------------------------------------------------------
@pytest.fixture
def folder(face_models: FaceModels, tmp_path: Path) -> Path:
    assert face_models  # skips where the files are missing
    return with_faces(tmp_path, FACES)


def request(engine: Engine, **said: Any) -> PortraitRequest:
    return PortraitRequest(engine=engine, size_px=128, **said)


def test_auto_draws_by_the_model_that_was_brought_for_a_style(folder: Path) -> None:
    bring_generator(folder)
    engines = load_engines(Settings(models_dir=folder, device="cpu"))
    assert engines.draw(astronaut(), request(Engine.AUTO)).engine == "neural"
    assert engines.draw(astronaut(), request(Engine.NEURAL)).engine == "neural"
    assert engines.draw(astronaut(), request(Engine.BUILTIN)).engine == "builtin"
    oil = engines.draw(astronaut(), request(Engine.AUTO, style=Style.OIL))
    assert (oil.engine, oil.stands_in) == ("builtin", False)
    with pytest.raises(EngineUnavailable):
        engines.draw(astronaut(), request(Engine.NEURAL, style=Style.OIL))
    rows = {row["name"]: row for row in engines.catalogue()}
    assert rows["neural"]["available"]
    assert rows["neural"]["models"] == [{"name": "own", "style": "cel", "licence": "MIT"}]
    assert "--kind diffusion" in rows["diffusion"]["why"]
    loaded = REGISTRY.get_sample_value("kiln_engine_load_seconds", {"engine": "neural"})
    assert loaded is not None
    assert loaded > 0


def test_a_broken_model_stops_who_asks_for_it_and_nobody_else(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = bring_generator(folder)
    (folder / model.file).write_bytes(b"cut off")
    engines = load_engines(Settings(models_dir=folder, device="cpu"))
    engines.load_all()
    assert "sha256 differs" in caplog.text
    with pytest.raises(EngineUnavailable, match="sha256 differs"):
        engines.draw(astronaut(), request(Engine.NEURAL))
    drawing = engines.draw(astronaut(), request(Engine.AUTO))
    assert (drawing.engine, drawing.stands_in) == ("builtin", True)  # which is not remembered
    rows = {row["name"]: row for row in engines.catalogue()}
    assert "sha256 differs" in rows["neural"]["why"]


def test_a_library_that_is_missing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_generator(folder)
    monkeypatch.setattr("stylize_service.warmup.find_spec", lambda _: None)
    engines = load_engines(Settings(models_dir=folder))
    with pytest.raises(EngineUnavailable, match="torch, safetensors not installed") as caught:
        engines.draw(astronaut(), request(Engine.NEURAL))
    assert "`make neural`" in caught.value.detail
    drawing = engines.draw(astronaut(), request(Engine.AUTO))
    assert (drawing.engine, drawing.stands_in) == ("builtin", False)


def test_a_face_that_is_not_there_is_not_blamed_on_the_engine(folder: Path) -> None:
    bring_generator(folder)
    engines = load_engines(Settings(models_dir=folder, device="cpu"))
    with pytest.raises(NoFace):
        engines.draw(np.full((300, 300, 3), 90, np.uint8), request(Engine.AUTO))


def test_other_weights_make_the_house_forget_portraits(tmp_path: Path) -> None:
    settings = Settings(models_dir=tmp_path)
    assert variant(settings) == ""  # the built-in engine alone: nothing is forgotten
    first = bring_generator(tmp_path, seed=1)
    one = variant(settings)
    assert one
    write_models(
        tmp_path, [Model(**first.model_dump() | {"licence": "BSD", "source": "elsewhere"})]
    )
    assert variant(settings) == one
    write_models(tmp_path, [Model(**first.model_dump() | {"sha256": "0" * 64})])
    assert variant(settings) != one
    write_models(tmp_path, [Model(**first.model_dump() | {"style": "oil"})])
    assert variant(settings) != one
    write_models(tmp_path, [first])
    assert variant(Settings(models_dir=tmp_path, device="cuda:0")) != one


# -- the task --------------------------------------------------------------------------------
class Context:
    """What a task body touches of a job."""

    engine = "builtin"
    stands_in = False

    def __init__(self) -> None:
        self.written: dict[str, bytes] = {}

    def read(self, _: str) -> bytes:
        return cv2.imencode(".png", cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR))[1].tobytes()

    def checkpoint(self) -> None:
        pass

    def write(self, output: Any, data: bytes) -> None:
        self.written[output.name] = data


@pytest.mark.parametrize("background", ["drawn", "transparent"])
def test_a_job_says_which_engine_drew_its_portrait(folder: Path, background: str) -> None:
    bring_generator(folder)
    engines = load_engines(Settings(models_dir=folder, device="cpu"))
    context: Any = Context()
    facts = portrait.body(context, request(Engine.AUTO, background=background), engines)
    assert (context.engine, context.stands_in) == ("neural", False)
    assert facts.model_dump()["size_px"] == 128
    picture = cv2.imdecode(
        np.frombuffer(context.written["portrait.png"], np.uint8), cv2.IMREAD_UNCHANGED
    )
    assert picture is not None
    assert picture.shape == (128, 128, 4 if background == "transparent" else 3)
