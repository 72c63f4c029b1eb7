"""What a print takes: the formulas on shapes whose answer is known, and what is in the verdict."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import trimesh

from common.contracts.figurine import PackageRequest, PrintRequest
from common.errors import Unprintable
from fusion_service.domain import printing
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.certificate.verdict import require_printable
from fusion_service.domain.files.estimate import Estimate, estimate_print
from fusion_service.domain.files.facets import Facets
from tests.unit.fusion.sculptures import ball_man

if TYPE_CHECKING:
    from fusion_service.domain.process import Process


def estimate_of(mesh: trimesh.Trimesh, process: Process = "fdm") -> Estimate:
    vertices, faces = mesh.vertices.astype(np.float32), np.asarray(mesh.faces, np.int32)
    return estimate_print(vertices, faces, Facets.of(vertices, faces), process)


def cube(side: float) -> trimesh.Trimesh:
    return trimesh.creation.box((side, side, side)).apply_translation((0, 0, side / 2))


def test_a_cube_takes_walls_floors_and_infill() -> None:
    found = estimate_of(cube(25.0))
    expected = 0.755 * 4 * 25**2 + 0.925 * 2 * 25**2 + 0.133 * 25**3
    assert found.material_cm3 == pytest.approx(expected / 1000, abs=0.006)
    assert found.supports_cm3 == 0
    assert found.layers == 125
    assert found.mass_g == pytest.approx(expected / 1000 * 1.24, abs=0.06)
    assert found.filament_m == pytest.approx(expected / (math.pi * 0.875**2) / 1000, abs=0.006)


def test_resin_is_the_solid_and_time_goes_by_layers() -> None:
    found = estimate_of(cube(20.0), "sla")
    assert found.material_cm3 == 8.0
    assert found.layers == 400
    assert found.minutes == round(400 * 8.5 / 60)
    assert found.filament_m is None


def test_powder_needs_no_supports() -> None:
    ball = trimesh.creation.icosphere(3, 20.0).apply_translation((0, 0, 20))
    assert estimate_of(ball, "full_colour").supports_cm3 == 0
    assert estimate_of(ball, "fdm").supports_cm3 > 0.2


@pytest.mark.parametrize("process", ["fdm", "sla", "full_colour"])
def test_a_larger_figurine_takes_more(process: Process) -> None:
    estimates = [certify(ball_man(h).form, process).estimate for h in (40.0, 80.0, 150.0)]
    for quantity in ("material_cm3", "mass_g", "minutes", "layers"):
        values = [getattr(estimate, quantity) for estimate in estimates]
        assert values == sorted(values)
        assert values[0] < values[-1]


# --- what the print stage decides ----------------------------------------------------------------


def test_a_sound_figurine_is_let_through() -> None:
    request = PrintRequest()
    stl, certificate = printing.prepare(ball_man().form, request)
    printing.refuse(certificate, request)
    assert certificate.failed == []
    assert len(stl) > 100_000


def test_what_is_wrong_can_be_read_in_the_error() -> None:
    form = replace(ball_man().form, height_mm=9.0)  # the figurine of a figurine
    request = PrintRequest(process="full_colour")
    _, certificate = printing.prepare(form, request)
    with pytest.raises(Unprintable) as refused:
        printing.refuse(certificate, request)
    failed = {gate.name: gate for gate in certificate.failed}
    assert "wall" in failed
    for name, gate in failed.items():
        assert f"{name} (" in refused.value.detail
        assert f"{gate.measured:g}" in refused.value.detail
        assert f"{gate.relation} {gate.limit:g}" in refused.value.detail
        assert gate.fix in refused.value.advice
    assert "full_colour" in refused.value.detail
    assert "accept=unprintable" in refused.value.advice
    assert refused.value.code == "unprintable"


def test_who_accepts_an_unprintable_figurine_gets_it() -> None:
    form = replace(ball_man().form, height_mm=9.0)
    request = PrintRequest(process="full_colour", accept="unprintable")
    stl, certificate = printing.prepare(form, request)
    printing.refuse(certificate, request)
    assert not certificate.passed
    assert stl


def test_the_overhang_alone_refuses_nothing() -> None:
    certificate = certify(ball_man().form)
    informs = [gate.model_copy(update={"passed": gate.required}) for gate in certificate.gates]
    require_printable(certificate.model_copy(update={"gates": informs}))


def test_a_list_of_filaments_asks_for_these_filaments() -> None:
    painted = printing.package(ball_man(), PackageRequest(filaments=("#ffffff", "#202020")))
    textured = printing.package(ball_man(), PackageRequest())
    assert b"Slic3r_PE.config" in painted
    assert b"face.png" in textured
    assert b"Slic3r_PE.config" not in textured


def test_filaments_have_to_be_listed() -> None:
    with pytest.raises(ValueError, match="at least one"):
        PackageRequest(colouring="filaments")
