"""The Celery side of the stylize service: each task reads, calls an engine, writes."""

from __future__ import annotations

from dataclasses import asdict

from common.contracts.facts import PortraitFacts
from common.contracts.figurine import PortraitRequest
from common.contracts.stages import PHOTO, PORTRAIT
from common.stage import StageContext, stage
from common.vision.png import encode_png
from common.vision.sandbox import decode_photo
from stylize_service.domain.likeness import rate_portrait
from stylize_service.engines.choose import Engines


@stage("stylize.portrait")
def portrait(context: StageContext, request: PortraitRequest, engines: Engines) -> PortraitFacts:
    """Draw the cartoon portrait of the person in the photo, and rate how like them it is."""
    photo = decode_photo(context.read(PHOTO))
    context.checkpoint()
    drawing = engines.draw(photo, request, context.checkpoint)
    context.engine, context.stands_in = drawing.engine, drawing.stands_in
    context.write(PORTRAIT, encode_png(drawing.picture))
    context.checkpoint()
    likeness = rate_portrait(engines.builtin.faces, drawing.sitter, drawing.picture)
    return PortraitFacts(style=request.style, size_px=request.size_px, likeness=asdict(likeness))


TASKS = (portrait,)
