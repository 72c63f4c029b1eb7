"""The tasks that write a figurine's files: to print, to look at, to stand on one's own table."""

from __future__ import annotations

from dataclasses import asdict

from common.contracts import facts
from common.contracts import figurine as f
from common.contracts import stages as s
from common.stage import StageContext, stage
from fusion_service.ar_file import write_ar
from fusion_service.domain import printing
from fusion_service.domain.attributes import People
from fusion_service.shelf import form_of, sculpture_of
from fusion_service.studio import PREVIEW_PX, Studio


@stage("fusion.print")
def print_solid(context: StageContext, request: f.PrintRequest, studio: Studio) -> facts.PrintFacts:
    """Write the solid for one-colour printing, and its certificate."""
    stl, certificate = printing.prepare(form_of(context, studio.shelf), request)
    text = certificate.model_dump_json(indent=2).encode()
    # shown early where the job is about to fail by it: so it can be read afterwards
    early = None if certificate.passed else s.CERTIFICATE
    context.write_all({s.STL: stl, s.CERTIFICATE: text}, early=early)
    printing.refuse(certificate, request)
    return facts.PrintFacts(
        printable=certificate.passed,
        failed_gates=[gate.name for gate in certificate.failed],
        volume_cm3=certificate.volume_cm3,
        estimate=certificate.model_dump(mode="json")["estimate"],
    )


@stage("fusion.render")
def render(context: StageContext, _: f.RenderRequest, studio: Studio) -> facts.RenderFacts:
    """Draw the preview picture, and rate how much the face in it looks like the photo."""
    sculpture = sculpture_of(context, studio.shelf)
    measured = People.model_validate_json(context.read(s.ATTRIBUTES.name)).people[0]
    drawing = studio.draw_preview(sculpture)
    context.checkpoint()
    rating = studio.rate_likeness(measured, sculpture)  # while this thread writes the file
    context.write(s.PREVIEW, drawing.to_png())
    return facts.RenderFacts(width_px=PREVIEW_PX, likeness=asdict(rating.result()))


@stage("fusion.package")
def package(context: StageContext, request: f.PackageRequest, studio: Studio) -> facts.PackageFacts:
    """Write the solid for colour printing."""
    sculpture = sculpture_of(context, studio.shelf)
    context.write(s.THREEMF, printing.package(sculpture, request))
    return facts.PackageFacts(materials=len(request.filaments) or len(sculpture.parts))


@stage("fusion.ar")
def ar(context: StageContext, _: f.ArRequest, studio: Studio) -> facts.ArFacts:
    """Write the figurine for AR."""
    sculpture = sculpture_of(context, studio.shelf)
    context.write(s.USDZ, write_ar(sculpture))
    return facts.ArFacts()


FILE_TASKS = (print_solid, render, package, ar)
