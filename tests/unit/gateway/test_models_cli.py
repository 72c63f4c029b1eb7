"""``kiln models``: what is taken into the list, what is refused, and what is found again."""

from __future__ import annotations

import hashlib
import json
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import requests
from rich.console import Console
from typer.testing import CliRunner, Result

from common.models import LIST_FILE, Model, read_models
from gateway.cli import app
from gateway.terminal import model_shelf, models


def safetensors(note: str = "") -> bytes:
    """The smallest file of that format."""
    header = json.dumps({"__metadata__": {"note": note}}).encode()
    return struct.pack("<Q", len(header)) + header


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "models"
    monkeypatch.setenv("KILN_MODELS_DIR", str(home))
    return home


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "downloads" / "paprika.safetensors"
    path.parent.mkdir()
    path.write_bytes(safetensors())
    return path


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    path = tmp_path / "turbo"
    (path / "unet").mkdir(parents=True)
    (path / "model_index.json").write_text("{}")
    (path / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(safetensors())
    return path


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "out", Console(width=200))


def kiln(*words: object, **options: Any) -> Result:
    runner = CliRunner()
    return runner.invoke(app, ["models", *map(str, words)], **options)


def only(folder: Path) -> Model:
    (model,) = read_models(folder)
    return model


# -- add -------------------------------------------------------------------------------------
def test_a_file_is_copied_hashed_and_listed_with_its_licence(folder: Path, weights: Path) -> None:
    result = kiln("add", "paprika", weights, "--licence", "MIT", "--style", "pop", "--side", "256")
    assert result.exit_code == 0, result.output
    seen = hashlib.sha256(weights.read_bytes()).hexdigest()
    assert f"sha256 {seen}" in result.stdout
    assert "make restart" in result.stderr
    model = only(folder)
    assert (model.name, model.kind, model.sha256, model.licence) == (
        "paprika",
        "neural",
        seen,
        "MIT",
    )
    assert (model.style, model.side) == ("pop", 256)
    assert (folder / model.file).read_bytes() == weights.read_bytes()
    assert str(weights.parent) not in (folder / LIST_FILE).read_text("utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [LIST_FILE, "paprika.safetensors"]


def test_the_licence_is_asked_for(folder: Path, weights: Path) -> None:
    result = kiln("add", "paprika", weights, input="CC-BY-4.0\n")
    assert result.exit_code == 0, result.output
    assert only(folder).licence == "CC-BY-4.0"
    assert only(folder).style == "cel"
    assert kiln("add", "other", weights, input="").exit_code == 1  # nobody answers
    assert len(read_models(folder)) == 1


def test_a_file_that_lies_in_the_folder_already_stays_there(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine.safetensors").write_bytes(safetensors())
    assert kiln("add", "own", folder / "mine.safetensors", "--licence", "MIT").exit_code == 0
    assert only(folder).file == "mine.safetensors"
    assert sorted(path.name for path in folder.iterdir()) == ["mine.safetensors", LIST_FILE]


def test_a_folder_is_taken_without_the_pickles_in_it(folder: Path, pipeline: Path) -> None:
    (pipeline / "unet" / "weights.bin").write_bytes(pickle.dumps({}))
    (pipeline / "pipeline.py").write_text("boom")
    result = kiln("add", "turbo", pipeline, "--kind", "diffusion", "--licence", "x", "--steps", "2")
    assert result.exit_code == 0, result.output
    model = only(folder)
    assert (model.file, model.steps, model.side, model.style) == ("turbo", 2, 1024, None)
    kept = {file.name for file in (folder / "turbo").rglob("*") if file.is_file()}
    assert kept == {"model_index.json", "diffusion_pytorch_model.safetensors"}
    assert kiln("verify", "turbo").exit_code == 0


def torchscript(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"net/{name}", b"")


def test_a_torchscript_file_is_for_the_neural_engine_alone(folder: Path, tmp_path: Path) -> None:
    torchscript(tmp_path / "net.pt")
    add = ("add", "net", tmp_path / "net.pt", "--licence", "MIT")
    assert kiln(*add, "--kind", "lora").exit_code == 2
    assert kiln(*add).exit_code == 0
    assert only(folder).file == "net.pt"


def checkpoint(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps({}))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "a pickle"),
        (checkpoint, "PyTorch checkpoint (a pickle)"),
        (lambda path: path.write_text("<html>not found</html>"), "neither safetensors"),
        (lambda path: path.write_bytes(b""), "neither safetensors"),
        (lambda path: path.write_bytes(struct.pack("<Q", 1 << 40) + b"{}"), "neither safetensors"),
        (lambda path: path.mkdir(), "not a file"),
    ],
    ids=["pickle", "checkpoint", "html", "empty", "long header", "folder"],
)
def test_what_is_no_safe_file_of_weights_is_refused(
    folder: Path, tmp_path: Path, make: Any, says: str
) -> None:
    make(tmp_path / "odd")
    result = kiln("add", "odd", tmp_path / "odd", "--licence", "MIT")
    assert result.exit_code == 2
    assert says in result.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["../evil"], "no name"),
        (["Paprika"], "no name"),
        (["paprika", "--side", "12"], "side"),
        (["paprika", "--strength", "3"], "strength"),
        (["paprika", "--sha256", "0" * 64], "has sha256"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_wrong_words_are_named_and_nothing_is_kept(
    folder: Path, weights: Path, words: list[str], says: str
) -> None:
    result = kiln("add", words[0], weights, "--licence", "MIT", *words[1:])
    assert result.exit_code == 2
    assert says in result.stderr
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_name_is_given_once_unless_it_is_said(folder: Path, weights: Path) -> None:
    assert kiln("add", "paprika", weights, "--licence", "MIT").exit_code == 0
    weights.write_bytes(safetensors("second"))
    again = kiln("add", "paprika", weights, "--licence", "BSD")
    assert again.exit_code == 2
    assert "--replace" in again.stderr
    assert kiln("verify", "paprika").exit_code == 0
    assert kiln("add", "paprika", weights, "--licence", "BSD", "--replace").exit_code == 0
    assert only(folder).licence == "BSD"
    assert kiln("verify", "paprika").exit_code == 0


def test_a_file_that_is_not_there_is_said_so(folder: Path, tmp_path: Path) -> None:
    result = kiln("add", "x", tmp_path / "nothing", "--licence", "MIT")
    assert result.exit_code == 2
    assert "there is no" in result.stderr


# -- from a URL ------------------------------------------------------------------------------
class _Answer:
    """What ``requests.get`` gives."""

    def __init__(self, data: bytes, status: int = 200) -> None:
        self._data, self.status = data, status
        self.headers = {"Content-Length": str(len(data))}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def raise_for_status(self) -> None:
        if self.status != 200:
            raise requests.HTTPError(f"{self.status} for the file")

    def iter_content(self, _: int) -> Iterator[bytes]:
        yield self._data[:5]
        yield self._data[5:]


def test_a_url_is_fetched_and_its_login_forgotten(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_shelf.requests, "get", lambda *_, **__: _Answer(safetensors()))
    url = "https://me:secret@models.example/paprika.safetensors?token=abc"
    result = kiln("add", "paprika", url, "--licence", "MIT")
    assert result.exit_code == 0, result.output
    assert only(folder).source == "https://models.example/paprika.safetensors"
    assert sorted(path.name for path in folder.iterdir()) == [LIST_FILE, "paprika.safetensors"]


def test_a_failed_download_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_shelf.requests, "get", lambda *_, **__: _Answer(b"gone", 404))
    result = kiln("add", "paprika", "https://models.example/x", "--licence", "MIT")
    assert result.exit_code == 1
    assert "404" in result.stderr
    assert list(folder.iterdir()) == []


def test_a_url_without_a_lock_needs_a_hash(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = safetensors()
    monkeypatch.setattr(model_shelf.requests, "get", lambda *_, **__: _Answer(data))
    add = ("add", "paprika", "http://models.example/x.safetensors", "--licence", "MIT")
    refused = kiln(*add)
    assert refused.exit_code == 2
    assert "https://" in refused.stderr
    assert kiln(*add, "--sha256", hashlib.sha256(data).hexdigest().upper()).exit_code == 0


def test_a_diffusion_model_has_no_url(folder: Path) -> None:
    result = kiln("add", "x", "https://models.example/x", "--kind", "diffusion", "--licence", "x")
    assert result.exit_code == 2
    assert "a folder" in result.stderr


# -- list and verify -------------------------------------------------------------------------
def test_an_empty_house_hears_what_is_missing_and_how_to_get_it(folder: Path) -> None:
    result = kiln("list")
    assert result.exit_code == 0
    assert "missing: `make setup`" in result.stdout
    for engine in ("neural", "diffusion"):
        assert f"kiln models add NAME URL|PATH --kind {engine}" in result.stdout


def test_what_was_added_is_listed(folder: Path, weights: Path) -> None:
    kiln("add", "paprika", weights, "--licence", "MIT")
    shown = kiln("list")
    assert "paprika" in shown.stdout
    assert "there is no neural model" not in shown.stdout
    answer = json.loads(kiln("list", "--json").stdout)
    assert answer["engines"]["neural"] is None
    assert answer["engines"]["diffusion"].startswith("there is no diffusion model")
    row = next(one for one in answer["models"] if one["name"] == "paprika")
    assert (row["state"], row["licence"], row["draws"]) == ("there", "MIT", "cel")
    (folder / "paprika.safetensors").unlink()
    assert "kiln models add paprika PATH --kind neural --replace" in kiln("list").stdout


def test_a_changed_file_is_found(
    folder: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "missing_files", lambda _: [])
    kiln("add", "paprika", weights, "--licence", "MIT")
    kiln("add", "second", weights, "--licence", "MIT")
    assert kiln("verify").exit_code == 0
    (folder / "paprika.safetensors").write_bytes(safetensors("changed"))
    result = kiln("verify")
    assert result.exit_code == 1
    assert "sha256 differs" in result.stdout
    assert "second: as added" in result.stdout
    assert kiln("verify", "second").exit_code == 0
    assert kiln("verify", "third").exit_code == 2


def test_missing_face_models_are_found(folder: Path) -> None:
    result = kiln("verify")
    assert result.exit_code == 1
    assert "make setup" in result.stdout


def test_a_broken_list_is_told(folder: Path) -> None:
    folder.mkdir()
    (folder / LIST_FILE).write_text("{")
    for words in (["list"], ["verify"], ["add", "x", str(folder / LIST_FILE), "--licence", "x"]):
        result = kiln(*words)
        assert result.exit_code == 2
        assert LIST_FILE in result.stderr
