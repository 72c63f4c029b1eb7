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
from gateway.door.keys import key_file, webhook_secret

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
    (data / "webhook-secrets").mkdir()
    (data / "webhook-secrets" / "ann").write_text("whsec")
    (data / "logins").mkdir()
    (data / "logins" / "gateway").write_text("password")
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
    "house/webhook-secrets/ann",
    "house/logins/gateway",
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


# -- keys in a folder of their own (KILN_HOUSE_DIR) ------------------------------------
@pytest.fixture
def apart(stack: Stack, tmp_path: Path) -> Stack:
    """The same, with keys and secrets elsewhere; those in the data folder are of long ago."""
    settings = stack.settings.model_copy(update={"house_dir": tmp_path / "shared"})
    for name in ("bob", "ann"):
        webhook_secret(settings, name)
    key_file(settings).write_text("[1]")
    (tmp_path / "shared" / "another house").write_text("not ours")
    return Stack(settings)


def _secrets(folder: Path) -> dict[str, str]:
    files = [folder / "keys.json", *(folder / "webhook-secrets").glob("[a-z]*")]
    return {path.name: path.read_text("utf-8") for path in files}


@pytest.mark.parametrize("house_dir", [None, "house of the new one", "new/house"])
def test_keys_are_kept_wherever_they_lie_and_come_back_to_where_they_are_looked_for(
    apart: Stack, tmp_path: Path, house_dir: str | None
) -> None:
    backup(apart, tmp_path / "to")
    assert not list((tmp_path / "to").rglob("another house"))
    new = Settings(data_dir=tmp_path / "new", house_dir=house_dir and tmp_path / house_dir)
    restore(Stack(new), tmp_path / "to")
    assert _secrets(new.house) == _secrets(apart.settings.house)
    assert _secrets(new.house).keys() == {"keys.json", "ann", "bob"}
    assert key_file(new).read_text("utf-8") == "[1]"
    assert (new.data_dir / "logins" / "gateway").exists()
    assert new.house == new.data_dir or not (new.data_dir / "keys.json").exists()


def test_a_folder_of_keys_in_the_data_folder_is_kept_once(stack: Stack, tmp_path: Path) -> None:
    inside = stack.settings.model_copy(update={"house_dir": stack.settings.data_dir / "inside"})
    webhook_secret(inside, "ann")
    backup(Stack(inside), tmp_path / "to")
    (found,) = (tmp_path / "to" / "house").rglob("ann")
    assert found.read_text("utf-8") == webhook_secret(inside, "ann")


def test_keys_that_are_still_there_are_no_obstacle(apart: Stack, tmp_path: Path) -> None:
    backup(apart, tmp_path / "to")
    webhook_secret(apart.settings, "eve")  # who came later
    before = _secrets(apart.settings.house)
    again = apart.settings.model_copy(update={"data_dir": tmp_path / "new"})
    restore(Stack(again), tmp_path / "to")
    assert _secrets(apart.settings.house) == before


@pytest.mark.parametrize("name", ["keys.json", "webhook-secrets/ann"])
def test_other_keys_are_not_overwritten(apart: Stack, tmp_path: Path, name: str) -> None:
    backup(apart, tmp_path / "to")
    (tmp_path / "shared" / name).write_text("other", "utf-8")
    new = Stack(apart.settings.model_copy(update={"data_dir": tmp_path / "new"}))
    with pytest.raises(StackError, match="move it away, or, to keep it"):
        restore(new, tmp_path / "to")
    assert (tmp_path / "shared" / name).read_text("utf-8") == "other"
    assert not (tmp_path / "new").exists()
    (tmp_path / "to" / "house" / name).unlink()  # as it says, to keep it
    restore(new, tmp_path / "to")
    assert (tmp_path / "shared" / name).read_text("utf-8") == "other"


def test_keys_on_a_disk_that_is_not_mounted_make_no_backup(stack: Stack, tmp_path: Path) -> None:
    gone = stack.settings.model_copy(update={"house_dir": tmp_path / "not mounted"})
    with pytest.raises(StackError, match=r"KILN_HOUSE_DIR names .*not mounted"):
        backup(Stack(gone), tmp_path / "to")
    assert not (tmp_path / "to").exists()
