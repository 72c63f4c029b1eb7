from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from common.contracts.artifacts import ArtifactRef
from common.errors import NoRoom, StorageError
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.door.room import RoomGuard

if TYPE_CHECKING:
    from tests.unit.gateway.conftest import Stack

MB = 1_000_000


class Usage(NamedTuple):
    total: int
    used: int
    free: int


class Disks:
    """What is free, by a word in the path."""

    def __init__(self) -> None:
        self.free = {"artifacts": 10_000 * MB, "redis": 10_000 * MB}
        self.looks = 0
        self.redis = 0.0  # taken of its memory
        self.now = 0.0

    def usage(self, path: Path) -> Usage:
        self.looks += 1
        return Usage(0, 0, self.free.get(path.name, 10_000 * MB))

    def filled(self) -> float:
        return self.redis


@pytest.fixture
def disks(monkeypatch: pytest.MonkeyPatch) -> Disks:
    found = Disks()
    monkeypatch.setattr(shutil, "disk_usage", found.usage)
    monkeypatch.setattr(time, "monotonic", lambda: found.now)
    return found


@pytest.fixture
def guard(disks: Disks, tmp_path: Path) -> RoomGuard:
    settings = Settings(data_dir=tmp_path)
    (tmp_path / "redis").mkdir()
    return RoomGuard(settings, ArtifactStore(settings.artifacts_url), disks.filled)


def _take_in(guard: RoomGuard, size: int = 1) -> None:
    with guard.taking_in(size):
        pass


def test_there_is_room_until_the_limit(guard: RoomGuard, disks: Disks) -> None:
    disks.free["artifacts"] = 500 * MB
    _take_in(guard)


@pytest.mark.parametrize("full", ["artifacts", "redis"])
def test_each_disk_may_be_the_full_one(guard: RoomGuard, disks: Disks, full: str) -> None:
    disks.free[full] = 500 * MB - 1
    with pytest.raises(NoRoom, match="499 MB are free"):
        _take_in(guard)


def test_the_disks_are_looked_at_once_a_second(guard: RoomGuard, disks: Disks) -> None:
    for _ in range(100):
        _take_in(guard)
    assert disks.looks == 2  # one each
    disks.free["redis"] = 0
    disks.now += 0.9
    _take_in(guard)
    disks.now += 0.1
    with pytest.raises(NoRoom):
        _take_in(guard)


def test_a_disk_that_was_full_in_the_middle_is_no_room(guard: RoomGuard, disks: Disks) -> None:
    def fill() -> None:
        with guard.taking_in(3):
            disks.free["artifacts"] = 2
            raise StorageError("cannot store photo: GenericError")

    with pytest.raises(NoRoom):
        fill()


def test_a_photo_larger_than_what_is_left_is_no_room(guard: RoomGuard, disks: Disks) -> None:
    disks.free["artifacts"] = 600 * MB
    with pytest.raises(NoRoom), guard.taking_in(700 * MB):
        raise StorageError("cannot store photo: GenericError")


def test_any_other_fault_of_the_store_stays_what_it_is(guard: RoomGuard) -> None:
    with pytest.raises(StorageError), guard.taking_in(3):
        raise StorageError("cannot store photo: PermissionDeniedError")


def test_a_redis_elsewhere_has_no_disk_here(disks: Disks, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, redis_url="redis://elsewhere:6379")
    guard = RoomGuard(settings, ArtifactStore("memory:///"), disks.filled)
    _take_in(guard)
    assert disks.looks == 0


@pytest.mark.parametrize("taken", [0.0, 0.899, 1.2])
def test_a_redis_with_room_takes_in_and_a_full_one_answers_for_itself(
    guard: RoomGuard, disks: Disks, taken: float
) -> None:
    disks.redis = taken
    _take_in(guard)


def test_a_redis_that_is_nearly_full_leaves_the_rest_to_the_jobs_it_has(
    guard: RoomGuard, disks: Disks
) -> None:
    disks.redis = 0.93
    with pytest.raises(NoRoom, match="93% of its memory"):
        _take_in(guard)
    disks.redis, disks.now = 0.5, 1.0  # some of them have run out
    _take_in(guard)


def test_a_house_without_room_says_so_before_it_takes_anything_in(
    stack: Stack, disks: Disks, tmp_path: Path
) -> None:
    (tmp_path / "redis").mkdir(exist_ok=True)
    disks.free["redis"] = 0
    answers = [stack.post(), stack.ask("leek", "rice")]
    assert [(one.status_code, one.json["code"]) for one in answers] == [(507, "no_room")] * 2
    assert answers[0].json["hint"]
    assert list(stack.store.files()) == []
    assert stack.ledger.trash(0) == []


def test_a_disk_that_is_full_in_the_middle_is_a_507_too(
    stack: Stack, disks: Disks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "redis").mkdir(exist_ok=True)

    keep = ArtifactStore.keep

    def full(store: ArtifactStore, owner: str, ref: ArtifactRef, data: bytes) -> None:
        if ref.name != "photo":  # the promise, which is smaller, finds room
            keep(store, owner, ref, data)
            return
        disks.free["redis"] = 0
        raise StorageError("cannot store photo: GenericError")

    monkeypatch.setattr(ArtifactStore, "keep", full)
    answer = stack.post()
    assert (answer.status_code, answer.json["code"]) == (507, "no_room")
    assert stack.ledger.jobs("local", None, 10) == []
    assert list(stack.store.files()) == []  # nothing is promised either
