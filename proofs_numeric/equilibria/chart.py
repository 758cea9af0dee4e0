r"""Points of the sphere and their stereographic coordinates, rounded and exact (T8).

Chart 0 belongs to the pole +e of the first coordinate, chart 1 to -e. A point has coordinates
:math:`\xi = x_{1\ldots}/(1 + |x_0|)`, of norm at most 1, in the chart of its first coordinate's
sign, and :math:`\xi/|\xi|^2` in the other one. Rational coordinates stand for exact unit vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls, concatenate
from lohe.proofs_numeric.jacobian import chart_basis, chart_point

__all__ = [
    "Frame",
    "exact_coordinates",
    "exact_point",
    "frame_at",
    "poles",
    "ranges",
    "seen_from",
    "to_chart",
    "to_points",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Values = Any
"""`Balls`, or an object array of Arb's balls or of rationals."""


@dataclass(frozen=True, eq=False)
class Frame:
    r"""Points of charts with the orthonormal frames that stand there.

    Parameters
    ----------
    poles : (...) array
    coordinates : (..., d - 1) Values
    point : (..., d) Values
    basis : (..., d, d - 1) Values
        Of the tangent space.
    conformal : (...) Values
        The factor :math:`c = 2/(1+|\xi|^2)`; the point's derivative is c times the basis.
    """

    poles: Floats
    coordinates: Values
    point: Values
    basis: Values
    conformal: Values

    @property
    def whole(self) -> Values:
        """The point and the basis as one orthogonal matrix, (..., d, d)."""
        return concatenate([self.point[..., None], self.basis], -1)


def frame_at(poles: Floats, coordinates: Values) -> Frame:
    """Enclose points and frames, over a box if the coordinates are one."""
    point, conformal = chart_point(coordinates, poles)
    if isinstance(coordinates, Balls) and coordinates.radius.any():
        # The formulas over balls are tighter over tiny boxes, the ranges over all others.
        closer = ranges(poles, coordinates)
        point, conformal = _narrower(point, closer[0]), _narrower(conformal, closer[1])
    return Frame(poles, coordinates, point, chart_basis(coordinates, point, poles), conformal)


def seen_from(centre: Frame, box: Frame, offset: Values) -> tuple[Values, Values]:
    r"""Express the frames of a box in the frame of its centre, tight to second order.

    With :math:`w = (s, \xi)` and the reflection :math:`R_w = I - c\,ww^{\top}`, the point is
    :math:`x = -sR_we_0` and the basis the other columns of :math:`R_w`. Multiplying out
    :math:`R_{\tilde w}R_w` with :math:`\delta = \xi - \tilde\xi` and
    :math:`w\cdot\tilde w = 1/c + 1/\tilde c - |\delta|^2/2` gives, y being x without its
    first coordinate,

    .. math::

        \tilde x^{\top}x = 1 - \tfrac12 c\tilde c|\delta|^2,\quad
        \tilde B^{\top}x = c\delta + \tfrac12 c|\delta|^2\tilde y,\quad
        \tilde x^{\top}B = -\tilde c\delta^{\top} + \tfrac12\tilde c|\delta|^2y^{\top},

        \tilde B^{\top}B = I + \tilde y\delta^{\top} - \delta\tilde y^{\top}
        - \delta(y-\tilde y)^{\top} - \tfrac12|\delta|^2\tilde yy^{\top}.

    Parameters
    ----------
    centre
    box
        All points that are meant, in the same charts.
    offset : (..., d - 1) Values
        Their chart coordinates less the centre's.

    Returns
    -------
    point : (..., d) Values
        The points' coordinates in the centre's frame, which has the centre at (1, 0, ..., 0).
    basis : (..., d, d - 1) Values
        Their bases, which at the centre are the unit vectors but the first.
    """
    y, rest = centre.point[..., 1:], box.point[..., 1:]
    half = _half_square(offset)[..., None]
    c, factor = centre.conformal[..., None], box.conformal[..., None]
    pull = 1 - half * c * factor
    point = concatenate([pull, factor * (offset + half * y)], -1)
    outer = y[..., :, None] * offset[..., None, :]
    identity = np.eye(offset.shape[-1])
    # The first-order part is skew: its diagonal is zero, whatever the balls make of it.
    turn = (outer - outer.swapaxes(-1, -2)) * (1 - identity)
    change = offset[..., :, None] * (rest - y)[..., None, :]
    bend = half[..., None] * (y[..., :, None] * rest[..., None, :])
    first = c * (half * rest - offset)
    return point, concatenate([first[..., None, :], turn + identity - change - bend], -2)


def _half_square(offset: Values) -> Values:
    """Enclose half the squared length; a square is never negative."""
    if isinstance(offset, Balls) and not offset.middle.any():
        reach = Balls.exact(offset.magnitude) * offset.magnitude * 0.5
        return Balls.between(0.0, reach.sum(-1).upper) if offset.radius.any() else reach.sum(-1)
    return (offset * offset).sum(-1) * 0.5


def _narrower(first: Balls, second: Balls) -> Balls:
    better = first.radius <= second.radius
    return Balls(
        np.where(better, first.middle, second.middle),
        np.where(better, first.radius, second.radius),
    )


def poles(charts: Integers) -> Floats:
    """Return the signs of the poles of charts: 1 for chart 0, -1 for chart 1."""
    return np.asarray(1 - 2 * charts, dtype=np.float64)


def to_chart(points: Floats) -> tuple[Integers, Floats]:
    """Return the chart of each point and its rounded coordinates.

    Parameters
    ----------
    points : (..., d) array
        Vectors other than zero; they are normalised first.

    Returns
    -------
    charts : (...) int array
        By the sign of the first coordinate: 0, or 1 where it is negative.
    coordinates : (..., d - 1) array
        Of norm at most 1, but for rounding.

    Examples
    --------
    >>> to_chart(np.array([0.0, -2.0]))
    (array(0), array([-1.]))
    """
    points = points / np.abs(points).max(axis=-1, keepdims=True)
    points = points / np.linalg.norm(points, axis=-1, keepdims=True)
    charts = np.asarray((points[..., 0] < 0).astype(np.int64))
    return charts, points[..., 1:] / (1 + np.abs(points[..., :1]))


def to_points(charts: Integers, coordinates: Floats) -> Floats:
    """Return the rounded points.

    Parameters
    ----------
    charts : (n,) int array
    coordinates : (k, n, d - 1) array
        Summed over k.

    Examples
    --------
    >>> to_points(np.array([1]), np.array([[[1.0]]]))
    array([[0., 1.]])
    """
    return chart_point(np.asarray(coordinates.sum(axis=0)), poles(charts))[0]


def ranges(poles: Floats, box: Balls) -> tuple[Balls, Balls]:
    r"""Enclose the points of a box of chart coordinates as tightly as their coordinates can be.

    With :math:`\rho = |\xi|^2` the first coordinate is :math:`s(2/(1+\rho) - 1)`. Another one,
    :math:`2t/(1 + t^2 + q)` with :math:`t = \xi_j` and q the sum of the other squares, has its
    extremes over t at the ends or at :math:`\pm\sqrt{1+q}`, where it is
    :math:`\pm 1/\sqrt{1+q}`; in q it is monotone.

    Parameters
    ----------
    poles : (...) array
    box : Balls of shape (..., d - 1)

    Returns
    -------
    points : Balls of shape (..., d)
    conformal : Balls of shape (...)
        The factors :math:`2/(1+\rho)`.
    """
    low, high = box.lower, box.upper
    size = low.shape[-1]
    # All numbers below are quotients of sums of positive ones: d + 8 roundings at most, 2^-53 each.
    slack = (size + 16) * 2.0**-52
    near, far = np.square(box.mignitude), np.square(box.magnitude)
    beside = 1.0 - np.eye(size)
    least, most = ((beside @ squares[..., None])[..., 0] for squares in (near, far))
    smallest = 2 / (1 + far.sum(axis=-1)) * (1 - slack)
    largest = 2 / (1 + near.sum(axis=-1)) * (1 + slack)
    upper = _highest(low, high, least, most)
    lower = -_highest(-high, -low, least, most)
    rest = Balls.between(
        np.maximum(lower - np.abs(lower) * slack, -1.0) - 2.0**-1000,
        np.minimum(upper + np.abs(upper) * slack, 1.0) + 2.0**-1000,
    )
    conformal = Balls.between(smallest, largest)
    first = (conformal - 1) * poles
    return concatenate([first[..., None], rest], -1), conformal


def _highest(low: Floats, high: Floats, least: Floats, most: Floats) -> Floats:
    """Bound 2t/(1 + t² + q) from above, for t in [low, high] and q in [least, most], rounded."""
    # For t > 0 it falls with q and peaks at t = √(1 + q), where a rounded t does as well.
    t = np.clip(np.sqrt(1 + least), low, high)
    rising = 2 * t / (1 + np.square(t) + least)
    ends = [2 * t / (1 + np.square(t) + most) for t in (low, high)]
    falling = np.maximum(ends[0], ends[1])
    return np.where(high > 0, rising, falling)


def exact_point(index: int, coordinates: Sequence[Fraction]) -> list[Fraction]:
    """Return the unit vector with these coordinates in chart 0 or 1.

    Examples
    --------
    >>> exact_point(0, [Fraction(1, 2)])
    [Fraction(3, 5), Fraction(4, 5)]
    """
    size = sum((c * c for c in coordinates), Fraction(0))
    first = (1 - size) / (1 + size)
    return [-first if index else first, *(2 * c / (1 + size) for c in coordinates)]


def exact_coordinates(index: int, point: Sequence[Fraction]) -> list[Fraction]:
    """Return the coordinates of a rational unit vector in chart 0 or 1.

    Raises
    ------
    ZeroDivisionError
        At the opposite pole, which the chart does not have.

    Examples
    --------
    >>> exact_coordinates(1, [Fraction(3, 5), Fraction(4, 5)])
    [Fraction(2, 1)]
    """
    first = -point[0] if index else point[0]
    return [x / (1 + first) for x in point[1:]]
