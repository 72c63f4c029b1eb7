"""The list of optional models: what it refuses, what it says is missing, how it is checked."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from common.contracts.figurine import Style
from common.errors import EngineUnavailable
from common.models import (
    LIST_FILE,
    Kind,
    Model,
    check,
    digest,
    fingerprint,
    models_there,
    read_checked,
    read_models,
    unavailable,
    write_models,
)

DATA = b"weights"


def model(folder: Path, name: str = "own", data: bytes = DATA, **said: Any) -> Model:
    """A file in the folder, and its row."""
    (folder / f"{name}.safetensors").write_bytes(data)
    row = {"name": name, "kind": "neural", "file": f"{name}.safetensors", "size": len(data)}
    row |= {"sha256": hashlib.sha256(data).hexdigest(), "licence": "MIT", "source": "a test"}
    return Model(**row | said)


def test_a_folder_without_a_list_has_no_models(tmp_path: Path) -> None:
    assert read_models(tmp_path) == ()
    assert fingerprint(tmp_path) == ""


def test_what_is_written_is_read_back_in_order_of_name(tmp_path: Path) -> None:
    last, first = model(tmp_path, "zebra"), model(tmp_path, "ant", style=Style.OIL, steps=8)
    write_models(tmp_path, [last, first])
    assert read_models(tmp_path) == (first, last)
    rows = json.loads((tmp_path / LIST_FILE).read_text("utf-8"))
    assert {"name", "kind", "file", "sha256", "licence", "source"} <= set(rows[0])
    assert [path.name for path in tmp_path.glob("tmp*")] == []


@pytest.mark.parametrize("text", ["{}", "not json", '[{"name": "x"}]'])
def test_a_list_that_cannot_be_read_is_told_not_guessed(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST_FILE).write_text(text)
    with pytest.raises(EngineUnavailable, match=LIST_FILE):
        read_models(tmp_path)
    reason = unavailable("neural", tmp_path)
    assert reason is not None
    assert LIST_FILE in reason
    assert unavailable("auto", tmp_path) is None


@pytest.mark.parametrize("file", ["../evil", "/etc/passwd", "a/../../b", "", "..", "a\\b"])
def test_a_file_outside_the_folder_is_refused(tmp_path: Path, file: str) -> None:
    with pytest.raises(ValidationError):
        model(tmp_path, file=file)


@pytest.mark.parametrize(
    "said",
    [{"side": 60}, {"side": 4096}, {"sha256": "abc"}, {"licence": ""}, {"strength": 0}],
    ids=str,
)
def test_a_row_with_a_wrong_value_is_refused(tmp_path: Path, said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model(tmp_path, **said)


def test_only_a_file_with_the_listed_hash_is_given_out(tmp_path: Path) -> None:
    one = model(tmp_path)
    assert read_checked(one, tmp_path) == DATA
    check(one, tmp_path)
    (tmp_path / one.file).write_bytes(DATA + b".")
    for look in (read_checked, check):
        with pytest.raises(EngineUnavailable, match="sha256 differs") as caught:
            look(one, tmp_path)
        assert "kiln models verify own" in caught.value.advice
    (tmp_path / one.file).unlink()
    for look in (read_checked, check):
        with pytest.raises(EngineUnavailable, match="not in the models folder") as caught:
            look(one, tmp_path)
        assert "kiln models add NAME URL|PATH --kind neural" in caught.value.advice


def test_the_hash_of_a_folder_sees_every_byte_and_every_name(tmp_path: Path) -> None:
    folder = tmp_path / "pipe"
    (folder / "unet").mkdir(parents=True)
    (folder / "a.json").write_text("1")
    (folder / "unet" / "b.json").write_text("2")
    seen = {digest(folder)}
    (folder / "unet" / "b.json").write_text("3")
    seen.add(digest(folder))
    (folder / "unet" / "b.json").rename(folder / "b.json")
    seen.add(digest(folder))
    (folder / "empty.txt").write_text("")
    seen.add(digest(folder))
    assert len(seen) == 4
    with pytest.raises(FileNotFoundError):
        digest(tmp_path / "nothing")


@pytest.mark.parametrize("engine", ["neural", "diffusion"])
def test_an_engine_without_a_model_says_which_command_gets_one(tmp_path: Path, engine: str) -> None:
    reason = unavailable(engine, tmp_path)
    assert reason is not None
    assert f"there is no {engine} model here" in reason
    assert f"`kiln models add NAME URL|PATH --kind {engine}`" in reason
    assert unavailable("builtin", tmp_path) is None
    assert unavailable("auto", tmp_path) is None


def test_a_model_makes_its_engine_available_for_its_style(tmp_path: Path) -> None:
    one = model(tmp_path, style=Style.CEL)
    write_models(tmp_path, [one])
    assert unavailable("neural", tmp_path) is None
    assert unavailable("neural", tmp_path, "cel") is None
    reason = unavailable("neural", tmp_path, "oil")
    assert reason is not None
    assert "draws 'oil', only cel" in reason
    assert "--style oil" in reason
    assert unavailable("diffusion", tmp_path) is not None
    write_models(tmp_path, [model(tmp_path, style=None)])
    assert unavailable("neural", tmp_path, "oil") is None


def test_a_model_whose_file_is_gone_does_not_count(tmp_path: Path) -> None:
    one = model(tmp_path)
    write_models(tmp_path, [one])
    assert models_there(tmp_path, Kind.NEURAL) == (one,)
    (tmp_path / one.file).unlink()
    assert models_there(tmp_path, Kind.NEURAL) == ()
    reason = unavailable("neural", tmp_path)
    assert reason is not None
    assert "the file of own is not in the models folder" in reason


def test_the_fingerprint_knows_weights_and_how_they_are_used_but_no_words(tmp_path: Path) -> None:
    seen = set()
    for one in (
        model(tmp_path),
        model(tmp_path, data=b"other"),
        model(tmp_path, steps=9),
        model(tmp_path, prompt="ink"),
    ):
        write_models(tmp_path, [one])
        seen.add(fingerprint(tmp_path))
    write_models(tmp_path, [model(tmp_path, licence="BSD", source="elsewhere")])
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 4
