"""The cells that a search leaves, merged into regions and named in plain words."""

from __future__ import annotations

import math
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from lohe.proofs_numeric.equilibria.cells import WHOLE, Cells, middles, ranges

__all__ = ["describe"]

Floats = NDArray[np.float64]

# Pairs of cells are compared directly up to this many; more are first widened to a coarser grid.
_MOST_CELLS = 1500
_MOST_REGIONS = 20
# Points whose mean is shorter than this look in no direction together.
_NO_DIRECTION = 1e-3


def describe(cells: Cells) -> tuple[str, ...]:
    """Name the connected regions that cells make up, across the seam of the charts too.

    Parameters
    ----------
    cells
        Many cells are widened to a common grid first, so that regions may come out larger and
        fewer, never smaller.

    Returns
    -------
    tuple of str
        One line a region, the largest number of cells first; the last line counts what is beyond
        20 regions. Empty without cells.

    Examples
    --------
    >>> half = np.array([[[0.5]]])
    >>> describe(Cells(np.array([[0]]), half / 2, half))
    ('oscillator 0 at 40.6° ± 12.5°',)
    """
    if not len(cells):
        return ()
    cells = _coarse(cells)
    points, _ = ranges(cells)
    lower, upper = points.lower, points.upper
    count, n, d = lower.shape
    touch = np.ones((count, count), dtype=np.bool_)
    for i in range(n):
        for j in range(d):
            low, high = lower[:, i, j], upper[:, i, j]
            touch &= low[:, np.newaxis] <= high
            touch &= low <= high[:, np.newaxis]
    regions, member = connected_components(touch, directed=False)
    order = np.argsort(-np.bincount(member), kind="stable")
    # Regions apart from each other may cover the same in these few words.
    lines = list(dict.fromkeys(_region(cells[member == k]) for k in order[:_MOST_REGIONS]))
    if regions > _MOST_REGIONS:
        lines.append(f"and {regions - _MOST_REGIONS} regions more")
    return tuple(lines)


def _coarse(cells: Cells) -> Cells:
    """Widen cells to a dyadic grid so coarse that few are left."""
    typical = float(np.median(cells.upper - cells.lower))
    for digits in range(min(20, round(-np.log2(typical))), -1, -1):
        if len(cells) <= _MOST_CELLS:
            return cells
        scale = 2.0**digits
        lower, upper = np.floor(cells.lower * scale) / scale, np.ceil(cells.upper * scale) / scale
        count = len(cells)
        rows = np.concatenate(
            [cells.charts, lower.reshape(count, -1), upper.reshape(count, -1)], axis=1
        )
        _, first = np.unique(rows, axis=0, return_index=True)
        kept = np.sort(first)
        cells = Cells(cells.charts[kept], lower[kept], upper[kept])
    if len(cells) <= _MOST_CELLS:
        return cells
    whole = np.full_like(cells.charts[:1], WHOLE)
    edge = np.ones_like(cells.lower[:1])
    return Cells(whole, -edge, edge)


def _region(cells: Cells) -> str:
    """Say where each oscillator is; those that may be anywhere, or are alike, together."""
    places = [_place(cells, i) for i in range(cells.charts.shape[1])]
    if len(places) > 1 and set(places) == {"anywhere"}:
        return "all oscillators anywhere"
    parts = []
    for place, group in groupby(range(len(places)), key=lambda i: places[i]):
        run = list(group)
        names = f"oscillator {run[0]}" if len(run) == 1 else f"oscillators {run[0]} to {run[-1]}"
        parts.append(f"{names} {place}")
    return ", ".join(parts)


def _place(cells: Cells, i: int) -> str:
    """Say where one oscillator is in a region: what covers all its cells, rounded."""
    if np.any(cells.charts[:, i] == WHOLE):
        return "anywhere"
    mean = middles(cells)[:, i].mean(axis=0)
    size = float(np.linalg.norm(mean))
    if size < _NO_DIRECTION:
        return "anywhere"
    centre = mean / size
    if len(centre) == 2:
        return _arc(cells, i, math.atan2(centre[1], centre[0]))
    points, _ = ranges(cells)
    reach = np.abs(points.middle[:, i] - centre) + points.radius[:, i]
    chord = float(np.max(np.linalg.norm(reach, axis=-1)))
    if chord >= 2:
        return "anywhere"
    angle = math.degrees(2 * math.asin(chord / 2))
    where = ", ".join(f"{value:.4g}" for value in centre + 0.0)
    return f"within {angle:.3g}° of ({where})"


def _arc(cells: Cells, i: int, near: float) -> str:
    """Say which arc of the circle covers all cells, given its rough middle in radians."""
    ends = 2 * np.arctan(np.stack([cells.lower[:, i, 0], cells.upper[:, i, 0]]))
    low, high = np.sort(np.where(cells.charts[:, i] == 1, np.pi - ends, ends), axis=0)
    turns = 2 * np.pi * np.round(((low + high) / 2 - near) / (2 * np.pi))
    first, last = float(np.min(low - turns)), float(np.max(high - turns))
    if last - first >= 2 * np.pi:
        return "anywhere"
    middle = math.remainder((first + last) / 2, 2 * np.pi)
    return f"at {math.degrees(middle):.4g}° ± {math.degrees((last - first) / 2):.3g}°"
