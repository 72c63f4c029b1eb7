"""The Celery side of the fusion service: each task reads, calls the domain, writes."""

from __future__ import annotations

from common.contracts import figurine as f
from common.contracts import stages as s
from common.stage import StageContext, stage
from common.vision.sandbox import decode_photo
from fusion_service.domain.attributes import Attributes
from fusion_service.domain.certificate.gates import certify
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.stl import to_stl
from fusion_service.domain.files.threemf import to_3mf
from fusion_service.domain.photo.measure import measure as measure_face
from fusion_service.domain.sculpt import sculpt as sculpt_figurine
from fusion_service.domain.sculpture import Sculpture
from fusion_service.domain.summary import seen
from fusion_service.studio import PREVIEW_PX, Studio


@stage("fusion.measure")
def measure(context: StageContext, request: f.MeasureRequest, studio: Studio) -> f.MeasureFacts:
    """Measure the face in the photo."""
    photo = decode_photo(context.read(s.PHOTO))
    context.checkpoint()
    attributes = measure_face(studio.faces, photo, request.subject)
    context.write(s.ATTRIBUTES, attributes.model_dump_json().encode())
    return f.MeasureFacts(
        faces_in_photo=attributes.faces_in_photo,
        quality=attributes.quality.model_dump(mode="json"),
        seen=seen(attributes),
    )


@stage("fusion.sculpt")
def sculpt(context: StageContext, request: f.SculptRequest, studio: Studio) -> f.SculptFacts:
    """Sculpt the figurine; the GLB is shown as soon as it exists."""
    attributes = Attributes.model_validate_json(context.read(s.ATTRIBUTES.name))
    sculpture = sculpt_figurine(attributes, request.template, request.height_mm)
    context.write(s.GLB, to_glb(sculpture), early=True)
    stored = context.write(s.SCULPTURE, sculpture.to_bytes())
    studio.keep(stored.sha256, sculpture)
    return f.SculptFacts(
        template=request.template,
        height_mm=request.height_mm,
        triangles=len(sculpture.solid.faces),
    )


@stage("fusion.print")
def print_solid(context: StageContext, _: f.PrintRequest, studio: Studio) -> f.PrintFacts:
    """Write the solid for one-colour printing, and its certificate."""
    sculpture = _sculpture(context, studio)
    context.write(s.STL, to_stl(sculpture))
    context.checkpoint()
    certificate = certify(sculpture)
    context.write(s.CERTIFICATE, certificate.model_dump_json(indent=2).encode())
    return f.PrintFacts(
        printable=certificate.passed,
        failed_gates=[g.name for g in certificate.gates if g.required and not g.passed],
        volume_cm3=certificate.volume_cm3,
    )


@stage("fusion.render")
def render(context: StageContext, _: f.RenderRequest, studio: Studio) -> f.RenderFacts:
    """Draw the preview picture."""
    sculpture = _sculpture(context, studio)
    context.write(s.PREVIEW, studio.preview(sculpture))
    return f.RenderFacts(width_px=PREVIEW_PX)


@stage("fusion.package")
def package(context: StageContext, _: f.PackageRequest, studio: Studio) -> f.PackageFacts:
    """Write the solid for colour printing."""
    sculpture = _sculpture(context, studio)
    context.write(s.THREEMF, to_3mf(sculpture))
    return f.PackageFacts(materials=len(sculpture.parts))


def _sculpture(context: StageContext, studio: Studio) -> Sculpture:
    name = s.SCULPTURE.name
    return studio.sculpture(context.claim.artifacts[name].sha256, lambda: context.read(name))


TASKS = (measure, sculpt, print_solid, render, package)
