"""Decimal text for whole arrays of numbers at once, many times faster than formatting each.

A row of text is a row of a byte array; NUL marks a place without a character and is deleted
when the rows are joined.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Text = npt.NDArray[np.uint8]  # (rows, width), NUL where there is no character


def join_rows(*columns: bytes | Text) -> bytes:
    """Write the columns side by side, a constant column in every row, and drop the NULs."""
    rows = max(len(column) for column in columns if isinstance(column, np.ndarray))
    widths = [len(c) if isinstance(c, bytes) else c.shape[1] for c in columns]
    table = np.empty((rows, sum(widths)), np.uint8)
    start = 0
    for column, width in zip(columns, widths, strict=True):
        text = np.frombuffer(column, np.uint8) if isinstance(column, bytes) else column
        table[:, start : start + width] = text
        start += width
    return table.tobytes().translate(None, delete=b"\0")


def decimal_text(values: npt.NDArray[np.floating], places: int) -> Text:
    """Fixed-point text with ``places`` digits after the point, e.g. ``-0.1250``."""
    units = np.rint(values.astype(np.float64) * 10**places).astype(np.int64)
    whole, fraction = np.divmod(np.abs(units), 10**places)
    width = len(str(int(whole.max(initial=0))))
    text = np.empty((len(units), 1 + width + 1 + places), np.uint8)
    text[:, 0] = np.where(units < 0, ord("-"), 0)
    text[:, 1 : 1 + width] = _digits(whole, width, keep_zeros=False)
    text[:, 1 + width] = ord(".")
    text[:, 2 + width :] = _digits(fraction, places, keep_zeros=True)
    return text


def index_text(numbers: npt.NDArray[np.integer], count: int) -> Text:
    """Text of whole numbers below ``count``, by look-up: most of them occur many times."""
    width = len(str(max(count - 1, 0)))
    text: Text = _digits(np.arange(count), width, keep_zeros=False)[numbers]
    return text


def _digits(numbers: npt.NDArray[np.integer], width: int, *, keep_zeros: bool) -> Text:
    """Split into ``width`` decimal digits; leading zeros become NUL unless kept."""
    rest = numbers.astype(np.uint32)
    text = np.empty((len(rest), width), np.uint8)
    for place in range(width - 1, -1, -1):
        following = rest // np.uint32(10)
        text[:, place] = rest - following * np.uint32(10) + np.uint32(ord("0"))
        if not keep_zeros and place < width - 1:
            text[rest == 0, place] = 0
        rest = following
    return text
