"""Every bar the recogniser must pass, measured."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from recipe_service.engines.recogniser import Recogniser
from recipe_service.engines.recogniser_labels import PACKAGED
from recipe_service.engines.recogniser_scores import fine_logits
from recipe_service.training.constructions import Labelled, food_free, mosaics, pasted, singles
from recipe_service.training.dataset import DataError, Picture, Split, read_picture
from recipe_service.training.measures import (
    Scores,
    calibration_error,
    macro_recall,
    mean_average_precision,
    micro_f1,
    precision_recall,
    tagged,
    top,
)
from recipe_service.training.package_pictures import HELD_OUT, NAMED, package_pictures

_BATCH = 16


@dataclass(frozen=True)
class Extent:
    """How many collages of each kind, and rendered scenes. Other numbers are other figures."""

    collages: int = 400
    scenes: int = 200


@dataclass(frozen=True)
class Row:
    """One line of the table: what, on how many, how much, and the bar if there is one."""

    name: str
    count: int
    value: float
    bar: float | None = None
    lower_is_better: bool = False

    @property
    def passed(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.lower_is_better else self.value >= self.bar


def measure_all(
    recogniser: Recogniser,
    photos: Split,
    weights: Path,
    negatives: Path | None,
    extent: Extent = Extent(),
) -> list[Row]:
    """Measure single photos, collages, food-free pictures, speed and size."""
    classes = len(recogniser.facts.coarse)
    rows = _single_rows(recogniser, photos)
    for name, made in (
        ("mosaics", mosaics(photos, classes, extent.collages)),
        ("pasted", pasted(photos, classes, extent.collages)),
    ):
        rows += _collage_rows(recogniser, name, made)
    rows += _food_free_rows(recogniser, negatives, extent.scenes)
    speed = _milliseconds(recogniser, photos)
    size = weights.stat().st_size / 1e6
    rows.append(Row("ms for a 12 MP JPEG, with decoding", 9, speed, 100, lower_is_better=True))
    rows.append(Row("MB of weights", 1, size, 6, lower_is_better=True))
    return rows


def table(rows: list[Row]) -> str:
    """Set the rows as text, one a line."""
    lines = [f"{'measure':58} {'n':>6} {'value':>8} {'bar':>9}"]
    for row in rows:
        sign = "<=" if row.lower_is_better else ">="
        bar = f"{sign} {row.bar:g}" if row.bar is not None else ""
        verdict = {None: "", True: "pass", False: "MISSED"}[row.passed]
        lines.append(f"{row.name:58} {row.count:6d} {row.value:8.3f} {bar:>9} {verdict}".rstrip())
    return "\n".join(lines)


def _single_rows(recogniser: Recogniser, photos: Split) -> list[Row]:
    facts = recogniser.facts
    coarse, fine = _scores(recogniser, photos.pictures)
    packaged = np.array([name in PACKAGED for name in facts.coarse])[photos.coarse]
    count, label = len(photos), photos.coarse
    rows = [
        Row("coarse top-1", count, top(coarse, label, 1), 0.82),
        Row("coarse top-3", count, top(coarse, label, 3)),
        Row("coarse macro recall", count, macro_recall(coarse, label)),
        Row("fine top-1", count, top(fine, photos.fine, 1), 0.74),
        Row("fine top-3", count, top(fine, photos.fine, 3)),
    ]
    for name, some, bar in (("produce", ~packaged, 0.75), ("packages", packaged, None)):
        if some.any():
            n = int(some.sum())
            rows.append(Row(f"{name}: coarse top-1", n, top(coarse[some], label[some], 1), bar))
            rows.append(Row(f"{name}: coarse top-3", n, top(coarse[some], label[some], 3)))
            rows.append(Row(f"{name}: fine top-1", n, top(fine[some], photos.fine[some], 1)))
            rows.append(Row(f"{name}: macro recall", n, macro_recall(coarse[some], label[some])))
    truth = singles(photos, len(facts.coarse)).truth
    precision, recall = precision_recall(coarse, truth, recogniser.threshold)
    rows.append(Row("single photos: precision at the default threshold", count, precision))
    rows.append(Row("single photos: recall at the default threshold", count, recall))
    rows.append(Row("single photos: calibration error", count, calibration_error(coarse, truth)))
    return rows


def _collage_rows(recogniser: Recogniser, name: str, made: Labelled) -> list[Row]:
    scores, _ = _scores(recogniser, made.pictures)
    count = len(made.pictures)
    is_mosaic = name == "mosaics"
    f1 = micro_f1(scores, made.truth, recogniser.balanced_threshold)
    precision, recall = precision_recall(scores, made.truth, recogniser.threshold)
    return [
        Row(f"{name}: micro-F1 at the balanced threshold", count, f1, 0.73 if is_mosaic else None),
        Row(f"{name}: mean average precision", count, mean_average_precision(scores, made.truth)),
        Row(
            f"{name}: precision at the default threshold",
            count,
            precision,
            0.90 if is_mosaic else None,
        ),
        Row(f"{name}: recall at the default threshold", count, recall, 0.45 if is_mosaic else None),
        Row(f"{name}: calibration error", count, calibration_error(scores, made.truth)),
    ]


def _food_free_rows(recogniser: Recogniser, negatives: Path | None, scenes: int) -> list[Row]:
    threshold = recogniser.threshold
    held_out = package_pictures(HELD_OUT, short_side=384)
    crops = [crop for picture in held_out.values() for crop in _crops(picture)]
    extra = _folder(negatives) if negatives else []
    rows = []
    for name, pictures in (
        ("food-free photos tagged: held out, whole", list(held_out.values())),
        ("food-free photos tagged: held out, five parts of each", crops),
        ("food-free photos tagged: --negatives", extra),
        ("food-free photos tagged: all of these", [*held_out.values(), *crops, *extra]),
    ):
        if pictures:
            bar = 0.10 if name.endswith("all of these") else None
            share = tagged(_scores(recogniser, pictures)[0], threshold)
            rows.append(Row(name, len(pictures), share, bar, lower_is_better=True))
    rendered = _scores(recogniser, food_free(scenes))[0]
    rows.append(
        Row("rendered scenes tagged", scenes, tagged(rendered, threshold), lower_is_better=True)
    )
    for file, picture in held_out.items():
        name = Path(file).stem
        if name in NAMED:
            best = float(_scores(recogniser, [picture])[0].max())
            rows.append(Row(f"{name}: best confidence", 1, best, threshold, lower_is_better=True))
    return rows


def _scores(recogniser: Recogniser, pictures: list[Picture]) -> tuple[Scores, Scores]:
    # Calibrated coarse confidences and fine logits.
    coarse: list[npt.NDArray[np.float32]] = []
    fine: list[npt.NDArray[np.float32]] = []
    for first in range(0, len(pictures), _BATCH):
        for maps in recogniser.maps(pictures[first : first + _BATCH]):
            coarse.append(recogniser.confidences(maps))
            fine.append(fine_logits(maps))
    return np.array(coarse, np.float32), np.array(fine, np.float32)


def _crops(picture: Picture) -> list[Picture]:
    # The four corners and the middle, each of 0.6 of the sides.
    height, width = picture.shape[:2]
    h, w = int(height * 0.6), int(width * 0.6)
    corners = [(0, 0), (0, width - w), (height - h, 0), (height - h, width - w)]
    corners.append(((height - h) // 2, (width - w) // 2))
    return [np.ascontiguousarray(picture[y : y + h, x : x + w]) for y, x in corners]


def _folder(folder: Path) -> list[Picture]:
    kinds = {".jpg", ".jpeg", ".png", ".webp"}
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in kinds]
    pictures = [read_picture(path) for path in files]
    if not pictures:
        raise DataError(f"no picture in {folder}")
    return pictures


def _milliseconds(recogniser: Recogniser, photos: Split) -> float:
    large = cv2.resize(photos.pictures[0], (4000, 3000), interpolation=cv2.INTER_CUBIC)
    data = cv2.imencode(".jpg", cv2.cvtColor(large, cv2.COLOR_RGB2BGR))[1].tobytes()
    times = []
    for _ in range(10):
        started = time.perf_counter()
        recogniser.recognise([data])
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[1:])
