"""Copying what others change meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.settings import Settings
from deploy.backup import backup, restore
from deploy.stack import Stack, StackError

SHA = "ab" * 32


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    data = tmp_path / "data"
    log = data / "redis" / "appendonlydir"
    log.mkdir(parents=True)
    (log / "appendonly.aof.manifest").write_text("one")
    (log / "appendonly.aof.1.incr.aof").write_text("*1")
    (log / "temp-rewriteaof-7.aof").write_text("half")
    (data / "artifacts" / "ann" / "ab").mkdir(parents=True)
    (data / "artifacts" / "ann" / "ab" / SHA).write_bytes(b"glb")
    (data / "artifacts" / "ann" / "ab" / f"{SHA}#1").write_bytes(b"half")
    (data / "keys.json").write_text("{}")
    (data / "secrets").mkdir()
    (data / "secrets" / "ann").write_text("whsec")
    for name in ("logs", "run", "metrics", "models"):
        (data / name).mkdir()
    return Stack(Settings(data_dir=data))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], None]], None]:
    """Let something happen after each copy of the log."""
    copytree = shutil.copytree

    def use(happens: Callable[[Path], None]) -> None:
        def copy(source: Path, target: Path, *more: Any, **options: Any) -> Path:
            made = copytree(source, target, *more, **options)
            if Path(source).name == "redis":
                happens(Path(source) / "appendonlydir" / "appendonly.aof.manifest")
            return Path(made)

        monkeypatch.setattr(shutil, "copytree", copy)

    return use


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


KEPT = {
    "redis/appendonlydir/appendonly.aof.manifest",
    "redis/appendonlydir/appendonly.aof.1.incr.aof",
    f"artifacts/ann/ab/{SHA}",
    "house/keys.json",
    "house/secrets/ann",
}


def test_a_backup_holds_what_is_needed_and_nothing_half_written(
    stack: Stack, tmp_path: Path
) -> None:
    backup(stack, tmp_path / "to")
    assert _files(tmp_path / "to") == KEPT


def test_what_was_backed_up_is_put_where_it_was(stack: Stack, tmp_path: Path) -> None:
    backup(stack, tmp_path / "to")
    new = tmp_path / "new"
    restore(Stack(Settings(data_dir=new)), tmp_path / "to")
    assert _files(new) == {name.removeprefix("house/") for name in KEPT}


def test_a_log_that_redis_rewrote_meanwhile_is_copied_again(
    stack: Stack, tmp_path: Path, meanwhile: Callable[[Callable[[Path], None]], None]
) -> None:
    texts = iter(("two", "three"))
    meanwhile(lambda manifest: manifest.write_text(next(texts, "three")) and None)
    backup(stack, tmp_path / "to")
    copied = tmp_path / "to" / "redis" / "appendonlydir" / "appendonly.aof.manifest"
    assert copied.read_text() == "three"


def test_a_log_that_never_rests_is_no_backup(
    stack: Stack, tmp_path: Path, meanwhile: Callable[[Callable[[Path], None]], None]
) -> None:
    meanwhile(lambda manifest: manifest.write_text(manifest.read_text() + "!") and None)
    with pytest.raises(StackError, match="changes too fast"):
        backup(stack, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_an_artifact_that_goes_meanwhile_is_left_out(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy2 = shutil.copy2

    def copy(source: Path, target: Path) -> Any:
        if Path(source).name == SHA:
            Path(source).unlink()
        return copy2(source, target)

    monkeypatch.setattr(shutil, "copy2", copy)
    backup(stack, tmp_path / "to")
    assert _files(tmp_path / "to") == KEPT - {f"artifacts/ann/ab/{SHA}"}


def test_files_in_a_bucket_stay_there(stack: Stack, tmp_path: Path) -> None:
    in_bucket = stack.settings.model_copy(update={"store_url": "s3://bucket"})
    shutil.rmtree(stack.settings.data_dir / "artifacts")
    backup(Stack(in_bucket), tmp_path / "to")
    assert not (tmp_path / "to" / "artifacts").exists()
    restore(Stack(in_bucket.model_copy(update={"data_dir": tmp_path / "new"})), tmp_path / "to")
    assert (tmp_path / "new" / "redis").is_dir()
