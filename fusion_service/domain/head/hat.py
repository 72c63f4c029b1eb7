"""Hair under a hat: what the hat leaves of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import label

from fusion_service.domain.shape import sdf
from fusion_service.domain.shape.union import Block

if TYPE_CHECKING:
    from fusion_service.domain.shape.shapes import Shape

EDGE = 1.2  # millimetres over which hair bends under the hat
CRUMB = 60.0  # cubic millimetres: smaller tufts that the hat cut off are left out


def under_hat(hair: Block, room: Shape) -> Block | None:
    """Return the hair that a hat leaves, or None where nothing shows.

    Parameters
    ----------
    hair
        As ``model_hair`` made it.
    room
        Where hair may be. Nobody should wear the tips of locks whose roots are under the hat.
    """
    field = sdf.smooth_intersection(hair.field, room.field(hair.grid), EDGE)
    tufts, count = label(field < 0)
    if count == 0:
        return None
    volumes = np.bincount(tufts.ravel()) * hair.grid.voxel**3
    loose = volumes < CRUMB
    loose[0] = False
    if loose[1:].all():
        return None
    if loose.any():
        # the lattice is coarse: what is left of a tuft's surface must vanish as well
        field = np.where(loose[tufts], np.float32(hair.grid.voxel), field)
    return Block(hair.grid, np.asarray(field, np.float32))
