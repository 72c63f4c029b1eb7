"""The recogniser's weights file: fp16 arrays and a page of facts, in one npz."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from common.errors import EngineUnavailable
from recipe_service.engines.recogniser_graph import Ranges, layer_names, value_names

FORMAT: Final = 1
_HINT: Final = "Restore recipe_service/weights/recogniser.npz, or train it again."


@dataclass(frozen=True)
class Facts:
    """What a weights file says of itself.

    Attributes
    ----------
    fine, coarse : tuple of str
        Class names by id.
    parents : tuple of int
        Coarse id of every fine class.
    sides : tuple of int
        Sides in px of the squares whose areas the photo is scaled to; scores are averaged.
    slope, offset : float
        Platt's calibration.
    threshold : float
        Calibrated confidence above which a class is said to be there: precision first.
    balanced_threshold : float
        The same for the best balance of precision and recall (micro-F1).
    ranges : dict, optional
        Least and most of each value inside the net: with them it computes in eight bits.
    log : dict
        Seeds, versions and measures of the training.
    """

    fine: tuple[str, ...]
    coarse: tuple[str, ...]
    parents: tuple[int, ...]
    sides: tuple[int, ...]
    slope: float = 1.0
    offset: float = 0.0
    threshold: float = 0.5
    balanced_threshold: float = 0.5
    ranges: Ranges | None = None
    log: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Weights:
    """Arrays by layer name, and the facts."""

    arrays: Mapping[str, npt.NDArray[np.float32]]
    facts: Facts


def save_weights(path: Path, weights: Weights) -> None:
    """Write as float16, which moves a probability by less than 0.01."""
    halves = {name: array.astype(np.float16) for name, array in weights.arrays.items()}
    facts = json.dumps({"format": FORMAT, **asdict(weights.facts)}, sort_keys=True)
    np.savez_compressed(path, facts=np.array(facts), **halves)  # type: ignore[arg-type]


def load_weights(path: Path) -> Weights:
    """Read a file that `save_weights` wrote, widened to float32.

    Raises
    ------
    EngineUnavailable
        The file is missing, is no such file, or is incomplete; the text names it and says why.
    """
    if not path.is_file():
        raise EngineUnavailable(f"the recogniser's weights {path.name} are not there", _HINT)
    try:
        # From memory: numpy leaves the file of a broken archive open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            facts = json.loads(str(file["facts"]))
            arrays = {name: file[name].astype(np.float32) for name in file.files if name != "facts"}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise EngineUnavailable(
            f"{path.name} is not a recogniser's weights: {error}", _HINT
        ) from error
    return Weights(arrays, _checked(path, facts, arrays))


def _checked(path: Path, facts: Any, arrays: Mapping[str, npt.NDArray[np.float32]]) -> Facts:  # noqa: ANN401  JSON
    if not isinstance(facts, dict) or facts.pop("format", None) != FORMAT:
        raise EngineUnavailable(f"{path.name} has another format than {FORMAT}", _HINT)
    wanted = {f"{layer}.{part}" for layer in layer_names() for part in ("weight", "bias")}
    if wanted != set(arrays):
        what = ", ".join(sorted(wanted ^ set(arrays))[:4])
        raise EngineUnavailable(f"{path.name} has other layers than expected: {what}", _HINT)
    try:
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()
        }
        read = Facts(**values)
    except TypeError as error:
        raise EngineUnavailable(f"{path.name} has other facts: {error}", _HINT) from error
    heads = (len(arrays["fine.bias"]), len(arrays["coarse.bias"]), len(read.parents))
    if heads != (len(read.fine), len(read.coarse), len(read.fine)):
        raise EngineUnavailable(f"{path.name}: heads and class names do not fit", _HINT)
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise EngineUnavailable(f"{path.name} holds numbers that are not finite", _HINT)
    if read.ranges is not None and not _are_ranges(read.ranges):
        raise EngineUnavailable(f"{path.name} has no range of each value of the net", _HINT)
    return read


def _are_ranges(ranges: Any) -> bool:  # noqa: ANN401  JSON
    if not isinstance(ranges, dict) or set(ranges) != set(value_names()):
        return False
    try:
        least, most = np.array(list(ranges.values()), np.float64).T
    except (TypeError, ValueError):
        return False
    return bool(np.isfinite([least, most]).all() and (least <= 0).all() and (most >= 0).all())
