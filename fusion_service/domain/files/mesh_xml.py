"""The mesh of a 3MF model document, as text: vertices, triangles and what colours them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.files.digits import Text, decimal_text, index_text, join_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.sculpture import Float, Index

Numbers = npt.NDArray[np.integer]


def vertices_xml(millimetres: Float) -> bytes:
    """Write the vertices (n, 3) to a ten-thousandth of a millimetre."""
    text = decimal_text(millimetres.ravel(), 4)
    x, y, z = text[0::3], text[1::3], text[2::3]
    return join_rows(b'<vertex x="', x, b'" y="', y, b'" z="', z, b'"/>')


def texture_coordinates_xml(uv: Float) -> bytes:
    """Write texture coordinates (n, 2)."""
    if not len(uv):
        return b'<m:tex2coord u="0" v="0"/>'  # a group may not be empty
    text = decimal_text(uv.ravel(), 5)
    return join_rows(b'<m:tex2coord u="', text[0::2], b'" v="', text[1::2], b'"/>')


def coloured_xml(
    faces: Index,
    vertex_count: int,
    resource: int,
    colours: Numbers,
    attributes: Sequence[str] | None = None,
) -> bytes:
    """Write triangles of one colour each.

    Parameters
    ----------
    faces : (m, 3)
    vertex_count : number of vertices, for the width of the indices.
    resource : id of the group that has the colours.
    colours : (m,) index into the group.
    attributes : what else a triangle of each colour has, one text a colour.
    """
    if not len(faces):
        return b""
    largest = int(colours.max()) + 1
    columns = [
        *_corners(faces, vertex_count),
        f'" pid="{resource}" p1="'.encode(),
        index_text(colours, largest),
        b'"',
    ]
    if attributes is not None:
        columns.append(_padded(attributes)[colours])
    return join_rows(*columns, b"/>")


def textured_xml(faces: Index, vertex_count: int, resource: int, corners: Numbers) -> bytes:
    """Write triangles (m, 3) with an index into the texture coordinates at every corner (m, 3)."""
    if not len(faces):
        return b""
    one, two, three = index_text(corners, int(corners.max()) + 1).swapaxes(0, 1)
    where = f'" pid="{resource}" p1="'.encode()
    columns = _corners(faces, vertex_count)
    return join_rows(*columns, where, one, b'" p2="', two, b'" p3="', three, b'"/>')


def _corners(faces: Index, vertex_count: int) -> list[bytes | Text]:
    first, second, third = index_text(faces, vertex_count).swapaxes(0, 1)
    return [b'<triangle v1="', first, b'" v2="', second, b'" v3="', third]


def _padded(texts: Sequence[str]) -> Text:
    """Make rows of equal length, filled with NUL, of a few texts."""
    width = max(map(len, texts))
    rows = b"".join(text.encode().ljust(width, b"\0") for text in texts)
    return np.frombuffer(rows, np.uint8).reshape(len(texts), width)
