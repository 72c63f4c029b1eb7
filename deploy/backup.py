"""Back a running stack up into a folder, and put it back into an empty data folder.

The order is the trick. First the log of Redis: it only grows, so a copy of it is the ledger as it
was at one moment. Then the files: a file that the ledger knew at that moment stays for ten minutes
after its last reference went. What came in between is found again by ``kiln recover``.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from common.settings import Settings
from deploy.stack import Stack, StackError

_FILE: Final = re.compile(r"[0-9a-f]{64}")  # others are files that are being written
_TRIES: Final = 10
# Made anew by every start, or by `make setup`; Redis and the artifacts are copied for themselves.
# What Prometheus has measured is of this machine, and its files change while they are copied.
_NOT_KEPT: Final = frozenset(
    {"run", "logs", "metrics", "models", "redis", "artifacts", "prometheus"}
)
_KEYS: Final = ("keys.json", "webhook-secrets")  # as they are called in KILN_HOUSE_DIR


def backup(stack: Stack, target: Path) -> None:
    """Copy all that a house needs to go on elsewhere. It may run meanwhile.

    Parameters
    ----------
    stack
        Whose Redis is its own.
    target
        A folder that does not exist yet; it appears when all is in it, and only its owner may
        read it: it holds photos and keys.

    Raises
    ------
    StackError
        The folder exists, the Redis is not this stack's own, its keys are not where the settings
        say, or it could not be copied.
    """
    _check_own_redis(stack.settings)
    data, folder = stack.settings.data_dir, _artifacts(stack.settings)
    house = stack.settings.house
    if not house.is_dir():
        raise StackError(f"KILN_HOUSE_DIR names {house}, which is not there: mount or create it")
    if target.exists():
        raise StackError(f"{target} exists: name a new folder for each backup")
    if any(place in target.parents for place in (data, folder, house / "webhook-secrets")):
        raise StackError(f"{target} is inside of what is to be backed up")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    _copy_redis(data / "redis", part / "redis")
    _copy_house(stack.settings, part / "house", folder)
    if folder:
        _copy_artifacts(folder, part / "artifacts")
    part.rename(target)


def restore(stack: Stack, source: Path) -> None:
    """Put a backup into the empty data folder of a stack that is not up.

    Raises
    ------
    StackError
        The stack is up, its folder is not empty, it has other keys, or the source is no backup.
    """
    _check_own_redis(stack.settings)
    folder, data = _artifacts(stack.settings), stack.settings.data_dir
    if not (source / "redis").is_dir():
        raise StackError(f"{source} is no backup")
    if stack.is_up():
        raise StackError("Kiln is up: stop it first")
    for place in (data / "redis", folder):
        if place and place.is_dir() and any(place.iterdir()):
            raise StackError(f"{place} is not empty: set KILN_DATA_DIR to a new folder")
    _check_keys(source / "house", stack.settings.house)
    for path in (source / "house").iterdir():
        _copy(path, (stack.settings.house if path.name in _KEYS else data) / path.name)
    if folder and (source / "artifacts").is_dir():
        shutil.copytree(source / "artifacts", folder, dirs_exist_ok=True)
    shutil.copytree(source / "redis", data / "redis", dirs_exist_ok=True)


def _check_own_redis(settings: Settings) -> None:
    if settings.redis_url is not None:
        raise StackError(
            "KILN_REDIS_URL names a Redis that is not this stack's own: back it up where it runs"
        )


def _artifacts(settings: Settings) -> Path | None:
    """Find the folder of the files; None where they lie in a bucket, which has its own copies."""
    parts = urlsplit(settings.artifacts_url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _copy_redis(source: Path, target: Path) -> None:
    """Copy the log; once more where Redis has replaced its parts meanwhile."""
    for _ in range(_TRIES):
        shutil.rmtree(target, ignore_errors=True)
        before = _manifest(source)
        try:
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("temp-*"))
        except (FileNotFoundError, shutil.Error):
            continue
        if _manifest(source) == before:
            return
    raise StackError(f"{source} changes too fast to be copied")


def _manifest(redis: Path) -> str:
    """Read the list of the parts of the log; Redis 6 has one file and no list."""
    path = redis / "appendonlydir" / "appendonly.aof.manifest"
    return path.read_text("utf-8") if path.exists() else ""


def _copy_house(settings: Settings, target: Path, artifacts: Path | None) -> None:
    """Copy keys and secrets: those of the house by name, what else there is whatever its name."""
    target.mkdir()
    for path in settings.data_dir.iterdir():
        if path.name not in {*_NOT_KEPT, *_KEYS} and path not in {artifacts, settings.house}:
            _copy(path, target / path.name)
    for name in _KEYS:
        if (settings.house / name).exists():
            _copy(settings.house / name, target / name)


def _check_keys(source: Path, house: Path) -> None:
    """Say no rather than overwrite keys and secrets that are not those of the backup."""
    for path in (path for name in _KEYS for path in [source / name, *(source / name).rglob("*")]):
        there = house / path.relative_to(source)
        if path.is_file() and there.exists() and there.read_bytes() != path.read_bytes():
            raise StackError(
                f"{there} is another one than in the backup: move it away, or, to keep it, move"
                f" {path} away"
            )


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy2(path, target)


def _copy_artifacts(source: Path, target: Path) -> None:
    """Copy what is there; a file that goes meanwhile has lost its last reference long ago."""
    target.mkdir()
    for folder, _, names in os.walk(source):
        into = target / Path(folder).relative_to(source)
        into.mkdir(exist_ok=True)
        for name in filter(_FILE.fullmatch, names):
            try:
                shutil.copy2(Path(folder, name), into / name)
            except FileNotFoundError:
                continue
