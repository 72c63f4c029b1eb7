"""Where the head and its texture sit in the figurine: the one place that knows.

Design units are millimetres; +x is the viewer's left, +y the front, +z up. The texture is a planar
projection along y: ``u = 0.5 - x / TEXTURE_MM`` from the left, and from its top row downwards
``row = (HEAD_CENTRE_Z + TEXTURE_MM / 2 - z) * TEXTURE_PX / TEXTURE_MM``.
"""

from __future__ import annotations

HEAD_CENTRE_Z = 60.0
EYE_LINE_Z = 57.2
TEXTURE_MM = 36.0  # side of the square that the face texture and the relief cover
TEXTURE_PX = 1024

# The face as photographed, turned to the front: a square picture, RGB. A landmark of
# ``Attributes.frontal`` (face widths) is at ``FACE_PICTURE_ORIGIN + FACE_PICTURE_SCALE * (x, y)``.
FACE_PICTURE_PX = 512
FACE_PICTURE_ORIGIN = (256.0, 200.0)
FACE_PICTURE_SCALE = 360.0
