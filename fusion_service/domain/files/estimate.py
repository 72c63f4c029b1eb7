"""What a print takes: material, mass and time, by formulas that can be checked.

Filament. Layers of 0.2 mm, lines of 0.45 mm, two perimeters, 15 % infill, automatic supports:
with ``S`` the surface times the sine of its slope (walls), ``F`` the surface seen from above and
below (floors and roofs), ``V`` the volume of the solid, ``C`` the volume of the support columns,
and ``N`` the number of layers,

    material = 0.755 mm S + 0.925 mm F + 0.133 V + 0.231 C
    time     = 0.571 s/mm2 S + 0.337 s/mm2 F + 0.0811 s/mm3 C + 1.43 s N

The coefficients are a fit (non-negative least squares of the relative error) to PrusaSlicer 2.5
with its default speeds on 17 figurines: three templates, three kinds of hair, 40 to 200 mm. The
largest error there is 6 % of the material and 5 % of the time; on six figurines of other
templates, 60 to 150 mm, it was 8 % and 14 %. Another printer is faster or slower by a factor that
its owner knows.

Resin and powder have no slicer at hand to compare with: the solid and a share of the support
columns, and so many seconds a layer, as makers of such printers state them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from fusion_service.domain.files.supports import measure_supports
from fusion_service.domain.shape.triangles import six_volumes

if TYPE_CHECKING:
    from fusion_service.domain.files.facets import Facets
    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import Float, Index

FILAMENT_MM = 1.75  # diameter


class Estimate(BaseModel):
    """What one print takes."""

    model_config = ConfigDict(frozen=True)

    layers: int
    layer_mm: float
    material_cm3: float  # all of it, supports included
    supports_cm3: float
    mass_g: float
    filament_m: float | None = None
    minutes: int
    basis: str  # what was assumed


@dataclass(frozen=True)
class _Recipe:
    """Coefficients of the formulas, in millimetres, grams and seconds."""

    layer: float  # mm
    density: float  # g/cm3
    wall: float  # mm of material behind the slope
    floor: float  # mm
    infill: float  # share of the volume
    supports: float  # share of the columns
    wall_time: float  # s/mm2
    floor_time: float  # s/mm2
    support_time: float  # s/mm3
    layer_time: float  # s
    basis: str


RECIPES: dict[Process, _Recipe] = {
    "fdm": _Recipe(
        *(0.2, 1.24, 0.755, 0.925, 0.133, 0.231, 0.571, 0.337, 0.0811, 1.43),
        basis="PLA, layers 0.2 mm, 2 perimeters, 15 % infill, supports; near PrusaSlicer",
    ),
    "sla": _Recipe(
        *(0.05, 1.1, 0.0, 0.0, 1.0, 0.05, 0.0, 0.0, 0.0, 8.5),
        basis="resin, layers 0.05 mm, 8.5 s a layer, thin supports; not compared with a slicer",
    ),
    "full_colour": _Recipe(
        *(0.1, 1.2, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 18.0),
        basis="powder, layers 0.1 mm, 18 s a layer, no supports; not compared with a slicer",
    ),
}


def estimate_print(vertices: Float, faces: Index, facets: Facets, process: Process) -> Estimate:
    """Estimate material and time of a solid that lies on the bed, in millimetres, z up."""
    recipe = RECIPES[process]
    columns = measure_supports(vertices, faces, facets).volume if recipe.supports else 0.0
    walls = float((facets.areas * np.sqrt(np.maximum(1 - facets.facing_up**2, 0))).sum())
    floors = float((facets.areas * np.abs(facets.facing_up)).sum())
    volume = float(six_volumes(facets.corners).sum()) / 6
    layers = math.ceil(round(float(vertices[:, 2].max()) / recipe.layer, 3))
    solid = recipe.wall * walls + recipe.floor * floors + recipe.infill * volume
    supported = recipe.supports * columns
    seconds = (
        recipe.wall_time * walls
        + recipe.floor_time * floors
        + recipe.support_time * columns
        + recipe.layer_time * layers
    )
    material = solid + supported
    section = math.pi * (FILAMENT_MM / 2) ** 2
    return Estimate(
        layers=layers,
        layer_mm=recipe.layer,
        material_cm3=round(material / 1000, 2),
        supports_cm3=round(supported / 1000, 2),
        mass_g=round(material / 1000 * recipe.density, 1),
        filament_m=round(material / section / 1000, 2) if process == "fdm" else None,
        minutes=round(seconds / 60),
        basis=recipe.basis,
    )
