"""The Celery side of the fusion service: each task reads, calls the domain, writes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from common.contracts import figurine as f
from common.contracts import stages as s
from common.stage import StageContext, stage
from common.vision.sandbox import decode_photo
from fusion_service.domain import printing
from fusion_service.domain.archive import coats_to_bytes, form_to_bytes
from fusion_service.domain.attributes import Attributes, People
from fusion_service.domain.face.pictures import pictures_from_bytes, pictures_to_bytes
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.files.usdz import to_usdz
from fusion_service.domain.paint import paint as paint_form
from fusion_service.domain.palette import choose_palette
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.sculpt import sculpt as sculpt_people
from fusion_service.domain.sculpture import Sculpture
from fusion_service.domain.summary import seen
from fusion_service.domain.wishes import palette_of, wish
from fusion_service.shelf import form_of, sculpture_of
from fusion_service.studio import PREVIEW_PX, Studio


@stage("fusion.measure")
def measure(context: StageContext, request: f.MeasureRequest, studio: Studio) -> f.MeasureFacts:
    """Measure the face in the photo."""
    photo = decode_photo(context.read(s.PHOTO))
    context.checkpoint()
    people, pictures = study_people(studio.faces, photo, request.subject, request.people)
    context.write(s.ATTRIBUTES, people.model_dump_json().encode())
    context.write(s.FACE, pictures_to_bytes(pictures))
    first = people.people[0]
    return f.MeasureFacts(
        faces_in_photo=first.faces_in_photo,
        quality=first.quality.model_dump(mode="json"),
        seen=seen(first),
    )


@stage("fusion.sculpt")
def sculpt(context: StageContext, request: f.SculptRequest, studio: Studio) -> f.SculptFacts:
    """Sculpt the figurine: its geometry."""
    people = _people(context, request)
    form = sculpt_people(
        people,
        request.template,
        request.height_mm,
        process=request.process.value,
        name=request.name,
        hollow=request.hollow,
        portrait=request.face is f.Face.PORTRAIT,
    )
    studio.shelf.keep(context.write(s.FORM, form_to_bytes(form)).sha256, form)
    if request.plan == 1:  # nobody else will paint it
        _write_painted(context, paint_form(form, people))
    return f.SculptFacts(
        template=request.template,
        height_mm=request.height_mm,
        triangles=len(form.solid.faces),
        **{fact: form.facts[fact] for fact in f.SculptFacts.model_fields if fact in form.facts},
    )


@stage("fusion.paint")
def paint(context: StageContext, request: f.PaintRequest, studio: Studio) -> f.PaintFacts:
    """Paint the figurine; the GLB is shown as soon as it exists."""
    people = _people(context, request)
    palettes = [palette_of(people[0], request), *map(choose_palette, people[1:])]
    # jobs that were measured before there were pictures get the drawn face
    photographed = request.face is f.Face.PORTRAIT and context.has(s.FACE.name)
    pictures = pictures_from_bytes(context.read(s.FACE.name)) if photographed else None
    sculpture = paint_form(form_of(context, studio.shelf), people, palettes, pictures)
    _write_painted(context, sculpture)
    return f.PaintFacts(
        colours={part.name: "#{:02x}{:02x}{:02x}".format(*part.colour) for part in sculpture.parts}
    )


@stage("fusion.print")
def print_solid(context: StageContext, request: f.PrintRequest, studio: Studio) -> f.PrintFacts:
    """Write the solid for one-colour printing, and its certificate."""
    stl, certificate = printing.prepare(form_of(context, studio.shelf), request)
    context.write(s.STL, stl)
    context.write(s.CERTIFICATE, certificate.model_dump_json(indent=2).encode())
    printing.refuse(certificate, request)
    return f.PrintFacts(
        printable=certificate.passed,
        failed_gates=[gate.name for gate in certificate.failed],
        volume_cm3=certificate.volume_cm3,
        estimate=certificate.model_dump(mode="json")["estimate"],
    )


@stage("fusion.render")
def render(context: StageContext, _: f.RenderRequest, studio: Studio) -> f.RenderFacts:
    """Draw the preview picture, and rate how much the face in it looks like the photo."""
    sculpture = sculpture_of(context, studio.shelf)
    context.write(s.PREVIEW, studio.preview(sculpture))
    context.checkpoint()
    measured = People.model_validate_json(context.read(s.ATTRIBUTES.name)).people[0]
    likeness = studio.rate_likeness(measured, sculpture)
    return f.RenderFacts(width_px=PREVIEW_PX, likeness=asdict(likeness))


@stage("fusion.package")
def package(context: StageContext, request: f.PackageRequest, studio: Studio) -> f.PackageFacts:
    """Write the solid for colour printing."""
    sculpture = sculpture_of(context, studio.shelf)
    context.write(s.THREEMF, printing.package(sculpture, request))
    return f.PackageFacts(materials=len(request.filaments) or len(sculpture.parts))


@stage("fusion.ar")
def ar(context: StageContext, _: f.ArRequest, studio: Studio) -> f.ArFacts:
    """Write the figurine for AR."""
    sculpture = sculpture_of(context, studio.shelf)
    with TemporaryDirectory() as scratch:
        context.write(s.USDZ, to_usdz(sculpture, Path(scratch)))
    return f.ArFacts()


def _people(context: StageContext, looks: f.Looks) -> tuple[Attributes, ...]:
    """Read what was measured; looks that somebody chose are those of the first person."""
    first, *others = People.model_validate_json(context.read(s.ATTRIBUTES.name)).people
    return (wish(first, looks), *others)


def _write_painted(context: StageContext, sculpture: Sculpture) -> None:
    context.write(s.GLB, to_glb(sculpture), early=True)
    context.write(s.COAT, coats_to_bytes(sculpture.coats))


TASKS = (measure, sculpt, paint, print_solid, render, package, ar)
