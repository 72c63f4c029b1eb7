"""From united parts to the solid as one process prints it: thick enough, named, hollow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.process import WALL_MM
from fusion_service.domain.shape.coarsen import coarsen_cavity
from fusion_service.domain.shape.fuse import solidify
from fusion_service.domain.shape.hollow import Hollow, hollow_out
from fusion_service.domain.shape.lift import lift_block, lift_mesh, lift_union
from fusion_service.domain.shape.nameplate import NamePlate, emboss, letters_of, plan_plate
from fusion_service.domain.shape.thicken import thicken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.process import Process
    from fusion_service.domain.sculpture import FormPart, Mesh, Solid
    from fusion_service.domain.shape.shapes import Disc
    from fusion_service.domain.shape.union import Block, Union


@dataclass(frozen=True)
class PrintWish:
    """How a figurine will be printed."""

    height_mm: float
    process: Process = "fdm"
    name: str | None = None  # on the front of the base
    hollow: bool = False


@dataclass(frozen=True)
class Printable:
    """The solid, and what it changes for the parts that are looked at."""

    solid: Solid
    lift: float  # millimetres by which everything stands higher than usual, for the name's sake
    letters: Mesh | None  # the name; its triangles in the solid have the id ``name_id``
    facts: dict[str, object]

    def raised(self, part: FormPart) -> FormPart:
        """Return a part on the base as high as it has become."""
        if not self.lift:
            return part
        x, y, z = part.shift
        return replace(part, mesh=lift_mesh(part.mesh, self.lift), shift=(x, y, z + self.lift))


def make_printable(
    union: Union, blocks: Sequence[Block], base: Disc, wish: PrintWish, name_id: int
) -> Printable:
    """Return the solid for a process.

    Parameters
    ----------
    union, blocks
        The figurine on its usual base, which is the first block.
    name_id : int
        Number that the part of the letters will have.

    Raises
    ------
    NameDoesNotFit
        The name cannot be written on the base at this size.
    """
    height = _height(union)
    plate: NamePlate | None = None
    if wish.name is not None:
        plate = plan_plate(wish.name, base, height, wish.height_mm, wish.process)
    layers = plate.layers if plate else 0
    lift = layers * union.grid.voxel
    scale = wish.height_mm / (height + lift)
    union = thicken(union, WALL_MM[wish.process] / scale, base.top)
    if layers:
        union, blocks = lift_union(union, layers), [lift_block(b, layers) for b in blocks]
    facts: dict[str, object] = {}
    if wish.hollow:
        hollow = hollow_out(union, scale, wish.process)
        facts = _hollow_facts(hollow, scale)
        solid = solidify(hollow.union, blocks)
        if hollow.holes:
            solid = coarsen_cavity(solid, hollow)
    else:
        solid = solidify(union, blocks)
    letters: Mesh | None = None
    if plate:
        solid = emboss(solid, plate, 0, name_id)
        letters = letters_of(solid, name_id)
        facts["name"] = plate.lettering.measures.text
    return Printable(solid, lift, letters, facts)


def _height(union: Union) -> float:
    """Return where the field ends upwards, between two nodes."""
    above = union.field.min(axis=(0, 1))
    last = int(np.flatnonzero(above < 0)[-1])
    inside, outside = above[last], above[min(last + 1, len(above) - 1)]
    share = inside / (inside - outside) if outside > inside else 0.0
    return float(union.grid.z[0, 0, last] + share * union.grid.voxel)


def _hollow_facts(hollow: Hollow, scale: float) -> dict[str, object]:
    if hollow.refusal:
        return {"hollow": False, "hollow_refused": hollow.refusal}
    holes = [round(2 * hole.radius * scale, 2) for hole in hollow.holes]
    return {"hollow": True, "hollow_share": round(float(hollow.share), 3), "drain_holes_mm": holes}
