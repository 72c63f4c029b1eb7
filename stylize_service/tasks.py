"""The Celery side of the stylize service: each task reads, calls an engine, writes."""

from __future__ import annotations

from common.contracts.figurine import PortraitFacts, PortraitRequest
from common.contracts.stages import PHOTO, PORTRAIT
from common.stage import StageContext, stage
from common.vision.sandbox import decode_photo
from stylize_service.engines.builtin import BuiltinEngine, encode_png

PORTRAIT_PX = 1024


@stage("stylize.portrait")
def portrait(
    context: StageContext, request: PortraitRequest, engine: BuiltinEngine
) -> PortraitFacts:
    """Draw the cartoon portrait of the person in the photo."""
    photo = decode_photo(context.read(PHOTO))
    context.checkpoint()
    picture = engine.portrait(photo, request.style, request.subject, PORTRAIT_PX, request.seed)
    context.engine = engine.name
    context.write(PORTRAIT, encode_png(picture))
    return PortraitFacts(style=request.style, size_px=PORTRAIT_PX)


TASKS = (portrait,)
