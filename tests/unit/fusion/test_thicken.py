"""Thin features grow, everything else keeps its bytes."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.thickness import thinnest_feature
from fusion_service.domain.certificate.topology import volume_and_centre
from fusion_service.domain.process import WALL_MM
from fusion_service.domain.sculpt import sculpt
from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.fuse import solidify
from fusion_service.domain.shape.sdf import Grid
from fusion_service.domain.shape.shapes import Box, Capsule, Ellipsoid, Shape
from fusion_service.domain.shape.thicken import thicken
from fusion_service.domain.shape.union import Block, Union, unite
from tests.unit.fusion.factories import make_attributes

BODY = Ellipsoid((0, 0, 20), (10, 10, 14))
FINGER = Capsule((0, 8, 20), (0, 19, 20), 0.8)
SHEET = Box((0, -14, 20), (8, 0.75, 10), 0.3)
BRIDGE = Capsule((0, -14, 20), (0, -5, 20), 3.0)


def block(shape: Shape) -> Block:
    low, high = shape.bounds()
    grid = Grid.spanning(low - 1.2, high + 1.2)
    return Block(grid, grid.full(shape.field(grid)))


def union(*shapes: Shape) -> tuple[Union, list[Block]]:
    blocks = [block(shape) for shape in shapes]
    return unite(blocks, range(len(blocks))), blocks


def across(built: Union, where: tuple[float, float, float], axis: int) -> float:
    """Return the length of the inside along an axis through a point."""
    node = [round(c / built.grid.voxel) - s for c, s in zip(where, built.grid.start, strict=True)]
    line = built.field[tuple(slice(None) if i == axis else n for i, n in enumerate(node))]
    crossings = np.flatnonzero(np.diff(np.signbit(line)))
    places = [i + line[i] / (line[i] - line[i + 1]) for i in crossings]
    middle = node[axis]
    low = max(place for place in places if place <= middle)
    high = min(place for place in places if place > middle)
    return float(high - low) * built.grid.voxel


def test_a_thin_finger_and_a_thin_sheet_grow_to_the_wall() -> None:
    built, _ = union(BODY, FINGER, SHEET, BRIDGE)
    thick = thicken(built, 2.4, floor=2.0)
    assert across(built, (0, 14, 20), 2) == pytest.approx(1.6, abs=0.1)
    assert across(thick, (0, 14, 20), 2) >= 2.4
    assert across(built, (4, -14, 24), 1) == pytest.approx(1.5, abs=0.1)
    assert across(thick, (4, -14, 24), 1) >= 2.4
    assert across(thick, (4, -14, 24), 1) < 3.6


def test_the_thick_part_beside_a_thin_one_keeps_its_surface() -> None:
    built, _ = union(BODY, FINGER)
    thick = thicken(built, 2.4, floor=2.0)
    far = np.broadcast_to(built.grid.y < 4, built.field.shape)
    assert (thick.field[far] == built.field[far]).all()
    assert (thick.field <= built.field).all()


def test_nothing_thin_gives_the_very_same_union() -> None:
    built, _ = union(BODY, BRIDGE, Box((0, 0, 20), (12, 12, 5), 0.1))
    assert thicken(built, 2.4, floor=2.0) is built


def test_a_wall_that_the_lattice_cannot_undercut_is_not_looked_for() -> None:
    built, _ = union(BODY, FINGER)
    assert thicken(built, 1.2, floor=2.0) is built


def test_the_base_below_the_floor_is_left_alone() -> None:
    built, _ = union(
        BODY, Capsule((0, 8, 6.0), (0, 8, 14.0), 0.8), Box((0, 0, 3), (15, 15, 0.7), 0.3)
    )
    thick = thicken(built, 2.4, floor=5.0)
    below = np.broadcast_to(built.grid.z < 4.0, built.field.shape)
    assert (thick.field[below] == built.field[below]).all()


def test_the_gate_sees_the_difference() -> None:
    built, blocks = union(BODY, FINGER, SHEET, BRIDGE)
    measured = []
    for one in (Union(built.grid, built.field.copy(), built.owner), thicken(built, 2.4, floor=2.0)):
        solid = solidify(one, blocks)
        assert trimesh.Trimesh(solid.vertices, solid.faces, process=False).is_volume
        measured.append(thinnest_feature(solid.vertices, solid.faces, 2.4).thinnest)
    assert measured[0] < 2.4 <= measured[1]


@pytest.mark.parametrize(
    ("template", "hair", "height_mm", "process"),
    [
        ("superhero", "short", 40.0, "fdm"),
        ("superhero", "long", 40.0, "sla"),
        ("superhero", "long", 60.0, "full_colour"),
        ("graduate", "curly", 40.0, "fdm"),
        ("casual", "bald", 40.0, "full_colour"),
    ],
)
def test_figurines_pass_the_wall_gate_when_they_are_small(
    template: str, hair: str, height_mm: float, process: str
) -> None:
    person = make_attributes(hair)  # type: ignore[arg-type]
    form = sculpt([person], template, height_mm, process=process)  # type: ignore[arg-type]
    wall = next(g for g in certify(form, process).gates if g.name == "wall")  # type: ignore[arg-type]
    assert wall.measured >= WALL_MM[process]  # type: ignore[index]


def test_a_cape_grows_and_the_face_is_as_it_was() -> None:
    person = make_attributes("bald")
    large, small = (
        sculpt([person], "superhero", height_mm, process="full_colour").solid
        for height_mm in (200.0, 60.0)
    )
    faces = [v[(v[:, 2] > 48) & (v[:, 1] > 4)] for v in (large.vertices, small.vertices)]
    assert np.array_equal(*faces)
    volumes = [volume_and_centre(one.vertices, one.faces)[0] for one in (large, small)]
    assert 1.005 < volumes[1] / volumes[0] < 1.1


def test_the_gate_measures_a_plate_that_is_exactly_as_thick_as_asked() -> None:
    """A ball of an even number of voxels would ask for one voxel more."""
    for thickness, passes in ((1.02, True), (0.8, False)):
        grid = Grid.spanning((-12, -8, -5), (12, 8, 24), 0.25)
        stem = sdf.capsule(grid, (0, 0, 0), (0, 0, 8), 4.0)
        plate = sdf.rounded_box(grid, (0, 0, 15), (10, thickness / 2, 8), 0.2)
        both = Union(grid, grid.full(np.minimum(stem, plate)), np.zeros(grid.shape, np.uint8))
        solid = solidify(both, [Block(grid, both.field.copy())])
        found = thinnest_feature(solid.vertices, solid.faces, 1.0)
        assert (found.thinnest >= 1.0) is passes
