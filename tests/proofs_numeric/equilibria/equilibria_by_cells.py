"""Random cells, and their points in exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lohe.proofs_numeric.equilibria.cells import Cells


def random_cells(rng: np.random.Generator, count: int, n: int, d: int, deepest: int = 39) -> Cells:
    """Return dyadic cells as bisection makes them, of all sizes."""
    shape = (count, n, d - 1)
    depth = rng.integers(0, rng.integers(1, deepest + 1, (count, 1, 1)), shape)
    width = 2.0 ** (1 - depth)
    lower = -1 + np.floor(rng.random(shape) * 2 / width) * width
    # Some at the edges of the cube, where rounding would show.
    edge = rng.random(shape)
    lower = np.where(edge < 0.1, -1.0, np.where(edge > 0.9, 1.0 - width, lower))
    return Cells(rng.integers(0, 2, (count, n)), lower, lower + width)


def cell_of(chart: int, sides: list[list[float]]) -> Cells:
    """Return the one cell of one oscillator with these sides."""
    ends = np.array(sides)
    return Cells(
        np.array([[chart]]), ends[np.newaxis, np.newaxis, :, 0], ends[np.newaxis, np.newaxis, :, 1]
    )


def some_points(
    rng: np.random.Generator, cells: Cells, row: int, i: int, count: int
) -> list[list[Fraction]]:
    """Return corners, points of faces and inner points of one oscillator's box."""
    ends = [
        (Fraction(float(a)), Fraction(float(b)))
        for a, b in zip(cells.lower[row, i], cells.upper[row, i], strict=True)
    ]
    shares = [Fraction(0), Fraction(1), Fraction(int(rng.integers(0, 1001)), 1000)]
    found = []
    for _ in range(count):
        chosen = [shares[int(k)] for k in rng.integers(0, 3, len(ends))]
        found.append([a + (b - a) * share for (a, b), share in zip(ends, chosen, strict=True)])
    return found


def exact_point(chart: int, xi: list[Fraction]) -> list[Fraction]:
    """Return the unit vector with these coordinates."""
    size = sum((c * c for c in xi), Fraction(0))
    first = (1 - size) / (1 + size)
    return [-first if chart else first, *(2 * c / (1 + size) for c in xi)]
