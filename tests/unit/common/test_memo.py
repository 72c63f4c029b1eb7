from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from common.contracts.artifacts import ArtifactRef
from common.contracts.figurine import FinishRequest, PortraitRequest, SculptRequest
from common.contracts.stages import BY_NAME, Stage
from common.memo import memo_key, source_version

PORTRAIT, FINISH = BY_NAME["stylize.portrait"], BY_NAME["gateway.finish"]


def _ref(name: str, digit: str = "a") -> ArtifactRef:
    return ArtifactRef(name=name, sha256=digit * 64, size=1, media_type="x/y")


def _key(
    version: str = "v1", photo: str = "a", request: BaseModel | None = None, *others: str
) -> str:
    artifacts = {name: _ref(name) for name in others} | {"photo": _ref("photo", photo)}
    return memo_key(PORTRAIT, version, artifacts, request or PortraitRequest())


def test_equal_work_has_an_equal_key() -> None:
    assert _key() == _key()
    assert len(_key()) == 64


@pytest.mark.parametrize(
    "other",
    [_key("v2"), _key(photo="b"), _key(request=PortraitRequest(style="oil"))],
    ids=["version", "photo", "parameter"],
)
def test_whatever_changes_the_output_changes_the_key(other: str) -> None:
    assert other != _key()


def test_artifacts_a_stage_does_not_read_do_not_change_its_key() -> None:
    assert _key("v1", "a", None, "figurine.glb") == _key()


def test_a_default_that_is_written_out_is_the_same_work() -> None:
    assert _key(request=PortraitRequest(style="cel", subject="largest")) == _key()


def test_a_stage_that_reads_everything_depends_on_everything() -> None:
    one = {"photo": _ref("photo")}
    two = one | {"figurine.glb": _ref("figurine.glb")}
    request = FinishRequest()
    assert memo_key(FINISH, "v1", one, request) != memo_key(FINISH, "v1", two, request)


@pytest.mark.parametrize("row", [row for row in BY_NAME.values() if row.may_read])
def test_what_a_stage_reads_only_where_it_is_there_changes_its_key(row: Stage) -> None:
    without = {name: _ref(name) for name in row.reads}
    keys = {memo_key(row, "v1", without, FinishRequest())}
    for name in row.may_read:
        for digit in "bc":
            keys.add(memo_key(row, "v1", without | {name: _ref(name, digit)}, FinishRequest()))
    assert len(keys) == 1 + 2 * len(row.may_read)


def test_a_missing_input_is_an_error_not_a_key() -> None:
    with pytest.raises(KeyError, match="attributes"):
        memo_key(BY_NAME["fusion.sculpt"], "v1", {}, SculptRequest())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "recipes_for_memo"
    (root / "deep").mkdir(parents=True)
    for name in ("__init__.py", "a.py", "deep/__init__.py", "deep/b.py"):
        (root / name).write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return root


@pytest.mark.parametrize("name", ["a.py", "deep/b.py"])
def test_a_changed_source_is_another_version(package: Path, name: str) -> None:
    before = source_version([package.name])
    (package / name).write_text("x = 2\n")
    assert source_version([package.name]) != before


def test_a_renamed_module_is_another_version(package: Path) -> None:
    before = source_version([package.name])
    (package / "a.py").rename(package / "c.py")
    assert source_version([package.name]) != before


def test_a_single_module_counts_alone(package: Path) -> None:
    before = source_version([f"{package.name}.a"])
    (package / "deep" / "b.py").write_text("x = 3\n")
    assert source_version([f"{package.name}.a"]) == before
    (package / "a.py").write_text("x = 3\n")
    assert source_version([f"{package.name}.a"]) != before


def test_a_changed_model_file_is_another_version_wherever_it_lies(tmp_path: Path) -> None:
    files = []
    for folder, content in (("one", b"net"), ("two", b"net"), ("three", b"other")):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "face.tflite")
        files[-1].write_bytes(content)
    one, two, three = (source_version([], [file]) for file in files)
    assert one == two != three


def test_a_module_that_does_not_exist_stops_the_worker() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        source_version(["no_such_module"])


def test_other_settings_are_another_version() -> None:
    assert source_version(["common.memo"], variant="a") != source_version(["common.memo"])
