"""Photos for the recogniser's tests: drawn ones always, real ones where they lie beside us."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data as skimage_data

STORE = Path(__file__).resolve().parents[5] / "shared" / "data" / "grocery_store"
CLASSES = (
    ("Red-Bell-Pepper", "Pepper", "Vegetables", (200, 30, 30)),
    ("Green-Bell-Pepper", "Pepper", "Vegetables", (40, 160, 40)),
    ("Lemon", "Lemon", "Fruit", (240, 220, 60)),
    ("Arla-Standard-Milk", "Milk", "Packages", (230, 235, 245)),
)
COARSE = ("Pepper", "Lemon", "Milk")


def store_folder() -> Path:
    """Folder of the real data set; the test is skipped where it is missing."""
    if not (STORE / "val.txt").exists():
        pytest.skip("no val.txt: the folder shared/data/grocery_store is not beside the project")
    return STORE


def jpeg(picture: np.ndarray) -> bytes:
    """A JPEG file of an RGB picture."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return data.tobytes()


def named_photo(name: str) -> bytes:
    """A photo without food that comes with scikit-image, as a JPEG."""
    picture = getattr(skimage_data, name)()
    if picture.ndim == 2:
        picture = np.stack([picture] * 3, 2)
    return jpeg(picture)


def draw_store(folder: Path, per_class: int = 6) -> Path:
    """Write a tiny data set in the format of the real one: coloured discs."""
    rng = np.random.default_rng(0)
    rows = ["Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Image"]
    lines: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for fine, (name, coarse, kind, colour) in enumerate(CLASSES):
        parent = COARSE.index(coarse)
        rows.append(f"{name},{fine},{coarse},{parent},/x/{kind}/{name}.jpg")
        for split, listed in lines.items():
            (folder / split).mkdir(parents=True, exist_ok=True)
            for number in range(per_class):
                picture = rng.integers(60, 120, (100, 100, 3), dtype=np.uint8)
                centre = tuple(int(v) for v in rng.integers(35, 65, 2))
                cv2.circle(picture, centre, int(rng.integers(25, 45)), colour, cv2.FILLED)
                path = f"{split}/{name}_{number}.jpg"
                (folder / path).write_bytes(jpeg(picture))
                listed.append(f"{path}, {fine}, {parent}")
    (folder / "classes.csv").write_text("\n".join(rows) + "\n")
    for split, listed in lines.items():
        (folder / f"{split}.txt").write_text("\n".join(listed) + "\n")
    return folder
