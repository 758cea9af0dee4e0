"""Oscillators on spheres of any dimension, kept as unit vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kuramoto.points import dot, sum_tokens, weigh
from lohe.dynamics.errors import InputError

__all__ = ["RETRACTIONS", "Sphere", "unit_points"]

Floats = NDArray[Any]

RETRACTIONS = ("exponential", "normalise")
"""Along the great circle by the length of the step, or straight on and back to the sphere: the
first turns by the angle r = |v|, the second by arctan(r)."""

# Below so small an r^2, sin(r)/r and its derivative come from their series, as differences cancel
# there; so many terms are exact to rounding in double precision.
_SERIES_BELOW = 1 / 16
_TERMS = 7


@dataclass(frozen=True)
class Sphere:
    """States (B, T, H, n, d) of unit vectors, which are the points themselves.

    Parameters
    ----------
    dimension : int
        Coordinates d >= 2 of an oscillator; the sphere has dimension d - 1.
    retraction : {"exponential", "normalise"}
        See `RETRACTIONS`. With the first, d = 2 is the torus exactly.

    Raises
    ------
    InputError
        For d < 2 and an unknown retraction.
    """

    dimension: int
    retraction: Literal["exponential", "normalise"] = "exponential"

    def __post_init__(self) -> None:
        if self.dimension < 2:
            raise InputError(f"dimension is {self.dimension}; an oscillator needs 2 coordinates")
        if self.retraction not in RETRACTIONS:
            raise InputError(
                f"retraction is {self.retraction!r}; choose {' or '.join(RETRACTIONS)}"
            )

    @property
    def freedoms(self) -> int:
        """Numbers that a change of one oscillator is given by."""
        return self.dimension

    def points(self, state: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
        """Return the points (B, T, H, n, d), and the adjoint."""
        return state, lambda dx: dx

    def pull(
        self, x: Floats, mean: Floats, step: Floats
    ) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
        """Return step * mean, of which `moved` takes the tangent component; see `Torus.pull`."""

        def pullback(dchange: Floats) -> tuple[Floats, Floats, Floats]:
            return np.zeros_like(x), weigh(dchange, step), sum_tokens(dot(mean, dchange))

        return weigh(mean, step), pullback

    def moved(
        self, x: Floats, change: Floats
    ) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
        r"""Move along the tangent component :math:`v = w - \langle x, w\rangle x` of a change w.

        Parameters
        ----------
        x : (..., n, d) array
            Unit vectors.
        change : (..., n, d) array

        Returns
        -------
        y : (..., n, d) array
            :math:`\cos r\, x + (\sin r/r)\, v` with r = \|v\|, or (x + v)/\|x + v\|.
        pullback : callable
            ``pullback(dy) -> (dx, dchange)``.
        """
        along = dot(x, change)
        v = change - weigh(x, along)
        move = _exponential if self.retraction == "exponential" else _normalised
        y, back = move(x, v)

        def pullback(dy: Floats) -> tuple[Floats, Floats]:
            dx, dv = back(dy)
            aside = dot(x, dv)
            return dx - weigh(dv, along) - weigh(change, aside), dv - weigh(x, aside)

        return y, pullback


def unit_points(raw: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Return raw vectors at length 1, (..., n, d), and the adjoint.

    Raises
    ------
    InputError
        If a vector is zero.
    """
    length = np.sqrt(dot(raw, raw))
    if not length.all():
        raise InputError("an oscillator of the embedding is at the centre of its sphere; nudge it")
    x = weigh(raw, 1 / length)
    return x, lambda dx: weigh(dx - weigh(x, dot(x, dx)), 1 / length)


def _exponential(x: Floats, v: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    square = dot(v, v)
    cosine, share, bend = _circular(square)

    def pullback(dy: Floats) -> tuple[Floats, Floats]:
        # d cos(r) = -(sin(r)/r) <v, dv>, and d (sin(r)/r) = bend <v, dv>.
        along = bend * dot(v, dy) - share * dot(x, dy)
        return weigh(dy, cosine), weigh(dy, share) + weigh(v, along)

    return weigh(x, cosine) + weigh(v, share), pullback


def _normalised(x: Floats, v: Floats) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats]]]:
    y, back = unit_points(x + v)

    def pullback(dy: Floats) -> tuple[Floats, Floats]:
        d = back(dy)
        return d, d

    return y, pullback


def _circular(square: Floats) -> tuple[Floats, Floats, Floats]:
    """Return cos r, sin(r)/r and (cos r - sin(r)/r)/r^2 of r^2."""
    small = square < _SERIES_BELOW
    r = np.sqrt(square)
    cosine, share = np.cos(r), np.sin(r)
    with np.errstate(invalid="ignore"):  # 0/0, where the series stands in
        share /= r
        bend = (cosine - share) / square
    near = -square[small]
    share[small] = _series(near, [1 / math.factorial(2 * k + 1) for k in range(_TERMS)])
    bend[small] = _series(near, [-2 * k / math.factorial(2 * k + 1) for k in range(1, _TERMS)])
    return cosine, share, bend


def _series(z: Floats, coefficients: Sequence[float]) -> Floats:
    """Return c_0 + c_1 z + c_2 z^2 + ..."""
    total = np.full_like(z, coefficients[-1])
    for each in coefficients[-2::-1]:
        total *= z
        total += each
    return total
