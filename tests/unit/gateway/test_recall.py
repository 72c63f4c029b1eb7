"""A figurine that is remembered whole: what a second submit asks, and what it leaves out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.house import EXTENSION

if TYPE_CHECKING:
    import pytest

    from common.contracts.artifacts import ArtifactRef
    from common.ledger.records import MemoHit
    from tests.unit.gateway.conftest import Stack


def test_who_asks_for_the_same_again_is_answered_with_one_look_up(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.run(stack.submit())
    memos, asked = stack.ledger.memos, list[int]()

    def counted(owner: str, keys: list[str]) -> list[MemoHit | None]:
        asked.append(len(keys))
        return memos(owner, keys)

    monkeypatch.setattr(stack.ledger, "memos", counted)
    assert stack.post().json["state"] == "succeeded"
    levels, nodes = len(asked), sum(asked)
    assert levels > 1
    asked.clear()
    assert stack.post().json["state"] == "succeeded"
    assert asked == [nodes]
    asked.clear()
    assert stack.post(query_string={"template": "casual"}).json["state"] == "queued"
    assert stack.post().json["state"] == "succeeded"


def test_another_output_of_a_stage_leads_another_way(stack: Stack) -> None:
    stack.run(stack.submit())
    assert stack.post().json["state"] == "succeeded"
    house = stack.app.extensions[EXTENSION]
    (asked,) = house.recall._ways
    way = house.recall._ways.get(asked)
    other = replace(way[0], made=(way[0].made[0].model_copy(update={"sha256": "0" * 64}),))
    house.recall._ways.put(asked, (other, *way[1:]))  # as if it had been found with another file
    assert stack.post().json["state"] == "succeeded"
    assert house.recall._ways.get(asked) == way


def test_a_photo_that_earlier_jobs_keep_is_not_stored_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = stack.submit()
    stack.run(first)
    keep, kept = stack.store.keep, list[str]()

    def noted(owner: str, ref: ArtifactRef, data: bytes) -> None:
        kept.append(ref.name)
        keep(owner, ref, data)

    monkeypatch.setattr(stack.store, "keep", noted)
    assert stack.post().json["state"] == "succeeded"
    assert kept == []
    photo = stack.record(first).artifacts["photo"]
    stack.store.delete_stale("local", photo.sha256, timedelta(days=-1))
    assert stack.post().json["state"] == "succeeded"
    assert kept == ["photo"]  # it was not there any more
