"""The user's own filaments: the nearest to every colour, and how slicers are told.

The paint of slicers is an attribute of a triangle. PrusaSlicer calls it
``slic3rpe:mmu_segmentation``, Bambu Studio and OrcaSlicer call it ``paint_color``; the value is
the same. It is the tree of ``TriangleSelector::serialize`` (PrusaSlicer,
src/libslic3r/TriangleSelector.cpp) written by ``FacetsAnnotation::get_triangle_as_string``
(src/libslic3r/Model.cpp): a node has four bits, the lower two say how often the triangle is split
(never here: ours are split already), the upper two which extruder it has, 1 or 2, or 3 when four
more bits give the number less three. The hexadecimal digits are written backwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from skimage.color import deltaE_ciede2000

from fusion_service.domain.files.patches import to_lab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_service.domain.sculpture import Colour, Float

LONG_FROM = 3  # extruders from here on need two digits
SLIC3R = "http://schemas.slic3r.org/3mf/2017/06"
VERSIONS = (  # without them PrusaSlicer takes the file for another program's and drops its paint
    '<metadata name="slic3rpe:Version3mf">1</metadata>'
    '<metadata name="slic3rpe:MmPaintingVersion">1</metadata>'
)
VISIBLE = 15.0  # CIEDE2000: what differs from the skin by more shall not vanish in it
GREY = 12.0  # chroma in CIE Lab below which a colour has no hue to speak of
MORE_COLOURFUL, OTHER_HUE = 10.0, 30.0  # chroma and degrees of hue that nobody minds
GAUDY = 0.6  # difference a unit of chroma beyond that
LAST_RESORT = 200.0  # added to the difference: no two colours are that far apart


def nearest_filaments(
    colours: Sequence[Colour], filaments: Sequence[Colour], skin: Colour
) -> npt.NDArray[np.uint8]:
    """Return the index of the filament that looks most like each colour.

    The difference is CIEDE2000 (Sharma, Wu and Dalal, 2005); the first of two equal filaments is
    taken. Two exceptions where there is a choice. What clearly differs from the skin does not
    get the filament of the skin, or fair hair would vanish in the face. And a filament more
    colourful than the colour, in another hue, counts as farther away: brown hair without a brown
    filament shall be black rather than red, and a grey never blue.
    """
    wanted = to_lab(np.array([*colours, skin], np.uint8))
    offered = to_lab(np.array(filaments, np.uint8))
    differences = _differences(wanted, offered) + _gaudiness(wanted, offered)
    flesh = int(np.argmin(differences[-1]))
    differs = _differences(wanted, wanted[-1:])[:, 0] > VISIBLE
    differences[differs, flesh] += LAST_RESORT
    nearest: npt.NDArray[np.uint8] = np.argmin(differences[:-1], axis=1).astype(np.uint8)
    return nearest


def _gaudiness(wanted: Float, offered: Float) -> Float:
    """Return how much more colourful than a colour (n, 3) a filament (m, 3) of other hue is."""
    chroma = np.hypot(wanted[:, 1], wanted[:, 2])[:, None]
    excess = np.hypot(offered[:, 1], offered[:, 2]) - chroma - MORE_COLOURFUL
    turn = (
        np.arctan2(offered[:, 2], offered[:, 1]) - np.arctan2(wanted[:, 2], wanted[:, 1])[:, None]
    )
    apart = np.abs((np.degrees(turn) + 180) % 360 - 180)
    other_hue = np.where(chroma < GREY, 1.0, np.minimum(apart / OTHER_HUE, 1.0))
    return np.asarray(GAUDY * np.maximum(excess, 0) * other_hue, np.float32)


def _differences(one: Float, other: Float) -> npt.NDArray[np.float64]:
    apart = deltaE_ciede2000(one[:, None], other[None])  # type: ignore[no-untyped-call]
    return np.asarray(apart, np.float64)


def paint_attributes(extruder: int) -> str:
    """Paint a whole triangle for an extruder, counted from 1."""
    code = f"{extruder << 2:X}" if extruder < LONG_FROM else f"{extruder - LONG_FROM:X}C"
    return f' paint_color="{code}" slic3rpe:mmu_segmentation="{code}"'


def parse_colour(text: str) -> Colour:
    """Read ``#rrggbb``."""
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def prusa_settings(filaments: Sequence[Colour]) -> str:
    """Write the settings of a printer with these filaments, as PrusaSlicer keeps them."""
    colours = ";".join(hex_colour(colour) for colour in filaments)
    each = len(filaments)
    settings = {
        "extruder_colour": colours,
        "filament_colour": colours,
        "nozzle_diameter": ",".join(["0.4"] * each),
        "filament_diameter": ",".join(["1.75"] * each),
        "single_extruder_multi_material": "1" if each > 1 else "0",
    }
    return "".join(f"; {name} = {value}\n" for name, value in settings.items())


def object_settings(object_id: int, triangles: int, extruder: int) -> str:
    """Tell PrusaSlicer the extruder of what is not painted: the inside."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<config><object id="{object_id}" instances_count="1">'
        '<metadata type="object" key="name" value="figurine"/>'
        f'<metadata type="object" key="extruder" value="{extruder}"/>'
        f'<volume firstid="0" lastid="{triangles - 1}">'
        '<metadata type="volume" key="name" value="figurine"/>'
        '<metadata type="volume" key="volume_type" value="ModelPart"/>'
        "</volume></object></config>\n"
    )


def hex_colour(colour: Colour) -> str:
    """Write ``#RRGGBB``."""
    red, green, blue = colour
    return f"#{red:02X}{green:02X}{blue:02X}"
