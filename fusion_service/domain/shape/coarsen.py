"""Fewer triangles where nobody looks: the walls of a cavity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkDecimatePro

from fusion_service.domain.sculpture import Solid
from fusion_service.domain.vtk_arrays import to_vtk

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.hollow import Hollow

LEFT = 0.25  # share of the triangles that stays, if the shape allows it
ATTEMPTS = 4
CREASE = 60.0  # degrees; a cavity has no edges that matter


def coarsen_cavity(solid: Solid, hollow: Hollow) -> Solid:
    """Return the solid with larger triangles inside; its outside is not touched.

    Notes
    -----
    W. Schroeder et al., "Decimation of triangle meshes", SIGGRAPH 1992, as implemented in VTK: it
    deletes vertices and moves none. The rim of the chosen triangles stays, so nothing opens.
    """
    inner = _inside(solid, hollow)
    for _ in range(ATTEMPTS):
        if not inner.any():
            break
        fewer = _decimated(solid.vertices, solid.faces[inner])
        faces = np.concatenate([solid.faces[~inner], fewer])
        bad = _crowded(faces)
        if not len(bad):
            return _joined(solid, inner, faces)
        # a new edge between two corners of the rim may be there already, outside: not there
        inner &= ~np.isin(solid.faces, bad).any(axis=1)
    return solid


def _joined(solid: Solid, inner: npt.NDArray[np.bool_], faces: Index) -> Solid:
    used = np.zeros(len(solid.vertices), bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    ids = np.zeros(len(faces), np.uint8)  # inside is the base, which has one colour
    ids[: np.count_nonzero(~inner)] = solid.part_ids[~inner]
    return Solid(solid.vertices[used], renumbered[faces], ids)


def _crowded(faces: Index) -> Index:
    """Return the vertices of edges that have not exactly two triangles."""
    ends = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    keys = ends[:, 0].astype(np.int64) * (int(faces.max()) + 1) + ends[:, 1]
    _, first, uses = np.unique(keys, return_index=True, return_counts=True)
    vertices: Index = np.unique(ends[first[uses != 2]])
    return vertices


def _inside(solid: Solid, hollow: Hollow) -> npt.NDArray[np.bool_]:
    grid = hollow.union.grid
    middles = solid.vertices[solid.faces].mean(axis=1)
    nodes = np.rint(middles / np.float32(grid.voxel)).astype(np.int32) - np.array(grid.start)
    nodes = np.clip(nodes, 0, np.array(grid.shape) - 1)
    near = hollow.cavity[tuple(nodes.T)] < grid.voxel
    inner: npt.NDArray[np.bool_] = near & (middles[:, 2] > grid.voxel)
    return inner


def _decimated(vertices: Float, faces: Index) -> Index:
    used, local = np.unique(faces, return_inverse=True)
    points = vtkPoints()
    points.SetData(to_vtk(vertices[used]))
    cells = vtkCellArray()
    cells.SetData(3, to_vtk(local.ravel().astype(np.int64)))
    numbers = to_vtk(used.astype(np.int32), "number")
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().AddArray(numbers)
    decimate = vtkDecimatePro()
    decimate.SetInputData(mesh)
    decimate.SetTargetReduction(1 - LEFT)
    decimate.SetFeatureAngle(CREASE)
    decimate.PreserveTopologyOn()
    decimate.BoundaryVertexDeletionOff()
    decimate.SplittingOff()
    decimate.Update()
    found = decimate.GetOutput()
    number = _numpy_array(found.GetPointData().GetArray("number"))
    return number[_numpy_array(found.GetPolys().GetConnectivityArray()).reshape(-1, 3)]


def _numpy_array(values: vtkDataArray) -> Index:
    array: Index = vtk_to_numpy(values).astype(np.int32)  # type: ignore[no-untyped-call]
    return array
