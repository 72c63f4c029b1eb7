from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
import requests

from common import clouds
from common.contracts.artifacts import ArtifactRef
from common.errors import Gone, StorageError
from common.settings import Settings
from common.stores import ArtifactStore, open_store, path_of, reference
from tests.servers.s3 import S3Server

LONG, NO_TIME = timedelta(minutes=10), timedelta(0)


@pytest.fixture(autouse=True)
def no_network() -> None:
    """The S3 server is another process of this machine."""


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture
def s3(server: S3Server, tmp_path: Path) -> ArtifactStore:
    return open_store(Settings(**server.settings(f"with a blank/{tmp_path.name}")))  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "s3":
        found: ArtifactStore = request.getfixturevalue("s3")
        return found
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


@pytest.mark.parametrize("names", [("bad", "good"), ("good", "bad")])
def test_where_one_of_several_files_fails_the_others_are_stored_when_that_is_told(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch, names: tuple[str, str]
) -> None:
    keep = store.keep
    files = [(reference(name, "x/y", name.encode()), name.encode()) for name in names]

    def half_broken(owner: str, ref: ArtifactRef, data: bytes) -> None:
        if ref.name == "bad":
            raise StorageError("no space left")
        time.sleep(0.1)
        keep(owner, ref, data)

    monkeypatch.setattr(store, "keep", half_broken)
    with pytest.raises(StorageError, match="no space"):
        store.keep_all("ann", files)
    assert store.get("ann", files[names.index("good")][0]) == b"good"


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


def test_every_file_is_listed_and_there_until_it_is_deleted(store: ArtifactStore) -> None:
    paths = {f"ann/{ref.sha256[:2]}/{ref.sha256}" for ref in (_put(store), _put(store, b"more"))}
    assert {path for path, _ in store.files()} == paths
    assert all(store.has(path) for path in paths)
    store.delete_stale("ann", paths.pop()[-64:], NO_TIME)
    assert {path for path, _ in store.files()} == paths
    assert not store.has("ann/00/00")


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


@pytest.mark.parametrize("whole", [True, False])
def test_what_a_killed_writer_left_goes_with_its_file(tmp_path: Path, *, whole: bool) -> None:
    store = ArtifactStore(tmp_path.as_uri())
    ref = reference("photo", "image/jpeg", b"whole")
    path = tmp_path / path_of("ann", ref.sha256)
    if whole:
        store.keep("ann", ref, b"whole")
    path.parent.mkdir(parents=True, exist_ok=True)
    old, being_written = path.with_name(f"{path.name}#1"), path.with_name(f"{path.name}#2")
    for half in (old, being_written):
        half.write_bytes(b"who")
    long_ago = time.time() - 120
    os.utime(old, (long_ago, long_ago))
    assert store.delete_stale("ann", ref.sha256, NO_TIME)
    assert list(path.parent.iterdir()) == [being_written]


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


# -- room ---------------------------------------------------------------------------------------


def test_a_folder_tells_the_room_on_its_disk_even_before_it_is_there(folder: Path) -> None:
    store = ArtifactStore(folder.as_uri())
    folder.rmdir()
    free = store.room().free_bytes
    disk = os.statvfs(folder.parent)
    assert free == pytest.approx(disk.f_bavail * disk.f_frsize, rel=0.1)


def test_a_cloud_has_no_end(s3: ArtifactStore) -> None:
    assert s3.room().free_bytes is None


# -- S3 -----------------------------------------------------------------------------------------


def test_a_signed_url_gives_the_file_with_its_type_and_name(s3: ArtifactStore) -> None:
    ref = s3.put("ann", "figurine.glb", "model/gltf-binary", b"0123456789")
    url = s3.sign("ann", ref, 60)
    assert url is not None
    assert "X-Amz-Expires=60&" in url
    part = requests.get(url, headers={"Range": "bytes=2-4"}, timeout=10)
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Type"] == "model/gltf-binary"
    assert part.headers["Content-Disposition"] == 'attachment; filename="figurine.glb"'


def test_a_picture_is_shown_and_not_saved(s3: ArtifactStore) -> None:
    url = s3.sign("ann", s3.put("ann", "portrait.png", "image/png", b"png"), 60)
    headers = requests.get(str(url), timeout=10).headers
    assert headers["Content-Disposition"].startswith("inline;")


def test_a_folder_signs_nothing(folder: Path) -> None:
    store = ArtifactStore(folder.as_uri())
    assert store.sign("ann", _put(store), 60) is None


def test_a_server_that_is_too_busy_is_asked_again(s3: ArtifactStore, server: S3Server) -> None:
    server.refuse(3)
    ref = _put(s3)
    server.refuse(3)
    assert s3.get("ann", ref) == b"bytes"


def test_a_delete_that_was_not_answered_is_not_repeated(
    s3: ArtifactStore, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file may have been put again meanwhile."""
    ref = _put(s3)
    head = obstore.head

    def and_then_refuse(*asked: Any) -> Any:
        found = head(*asked)
        server.refuse(1)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(obstore, "head", and_then_refuse)
        with pytest.raises(StorageError, match="cannot delete"):
            s3.delete_stale("ann", ref.sha256, NO_TIME)
    assert s3.get("ann", ref) == b"bytes"
    server.refuse(1)
    with pytest.raises(StorageError, match="cannot delete"):
        s3.delete_stale("ann", ref.sha256, NO_TIME)
    assert s3.delete_stale("ann", ref.sha256, NO_TIME)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up after half a second and not after eight."""
    monkeypatch.setitem(clouds._RETRIES, "retry_timeout", timedelta(seconds=0.5))


@pytest.mark.usefixtures("hasty")
def test_a_server_that_stays_away_is_a_storage_error_everywhere(
    server: S3Server, tmp_path: Path
) -> None:
    store = open_store(Settings(**server.settings(tmp_path.name)))  # type: ignore[arg-type]
    ref = _put(store)
    server.stop()
    calls = (
        lambda: _put(store, b"new"),
        lambda: store.get("ann", ref),
        lambda: store.stream("ann", ref, 0, 1),
        lambda: store.delete_stale("ann", ref.sha256, NO_TIME),
        lambda: store.has("ann"),
        lambda: list(store.files()),
    )
    try:
        for call in calls:
            with pytest.raises(StorageError) as failure:
                call()
            assert failure.value.retryable
        started = time.monotonic()
        with pytest.raises(StorageError, match="does not answer"):
            store.ping()
        assert time.monotonic() - started < 5  # without the patience of other calls
    finally:
        server.start()
    assert store.get("ann", ref) == b"bytes"  # by the same store object


@pytest.mark.usefixtures("hasty")
def test_a_file_is_one_request_and_a_put_that_breaks_off_leaves_nothing(
    server: S3Server, tmp_path: Path
) -> None:
    store = open_store(Settings(**server.settings(tmp_path.name)))  # type: ignore[arg-type]
    before = server.seen()["requests"]
    _put(store, bytes(20_000_000))
    assert server.seen()["requests"] == before + 1
    server.refuse(100)
    with pytest.raises(StorageError):
        _put(store, bytes(20_000_001))
    server.refuse(0)
    assert len(list(store.files())) == 1
    assert "<Upload>" not in server.objects()


def test_a_bucket_that_is_missing_has_lost_no_file(server: S3Server) -> None:
    settings = Settings(**(server.settings() | {"store_url": "s3://elsewhere"}))  # type: ignore[arg-type]
    store = open_store(settings)
    ref = ArtifactRef(name="a.bin", sha256="a" * 64, size=1, media_type="x/y")
    for call in (
        store.ping,
        lambda: _put(store),
        lambda: store.get("ann", ref),
        lambda: store.stream("ann", ref, 0, 1),
        lambda: store.delete_stale("ann", ref.sha256, NO_TIME),
        lambda: store.has("ann"),
    ):
        with pytest.raises(StorageError):
            call()


def test_what_is_not_set_comes_from_the_environment_of_the_cloud(
    server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = server.settings()
    monkeypatch.setenv("AWS_ENDPOINT_URL", given["s3_endpoint"])
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-secret")
    store = open_store(Settings(store_url=given["store_url"]))
    url = str(store.sign("ann", _put(store), 60))
    assert url.startswith(server.root)
    assert "somebody" in url
    assert "eu-central-1" in url


def test_a_connection_is_encrypted_unless_the_endpoint_says_otherwise(server: S3Server) -> None:
    encrypted = server.root.replace("http:", "https:")
    given = server.settings() | {"s3_endpoint": encrypted}
    with pytest.raises(StorageError):  # the server of these tests speaks no TLS
        open_store(Settings(**given)).ping()  # type: ignore[arg-type]
