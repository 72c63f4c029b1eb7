"""What a figurine's job has found out, in lines for people."""

from __future__ import annotations

from typing import Any, Final

from common.contracts.figurine import Face, Looks, PaintRequest
from common.contracts.looks import PHOTOGRAPHED
from gateway.client import Job

_OF: Final = {"stylize.portrait": "portrait", "fusion.render": "figurine"}
_WISH: Final = {"skin colour": "skin", "hair colour": "hair", "brow colour": "hair"}


def findings(job: Job) -> list[str]:
    """Say how like it is, and what the print takes."""
    lines = [*(likeness_line(job, stage) for stage in _OF), print_line(job)]
    return [line for line in lines if line]


def likeness_line(job: Job, stage: str) -> str:
    """Say how near a picture is to the photo; empty where nobody rated it."""
    likeness = _facts(job, stage).get("likeness") or {}
    if likeness.get("score") is None:
        return ""
    score = f"likeness of the {_OF[stage]}: {likeness['score']:.0f} of 100"
    wished = _WISH.get(likeness.get("worst") or "")
    if wished and job.get("parameters", {}).get(wished) and stage == "fusion.render":
        return f"{score}. You chose another colour of {wished} than the photo's."
    return f"{score}. {likeness['says']}" if likeness.get("says") else score


def print_line(job: Job) -> str:
    """Say what the print takes; empty where nothing is printed."""
    facts = _facts(job, "fusion.print")
    estimate = facts.get("estimate")
    if not estimate:
        return ""
    hours, minutes = divmod(round(estimate["minutes"]), 60)
    verdict = "passes every gate" if facts["printable"] else "fails a gate of its certificate"
    return (
        f"the print {verdict}: about {hours} h {minutes:02d} min, {estimate['mass_g']:.0f} g"
        f" ({estimate['basis']})"
    )


def seen_line(job: Job) -> str:
    """Say what was seen on the photo, in the words that a change would have."""
    seen = _facts(job, "fusion.measure").get("seen", {})
    looks = {name: value for name, value in seen.items() if name in Looks.model_fields}
    colours = {n: v for n, v in seen.get("colours", {}).items() if n in PaintRequest.model_fields}
    photographed = job.get("parameters", {}).get("face") == Face.PORTRAIT
    fixed = PHOTOGRAPHED if photographed else ()  # would be refused as a change
    said = [f"{name}={value}" for name, value in (looks | colours).items() if name not in fixed]
    return f"seen: {', '.join(said)}" if said else ""


def _facts(job: Job, stage: str) -> dict[str, Any]:
    return dict(job.get("facts", {}).get(stage, {}))
