"""Arrays on their way into VTK: copies, for VTK does not keep ours alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk

if TYPE_CHECKING:
    import numpy.typing as npt
    from vtkmodules.vtkCommonCore import vtkDataArray


def to_vtk(values: npt.NDArray[np.generic], name: str = "") -> vtkDataArray:
    """Copy an array; its rows become tuples. Shaders find it by its name."""
    array: vtkDataArray = numpy_to_vtk(  # type: ignore[no-untyped-call]
        np.ascontiguousarray(values), deep=True
    )
    if name:
        array.SetName(name)
    return array
