from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, StorageError
from common.stores import ArtifactStore

LONG, NO_TIME = timedelta(minutes=10), timedelta(0)


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    folder = tmp_path / "with a blank"
    return ArtifactStore("memory:///" if request.param == "memory" else folder.as_uri())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "artifacts"


def _put(store: ArtifactStore, data: bytes = b"bytes", owner: str = "ann") -> ArtifactRef:
    return store.put(owner, "a.bin", "x/y", data)


def test_what_was_put_is_got(store: ArtifactStore) -> None:
    ref = _put(store, b"\0\xffbytes")
    assert store.get("ann", ref) == b"\0\xffbytes"
    assert (ref.name, ref.size, ref.media_type, ref.internal) == ("a.bin", 7, "x/y", False)


def test_an_empty_file_is_a_file(store: ArtifactStore) -> None:
    assert store.get("ann", _put(store, b"")) == b""


def test_equal_bytes_have_one_address_and_may_be_put_again(store: ArtifactStore) -> None:
    assert _put(store).sha256 == _put(store).sha256
    assert _put(store, b"other").sha256 != _put(store).sha256


def test_owners_do_not_share_files(store: ArtifactStore) -> None:
    ref = _put(store)
    with pytest.raises(Gone, match=r"a\.bin is no longer stored"):
        store.get("bob", ref)


def test_a_part_is_streamed(store: ArtifactStore) -> None:
    data = os.urandom(3_000_000)
    ref = _put(store, data)
    assert b"".join(store.stream("ann", ref, 1_000, 2_500_000)) == data[1_000:2_500_000]


def test_a_stream_of_an_expired_file_says_so_before_the_first_byte(store: ArtifactStore) -> None:
    ref = _put(store)
    store.delete_stale("ann", ref.sha256, NO_TIME)
    with pytest.raises(Gone):
        store.stream("ann", ref, 0, 1)


def test_a_file_that_was_put_again_of_late_is_not_deleted(store: ArtifactStore) -> None:
    ref = _put(store)
    assert not store.delete_stale("ann", ref.sha256, LONG)
    assert store.get("ann", ref) == b"bytes"


def test_a_stale_file_is_deleted_and_stays_deleted(store: ArtifactStore) -> None:
    ref = _put(store)
    assert store.delete_stale("ann", ref.sha256, NO_TIME)
    assert store.delete_stale("ann", ref.sha256, LONG)
    with pytest.raises(Gone):
        store.get("ann", ref)


def test_a_store_that_is_there_answers(store: ArtifactStore) -> None:
    store.ping()


def test_a_file_that_was_changed_is_never_handed_out(folder: Path) -> None:
    store = ArtifactStore(folder.as_uri())
    ref = _put(store)
    (folder / "ann" / ref.sha256[:2] / ref.sha256).write_bytes(b"BYTES")
    with pytest.raises(StorageError, match="does not match its checksum"):
        store.get("ann", ref)


def test_putting_again_mends_a_file_that_was_changed(folder: Path) -> None:
    store = ArtifactStore(folder.as_uri())
    ref = _put(store)
    (folder / "ann" / ref.sha256[:2] / ref.sha256).write_bytes(b"")
    _put(store)
    assert store.get("ann", ref) == b"bytes"


def test_a_folder_that_cannot_be_written_is_a_retryable_error(folder: Path) -> None:
    store = ArtifactStore(folder.as_uri())
    folder.joinpath("ann").write_text("in the way of the owner's folder")
    with pytest.raises(StorageError, match=r"cannot store a\.bin") as failure:
        _put(store)
    assert failure.value.retryable


@pytest.mark.parametrize("call", ["get", "stream", "delete_stale", "ping"])
def test_a_failing_store_is_a_storage_error_everywhere(folder: Path, call: str) -> None:
    store = ArtifactStore(folder.as_uri())
    ref = _put(store)
    path = folder / "ann" / ref.sha256[:2] / ref.sha256
    path.unlink()
    path.symlink_to(path)  # a loop: the system refuses to open it, even for root
    folder.joinpath("ping").symlink_to(folder / "ping")
    calls = {
        "get": lambda: store.get("ann", ref),
        "stream": lambda: store.stream("ann", ref, 0, 1),
        "delete_stale": lambda: store.delete_stale("ann", ref.sha256, NO_TIME),
        "ping": store.ping,
    }
    with pytest.raises(StorageError):
        calls[call]()
