"""Many photos, with a house that counts: what is made twice, what fails, how many at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.client import ApiError, Kiln, Made, batch


class House(Kiln):
    """Makes a job for each new key, and remembers it."""

    def __init__(self) -> None:
        super().__init__("http://here")
        self.made: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []
        self.at_once = self.most = 0
        self.ends = "succeeded"
        self._lock = threading.Lock()

    def submit_figurine(self, photo: Any = None, **asked: Any) -> Any:  # type: ignore[override]
        if photo is not None and Path(photo).read_bytes() == b"nobody":
            raise ApiError({"code": "bad_photo", "status": 422, "detail": "no photo", "hint": "x"})
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.01)
        with self._lock:
            self.at_once -= 1
            self.asked.append({"photo": photo, **asked})
            key = asked["idempotency_key"]
            job = {"id": f"j{len(self.made)}", "state": self.ends, "error": None, "artifacts": []}
            return self.made.setdefault(key, job)

    submit_portrait = submit_figurine  # type: ignore[assignment]

    def submit_recipe(self, photos: Any = (), ingredients: Any = (), **asked: Any) -> Any:
        self.asked.append({"photos": photos, "ingredients": ingredients, **asked})
        job = {"id": "r1", "state": "succeeded", "error": None, "artifacts": []}
        return self.made.setdefault(asked["idempotency_key"], job)

    def job(self, job: Any, wait_s: float = 0) -> Any:
        assert wait_s
        return next(one for one in self.made.values() if one["id"] == job)

    def download(self, job: Any, folder: Any, *_: Any, **__: Any) -> list[Path]:
        assert job in self.made.values()
        return [Path(folder) / "figurine.glb"]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.jpg" for name in ("anna", "ben", "cleo", "dan", "eve", "finn")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def run(house: House, *orders: Any, **wishes: Any) -> list[Made]:
    return sorted(house.batch(orders, **wishes), key=lambda made: made.name)


def test_every_photo_gets_its_own_folder(house: House, photos: list[Path]) -> None:
    done = run(house, *photos[:2], folder="team", style="pop")
    assert [one.name for one in done] == ["anna", "ben"]
    assert all(one.ok for one in done)
    assert done[0].files == [Path("team/anna/figurine.glb")]
    assert all(asked["style"] == "pop" for asked in house.asked)


def test_nothing_is_fetched_where_nobody_says_where_to(house: House, photos: list[Path]) -> None:
    assert run(house, photos[0])[0].files == []


def test_no_more_jobs_are_under_way_than_wanted(house: House, photos: list[Path]) -> None:
    assert len(run(house, *photos, at_once=2)) == 6
    assert house.most == 2


def test_the_same_batch_again_makes_no_new_jobs(house: House, photos: list[Path]) -> None:
    first = run(house, *photos, template="chef")
    again = run(house, *photos, template="chef")
    assert len(house.made) == 6
    assert [one.job for one in first] == [one.job for one in again]


def test_another_wish_or_another_content_is_another_job(house: House, photos: list[Path]) -> None:
    run(house, photos[0], template="chef")
    run(house, photos[0], template="casual")
    photos[0].write_bytes(b"a new photo of the same name")
    run(house, photos[0], template="casual")
    assert len(house.made) == 3


def test_a_copy_of_a_photo_is_the_same_job(house: House, photos: list[Path]) -> None:
    copy = photos[0].with_name("copy.jpg")
    copy.write_bytes(photos[0].read_bytes())
    run(house, photos[0], copy)
    assert len(house.made) == 1


def test_one_that_fails_stops_nobody(house: House, photos: list[Path]) -> None:
    photos[1].write_bytes(b"nobody")
    done = run(house, *photos[:3], photos[0].with_name("missing.jpg"))
    told = {one.name: one.why for one in done}
    assert told["ben"] == "no photo"
    assert "No such file" in told["missing"]
    assert (told["anna"], told["cleo"]) == ("", "")


def test_a_job_that_failed_is_told_and_made_anew_only_when_wanted(
    house: House, photos: list[Path]
) -> None:
    house.ends = "failed"
    (failed,) = run(house, photos[0])
    assert (failed.ok, failed.why) == (False, "the job has failed")
    house.ends = "succeeded"
    assert not run(house, photos[0])[0].ok
    assert run(house, photos[0], again=True)[0].ok
    assert run(house, photos[0], again=True)[0].ok
    assert len(house.made) == 2


def test_a_result_that_has_expired_is_made_anew(house: House, photos: list[Path]) -> None:
    (made,) = run(house, photos[0])
    assert made.job is not None
    made.job["artifacts_expired_at"] = "2026-11-21T10:00:00Z"
    (again,) = run(house, photos[0])
    assert again.job is not None
    assert again.job["id"] != made.job["id"]


def test_a_house_that_is_full_is_asked_again(
    house: House, photos: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "FULL_PAUSE_S", 0.01)
    refusals = [
        ApiError({"code": "busy", "status": status, "detail": "full"}) for status in (503, 429)
    ]
    submit = house.submit_figurine

    def often_full(**asked: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return submit(**asked)

    monkeypatch.setattr(house, "submit_figurine", often_full)
    assert run(house, photos[0])[0].ok
    refusals.append(ApiError({"code": "busy", "status": 503, "detail": "full"}))
    (late,) = run(house, photos[1], timeout_s=-1)
    assert late.why == "full"


def test_a_job_that_waits_for_somebody_is_told(house: House, photos: list[Path]) -> None:
    house.ends = "paused"
    (made,) = run(house, photos[0])
    assert "waits for somebody" in made.why


def test_an_order_says_more_than_its_photo(house: House, photos: list[Path]) -> None:
    run(house, {"photo": photos[0], "template": "chef"}, template="casual", style="oil")
    assert (house.asked[0]["template"], house.asked[0]["style"]) == ("chef", "oil")


def test_recipes_come_in_batches_too(house: House, photos: list[Path]) -> None:
    orders = [photos[0], {"photos": photos[1:3], "ingredients": ["2 leeks"]}]
    done = run(house, *orders, product="recipe")
    assert [one.name for one in done] == ["anna", "ben"]
    assert sorted(len(asked["photos"]) for asked in house.asked) == [1, 2]


def test_photos_of_one_name_stay_apart(house: House, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "me.jpg").write_bytes(name.encode())
    names = [one.name for one in run(house, tmp_path / "a/me.jpg", tmp_path / "b/me.jpg")]
    assert names[0] == "me"
    assert names[1].startswith("me-")


def test_a_job_that_takes_too_long_goes_on_and_is_told(house: House, photos: list[Path]) -> None:
    house.ends = "running"
    (late,) = run(house, photos[0], timeout_s=0)
    assert "goes on" in late.why
    assert late.job is not None


def test_orders_are_read_as_they_are_needed(house: House, photos: list[Path]) -> None:
    read: list[Path] = []

    def endless() -> Iterator[Path]:
        for photo in photos:
            read.append(photo)
            yield photo

    running = house.batch(endless(), at_once=2)
    next(running)
    running.close()  # type: ignore[attr-defined]
    assert len(read) < len(photos)
