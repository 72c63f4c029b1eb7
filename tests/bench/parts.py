"""The parts of the benchmark, and what a run of them has found."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench import house, versus
from tests.bench.functions import measure_functions
from tests.bench.house import House, measure_house
from tests.bench.rounds import Measured, Size, in_rounds
from tests.bench.systems import all_systems, house_and_limit
from tests.bench.yardstick import Spread
from tests.commit import commit
from tests.machine import cores


@dataclass
class Outcome:
    """All that one run measured; parts that were not asked for are missing."""

    taken: dict[str, Any]
    functions: dict[str, Spread] = field(default_factory=dict)
    house: House | None = None
    systems: dict[str, Measured] = field(default_factory=dict)
    size: Size | None = None

    @property
    def measures(self) -> dict[str, Spread]:
        """Everything that is compared with the baseline."""
        kept = dict(self.functions)
        if self.house:
            kept |= house.measures(self.house)
        if self.systems:
            kept |= versus.measures(self.systems)
        return kept


def circumstances() -> dict[str, Any]:
    """Say what was measured where; a busy machine shows in its load."""
    return {
        "on": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "python": platform.python_version(),
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1),
    }


def look_again(outcome: Outcome, suspects: Collection[str], repeats: int) -> None:
    """Measure again what seems slower: a neighbour's doing is not there twice."""
    again = [name for name in suspects if name in outcome.functions]
    if again:
        second = measure_functions(repeats, again)
        outcome.functions |= {
            name: min(outcome.functions[name], now, key=lambda one: one.median)
            for name, now in second.items()
        }


def run_parts(parts: Collection[str], size: Size, repeats: int, memory_jobs: int) -> Outcome:
    """Measure some of the parts: ``functions``, ``job``, ``systems``, or of these the ``limit``."""
    outcome = Outcome(circumstances(), size=size)
    if "functions" in parts:
        outcome.functions = measure_functions(repeats)
    if "job" in parts:
        outcome.house = measure_house(size.singles, memory_jobs)
    if "systems" in parts or "limit" in parts:
        openers, missing = all_systems() if "systems" in parts else (house_and_limit(), {})
        with tempfile.TemporaryDirectory() as folder:
            outcome.systems = in_rounds(openers, size, Path(folder))
        outcome.systems |= {name: Measured(not_here=why) for name, why in missing.items()}
    return outcome
