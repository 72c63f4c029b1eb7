"""From a distance field to triangles: marching cubes with the guards that keep them clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.measure import marching_cubes

from fusion_service.domain.sculpture import Float, Index, Mesh
from fusion_service.domain.shape.triangles import corners_of, six_volumes

if TYPE_CHECKING:
    from fusion_service.domain.shape.sdf import Grid

CLEARANCE = 1e-2  # millimetres; no surface passes closer to a lattice node (slivers, zero areas)


def triangulate(grid: Grid, field: Float) -> Mesh:
    """Return the zero surface of a field as a closed mesh with smooth outward normals.

    Parameters
    ----------
    grid, field
        Signed distances on the nodes of ``grid``, shape ``grid.shape``. Changed in place: the
        outermost nodes are made positive, so that the surface is closed.

    Notes
    -----
    T. Lewiner et al., "Efficient implementation of Marching Cubes' cases with topological
    guarantees", Journal of Graphics Tools 8(2), 2003, as implemented in scikit-image. Its
    normals follow the gradient of the volume with the sign of bright objects: ours are dark.
    """
    close(grid, field)
    found = marching_cubes(field, 0.0, spacing=(grid.voxel,) * 3)  # type: ignore[no-untyped-call]
    vertices, faces, normals, _ = found
    placed = vertices.astype(np.float32) + grid.origin.astype(np.float32)
    return Mesh(placed, faces.astype(np.int32), np.negative(normals, dtype=np.float32))


def close(grid: Grid, field: Float) -> None:
    """Keep the surface off the lattice nodes and inside the block, in place."""
    near = np.abs(field) < CLEARANCE
    field[near] = np.where(field[near] < 0, -CLEARANCE, CLEARANCE)
    border = np.float32(0.6 * grid.voxel)
    for axis in range(3):
        for end in (0, -1):
            face = np.moveaxis(field, axis, 0)[end]
            np.maximum(face, border, out=face)


def largest_body(vertices: Float, faces: Index) -> Index:
    """Return the faces of the component with the largest volume: no crumbs, no cavities."""
    labels = _components(len(vertices), faces)[faces[:, 0]]
    if labels.max(initial=0) == 0:
        return np.arange(len(faces), dtype=np.int32)
    volumes = np.bincount(labels, weights=six_volumes(corners_of(vertices, faces)))
    return np.flatnonzero(labels == volumes.argmax()).astype(np.int32)


def _components(count: int, faces: Index) -> Index:
    starts = np.concatenate([faces[:, 0], faces[:, 1]])
    ends = np.concatenate([faces[:, 1], faces[:, 2]])
    links = coo_array((np.ones(len(starts), np.int8), (starts, ends)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    result: Index = labels
    return result
