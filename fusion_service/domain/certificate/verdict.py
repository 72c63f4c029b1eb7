"""The print certificate as data: gates with measured value, limit, verdict and advice."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from common.errors import Unprintable
from fusion_service.domain.files.estimate import Estimate
from fusion_service.domain.process import Process

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
    """All gates of one figurine at its printed size; ``passed`` when every required one is.

    Sizes, balance and walls are those of the figurine as it stands; overhang and estimate are
    those of the print, which may lean backwards on the bed.
    """

    model_config = ConfigDict(frozen=True)

    process: Process
    orientation: Literal["upright", "leaning"] = "upright"
    lean_degrees: float = 0.0
    height_mm: float
    size_mm: tuple[float, float, float]
    volume_cm3: float
    passed: bool
    gates: list[Gate]
    estimate: Estimate | None = None  # version 1 made none

    @property
    def failed(self) -> list[Gate]:
        """The required gates that are not passed."""
        return [gate for gate in self.gates if gate.required and not gate.passed]


def require_printable(certificate: Certificate) -> None:
    """Raise what is wrong with a figurine, so that it can be read without the certificate.

    Raises
    ------
    Unprintable
        A required gate failed; the detail has the measured values and limits, the hint the fix.
    """
    failed = certificate.failed
    if failed:
        raise Unprintable(
            f"at {certificate.height_mm:g} mm for {certificate.process} the figurine fails "
            + "; ".join(map(_finding, failed)),
            " ".join(dict.fromkeys(gate.fix for gate in failed))
            + " Or send `accept=unprintable` to get the files as they are.",
        )


def _finding(gate: Gate) -> str:
    unit = f" {gate.unit}" if gate.unit else ""
    doubt = f" +- {gate.uncertainty:g}" if gate.uncertainty else ""
    return (
        f"{gate.name} ({gate.title.lower()}): {gate.measured:g}{doubt}{unit},"
        f" has to be {gate.relation} {gate.limit:g}{unit}"
    )


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
