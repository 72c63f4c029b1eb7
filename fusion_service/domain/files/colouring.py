"""The printable solid with one colour a triangle, the drawn face included.

A triangle of the solid is too coarse for an eye. So the triangles that an outline of the face
crosses are split, first in the middle of their edges until they are fine enough, then along the
outline itself. The surface stays the same, closed surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fusion_service.domain.files.filaments import nearest_filaments
from fusion_service.domain.files.heads import Head, find_heads
from fusion_service.domain.files.patches import Patches, find_patches, main_colours
from fusion_service.domain.files.splitting import edge_ends, edge_keys, points_on, split

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Colour, Float, Index, Sculpture

Ids = npt.NDArray[np.uint8]

FACE_COLOURS = 16
FINEST = 0.24  # design units: longer edges are halved where an outline passes
ROUNDS = 3  # of halving; a voxel of the head is 0.6
CLOSEST = 0.12  # share of an edge that an outline keeps from its ends: no slivers


@dataclass(frozen=True)
class Coloured:
    """A closed surface in design units, one colour a triangle."""

    vertices: Float  # (n, 3)
    faces: Index  # (m, 3)
    colour_ids: Ids  # (m,), index into palette
    palette: tuple[Colour, ...]


def in_own_colours(sculpture: Sculpture) -> Coloured:
    """Colour the solid in the colours of its parts and of the drawn face."""
    palette = list(dict.fromkeys(part.colour for part in sculpture.parts))
    ids = np.array([palette.index(part.colour) for part in sculpture.parts], np.uint8)
    drawing = _Drawing.of(sculpture, ids)
    for head in find_heads(sculpture):
        colours = main_colours(head.texture.pixels, head.skin, FACE_COLOURS)
        palette = list(dict.fromkeys([*palette, *colours]))
        patches = find_patches(head.texture.pixels, colours, list(range(len(colours))))
        own = np.array([palette.index(colour) for colour in colours], np.uint8)
        drawing.draw(head, patches, own)
    return drawing.finish(palette)


def in_filaments(sculpture: Sculpture, filaments: tuple[Colour, ...]) -> Coloured:
    """Colour the solid in the nearest of the user's filaments."""
    heads = find_heads(sculpture)
    skin = heads[0].skin if heads else sculpture.parts[-1].colour
    ids = nearest_filaments([part.colour for part in sculpture.parts], filaments, skin)
    drawing = _Drawing.of(sculpture, ids)
    for head in heads:
        colours = main_colours(head.texture.pixels, head.skin, FACE_COLOURS)
        nearest = nearest_filaments(colours, filaments, head.skin)
        used, group = np.unique(nearest, return_inverse=True)
        patches = find_patches(head.texture.pixels, colours, group.tolist())
        drawing.draw(head, patches, used.astype(np.uint8))
    return drawing.finish(list(filaments))


@dataclass
class _Drawing:
    """The surface while it is being split."""

    vertices: Float
    faces: Index
    ids: Ids  # (m,) colour of every triangle
    origin: npt.NDArray[np.intp]  # (m,) the solid's triangle that each was cut from

    @classmethod
    def of(cls, sculpture: Sculpture, part_colours: Ids) -> _Drawing:
        solid = sculpture.solid
        origin = np.arange(len(solid.faces))
        return cls(solid.vertices, solid.faces, part_colours[solid.part_ids], origin)

    def finish(self, palette: list[Colour]) -> Coloured:
        return Coloured(self.vertices, self.faces, self.ids, tuple(palette))

    def draw(self, head: Head, patches: Patches, colours: Ids) -> None:
        """Draw one face; ``colours`` are the colour ids of its patches."""
        for _ in range(ROUNDS):
            shown = self.faces[head.on_face[self.origin]]
            corners = head.texture_uv(self.vertices[shown.ravel()]).reshape(-1, 3, 2)
            keys = np.unique(edge_keys(shown[patches.crossed(corners)]))
            low, high = edge_ends(keys)
            length = np.linalg.norm(self.vertices[low] - self.vertices[high], axis=1)
            keys = keys[length > FINEST]
            if not len(keys):
                break
            self._split(keys, points_on(self.vertices, keys))
        self._split_along_outlines(head, patches, colours)

    def _split_along_outlines(self, head: Head, patches: Patches, colours: Ids) -> None:
        shown = self.faces[head.on_face[self.origin]]
        used = np.unique(shown)
        shares = patches.shares_at(head.texture_uv(self.vertices[used]))
        place = np.full(len(self.vertices), -1)
        place[used] = np.arange(len(used))
        label = np.full(len(self.vertices), -1)
        label[used] = shares.argmax(axis=1)
        keys = np.unique(edge_keys(shown))
        low, high = edge_ends(keys)
        crossing = label[low] != label[high]
        keys, low, high = keys[crossing], low[crossing], high[crossing]
        one, other = shares[place[low]], shares[place[high]]
        rows = np.arange(len(keys))
        lead = one[rows, label[low]] - one[rows, label[high]]
        lag = other[rows, label[high]] - other[rows, label[low]]
        share = lead / np.maximum(lead + lag, np.finfo(np.float32).tiny)
        points = points_on(self.vertices, keys, np.clip(share, CLOSEST, 1 - CLOSEST))
        central = self._split(keys, points)
        # a triangle has the label of its old corner; one of new corners only, that at its middle
        shows = head.on_face[self.origin]
        known = shows & ~central
        label = np.append(label, np.full(len(keys), -1))
        self.ids[known] = colours[label[self.faces[known]].max(axis=1)]
        middles = self.vertices[self.faces[shows & central]].mean(axis=1)
        self.ids[shows & central] = colours[
            patches.shares_at(head.texture_uv(middles)).argmax(axis=1)
        ]

    def _split(self, keys: npt.NDArray[np.int64], points: Float) -> npt.NDArray[np.bool_]:
        """Split the edges at the points; return which triangles have only new corners."""
        touched, children = split(self.faces, keys, len(self.vertices))
        kept = ~touched
        self.vertices = np.concatenate([self.vertices, points])
        self.faces = np.concatenate([self.faces[kept], children.faces])
        self.ids = np.concatenate([self.ids[kept], self.ids[children.parents]])
        self.origin = np.concatenate([self.origin[kept], self.origin[children.parents]])
        return np.concatenate([np.zeros(int(kept.sum()), bool), children.central])
