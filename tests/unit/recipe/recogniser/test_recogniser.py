import threading
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from common.errors import BadPhoto, CorruptPhoto
from recipe_service.engines.recogniser import WEIGHTS, Detection, Recogniser
from recipe_service.engines.recogniser_labels import PACKAGED, ingredient_of
from recipe_service.engines.recogniser_scores import Maps, box_of
from recipe_service.training.bars import Extent
from recipe_service.training.evaluate import evaluate
from tests.unit.recipe.recogniser.groceries import jpeg, named_photo, store_folder


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser.load()


def tags(recogniser: Recogniser, photo: bytes) -> list[Detection]:
    (found,) = recogniser.recognise([photo])
    return [d for d in found if d.confidence >= recogniser.threshold]


def noisy(seed: int, height: int = 300, width: int = 400) -> bytes:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return jpeg(np.asarray(cv2.resize(small, (width, height))))


@pytest.mark.parametrize("name", ["astronaut", "camera", "chelsea"])
def test_a_photo_without_food_gets_no_tag(recogniser: Recogniser, name: str) -> None:
    assert tags(recogniser, named_photo(name)) == []


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_picture_gets_no_tag(recogniser: Recogniser, grey: int) -> None:
    assert tags(recogniser, jpeg(np.full((240, 320, 3), grey, np.uint8))) == []


def test_every_class_is_scored_best_first(recogniser: Recogniser) -> None:
    (found,) = recogniser.recognise([noisy(1)])
    assert len(found) == 43
    confidences = [d.confidence for d in found]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= c <= 1 for c in confidences)
    assert len({d.coarse for d in found}) == 43


def test_a_batch_says_what_each_photo_alone_would(recogniser: Recogniser) -> None:
    photos = [named_photo("coffee"), noisy(2), noisy(3, 300, 300), noisy(4, 500, 200)]
    together = recogniser.recognise(photos)
    for photo, found in zip(photos, together, strict=True):
        (alone,) = recogniser.recognise([photo])
        assert [d.coarse for d in alone[:3]] == [d.coarse for d in found[:3]]
        assert [d.confidence for d in alone] == pytest.approx(
            [d.confidence for d in found], abs=1e-4
        )


def test_no_photos_give_no_answers(recogniser: Recogniser) -> None:
    assert recogniser.recognise([]) == []


def test_calls_of_many_threads_share_forward_passes() -> None:
    recogniser = Recogniser.load()
    sizes: list[int] = []
    run = recogniser._batcher._run
    recogniser._batcher._run = lambda pictures: sizes.append(len(pictures)) or run(pictures)
    answers: dict[int, list[Detection]] = {}

    def call(number: int) -> None:
        (answers[number],) = recogniser.recognise([noisy(number)])

    threads = [threading.Thread(target=call, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sizes) == 12
    assert len(sizes) < 12
    for number, found in answers.items():
        (alone,) = recogniser.recognise([noisy(number)])
        assert found[0].confidence == pytest.approx(alone[0].confidence, abs=1e-4)


def test_a_photo_that_cannot_be_read_fails_its_own_call_only(recogniser: Recogniser) -> None:
    with pytest.raises(BadPhoto):
        recogniser.recognise([noisy(1), b"not a photo"])
    with pytest.raises(CorruptPhoto):
        recogniser.recognise([noisy(1)[:900]])
    assert len(recogniser.recognise([noisy(1)])) == 1


def test_a_photo_of_a_phone_needs_little_memory(recogniser: Recogniser) -> None:
    photo = noisy(5, 3000, 4000)
    tracemalloc.start()
    recogniser.recognise([photo])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


def test_a_box_lies_around_the_place_where_the_class_is_seen() -> None:
    heat = np.full((2, 10, 10), -9.0, np.float32)
    heat[1, 2:4, 6:9] = 5.0
    maps = Maps((np.zeros((3, 10, 10), np.float32),), (heat,))
    box = box_of(maps, 1)
    assert box is not None
    assert box == pytest.approx((0.6, 0.2, 0.3, 0.2), abs=0.06)
    assert box_of(maps, 0) is None


def test_boxes_lie_inside_the_photo(recogniser: Recogniser) -> None:
    for found in recogniser.recognise([named_photo("coffee"), noisy(7, 200, 600)]):
        for detection in found:
            if detection.box is not None:
                x, y, width, height = detection.box
                assert 0 <= x <= x + width <= 1
                assert 0 <= y <= y + height <= 1


def test_every_class_has_an_ingredient_and_fine_classes_part_what_differs(
    recogniser: Recogniser,
) -> None:
    facts = recogniser.facts
    known = {
        fine: ingredient_of(facts.coarse[parent], fine).id
        for fine, parent in zip(facts.fine, facts.parents, strict=True)
    }
    assert known["Sweet-Potato"] == "sweet-potato"
    assert known["Floury-Potato"] == "potato"
    assert known["Watermelon"] == "watermelon"
    assert known["Galia-Melon"] == "melon"
    assert known["Bravo-Orange-Juice"] == "orange-juice"
    assert known["Arla-Sour-Milk"] == "buttermilk"
    assert set(facts.coarse) >= PACKAGED
    assert len(set(known.values())) == 48


def test_the_committed_weights_are_small_and_say_how_they_were_made(
    recogniser: Recogniser,
) -> None:
    assert WEIGHTS.stat().st_size <= 6e6
    log = recogniser.facts.log
    assert log is not None
    assert log["plan"]["single"]["epochs"] >= 100


@pytest.mark.verify_only  # some 15 s of one core
def test_a_third_of_val_is_recognised_about_as_well_as_the_model_card_says(
    tmp_path: Path,
) -> None:
    lines = (store_folder() / "val.txt").read_text().splitlines()[::3]
    (tmp_path / "val.txt").write_text("\n".join(f"{store_folder()}/{line}" for line in lines))
    rows = {row.name: row.value for row in evaluate(tmp_path, extent=Extent(20, 1))}
    assert rows["coarse top-1"] >= 0.78
    assert rows["fine top-1"] >= 0.70
    assert rows["single photos: precision at the default threshold"] >= 0.85
    assert rows["mosaics: precision at the default threshold"] >= 0.85
    assert rows["food-free photos tagged: all of these"] <= 0.05
