"""The Celery side of the fusion service: each task reads, calls the domain, writes."""

from __future__ import annotations

from common.contracts import facts
from common.contracts import figurine as f
from common.contracts import stages as s
from common.contracts.artifacts import ArtifactRef
from common.stage import StageContext, stage
from common.vision.sandbox import decode_photo
from fusion_service.domain.archive import (
    coats_to_bytes,
    form_to_bytes,
    pictures_from_bytes,
    pictures_to_bytes,
)
from fusion_service.domain.attributes import People
from fusion_service.domain.files.glb import to_glb
from fusion_service.domain.orders import paint_order, sculpt_order
from fusion_service.domain.photo.measure import study_people
from fusion_service.domain.sculpture import Sculpture
from fusion_service.domain.summary import seen
from fusion_service.shelf import form_of
from fusion_service.studio import Studio


@stage("fusion.measure")
def measure(context: StageContext, request: f.MeasureRequest, studio: Studio) -> facts.MeasureFacts:
    """Measure the face in the photo."""
    photo = decode_photo(context.read(s.PHOTO))
    context.checkpoint()
    people, pictures = study_people(studio.faces, photo, request.subject, request.people)
    measured, seen_from_front = people.model_dump_json().encode(), pictures_to_bytes(pictures)
    context.write_all({s.ATTRIBUTES: measured, s.FACE: seen_from_front})
    first = people.people[0]
    return facts.MeasureFacts(
        faces_in_photo=first.faces_in_photo,
        quality=first.quality.model_dump(mode="json"),
        seen=seen(first),
    )


@stage("fusion.sculpt")
def sculpt(context: StageContext, request: f.SculptRequest, studio: Studio) -> facts.SculptFacts:
    """Sculpt the figurine: its geometry."""
    people = _people(context)
    form = sculpt_order(people, request)
    studio.shelf.forms.keep(context.write(s.FORM, form_to_bytes(form)).sha256, form)
    if request.plan == 1:  # nobody else will paint it
        _write_painted(context, paint_order(form, people, f.PaintRequest(), None))
    return facts.SculptFacts(
        template=request.template,
        height_mm=request.height_mm,
        triangles=len(form.solid.faces),
        **{fact: form.facts[fact] for fact in facts.SculptFacts.model_fields if fact in form.facts},
    )


@stage("fusion.paint")
def paint(context: StageContext, request: f.PaintRequest, studio: Studio) -> facts.PaintFacts:
    """Paint the figurine; the GLB is shown as soon as it exists."""
    # jobs that were measured before there were pictures get the drawn face
    photographed = request.face is f.Face.PORTRAIT and context.has(s.FACE.name)
    pictures = pictures_from_bytes(context.read(s.FACE.name)) if photographed else None
    form = form_of(context, studio.shelf)
    sculpture = paint_order(form, _people(context), request, pictures)
    coat = _write_painted(context, sculpture)
    studio.shelf.coats.keep(coat.sha256, sculpture.coats)
    return facts.PaintFacts(
        colours={part.name: "#{:02x}{:02x}{:02x}".format(*part.colour) for part in sculpture.parts}
    )


def _people(context: StageContext) -> People:
    return People.model_validate_json(context.read(s.ATTRIBUTES.name))


def _write_painted(context: StageContext, sculpture: Sculpture) -> ArtifactRef:
    """Write GLB and coat; tells where the coat is."""
    files = {s.GLB: to_glb(sculpture), s.COAT: coats_to_bytes(sculpture.coats)}
    _, coat = context.write_all(files, early=s.GLB)
    return coat


TASKS = (measure, sculpt, paint)
