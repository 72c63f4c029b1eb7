"""Photos for the bench: equal pixels, different bytes, so that no stage is a memo hit."""

from __future__ import annotations

import io
import itertools
import uuid

from PIL import Image

from tests.portraits import astronaut

_count = itertools.count()


def portrait_jpeg(side: int = 1024) -> bytes:
    """Encode the astronaut as a square JPEG."""
    out = io.BytesIO()
    Image.fromarray(astronaut()).resize((side, side), Image.Resampling.LANCZOS).save(
        out, "JPEG", quality=92
    )
    return out.getvalue()


def unique(photo: bytes) -> bytes:
    """Add a JPEG comment nobody has used yet (ITU-T T.81, B.2.4.5)."""
    comment = f"{uuid.uuid4()} {next(_count)}".encode()
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return photo[:2] + segment + photo[2:]
