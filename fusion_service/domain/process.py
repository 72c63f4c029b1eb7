"""The ways to print a figurine, and what each of them can hold."""

from __future__ import annotations

from typing import Literal

Process = Literal["fdm", "sla", "full_colour"]

# thinnest wall in millimetres: two lines of a 0.4 mm nozzle and a margin; resin; sandstone or
# multi-jet colour
WALL_MM: dict[Process, float] = {"fdm": 1.0, "sla": 0.8, "full_colour": 2.0}
