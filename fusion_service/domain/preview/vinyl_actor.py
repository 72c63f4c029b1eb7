"""The figurine's parts as VTK actors with the vinyl shader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataObject, vtkImageData, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkTexture

from fusion_service.domain.preview import vinyl
from fusion_service.domain.vtk_arrays import to_vtk

if TYPE_CHECKING:
    from fusion_service.domain.sculpture import Float, Part, Pixels

ATTRIBUTES = ("albedo_ambient", "key_light")
DRAWN_TEXTURE_PX = 512  # one texel a drawn pixel in the hero shot, so no mipmaps are needed


class VinylActor:
    """One draw call: an actor whose shader stays compiled while its geometry changes."""

    def __init__(self, *, textured: bool) -> None:
        self._mapper = vtkPolyDataMapper()
        self._mapper.ScalarVisibilityOff()
        for name in ATTRIBUTES:
            points = vtkDataObject.FIELD_ASSOCIATION_POINTS
            self._mapper.MapDataArrayToVertexAttribute(name, name, points, -1)
        self.actor = vtkActor()
        self.actor.SetMapper(self._mapper)
        self.actor.GetProperty().BackfaceCullingOn()
        self._texture = vtkTexture() if textured else None
        if self._texture is not None:
            self._texture.InterpolateOn()
            self._texture.SetWrap(vtkTexture.ClampToEdge)
            self.actor.SetTexture(self._texture)
        vertex, fragment = vinyl.shader_replacements(textured=textured)
        shader = self.actor.GetShaderProperty()
        for marker, text in vertex.items():
            shader.AddVertexShaderReplacement(marker, True, text, False)  # noqa: FBT003
        for marker, text in fragment.items():
            shader.AddFragmentShaderReplacement(marker, True, text, False)  # noqa: FBT003

    def show(self, parts: list[Part], ambient: Float, key: Float) -> None:
        """Take other geometry: all ``parts`` in one mesh, with the light baked for it.

        A textured actor shows one part.
        """
        self.actor.SetVisibility(bool(parts))
        if not parts:
            return
        counts = [len(part.mesh.vertices) for part in parts]
        starts = np.cumsum([0, *counts[:-1]], dtype=np.int32)
        faces = [part.mesh.faces + start for part, start in zip(parts, starts, strict=True)]
        data = vtkPolyData()
        points = vtkPoints()
        points.SetData(to_vtk(np.concatenate([part.mesh.vertices for part in parts])))
        data.SetPoints(points)
        data.SetPolys(_cells(np.concatenate(faces)))
        attributes = data.GetPointData()
        attributes.SetNormals(to_vtk(np.concatenate([p.mesh.normals for p in parts])))
        colours = [
            (1, 1, 1) if self._texture else np.square(np.array(part.colour) / 255) for part in parts
        ]
        albedo = np.repeat(np.array(colours, np.float32), counts, axis=0)
        attributes.AddArray(to_vtk(np.column_stack([albedo, ambient]), ATTRIBUTES[0]))
        attributes.AddArray(to_vtk(key, ATTRIBUTES[1]))
        head = parts[0]
        if self._texture is not None and head.texture is not None and head.mesh.uv is not None:
            attributes.SetTCoords(to_vtk(head.mesh.uv))
            self._texture.SetInputData(_image(head.texture.pixels))
        self._mapper.SetInputData(data)


def _cells(faces: npt.NDArray[np.int32]) -> vtkCellArray:
    offsets = np.arange(0, faces.size + 1, 3, dtype=np.int32)
    cells = vtkCellArray()
    cells.SetData(to_vtk(offsets), to_vtk(faces.ravel()))
    return cells


def _image(texture: Pixels) -> vtkImageData:
    """Shrink the face to the size in which it is drawn; VTK counts rows from the bottom."""
    side = (DRAWN_TEXTURE_PX, DRAWN_TEXTURE_PX)
    drawn = np.ascontiguousarray(cv2.resize(texture, side, interpolation=cv2.INTER_AREA)[::-1])
    image = vtkImageData()
    image.SetDimensions(*side, 1)
    image.GetPointData().SetScalars(to_vtk(drawn.reshape(-1, 3)))
    return image
