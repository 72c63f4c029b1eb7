"""Photographs without food inside packages that are installed anyway, by licence.

A picture serves for training only if its own licence says so: the notes in ``skimage.data`` were
read one by one. Those without a stated licence, and all that the evaluation names, only measure.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from recipe_service.training.dataset import Picture, read_picture

# file: licence as stated by its package
TRAINING = {
    "skimage/data/brick.png": "CC0",
    "skimage/data/cell.png": "CC0",
    "skimage/data/clock_motion.png": "public domain",
    "skimage/data/coffee.png": "CC0",
    "skimage/data/coins.png": "no known copyright restrictions",
    "skimage/data/grass.png": "CC0",
    "skimage/data/gravel.png": "CC0",
    "skimage/data/horse.png": "CC0",
    "skimage/data/hubble_deep_field.jpg": "public domain",
    "skimage/data/ihc.png": "no known copyright restrictions",
    "skimage/data/microaneurysms.png": "CC0",
    "skimage/data/retina.jpg": "CC0",
    "skimage/data/rocket.jpg": "public domain",
    "skimage/data/text.png": "public domain",
    "matplotlib/mpl-data/sample_data/grace_hopper.jpg": "public domain (US Navy)",
}
NAMED = ("astronaut", "camera", "chelsea")  # what the evaluation must leave untagged
HELD_OUT = (
    *(f"skimage/data/{name}.png" for name in NAMED),
    "skimage/data/motorcycle_left.png",
    "skimage/data/motorcycle_right.png",
    "skimage/data/moon.png",
    "skimage/data/page.png",
)


def package_pictures(files: tuple[str, ...], short_side: int = 320) -> dict[str, Picture]:
    """Those of the files that are installed here, as RGB; what is missing is left out."""
    found = {}
    for file in files:
        package, rest = file.split("/", 1)
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        path = Path(spec.origin).parent / rest
        if path.is_file():
            found[file] = read_picture(path, short_side)
    return found
