"""A model's depth as a table for people, and as JSON values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lohe.attention.depth import Depth

__all__ = ["as_json", "table"]

_MOST_ROWS = 60


def table(depth: Depth) -> list[str]:
    """Return a line a layer and head, or a layer alone where there are many heads."""
    groups = depth.heads if depth.heads * (depth.layers + 1) <= _MOST_ROWS else 1
    widths = [max(len(each.short), 8) for each in depth.measures]
    title = "  ".join(f"{m.short:>{w}}" for m, w in zip(depth.measures, widths, strict=True))
    lines = [f"{'layer':>5}" + f"  {'head':>4}" * (groups > 1) + f"  {title}"]
    for row in range(depth.layers + 1):
        for head in range(groups):
            cells = []
            for measure, width in zip(depth.measures, widths, strict=True):
                values = measure.values[row]
                value = values[head] if groups > 1 and len(values) > 1 else values.mean()
                cells.append(f"{'-' if math.isnan(value) else format(value, '.4g'):>{width}}")
            if any(cell.strip() != "-" for cell in cells):
                where = f"{'end' if row == depth.layers else row:>5}"
                where += f"  {head:>4}" * (groups > 1)
                lines.append(f"{where}  {'  '.join(cells)}")
    width = max(len(each.short) for each in depth.measures)
    return [*lines, *(f"  {each.short:<{width}}  {each.meaning}" for each in depth.measures)]


def as_json(values: NDArray[np.float64]) -> list[list[float | None]]:
    """Return rows of numbers, with None where there is none."""
    return [[None if math.isnan(value) else float(value) for value in row] for row in values]
