r"""How far apart states are: the arc that holds them in the plane, or their least cosine (T12).

States are the directions of the stored rows, of whatever length: unit vectors are hardly ever
floats.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.decoupled import row_blocks
from lohe.proofs_numeric.enclosure import float_down, sqrt_down, sqrt_up
from lohe.proofs_numeric.exact import integers

__all__ = ["arc_cosine_lower", "arc_ends", "least_cosine_lower"]

Floats = NDArray[np.float64]


def arc_ends(states: Floats) -> tuple[int, int] | None:
    """Find the first and the last state of an arc of less than half a turn that holds all.

    Parameters
    ----------
    states : (n, 2) array
        Not zero.

    Returns
    -------
    first, last : int, or None
        Counter-clockwise; None if no open half circle holds all states.

    Examples
    --------
    >>> arc_ends(np.array([[1.0, 1.0], [1.0, 0.0], [-1.0, 2.0]]))
    (1, 2)
    >>> arc_ends(np.array([[1.0, 0.0], [-1.0, 0.0]])) is None
    True
    """
    x, y = integers(states)[0].T.tolist()

    def turn(i: int, k: int) -> int:
        found: int = x[i] * y[k] - y[i] * x[k]
        return found

    first = last = 0
    for k in range(1, len(x)):
        first = k if turn(first, k) < 0 else first
        last = k if turn(k, last) < 0 else last
    between = all(turn(first, k) >= 0 and turn(k, last) >= 0 for k in range(len(x)))
    if turn(first, last) == 0:  # all of them must point the same way
        between = between and all(
            x[first] * a + y[first] * b > 0 for a, b in zip(x, y, strict=True)
        )
    return (first, last) if between else None


def arc_cosine_lower(states: Floats, ends: tuple[int, int]) -> float:
    """Return the largest float that is at most the cosine between the ends of an arc.

    Examples
    --------
    >>> arc_cosine_lower(np.array([[2.0, 0.0], [3.0, 4.0]]), (0, 1)) == 0.6
    True
    """
    (a, b), (c, d) = (integers(states[end])[0].tolist() for end in ends)
    dot, square = a * c + b * d, Fraction((a * a + b * b) * (c * c + d * d))
    share = Fraction(dot * dot) / square
    return float_down(sqrt_down(share) if dot >= 0 else -sqrt_up(share))


def least_cosine_lower(states: Floats) -> float:
    r"""Bound the cosines of all pairs of states from below.

    Parameters
    ----------
    states : (n, d) array
        Not zero.

    Notes
    -----
    With u = 2^-53, a computed direction is off by less than (d + 6) u: d squares and their sum,
    a root and a quotient. Inner products add :math:`\gamma_d` and both directions' errors, less
    than 4 (d + 6) u in all; what underflows is far below.

    Examples
    --------
    >>> 0.6 - 1e-14 < least_cosine_lower(np.array([[2.0, 0.0], [3.0, 4.0]])) <= 0.6
    True
    """
    n, d = states.shape
    exponent = np.frexp(np.abs(states).max(axis=1))[1]
    scaled = np.ldexp(states, -exponent[:, np.newaxis])
    directions = scaled / np.sqrt(np.square(scaled).sum(axis=1))[:, np.newaxis]
    least = 1.0
    for rows in row_blocks(n, n):
        least = min(least, float((directions[rows] @ directions.T).min()))
    return max(float(np.nextafter(least - 4 * (d + 6) * 2.0**-53, -1.0)), -1.0)
