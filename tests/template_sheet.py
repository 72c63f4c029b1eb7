"""Draws one template with four haircuts: ``python -m tests.template_sheet chef sheet.png``.

It also prints the print gates that fail, at 100 and at 40 mm. See docs/templates.md.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.bodies import find_template
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.paint import paint
from fusion_service.domain.preview.render import draw_preview
from fusion_service.domain.sculpt import sculpt
from tests.unit.fusion.factories import HairKind, make_attributes

HAIR: tuple[HairKind, ...] = ("short", "long", "curly", "bald")
WIDTH = 1200  # px


def main(template: str, target: Path) -> None:
    """Draw and write the sheet, and print what would not print."""
    pictures = [_draw(template, hair) for hair in HAIR]
    rows = [np.hstack(pictures[i : i + 2]) for i in (0, 2)]
    cv2.imwrite(str(target), np.vstack(rows))


def _draw(template: str, hair: HairKind) -> npt.NDArray[np.uint8]:
    people = [make_attributes(hair)] * find_template(template).people
    form = sculpt(people, template)
    for height in (100.0, 40.0):
        gates = certify(replace(form, height_mm=height)).gates
        failed = [f"{gate.name} {gate.measured}" for gate in gates if not gate.passed]
        sys.stdout.write(f"{template}, {hair}, {height:g} mm: {', '.join(failed) or 'prints'}\n")
    png = np.frombuffer(draw_preview(paint(form, people), WIDTH).to_png(), np.uint8)
    return np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR), np.uint8)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
