r"""Whether a table of anchors keeps every oscillator driven, whatever the input (theorem T4).

Either some y has :math:`\langle y, r_j \rangle > 0` for all anchors, and then
:math:`\|h\| \ge m \sum_j W_j` for every non-negative coupling, or convex weights balance the
anchors to zero exactly (Gordan). Non-negative least squares on
:math:`\min_{\lambda \ge 0} \|\sum_j \lambda_j r_j\|^2 + (1 - \sum_j \lambda_j)^2` finds both: a
positive minimum yields the nearest point of the convex hull to 0, which is the best y, and a zero
minimum yields the weights. Anchors that may be displaced by :math:`\delta` are balanced on some
device if and only if the nearest point is within :math:`\delta` of 0. The active-set
method [1]_ runs in rational arithmetic, where it ends after finitely many steps with the exact
answer; floats only guess where it starts.

References
----------
.. [1] C. L. Lawson, R. J. Hanson, *Solving Least Squares Problems*, SIAM 1995, ch. 23.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray
from scipy.optimize import nnls

from lohe.proofs_numeric.enclosure import float_down, sqrt_down
from lohe.proofs_numeric.exact import inner, rationals

__all__ = ["Balance", "HalfSpace", "Hull", "balance_or_half_space", "examine_prefixes"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HalfSpace:
    """A direction y in which every anchor has a positive component, however displaced."""

    direction: tuple[Fraction, ...]
    margin_lower: float
    """Lower bound of min <y, r_j> / ‖y‖, less the displacement."""


@dataclass(frozen=True)
class Balance:
    """Convex weights, exactly one in sum, under which the anchors sum to exactly zero.

    If anchors may be displaced, under which they sum to a vector no longer than that.
    """

    weights: tuple[Fraction, ...]


@dataclass(frozen=True)
class Hull:
    """The verdict for every causal prefix of a table.

    Parameters
    ----------
    keys
        Number of anchors in the table.
    prefix
        The first `prefix` anchors lie in an open half-space; one more do not (unless all do).
    half_space
        Of the first `prefix` anchors; None if `prefix` is 0.
    balance
        Of the first ``prefix + 1`` anchors; None if `prefix` equals `keys`.
    """

    keys: int
    prefix: int
    half_space: HalfSpace | None
    balance: Balance | None


def examine_prefixes(anchors: Floats, displacement: float = 0.0) -> Hull:
    """Find the longest causal prefix of a table that keeps every input driven (T4).

    Parameters
    ----------
    anchors : (T, d) array
    displacement
        How far each anchor may be displaced.

    Returns
    -------
    Hull
        Decided exactly for every prefix: the convex hull only grows with the prefix.

    Examples
    --------
    >>> hull = examine_prefixes(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]))
    >>> hull.prefix, hull.half_space.margin_lower, hull.balance.weights
    (2, 0.7071067811865475, (Fraction(1, 2), Fraction(0, 1), Fraction(1, 2)))
    """
    keys = len(anchors)

    def examine(prefix: int) -> HalfSpace | Balance:
        return balance_or_half_space(anchors[:prefix], displacement)

    found: dict[int, HalfSpace | Balance] = {keys: examine(keys)}
    proved, refuted = (keys, keys + 1) if isinstance(found[keys], HalfSpace) else (0, keys)
    while refuted - proved > 1:
        middle = (proved + refuted) // 2
        found[middle] = examine(middle)
        if isinstance(found[middle], HalfSpace):
            proved = middle
        else:
            refuted = middle
    half_space, balance = found.get(proved), found.get(refuted)
    assert half_space is None or isinstance(half_space, HalfSpace)
    assert balance is None or isinstance(balance, Balance)
    return Hull(keys, proved, half_space, balance)


def balance_or_half_space(anchors: Floats, displacement: float = 0.0) -> HalfSpace | Balance:
    """Return the half-space that holds all the anchors, or weights that balance them; exactly.

    Parameters
    ----------
    anchors : (T, d) array
    displacement
        How far each anchor may be displaced.

    Returns
    -------
    HalfSpace or Balance
    """
    rows = [rationals(anchor) for anchor in anchors]
    weights = _least_squares(rows, _guess(anchors))
    point = _combine(rows, weights)
    total, delta = sum(weights, Fraction(0)), Fraction(displacement)
    # The point is the nearest one of the hull, times the weights' total.
    if inner(point, point) <= (delta * total) ** 2:
        return Balance(tuple(weight / total for weight in weights))
    short = _shorten(point)
    direction = short if _margin_square(short, rows) > delta**2 else point
    margin = sqrt_down(_margin_square(direction, rows)) - delta
    return HalfSpace(tuple(direction), max(float_down(margin), 0.0))


def _margin_square(direction: list[Fraction], rows: list[list[Fraction]]) -> Fraction:
    """Return the square of min <y, r_j> / ‖y‖, 0 where a component is not positive."""
    least = min(inner(direction, row) for row in rows)
    return least * least / inner(direction, direction) if least > 0 else Fraction(0)


def _guess(anchors: Floats) -> list[int]:
    """Return the anchors that carry weight in a floating-point solution."""
    scaled = np.ldexp(anchors, -np.frexp(np.abs(anchors).max())[1])
    system = np.concatenate([scaled, np.ones((len(scaled), 1))], axis=1).T
    try:
        weights, _ = nnls(system, np.eye(len(system))[-1])
    except RuntimeError:  # no convergence: start from nothing
        return []
    return [int(j) for j in np.flatnonzero(weights > 1e-12)]


def _least_squares(rows: list[list[Fraction]], start: list[int]) -> list[Fraction]:
    """Solve the non-negative least squares problem exactly; return the weights."""
    weights = [Fraction(0)] * len(rows)
    active = list(start)
    first = _stationary(rows, active) if active else None
    if first is None or min(first) <= 0:
        active = []
    else:
        for j, weight in zip(active, first, strict=True):
            weights[j] = weight
    while True:
        point = _combine(rows, weights)
        missing = 1 - sum(weights, Fraction(0))
        gains = [missing - inner(point, row) for row in rows]
        best = max(range(len(rows)), key=gains.__getitem__)
        if gains[best] <= 0:
            return weights
        # An anchor with a positive gain is no combination of the active ones, so the system
        # stays regular, and the objective falls at each pass: the loop ends.
        active.append(best)
        while True:
            target = _stationary(rows, active)
            assert target is not None
            if min(target) > 0:
                break
            step = min(
                weights[j] / (weights[j] - value)
                for j, value in zip(active, target, strict=True)
                if value <= 0
            )
            for j, value in zip(active, target, strict=True):
                weights[j] += step * (value - weights[j])
            active = [j for j in active if weights[j] > 0]
        for j, value in zip(active, target, strict=True):
            weights[j] = value


def _stationary(rows: list[list[Fraction]], active: list[int]) -> list[Fraction] | None:
    """Return the unconstrained minimiser on the active anchors, None if it is not unique."""
    gram = [[1 + inner(rows[j], rows[k]) for k in active] for j in active]
    system = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in gram])
    try:
        solution = system.solve(fmpq_mat([[fmpq(1)] for _ in active]))
    except ZeroDivisionError:
        return None
    entries = (solution[k, 0] for k in range(len(active)))
    return [Fraction(int(x.p), int(x.q)) for x in entries]


def _combine(rows: list[list[Fraction]], weights: list[Fraction]) -> list[Fraction]:
    used = [(weight, row) for weight, row in zip(weights, rows, strict=True) if weight]
    return [sum((w * row[k] for w, row in used), Fraction(0)) for k in range(len(rows[0]))]


def _shorten(point: list[Fraction]) -> list[Fraction]:
    """Round a direction to floats of order one, which makes for a short certificate."""
    largest = max(abs(x) for x in point)
    return [Fraction(float(x / largest)) for x in point]
