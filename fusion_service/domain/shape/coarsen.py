"""Fewer triangles where nobody looks: the walls of a cavity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkDecimatePro

from fusion_service.domain.certificate.topology import count_edges
from fusion_service.domain.sculpture import Solid

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.sculpture import Float, Index
    from fusion_service.domain.shape.hollow import Hollow

LEFT = 0.3  # share of the triangles that stays, if the shape allows it


def coarsen_cavity(solid: Solid, hollow: Hollow) -> Solid:
    """Return the solid with larger triangles inside; its outside is not touched.

    Notes
    -----
    W. Schroeder et al., "Decimation of triangle meshes", SIGGRAPH 1992, as implemented in VTK: it
    deletes vertices and moves none. The rim of the chosen triangles stays, so nothing opens.
    """
    inner = _inside(solid, hollow)
    if not inner.any():
        return solid
    fewer = _decimated(solid.vertices, solid.faces[inner])
    faces = np.concatenate([solid.faces[~inner], fewer])
    edges = count_edges(faces)
    if edges.open or edges.crowded or edges.reversed:
        return solid
    used = np.zeros(len(solid.vertices), bool)
    used[faces] = True
    renumbered = np.cumsum(used, dtype=np.int32) - 1
    inside_id = np.zeros(len(fewer), np.uint8)  # it belongs to the base, which has one colour
    ids = np.concatenate([solid.part_ids[~inner], inside_id])
    return Solid(solid.vertices[used], renumbered[faces], ids)


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
    points.SetData(_vtk_array(vertices[used]))
    cells = vtkCellArray()
    cells.SetData(3, _vtk_array(local.ravel().astype(np.int64)))
    numbers = _vtk_array(used.astype(np.int32))
    numbers.SetName("number")
    mesh = vtkPolyData()
    mesh.SetPoints(points)
    mesh.SetPolys(cells)
    mesh.GetPointData().AddArray(numbers)
    decimate = vtkDecimatePro()
    decimate.SetInputData(mesh)
    decimate.SetTargetReduction(1 - LEFT)
    decimate.PreserveTopologyOn()
    decimate.BoundaryVertexDeletionOff()
    decimate.SplittingOff()
    decimate.Update()
    found = decimate.GetOutput()
    number = _numpy_array(found.GetPointData().GetArray("number"))
    return number[_numpy_array(found.GetPolys().GetConnectivityArray()).reshape(-1, 3)]


def _vtk_array(values: npt.NDArray[np.generic]) -> vtkDataArray:
    array: vtkDataArray = numpy_to_vtk(  # type: ignore[no-untyped-call]
        np.ascontiguousarray(values), deep=True
    )
    return array


def _numpy_array(values: vtkDataArray) -> Index:
    array: Index = vtk_to_numpy(values).astype(np.int32)  # type: ignore[no-untyped-call]
    return array
