r"""Cells of the product of spheres, thousands at a time: splitting, ranges and matching (T8).

Each oscillator of a cell is either *whole* (anywhere on its sphere) or in a box of one of its two
stereographic charts. A whole sphere splits into its charts, each the cube :math:`[-1, 1]^{d-1}`,
which together cover it; a box is bisected. The ends are dyadic numbers of few digits, so that
midpoints are exact floats, and a list of splits describes a cell without rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria import chart

__all__ = [
    "DEEPEST",
    "WHOLE",
    "Cells",
    "beyond",
    "inside",
    "join",
    "middles",
    "ranges",
    "root",
    "split",
    "widths",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

WHOLE = -1
"""Mark of an oscillator that may be anywhere on its sphere."""

DEEPEST = 24
"""Bisections of a coordinate at most, to 1e-7. Around a degenerate equilibrium the velocity grows
with the square of the distance, and much closer it drowns in rounding. Ends are multiples of
2^-23 within [-1, 1], so that sums and halves of ends are exact floats."""


@dataclass(frozen=True, eq=False)
class Cells:
    """A batch of cells.

    Parameters
    ----------
    charts : (N, n) int array
        0 for the chart of the pole +e_0, 1 for that of -e_0, `WHOLE` for the whole sphere.
    lower, upper : (N, n, d - 1) arrays
        Chart coordinates; -1 and 1 where the oscillator is whole.
    """

    charts: Integers
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        return len(self.charts)

    def __getitem__(self, rows: NDArray[np.intp] | Flags | slice) -> Cells:
        return Cells(self.charts[rows], self.lower[rows], self.upper[rows])

    @property
    def charted(self) -> Flags:
        """Cells all of whose oscillators have a chart, shape (N,)."""
        return np.asarray(np.all(self.charts != WHOLE, axis=-1))


def root(n: int, d: int) -> Cells:
    """Return the one cell in which every oscillator is whole.

    Examples
    --------
    >>> root(3, 2).charts
    array([[-1, -1, -1]])
    """
    edge = np.ones((1, n, d - 1))
    return Cells(np.full((1, n), WHOLE), -edge, edge)


def split(cells: Cells, moves: Integers) -> Cells:
    """Split every cell in two; the halves of a cell follow each other.

    Parameters
    ----------
    cells
        N cells of n oscillators in dimension d.
    moves : (N,) int array
        m < n gives oscillator m, which must be whole, its two charts; m >= n bisects coordinate
        j of oscillator i, m = n + i (d - 1) + j, lower half first.

    Returns
    -------
    Cells
        2 N cells.

    Raises
    ------
    ValueError
        If a whole oscillator is bisected or one with a chart is given charts again.
    """
    count, n, coordinates = cells.lower.shape
    rows = np.arange(count)
    charting = moves < n
    oscillator = np.where(charting, moves, (moves - n) // coordinates)
    whole = cells.charts[rows, oscillator] == WHOLE
    if np.any(charting != whole):
        raise ValueError("only whole spheres split into charts, and only boxes are bisected")
    charts = np.repeat(cells.charts, 2, axis=0)
    lower, upper = np.repeat(cells.lower, 2, axis=0), np.repeat(cells.upper, 2, axis=0)
    first, second = 2 * rows, 2 * rows + 1
    charts[first[charting], oscillator[charting]] = 0
    charts[second[charting], oscillator[charting]] = 1
    boxed, i, j = rows[~charting], oscillator[~charting], (moves[~charting] - n) % coordinates
    middle = (cells.lower[boxed, i, j] + cells.upper[boxed, i, j]) / 2
    upper[2 * boxed, i, j] = middle
    lower[2 * boxed + 1, i, j] = middle
    return Cells(charts, lower, upper)


def join(parts: list[Cells]) -> Cells:
    """Put batches of cells together."""
    return Cells(
        np.concatenate([part.charts for part in parts]),
        np.concatenate([part.lower for part in parts]),
        np.concatenate([part.upper for part in parts]),
    )


def widths(cells: Cells) -> Floats:
    """Return how far each coordinate moves its oscillator on the sphere, (N, n, d - 1), roughly.

    A whole sphere counts 8 in each direction, twice a cube's width.
    """
    middle = (cells.lower + cells.upper) / 2
    stretch = 2 / (1 + np.square(middle).sum(axis=-1, keepdims=True))
    boxes = (cells.upper - cells.lower) * stretch
    return np.where(cells.charts[..., np.newaxis] == WHOLE, 8.0, boxes)


def middles(cells: Cells) -> Floats:
    """Return the points in the middles of cells, (N, n, d), rounded."""
    middle = (cells.lower + cells.upper) / 2
    return chart.to_points(np.maximum(cells.charts, 0), middle[np.newaxis])


def beyond(cells: Cells) -> Flags:
    r"""Say which cells lie where some :math:`|\xi_i| > 1`: the other chart has those points."""
    nearest = np.square(_nearest(cells)).sum(axis=-1)
    # Squares of ends of few bits are exact; their sum is off by less than d units.
    safe = 1 + 4 * cells.lower.shape[-1] * float(np.finfo(np.float64).eps)
    return np.asarray(np.any((nearest > safe) & (cells.charts != WHOLE), axis=-1))


def ranges(cells: Cells) -> tuple[Balls, Balls]:
    r"""Enclose the points of cells, coordinate by coordinate as tightly as can be.

    Returns
    -------
    points : Balls of shape (N, n, d)
        Within [-1, 1] where the oscillator is whole.
    factors : Balls of shape (N, n)
        :math:`2/(1+|\xi|^2)`; meaningless where the oscillator is whole.
    """
    box = Balls.between(cells.lower, cells.upper)
    points, factors = chart.ranges(chart.poles(np.maximum(cells.charts, 0)), box)
    whole = (cells.charts == WHOLE)[..., np.newaxis]
    middle, radius = np.where(whole, 0.0, points.middle), np.where(whole, 1.0, points.radius)
    return Balls(middle, radius), factors


def inside(cells: Cells, charts: Integers, centre: Floats, radius: float) -> Flags:
    r"""Say which cells lie in the box of chart coordinates within `radius` of `centre`.

    Parameters
    ----------
    cells
        N cells; those with whole oscillators are never inside.
    charts : (n,) int array
        The charts of the box. Where a cell has the other chart, its box is mapped by
        :math:`\xi \mapsto \xi/|\xi|^2`, as a point on the equator belongs to both.
    centre : (k, n, d - 1) array
        The exact centre is the sum over k.
    radius

    Returns
    -------
    (N,) bool array
        Rounding only ever turns True to False.
    """
    eps = float(np.finfo(np.float64).eps)
    middle = centre.sum(axis=0)
    safe = 8 * len(centre) * eps * (np.abs(centre).sum(axis=0) + radius)
    left, right = middle - radius + safe, middle + radius - safe
    same = cells.charts == charts
    slack = (cells.lower.shape[-1] + 8) * eps
    nearest, farthest = _nearest(cells), np.maximum(-cells.lower, cells.upper)
    with np.errstate(divide="ignore"):
        largest = (1 + slack) / np.square(nearest).sum(axis=-1, keepdims=True)
    smallest = (1 - slack) / np.square(farthest).sum(axis=-1, keepdims=True)
    usable = np.isfinite(largest)
    largest = np.where(usable, largest, 0.0)
    mapped_low = cells.lower * np.where(cells.lower >= 0, smallest, largest)
    mapped_high = cells.upper * np.where(cells.upper >= 0, largest, smallest)
    flip = ~same[..., np.newaxis]
    low = np.where(flip, mapped_low - np.abs(mapped_low) * slack, cells.lower)
    high = np.where(flip, mapped_high + np.abs(mapped_high) * slack, cells.upper)
    within = (low >= left) & (high <= right) & (usable | ~flip)
    return np.asarray(np.all(within, axis=(-2, -1)) & cells.charted)


def _nearest(cells: Cells) -> Floats:
    """Return the least |xi_j| over each cell; exact."""
    return np.maximum(np.maximum(cells.lower, -cells.upper), 0.0)
