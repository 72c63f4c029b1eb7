from pathlib import Path

import cv2
import numpy as np
import pytest

from recipe_service.engines.recogniser import Recogniser
from recipe_service.training.bars import Extent, table
from recipe_service.training.calibrate import CalibrationPlan
from recipe_service.training.dataset import DataError, read_classes, read_list
from recipe_service.training.dense import DensePlan
from recipe_service.training.evaluate import evaluate
from recipe_service.training.recipe import TrainingPlan, train
from recipe_service.training.single import SinglePlan
from tests.unit.recipe.recogniser.groceries import draw_store, jpeg

TINY = TrainingPlan(
    single=SinglePlan(epochs=1, batch=8, sides=(64, 64)),
    dense=DensePlan(steps=3, batch=12, sides=(96, 128), last_side=128, scenes=3),
    finish=DensePlan(steps=2, batch=12, sides=(96,), last_side=96, scenes=2, bias_drop=0.0),
    calibration=CalibrationPlan(mosaics=8, pasted=4, food_free=2),
    single_side=80,
    dense_side=96,
)
FEW = Extent(collages=8, scenes=3)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_store(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def trained(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(store, tmp_path_factory.mktemp("out"), TINY)


def test_one_call_makes_weights_that_load_and_answer(trained: Path) -> None:
    recogniser = Recogniser.load(trained)
    picture = np.full((120, 160, 3), 90, np.uint8)
    cv2.circle(picture, (80, 60), 40, (240, 220, 60), cv2.FILLED)
    (found,) = recogniser.recognise([jpeg(picture)])
    assert sorted(d.coarse for d in found) == ["Lemon", "Milk", "Pepper"]
    assert trained.stat().st_size <= 6e6


def test_the_weights_say_how_they_were_made(trained: Path) -> None:
    log = Recogniser.load(trained).facts.log
    assert log is not None
    assert log["plan"]["single"]["seed"] == 0
    assert log["versions"]["torch"]
    assert set(log["seconds"]) == {"single", "dense", "finish", "calibration"}


def test_a_second_run_continues_from_the_kept_phases_and_ends_the_same(
    store: Path, trained: Path
) -> None:
    before = Recogniser.load(trained)
    again = Recogniser.load(train(store, trained.parent, TINY))
    picture = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    first, second = before.maps([picture])[0], again.maps([picture])[0]
    np.testing.assert_array_equal(first.coarse[0], second.coarse[0])
    assert before.threshold == again.threshold


@pytest.mark.verify_only  # some 15 s of one core
def test_training_twice_gives_the_same_weights(store: Path, tmp_path: Path, trained: Path) -> None:
    other = Recogniser.load(train(store, tmp_path, TINY))
    picture = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    expected = Recogniser.load(trained).maps([picture])[0]
    np.testing.assert_array_equal(other.maps([picture])[0].fine[0], expected.fine[0])


def test_the_evaluation_prints_every_bar(store: Path, trained: Path) -> None:
    printed = table(evaluate(store, trained, extent=FEW))
    for bar in (
        "coarse top-1",
        "coarse top-3",
        "coarse macro recall",
        "fine top-1",
        "fine top-3",
        "produce: coarse top-1",
        "packages: coarse top-1",
        "mosaics: micro-F1",
        "mosaics: mean average precision",
        "mosaics: precision at the default threshold",
        "mosaics: recall at the default threshold",
        "food-free photos tagged: all of these",
        "astronaut: best confidence",
        "camera: best confidence",
        "chelsea: best confidence",
        "calibration error",
        "ms for a 12 MP JPEG",
        "MB of weights",
    ):
        assert bar in printed


@pytest.mark.verify_only  # some 15 s of one core
def test_further_photos_without_food_are_counted(
    store: Path, trained: Path, tmp_path: Path
) -> None:
    (tmp_path / "wall.jpg").write_bytes(jpeg(np.full((64, 64, 3), 200, np.uint8)))
    rows = {row.name: row for row in evaluate(store, trained, negatives=tmp_path, extent=FEW)}
    assert rows["food-free photos tagged: --negatives"].count == 1


def test_a_missing_picture_is_named(store: Path, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "val.txt").write_text("val/gone.jpg, 0, 0\n")
    with pytest.raises(DataError, match=r"gone\.jpg is missing"):
        evaluate(tmp_path, trained)


def test_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    (tmp_path / "val.txt").write_text("a.jpg, 0, 0\nb.jpg, one, 0\n")
    with pytest.raises(DataError, match=r"val.txt:2"):
        read_list(tmp_path, "val")


def test_class_ids_with_a_gap_are_refused(tmp_path: Path) -> None:
    (tmp_path / "classes.csv").write_text("h,h,h,h,h\nA,0,X,0,/x\nB,2,X,0,/x\n")
    with pytest.raises(DataError, match="fine class ids"):
        read_classes(tmp_path)


def test_a_split_with_unknown_classes_is_refused(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(np.zeros((50, 50, 3), np.uint8)))
    (tmp_path / "test.txt").write_text("a.jpg, 77, 0\n")
    with pytest.raises(DataError, match="beyond the 4 fine"):
        evaluate(tmp_path, trained)
