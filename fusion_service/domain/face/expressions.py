"""Expressions: a person's own lips, closed or opened, level or bent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_service.domain.face.mouth import (
    LOWER_INNER,
    LOWER_OUTER,
    UPPER_INNER,
    UPPER_OUTER,
)

if TYPE_CHECKING:
    import numpy.typing as npt

    from fusion_service.domain.attributes import Attributes

    Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Expression:
    """Measures of a mouth in face widths, and of the eyes relative to the measured ones."""

    smile: float  # of ``Attributes``
    lift: float  # of the corners over the middle of the closed mouth
    gap: float  # between the lips
    narrowest: float  # width of the mouth
    widest: float
    eye_open: float = 1.0


EXPRESSIONS = {
    "neutral": _Expression(smile=-0.015, lift=0.0, gap=0.0, narrowest=0.3, widest=0.38),
    "smile": _Expression(
        smile=0.035, lift=0.03, gap=0.0, narrowest=0.4, widest=0.46, eye_open=0.96
    ),
    "laugh": _Expression(
        smile=0.05, lift=0.03, gap=0.115, narrowest=0.43, widest=0.48, eye_open=0.88
    ),
    "serious": _Expression(
        smile=-0.035, lift=0.0, gap=0.0, narrowest=0.28, widest=0.35, eye_open=0.93
    ),
}
OWN_SHARE = 0.5  # of the waves of the own mouth: a laugh leaves more than a closed mouth has
UPPER_SHARE = 0.25  # of the gap that is above the closed mouth: the jaw falls


def with_expression(attributes: Attributes, name: str) -> Attributes:
    """Return the attributes with ``neutral``, ``smile``, ``laugh`` or ``serious`` lips and lids.

    The lips keep their own thickness and curve; only their ends, their gap and their width move.
    """
    wanted = EXPRESSIONS[name]
    points = np.array(attributes.frontal, np.float64)
    width = float(np.ptp(points[[61, 291], 0]))
    closed = points.copy()
    _bend(closed, points, wanted)
    stretch = np.clip(width, wanted.narrowest, wanted.widest) / max(width, 1e-6)
    mouth = [*UPPER_OUTER, *LOWER_OUTER[1:-1], *UPPER_INNER, *LOWER_INNER[1:-1]]
    middle = points[[61, 291], 0].mean()
    closed[mouth, 0] = middle + (points[mouth, 0] - middle) * stretch
    return attributes.model_copy(
        update={
            "frontal": tuple((x, y, z) for x, y, z in closed.tolist()),
            "smile": wanted.smile,
            "mouth_open": wanted.gap,
            "mouth_width": width * float(stretch),
            "eye_open": attributes.eye_open * wanted.eye_open,
        }
    )


def _bend(out: Points, points: Points, wanted: _Expression) -> None:
    """Move the lips in y: both contours of a lip together."""
    upper, lower = points[list(UPPER_INNER), 1], points[list(LOWER_INNER), 1]
    line = (upper + lower) / 2  # of the mouth, were it closed
    along = np.linspace(-1, 1, len(line)) ** 2
    bow, level = np.polyfit(along, line, 1)
    own = OWN_SHARE * (line - level - bow * along)
    closed = level + own - wanted.lift * along
    gap = wanted.gap * (1 - along) ** 0.75
    new_upper, new_lower = closed - UPPER_SHARE * gap, closed + (1 - UPPER_SHARE) * gap
    for outer, inner, old, new in (
        (UPPER_OUTER, UPPER_INNER, upper, new_upper),
        (LOWER_OUTER, LOWER_INNER, lower, new_lower),
    ):
        out[list(inner), 1] = new
        out[list(outer[1:-1]), 1] = points[list(outer[1:-1]), 1] + (new - old)[1:-1]
    for corner, end in ((61, 0), (291, -1)):
        out[corner, 1] = points[corner, 1] + closed[end] - line[end]
