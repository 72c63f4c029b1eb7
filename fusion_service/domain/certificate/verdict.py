"""The print certificate as data: gates with measured value, limit, verdict and advice."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Process = Literal["fdm", "sla", "full_colour"]
Relation = Literal["at least", "at most", "exactly"]


class Gate(BaseModel):
    """One check: what was measured, what was asked for, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    measured: float
    unit: str
    relation: Relation
    limit: float
    passed: bool
    required: bool = True  # False: informs, does not decide
    uncertainty: float = 0.0  # of ``measured``, in its unit
    note: str = ""
    fix: str = ""  # empty where the gate is passed


class Certificate(BaseModel):
    """All gates of one figurine at its printed size; ``passed`` when every required one is."""

    model_config = ConfigDict(frozen=True)

    process: Process
    height_mm: float
    size_mm: tuple[float, float, float]
    volume_cm3: float
    passed: bool
    gates: list[Gate]


def decide(
    name: str,
    title: str,
    measurement: tuple[float, str],
    rule: tuple[Relation, float],
    fix: str,
    *,
    required: bool = True,
    uncertainty: float = 0.0,
    note: str = "",
) -> Gate:
    """Decide by the relation; the advice is left out where nothing is wrong."""
    (measured, unit), (relation, limit) = measurement, rule
    passed = {
        "at least": measured >= limit,
        "at most": measured <= limit,
        "exactly": measured == limit,
    }[relation]
    return Gate(
        name=name,
        title=title,
        measured=round(float(measured), 4),
        unit=unit,
        relation=relation,
        limit=round(float(limit), 4),
        passed=bool(passed),
        required=required,
        uncertainty=round(uncertainty, 4),
        note=note,
        fix="" if passed else fix,
    )
