"""What got slower since the baseline: by more than a tolerance, and by more than the noise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from tests.bench.yardstick import Spread

BASELINE: Final = Path(__file__).parent / "baseline.json"
TOLERANCE: Final = 0.10
LOOSER: Final = 2  # times, for whole systems, which wait for disk and neighbours, and small work
SMALL: Final = 0.5  # yardsticks: some milliseconds, which a neighbour's cache misses move
Measures = Mapping[str, Spread]  # by name; less is better
Verdict = Literal["slower", "faster", "same", "new", "gone"]


@dataclass(frozen=True)
class Change:
    """One measure, then and now."""

    name: str
    before: Spread | None
    after: Spread | None
    verdict: Verdict

    @property
    def ratio(self) -> float | None:
        """Now in terms of then."""
        if self.before is None or self.after is None:
            return None
        return self.after.median / self.before.median


def compare(before: Measures, after: Measures, tolerance: float = TOLERANCE) -> list[Change]:
    """Judge every measure that was taken now, and name those that are no longer there.

    A part of the benchmark that was not run is passed over: a measure is gone only if others of
    its group (the word before the colon) were taken.
    """
    groups = {group_of(name) for name in after}
    gone = [name for name in before if name not in after and group_of(name) in groups]
    return [
        *(_change(name, before.get(name), now, tolerance) for name, now in after.items()),
        *(Change(name, before[name], None, "gone") for name in gone),
    ]


def slower(changes: Iterable[Change]) -> list[Change]:
    """Pick what got slower, the worst first."""
    found = [change for change in changes if change.verdict == "slower"]
    return sorted(found, key=lambda change: -(change.ratio or 0))


def group_of(name: str) -> str:
    """``function: measure`` belongs to the functions."""
    return name.partition(":")[0]


def read(path: Path = BASELINE) -> dict[str, Spread]:
    """Read the measures of a file; none where there is no file."""
    if not path.is_file():
        return {}
    kept = json.loads(path.read_text("utf-8"))
    return {name: Spread(**spread) for name, spread in kept["measures"].items()}


def taken(path: Path = BASELINE) -> dict[str, Any]:
    """Tell when and where the measures of a file were taken; nothing where there is no file."""
    return dict(json.loads(path.read_text("utf-8"))["taken"]) if path.is_file() else {}


def write(measures: Measures, taken: Mapping[str, Any], path: Path = BASELINE) -> None:
    """Write the measures, with what is to be known of the run; others in the file stay."""
    kept = read(path) | dict(measures)
    lines = {name: kept[name].as_dict() for name in sorted(kept)}
    text = json.dumps({"taken": dict(taken), "measures": lines}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")


def _change(name: str, before: Spread | None, after: Spread, tolerance: float) -> Change:
    if group_of(name) != "function" or after.median < SMALL:
        tolerance *= LOOSER
    return Change(name, before, after, _verdict(before, after, tolerance))


def _verdict(before: Spread | None, after: Spread, tolerance: float) -> Verdict:
    """Middle halves that overlap are noise, however far apart their medians are."""
    if before is None:
        return "new"
    if after.median > before.median * (1 + tolerance) and after.low > before.high:
        return "slower"
    if after.median < before.median / (1 + tolerance) and after.high < before.low:
        return "faster"
    return "same"
