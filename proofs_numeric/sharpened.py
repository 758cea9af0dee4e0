r"""How far sharpened attention weights move, to first order as little as they can (theorem T3a).

Weights :math:`a_j = b_j/B`, :math:`b_j = \max(0, z_j)^p`, :math:`z_j = 1 + \langle x, r_j\rangle`,
:math:`B = \sum_j b_j`, for :math:`p \ge 1`. The state turns by an angle of at most
:math:`\alpha`, and anchors move by at most :math:`\delta`. Convexity of the power makes what is
beyond first order one-sided; the first order is that of weights *relative to their mean*, so the
keys' moves are weighed together, by the largest eigenvalue of one matrix of size d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.powers import LARGEST_EXPONENT, power

__all__ = ["Move", "sharpened_error_upper"]

Floats = NDArray[np.float64]

# Relative room for whoever weighs the keys anew, as the checker does: any weights are sound, and
# those of this file and its are the same up to rounding.
_ROOM = 1 + 2.0**-20
# Weights of keys that nothing moves, relative to the largest.
_LEAST_WEIGHT = 2.0**-40
# The eigenvalue is bounded by the norm of the matrix's power 2^3.
_SQUARINGS = 3


@dataclass(frozen=True, eq=False)
class Move:
    r"""How far states and anchors move.

    Parameters
    ----------
    sine, versine : (n,) arrays
        Upper bounds of :math:`\sin\alpha` and :math:`1 - \cos\alpha`; infinite where
        :math:`\alpha` may exceed a right angle.
    displacement
        :math:`\delta`.
    """

    sine: Floats
    versine: Floats
    displacement: float

    @classmethod
    def by_chords(cls, chords: Floats, displacement: float) -> Move:
        """Take the angles of chords: sin α = c √(1 − c²/4) and 1 − cos α = c²/2."""
        half = Balls.exact(chords) * chords * 0.5
        sine = Balls.exact(chords) * (1 - 0.5 * half).sqrt()
        beyond = half.upper >= 1
        return cls(
            np.where(beyond, np.inf, np.minimum(sine.upper, 1.0)),
            np.where(beyond, np.inf, half.upper),
            displacement,
        )


def sharpened_error_upper(
    states: Balls, anchors: Floats, visible: NDArray[np.bool_], exponent: float, move: Move
) -> Floats:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` of each oscillator (T3a).

    Parameters
    ----------
    states : (n, d)
        Enclosures of unit vectors, the states x.
    anchors : (t, d) array
        Of any lengths.
    visible : (n, t) array
        The keys that each oscillator sees.
    exponent
        p >= 1.
    move
        How far states and anchors move.

    Returns
    -------
    (n,) array
        At most 2.0, which is the trivial bound.
    """
    if not 1 <= exponent <= LARGEST_EXPONENT:
        return np.full(len(states), 2.0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        found = _bound(states, anchors, visible.astype(np.float64), exponent, move)
        # Of angles beyond a right one the theorem says nothing.
        return np.where((found < 2.0) & (move.sine < np.inf), found, 2.0)


def _bound(x: Balls, r: Floats, seen: Floats, p: float, move: Move) -> Floats:
    sine, versine = move.sine, move.versine
    cosines = x @ r.T
    lifts = cosines + 1
    squares = (Balls.exact(r) * r).sum(axis=1)
    sideways = (squares - cosines * cosines).sqrt() * sine[:, None] + move.displacement
    reach = squares.sqrt() + move.displacement
    up, away = (
        Balls.exact(
            np.minimum(
                (sideways + versine[:, None] * np.maximum(facing.upper, 0.0)).upper,
                (reach + facing).upper,
            )
        )
        for facing in (-cosines, cosines)
    )

    raw = power(lifts, p) * seen
    slope = power(lifts, p - 1) * (p * seen)
    rise = power(lifts + up, p) * seen - raw
    fall = raw - power(lifts - away, p) * seen
    above, below = (rise - slope * up).upper, (slope * away - fall).upper
    bend = Balls.exact(np.maximum(np.maximum(above, below), 0.0))

    total = raw.sum(axis=1)
    resultant = slope @ r
    along = (x * resultant).sum(axis=1)
    across = ((resultant * resultant).sum(axis=1) - along * along).sqrt()
    linear = (
        across * Balls.exact(sine) + abs(along) * versine + slope.sum(axis=1) * move.displacement
    )

    # Key by key: what each of the raw weights may change by, and their total.
    change = Balls.exact(np.maximum(rise.upper, fall.upper)).sum(axis=1)
    shift = np.minimum(change.upper, (linear + bend.sum(axis=1)).upper)
    plain = ((change + shift) / total).upper

    # Relative to the mean.
    share = raw / total[:, None]
    pull = slope * cosines - share * along[:, None]
    tilts = slope[:, :, None] * r - share[:, :, None] * resultant[:, None, :]
    tilts = tilts - pull[:, :, None] * x[:, None, :]
    first = _spread(tilts) * sine + abs(pull).sum(axis=1) * versine
    second = ((bend + slope * move.displacement) * (1 - share)).sum(axis=1) * 2
    left = total - linear
    centred = np.where(left.lower > 0, ((first + second) / left).upper, 2.0)
    return np.asarray(np.minimum(plain, centred) * _ROOM)


def _spread(tilts: Balls) -> Balls:
    r"""Bound :math:`\sum_j |\langle u, g_j\rangle|` over unit vectors u.

    For any :math:`s_j > 0` it is at most :math:`\sqrt{\lambda\sum_j s_j}` with the largest
    eigenvalue :math:`\lambda` of :math:`\sum_j g_jg_j^{\top}/s_j`, by Cauchy and Schwarz.
    """
    weights = np.sqrt(np.square(tilts.magnitude).sum(axis=-1))
    least = weights.max(axis=-1, keepdims=True) * _LEAST_WEIGHT
    weights = np.maximum(weights, np.maximum(least, np.finfo(np.float64).tiny))
    matrix = (tilts / weights[..., None]).mT @ tilts
    scale = np.frexp(np.abs(matrix.middle).max(axis=(-2, -1), initial=0.0))[1]
    scale = np.where(np.abs(scale) < 900, scale, 0)
    matrix = matrix * np.ldexp(1.0, -scale)[:, None, None]
    for _ in range(_SQUARINGS):
        matrix = matrix @ matrix
    largest = (matrix * matrix).sum(axis=(-2, -1))
    for _ in range(_SQUARINGS + 1):
        largest = largest.sqrt()
    rescaled: Balls = Balls.exact(weights).sum(axis=1) * largest * np.ldexp(1.0, scale)
    return rescaled.sqrt()
