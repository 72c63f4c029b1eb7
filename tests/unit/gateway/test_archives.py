"""All files of a job as one zip: what is in it, when there is one, and what goes wrong."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from common.errors import StorageError
from common.settings import Settings
from common.stores import ArtifactStore
from gateway.domain.zipped import Member, length_of, zipped
from gateway.house import EXTENSION
from tests.unit.gateway.conftest import Stack


def ended(stack: Stack, **params: str) -> str:
    job = stack.submit(**params)
    stack.run(job)
    return f"/v1/jobs/{job}"


def unpacked(answer: Any) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_zip_holds_every_file_of_the_job_as_it_is(stack: Stack) -> None:
    job = ended(stack)
    view = stack.client.get(job).json
    answer = stack.client.get(view["links"]["zip"])
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    folder = f"figurine-{view['id'][:8]}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{folder}.zip"'
    assert answer.headers["Content-Length"] == str(len(answer.data))
    alone = {
        f"{folder}/{one['name']}": stack.client.get(one["url"]).data for one in view["artifacts"]
    }
    assert unpacked(answer) == alone
    assert "certificate.json" in str(alone)
    assert "form.npz" not in str(alone)


def test_equal_files_are_equal_zips_and_a_known_one_is_not_sent_again(stack: Stack) -> None:
    path = f"{ended(stack)}/artifacts.zip"
    first, again = (stack.client.get(path) for _ in range(2))
    assert first.data == again.data
    etag = first.headers["ETag"]
    known = stack.client.get(path, headers={"If-None-Match": etag})
    assert (known.status_code, known.data, known.headers["ETag"]) == (304, b"", etag)
    with zipfile.ZipFile(io.BytesIO(first.data)) as archive:
        for row in archive.infolist():
            assert (row.date_time, row.compress_type) == ((1980, 1, 1, 0, 0, 0), 0)
            assert row.external_attr >> 16 == 0o100644


def test_a_head_tells_the_length_and_takes_no_place(stack: Stack) -> None:
    path = f"{ended(stack)}/artifacts.zip"
    length = len(stack.client.get(path).data)
    for _ in range(3):  # there are two places
        head = stack.client.head(path)
        assert (head.status_code, head.headers["Content-Length"]) == (200, str(length))


def test_drafts_are_not_in_it(stack: Stack) -> None:
    job = stack.ask("leek", "rice", count=2).json["id"]
    stack.run(job)
    names = {name.rpartition("/")[2] for name in unpacked(stack.client.get(zip_of(job)))}
    assert {"recipes.json", "recipe-1.html", "manifest.json"} <= names
    assert not any(name.startswith("draft-") for name in names)


def zip_of(job: str) -> str:
    return f"/v1/jobs/{job}/artifacts.zip"


def test_a_paused_job_has_a_zip_of_what_is_there(stack: Stack) -> None:
    job = stack.paused()
    assert stack.client.get(f"/v1/jobs/{job}").json["links"]["zip"] == zip_of(job)
    assert [*unpacked(stack.client.get(zip_of(job)))] == [f"recipe-{job[:8]}/ingredients.json"]


def test_a_job_that_runs_has_no_zip_yet(stack: Stack) -> None:
    job = stack.submit()
    stack.run_stage(job, "stylize.portrait")
    assert "zip" not in stack.client.get(f"/v1/jobs/{job}").json["links"]
    answer = stack.client.get(zip_of(job))
    assert (answer.status_code, answer.json["code"]) == (409, "job_not_finished")
    assert "wait" in answer.json["hint"]


def test_a_job_that_made_nothing_has_no_zip(stack: Stack) -> None:
    job = stack.submit()
    stack.client.post(f"/v1/jobs/{job}/cancel")
    answer = stack.client.get(zip_of(job))
    assert (answer.status_code, answer.json["code"]) == (404, "not_found")
    assert "cancelled" in answer.json["detail"]


def test_expired_files_are_gone_and_so_is_the_link(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ended(stack)
    later = stack.ledger._now() + 31 * 24 * 3_600_000
    monkeypatch.setattr(stack.ledger, "_now", lambda: later)
    monkeypatch.setattr(stack.ledger._book, "now", lambda: later)
    assert stack.ledger.expire() > 0
    answer = stack.client.get(f"{job}/artifacts.zip")
    assert (answer.status_code, answer.json["code"]) == (410, "gone")
    assert "zip" not in stack.client.get(job).json["links"]


def test_what_is_missing_in_the_store_is_a_problem_and_no_zip(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ended(stack)

    def away(*_: object) -> None:
        raise StorageError("the disk is away")

    monkeypatch.setattr(ArtifactStore, "stream", away)
    for _ in range(3):  # there are two places: they were given back
        answer = stack.client.get(f"{job}/artifacts.zip")
        assert (answer.status_code, answer.json["code"]) == (503, "storage")


def test_a_file_that_was_changed_ends_the_answer_before_its_end(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ended(stack)
    monkeypatch.setattr(ArtifactStore, "stream", lambda *_: iter([b"other bytes"]))
    answer = stack.client.get(f"{job}/artifacts.zip", buffered=False)
    with pytest.raises(StorageError, match="checksum"):
        b"".join(answer.response)
    answer.close()


def test_each_zip_takes_a_place_of_the_house_until_it_is_sent(
    stack: Stack, settings: Settings
) -> None:
    path = f"{ended(stack)}/artifacts.zip"
    assert settings.max_streams == 2
    open_ones = [stack.client.get(path, buffered=False) for _ in range(2)]
    full = stack.client.get(path)
    assert (full.status_code, full.json["code"]) == (503, "busy")
    assert int(full.headers["Retry-After"]) >= 1
    for one in open_ones:
        one.close()
    hub = stack.app.extensions[EXTENSION].hub
    with hub.place(), hub.place():
        pass


def test_the_length_is_known_before_a_byte_is_read() -> None:
    for sizes in ([], [0], [5, 0, 3_000_000], [1] * 70):
        members = [
            Member(f"folder/{n}é.bin", size, lambda size=size: [b"x" * size])  # type: ignore[misc]
            for n, size in enumerate(sizes)
        ]
        assert length_of(members) == sum(map(len, zipped(members)))


def test_a_zip_holds_one_piece_in_memory_at_a_time() -> None:
    piece = b"x" * 1_000
    member = Member("a", 100_000, lambda: (piece for _ in range(100)))
    assert max(map(len, zipped([member]))) < 2 * len(piece)
