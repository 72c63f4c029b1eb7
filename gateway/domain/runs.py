"""Run times of stages, drawn from those that were measured last: some hundred draws at once.

Jobs that run at once share the cores of their machines. What that costs is learnt from the runs,
and a time that was measured in a quiet house is taken for a longer one in a crowd.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from common.contracts.stages import BY_NAME
from common.ledger.records import Run, Standing
from gateway.domain.crowd import beside

Times = npt.NDArray[np.float64]  # seconds, one a sample

SAMPLES: Final = 200
SEED: Final = 1528
# How the latest runs are preferred: the share u of the list is drawn as u**RECENCY.
RECENCY: Final = 1.5
FEW: Final = 4  # runs; where there are fewer, the stage table has a say, too
SPAN: Final = 10  # runs, whose mean is compared with that of the next
UNSURE: Final = (0.6, 1.0, 1.8)  # times the expectation of the stage table
RIDGE: Final = 1.0  # few runs that differ tell little of what a crowd costs


class Runs:
    """Draws from the run times that were measured last."""

    def __init__(self, standing: Standing) -> None:
        self._measured = _as_if(beside(standing), standing.runs)
        self._known: dict[str, Times] = {}
        self._rng = np.random.default_rng(SEED)
        # one moment of the past a sample: what was slow then was slow in all stages
        self._moments = self._draw()
        self._changes = self._past_changes()

    def mean_s(self, stage: str) -> float:
        """Mean run time."""
        return float(self._of(stage).mean())

    def one_s(self, stage: str) -> Times:
        """Draw one run a sample."""
        runs = self._of(stage)
        return runs[self._indices(len(runs))] * self._changes

    def rest_s(self, stage: str, elapsed_s: float) -> Times:
        """Draw what is left of a run, knowing that it has not ended yet."""
        longer = self._of(stage)[self._of(stage) > elapsed_s]
        if not longer.size:  # longer than ever: as long again, at most
            return self._draw() * elapsed_s
        rest: Times = longer[self._indices(len(longer))] - elapsed_s
        return rest

    def block_s(self, counts: dict[str, float]) -> Times:
        """Draw the mean of many runs: of successive ones, so that slow times stay together."""
        whole = sum(counts.values())
        total = np.zeros(SAMPLES)
        for stage, count in counts.items():
            runs = self._of(stage)
            length = int(np.clip(count, 1, max(1, len(runs) // 4)))
            sums = np.concatenate(([0.0], runs.cumsum()))
            first = ((len(runs) - length + 1) * self._moments).astype(int)
            total += count / whole * (sums[first + length] - sums[first]) / length
        return total * self._changes

    def _past_changes(self) -> Times:
        """Draw how much slower or faster the machine may become: as it did before.

        Each measured change is that from some successive runs to the next ones.
        """
        found = [np.zeros(1)]
        for runs in self._measured.values():
            if len(runs) >= 2 * SPAN:
                sums = np.concatenate(([0.0], np.cumsum(runs)))
                means = np.maximum(1.0, (sums[SPAN:] - sums[:-SPAN]) / SPAN)
                found.append(np.log(means[:-SPAN] / means[SPAN:]))
        changes = np.concatenate(found)
        factors: Times = np.exp(changes[(len(changes) * self._rng.random(SAMPLES)).astype(np.intp)])
        return factors

    def _indices(self, count: int) -> npt.NDArray[np.intp]:
        return (count * self._draw()).astype(np.intp)

    def _draw(self) -> Times:
        drawn: Times = self._rng.random(SAMPLES) ** RECENCY
        return drawn

    def _of(self, stage: str) -> Times:
        if stage not in self._known:
            measured = self._measured.get(stage, np.zeros(0))
            guessed = [BY_NAME[stage].typical_ms * factor for factor in UNSURE] * (
                len(measured) < FEW
            )
            self._known[stage] = np.array([*measured, *guessed]) / 1000
        return self._known[stage]


def _as_if(others: int, runs: Mapping[str, tuple[Run, ...]]) -> dict[str, Times]:
    """Tell what the runs would have taken with so many others beside them; ms, latest first.

    Times grow with a power of the number that run at once. It is fitted, by least squares, to all
    runs, each compared with the others of its stage.
    """
    logs = {stage: _logs(of_stage) for stage, of_stage in runs.items() if of_stage}
    if not logs:
        return {}
    crowds, times = np.concatenate(
        [log - log.mean(axis=1, keepdims=True) for log in logs.values()], 1
    )
    power = np.clip((crowds @ times) / (crowds @ crowds + RIDGE), 0.0, 1.0)
    return {
        stage: np.exp(time + power * (np.log1p(others) - crowd))
        for stage, (crowd, time) in logs.items()
    }


@lru_cache(maxsize=64)  # hundreds of estimates are made of the same runs
def _logs(runs: tuple[Run, ...]) -> npt.NDArray[np.float64]:
    """Logarithms of how many ran at once, and of the times: two rows.

    A run that did not note how many counts as one of the middle.
    """
    times, others = np.array(runs, dtype=float).T
    noted = others[~np.isnan(others)]
    others[np.isnan(others)] = np.median(noted) if noted.size else 0
    return np.log([1 + others, np.maximum(1.0, times)])
