"""Reading a folder in the format of the Grocery Store data set (Klasson et al., WACV 2019)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Picture: TypeAlias = npt.NDArray[np.uint8]  # (H, W, 3) RGB


class DataError(Exception):
    """The data folder is not as the format says; the text names file and line."""


@dataclass(frozen=True)
class Classes:
    """Names of all classes, and the coarse class of every fine one."""

    fine: tuple[str, ...]
    coarse: tuple[str, ...]
    parents: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """One split: pictures with their fine and coarse class ids."""

    pictures: list[Picture]
    fine: npt.NDArray[np.int64]
    coarse: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.pictures)


def read_classes(folder: Path) -> Classes:
    """Read ``classes.csv``.

    Raises
    ------
    DataError
        The file is missing or its ids are not 0, 1, 2 ...
    """
    path = folder / "classes.csv"
    if not path.is_file():
        raise DataError(f"{path} is missing")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    rows.sort(key=lambda row: int(row[1]))
    if [int(row[1]) for row in rows] != list(range(len(rows))):
        raise DataError(f"{path}: fine class ids are not 0 to {len(rows) - 1}")
    coarse = {int(row[3]): row[2] for row in rows}
    if sorted(coarse) != list(range(len(coarse))):
        raise DataError(f"{path}: coarse class ids are not 0 to {len(coarse) - 1}")
    return Classes(
        fine=tuple(row[0] for row in rows),
        coarse=tuple(coarse[i] for i in range(len(coarse))),
        parents=tuple(int(row[3]) for row in rows),
    )


def read_list(folder: Path, name: str) -> list[tuple[Path, int, int]]:
    """Lines ``path, fine id, coarse id`` of ``<name>.txt`` as paths and ids.

    Raises
    ------
    DataError
        The file is missing or a line is not of that form.
    """
    path = folder / f"{name}.txt"
    if not path.is_file():
        raise DataError(f"{path} is missing")
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip() for part in line.rsplit(",", 2)]
        try:
            entries.append((folder / parts[0], int(parts[1]), int(parts[2])))
        except (ValueError, IndexError) as error:
            raise DataError(f"{path}:{number}: not `path, fine id, coarse id`") from error
    return entries


def load_split(folder: Path, name: str, short_side: int | None = None) -> Split:
    """All pictures of a split in memory, reduced to a short side in px if one is given.

    Raises
    ------
    DataError
        A list or a picture is missing or cannot be read.
    """
    entries = read_list(folder, name)
    return Split(
        pictures=[read_picture(path, short_side) for path, _, _ in entries],
        fine=np.array([fine for _, fine, _ in entries], np.int64),
        coarse=np.array([coarse for _, _, coarse in entries], np.int64),
    )


def read_picture(path: Path, short_side: int | None = None) -> Picture:
    """One picture as RGB, reduced (or enlarged) to a short side if one is given.

    Raises
    ------
    DataError
        The file is missing or no picture.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DataError(f"{path} is missing or no picture")
    rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    if short_side is None:
        return np.asarray(rgb, np.uint8)
    height, width = rgb.shape[:2]
    scale = short_side / min(height, width)
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
