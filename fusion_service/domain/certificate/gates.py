"""The print certificate: every gate that a figurine has to pass before it is printed.

A failed gate raises nothing here, it says what was measured and how to mend it; see
``verdict.require_printable``. The list follows what print services ask for; see the notes at each
limit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from fusion_service.domain.certificate.close_look import TOLERANCE, largest_ball
from fusion_service.domain.certificate.thickness import thinnest_feature
from fusion_service.domain.certificate.topology import (
    EdgeCounts,
    count_bodies,
    count_edges,
    volume_and_centre,
)
from fusion_service.domain.certificate.verdict import Certificate, Gate, decide
from fusion_service.domain.files.estimate import estimate_print
from fusion_service.domain.files.facets import Facets
from fusion_service.domain.files.placement import extent, print_vertices
from fusion_service.domain.process import WALL_MM, Process

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Form

AMPLE = 2.0  # times the limit: how much thicker than that needs no measuring
TILT_DEGREES = 5.0  # the figurine must still stand on a shelf that is out of level by this
OVERHANG_DEGREES = 45.0  # steeper is printed without supports


def certify(form: Form, process: Process = "fdm", lean: float = 0.0) -> Certificate:
    """Check the printable solid at the height at which it will be printed.

    Parameters
    ----------
    form
        What to print.
    process
        How; it decides the thinnest wall and the formula of the estimate.
    lean : float
        Degrees by which it leans backwards on the bed.
    """
    solid = _Print.of(form)
    faces = form.solid.faces
    laid = print_vertices(form, lean) if lean else solid.vertices
    facets = Facets.of(laid, faces) if lean else solid.facets
    gates = [
        *_edge_gates(count_edges(form.solid.faces)),
        _bodies(form),
        _volume(solid),
        *_bed_gates(form, solid),
        _height(form, solid),
        _wall(form, solid, process),
        _balance(solid),
        _triangles(form),
        _overhang(facets, lean),
    ]
    width, depth, height = (round(float(side), 3) for side in extent(solid.vertices))
    return Certificate(
        process=process,
        orientation="leaning" if lean else "upright",
        lean_degrees=lean,
        height_mm=form.height_mm,
        size_mm=(width, depth, height),
        volume_cm3=round(solid.volume / 1000, 3),
        passed=all(gate.passed for gate in gates if gate.required),
        gates=gates,
        estimate=estimate_print(laid, faces, facets, process),
    )


@dataclass(frozen=True)
class _Print:
    """The solid as it lies on the bed, in millimetres, and what most gates need of it."""

    vertices: Float
    facets: Facets
    footprint: Float  # (k, 2) convex outline of what touches the bed
    volume: float
    centre: npt.NDArray[np.float64]

    @classmethod
    def of(cls, form: Form) -> _Print:
        vertices, faces = print_vertices(form), form.solid.faces
        facets = Facets.of(vertices, faces)
        resting = np.ascontiguousarray(vertices[faces[facets.on_bed]].reshape(-1, 3)[:, :2])
        hull = cv2.convexHull(resting)[:, 0] if len(resting) else resting
        volume, centre = volume_and_centre(vertices, faces)
        footprint = np.asarray(hull, np.float32)
        return cls(vertices, facets, footprint, volume, centre)


def _edge_gates(edges: EdgeCounts) -> list[Gate]:
    leaks = edges.open + edges.crowded
    close = "Fill the holes and sew the edges: a slicer cannot tell inside from outside."
    return [
        decide("watertight", "Watertight surface", (leaks, "edges"), ("exactly", 0), close),
        decide("open_edges", "Open edges", (edges.open, "edges"), ("exactly", 0), close),
        decide(
            "non_manifold_edges",
            "Edges of more than two triangles",
            (edges.crowded, "edges"),
            ("exactly", 0),
            "Separate or unite the surfaces that touch along these edges.",
        ),
        decide(
            "winding",
            "Neighbours that disagree about the outside",
            (edges.reversed, "edges"),
            ("exactly", 0),
            "Turn the triangles so that all normals point outward.",
        ),
    ]


def _bodies(form: Form) -> Gate:
    solid = form.solid
    return decide(
        "one_body",
        "Separate bodies",
        (count_bodies(solid.faces, len(solid.vertices)), "bodies"),
        ("exactly", 1),
        "Sink the loose part into its neighbour, or delete it.",
    )


def _volume(solid: _Print) -> Gate:
    return decide(
        "volume",
        "Enclosed volume, outward normals",
        (solid.volume / 1000, "cm3"),
        ("at least", 0.1),
        "Turn the surface inside out: its normals point inward.",
    )


def _bed_gates(form: Form, solid: _Print) -> list[Gate]:
    """How the figurine meets the bed: its lowest point, and how much of the base lies flat."""
    disc = form.base_area * form.scale**2
    lowest = abs(float(form.solid.vertices[:, 2].min())) * form.scale
    return [
        decide(
            "flat_base",
            "Share of the base disc that lies on the bed",
            (float(solid.facets.areas[solid.facets.on_bed].sum()) / disc, ""),
            ("at least", 0.75),
            "Cut the underside flat at z = 0.",
        ),
        decide(
            "on_the_bed",
            "Distance of the sculpted base from z = 0",
            (lowest, "mm"),
            ("at most", 0.01),
            "Move the sculpture down to z = 0.",
        ),
    ]


def _height(form: Form, solid: _Print) -> Gate:
    height = float(solid.vertices[:, 2].max())
    return decide(
        "height",
        "Deviation from the height asked for",
        (abs(height - form.height_mm), "mm"),
        ("at most", 0.01),
        "Scale the solid to the height asked for.",
    )


def _wall(form: Form, solid: _Print, process: Process) -> Gate:
    limit, faces = WALL_MM[process], form.solid.faces
    found = thinnest_feature(solid.vertices, faces, limit, AMPLE * limit)
    thinnest, error, at_least = found.thinnest, found.error, found.at_least
    how = f"Opening with a ball on voxels of {error:.2f} mm"
    # too thin, or it seems so to voxels that are too coarse, or they may make too much of it
    if thinnest < limit or found.surely < (1 - TOLERANCE) * limit:
        thinnest = largest_ball(solid.vertices, faces, limit)
        error, at_least = TOLERANCE * limit, thinnest >= limit
        how = "Balls fitted between the triangles"
    bound = "At least that: no larger ball was tried. " if at_least else ""
    return decide(
        "wall",
        "Thinnest wall or feature",
        (thinnest, "mm"),
        ("at least", limit),
        "Print it taller, choose a process with a smaller limit, or thicken the thin part.",
        uncertainty=error,
        note=f"{bound}{how}; at most 0.1 % of the volume may be lost.",
    )


def _balance(solid: _Print) -> Gate:
    """Margin between the plumb line of the centre of mass and the edge of the footprint."""
    margin = -float(extent(solid.vertices[:, :2]).max())
    if len(solid.footprint) >= 3:
        plumb = (float(solid.centre[0]), float(solid.centre[1]))
        margin = cv2.pointPolygonTest(solid.footprint, plumb, measureDist=True)
    return decide(
        "balance",
        "Centre of mass inside the footprint by",
        (margin, "mm"),
        ("at least", math.tan(math.radians(TILT_DEGREES)) * float(solid.centre[2])),
        "Move weight over the base, or make the base wider.",
        note=f"The limit keeps it standing on a shelf tilted by {TILT_DEGREES:g} degrees.",
    )


def _triangles(form: Form) -> Gate:
    people = 1 + max((part.person for part in form.parts), default=0)
    return decide(
        "triangles",
        "Triangles",
        (len(form.solid.faces), "triangles"),
        ("at most", people * 150_000 - 1),
        "Simplify the mesh.",
    )


def _overhang(facets: Facets, lean: float) -> Gate:
    limit = -math.cos(math.radians(OVERHANG_DEGREES))
    steep = float(facets.areas[(facets.facing_up < limit) & ~facets.on_bed].sum())
    posture = f"leaning {lean:g} degrees backwards" if lean else "upright"
    return decide(
        "overhang",
        "Share of the surface that hangs over",
        (steep / max(float(facets.areas.sum()), np.finfo(float).tiny), ""),
        ("at most", 0.25),
        "Switch supports on in the slicer, or turn the figurine.",
        required=False,
        note=f"Informs only: measured {posture}, without supports, steeper than"
        f" {OVERHANG_DEGREES:g} degrees, the underside on the bed left out.",
    )
