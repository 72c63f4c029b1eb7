"""How the figurine lies on the bed: upright, or leaning back where that prints better.

Resin printers lean a model so that no layer is a large flat one, and so that the supports touch
its back and not its face. Filament printers like it upright: the base holds it on the bed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fusion_service.domain.files.facets import Facets
from fusion_service.domain.files.placement import print_vertices
from fusion_service.domain.files.supports import measure_supports

if TYPE_CHECKING:
    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import Form

UPRIGHT = 0.0
LEANS: dict[Process, tuple[float, ...]] = {  # degrees backwards; never onto the face
    "fdm": (UPRIGHT, 15.0, 30.0, 45.0, 90.0),
    "sla": (UPRIGHT, 15.0, 30.0, 45.0, 60.0),
    "full_colour": (UPRIGHT,),  # the powder carries it
}
# What a cubic centimetre of support, a square centimetre of marks, a centimetre of height and a
# square centimetre of missing footprint or of the largest layer cost, in grams of material.
SUPPORT, MARKS, HEIGHT, FOOTING, PEEL = 0.23, 0.25, 0.2, 2.0, 0.6
GAIN = 0.9  # another orientation than upright has to cost less than this share of upright
FOOTPRINT_CM2 = 2.0  # of contact hold a filament print on the bed


@dataclass(frozen=True)
class Lie:
    """One way to lie on the bed, and what was measured of it."""

    lean: float  # degrees backwards
    height_mm: float
    supports_cm3: float  # of the columns, as if solid
    marks_cm2: float  # of surface that rests on supports
    contact_cm2: float  # of surface that lies on the bed
    cost: float  # see ``choose_orientation``; compares orientations, means nothing else


def choose_orientation(form: Form, process: Process) -> Lie:
    """Choose the orientation that costs least; upright unless another is clearly better.

    The cost is the volume of the supports, the area that they touch and the height, and what
    the process dislikes: a filament print that hardly touches the bed falls over, resin that
    hardens a large flat layer tears at the film. Only leaning backwards is tried, so that
    supports never touch the face.
    """
    upright, *others = (measure_lie(form, lean, process) for lean in LEANS[process])
    best = min(others, key=lambda lie: lie.cost, default=upright)
    return best if best.cost < GAIN * upright.cost else upright


def measure_lie(form: Form, lean: float, process: Process) -> Lie:
    """Measure one orientation."""
    vertices = print_vertices(form, lean)
    faces = form.solid.faces
    facets = Facets.of(vertices, faces)
    supports = measure_supports(vertices, faces, facets)
    if process == "full_colour":
        supports = replace(supports, volume=0.0, area=0.0)
    contact = float(facets.areas[facets.on_bed].sum()) / 100
    height = float(vertices[:, 2].max())
    dislike = 0.0
    if process == "fdm":
        dislike = FOOTING * max(FOOTPRINT_CM2 - contact, 0.0) * height / 10
    if process == "sla":
        dislike = PEEL * supports.largest_layer / 100
    volume, marks = supports.volume / 1000, supports.area / 100
    return Lie(
        lean=lean,
        height_mm=round(height, 2),
        supports_cm3=round(volume, 2),
        marks_cm2=round(marks, 2),
        contact_cm2=round(contact, 2),
        cost=SUPPORT * volume + MARKS * marks + HEIGHT * height / 10 + dislike,
    )
