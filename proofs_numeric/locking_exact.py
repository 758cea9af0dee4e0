r"""Whether one oscillator with a natural frequency locks, decided in exact arithmetic (T5).

With :math:`f(\lambda) = \|(\lambda I - A)^{-1} h\|^2` the generator M of the Lorentz lift has
:math:`\det(\lambda I - M) = \lambda \det(\lambda I - A) (1 - f(\lambda))`, and
:math:`\det(\lambda I - A) > 0` for :math:`\lambda > 0`. So the sign of the characteristic
polynomial of M tells :math:`f(\lambda) > 1` from :math:`f(\lambda) < 1` at any rational
:math:`\lambda`, and whether it locks is decided by the least-norm solution of
:math:`A y = -h`: it does not if and only if there is one with :math:`\|y\| \le 1`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat, fmpq_poly

from lohe.proofs_numeric.enclosure import float_up

__all__ = ["Locked", "Unlocked", "decide_lock", "resolvent", "robust_level"]

Vector = list[Fraction]

# Levels that are tried before a robust lock is given up, as shares of the way from the spread of
# the frequency to the rate: fine near the rate, where small errors leave room. Then refinement.
_SHARES = (*(1 - 2.0**-k for k in range(31, 0, -1)), *(2.0**-k for k in range(2, 9)))
_STEPS = 24


@dataclass(frozen=True)
class Locked:
    """It locks: f(level) > 1 > f(ceiling), and the rate lies between.

    Parameters
    ----------
    level, ceiling
        Neighbouring floats, or those on either side of a rate that is itself a float; `level` is
        0.0 where the rate is below the smallest float, `ceiling` infinite above the largest.
    """

    level: float
    ceiling: float


@dataclass(frozen=True)
class Unlocked:
    """It does not lock: A y = -h with a norm of y of at most 1, so (y, 1) is fixed by the lift.

    Parameters
    ----------
    point
        The solution y of least norm, exactly.
    parabolic
        Whether its norm is exactly 1, the edge of locking.
    """

    point: tuple[Fraction, ...]
    parabolic: bool


def decide_lock(drive: Vector, frequency: Vector) -> Locked | Unlocked:
    """Decide whether an oscillator locks, for any rational drive and skew frequency.

    Parameters
    ----------
    drive
        h, (d,).
    frequency
        A, skew, row by row, (d * d,).

    Returns
    -------
    Locked or Unlocked

    Examples
    --------
    >>> turn = [Fraction(x) for x in (0, -3, 3, 0)]
    >>> decide_lock([Fraction(5), Fraction(0)], turn)
    Locked(level=3.9999999999999996, ceiling=4.000000000000001)
    >>> decide_lock([Fraction(2), Fraction(0)], turn).point
    (Fraction(0, 1), Fraction(2, 3))
    """
    d = len(drive)
    matrix, column = _matrix(d, d, frequency), _matrix(d, 1, drive)
    point = _least_solution(matrix, column)
    if point is not None:
        square = sum((x * x for x in point), Fraction(0))
        if square <= 1:
            return Unlocked(tuple(point), parabolic=square == 1)
    level, ceiling = _neighbours(_characteristic(matrix, column))
    return Locked(level, ceiling)


def resolvent(drive: Vector, frequency: Vector, level: Fraction) -> Vector:
    """Return (level I - A)^{-1} h exactly; `level` is positive."""
    d = len(drive)
    shifted = _scalar(d, level) - _matrix(d, d, frequency)
    return _entries(shifted.solve(_matrix(d, 1, drive)))


def robust_level(
    drive: Vector, frequency: Vector, rate: float, error: Fraction, spread: Fraction
) -> float | None:
    r"""Search a level at which every device locks (T5, robust lock).

    Parameters
    ----------
    drive, frequency
        As in `decide_lock`.
    rate
        Float at most the rate of the stored oscillator.
    error, spread
        Bounds on the errors of the drive and of the frequency.

    Returns
    -------
    float or None
        A level :math:`\lambda > \omega` with
        :math:`\|y(\lambda)\| (\lambda - \omega) > \lambda + e`, nearly the largest if the first
        rough search finds one at all.
    """

    def holds(level: float) -> bool:
        exact = Fraction(level)
        if exact <= spread:
            return False
        y = resolvent(drive, frequency, exact)
        square = sum((x * x for x in y), Fraction(0))
        return square * (exact - spread) ** 2 > (exact + error) ** 2

    low, high = float_up(spread), rate
    if not 0 <= low < high:
        return None
    if holds(high):
        return high
    trials = (low + (high - low) * share for share in _SHARES)
    found = next((trial for trial in trials if holds(trial)), None)
    if found is None:
        return None
    low = found
    for _ in range(_STEPS):
        middle = low + (high - low) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _least_solution(matrix: fmpq_mat, column: fmpq_mat) -> Vector | None:
    """Return the solution of A y = -h of least norm, or None if there is none."""
    d = matrix.nrows()
    joined = fmpq_mat([[*row, -h[0]] for row, h in _rows(matrix, column)])
    reduced, rank = joined.rref()
    pivots = [next(k for k in range(d + 1) if reduced[i, k] != 0) for i in range(rank)]
    if d in pivots:
        return None
    solution = [fmpq(0)] * d
    for i, k in enumerate(pivots):
        solution[k] = reduced[i, d]
    some = fmpq_mat(d, 1, solution)
    free = [k for k in range(d) if k not in pivots]
    if free:
        kernel = fmpq_mat(d, len(free))
        for place, k in enumerate(free):
            kernel[k, place] = fmpq(1)
            for i, pivot in enumerate(pivots):
                kernel[pivot, place] = -reduced[i, k]
        across = kernel.transpose()
        some = some - kernel * (across * kernel).solve(across * some)
    return _entries(some)


def _characteristic(matrix: fmpq_mat, column: fmpq_mat) -> fmpq_poly:
    """Return det(z I - M) of the generator M = [[A, h], [h^T, 0]]."""
    rows = [[*row, h[0]] for row, h in _rows(matrix, column)]
    last = [h[0] for _, h in _rows(matrix, column)]
    return fmpq_mat([*rows, [*last, fmpq(0)]]).charpoly()


def _neighbours(polynomial: fmpq_poly) -> tuple[float, float]:
    """Bisect over all positive floats for the sign change of the polynomial from - to +."""

    def sign(level: float) -> int:
        value = polynomial(_flint(Fraction(level)))
        return (value > 0) - (value < 0)

    # The order of positive floats is that of their bits.
    low, high = 0, int(np.float64(np.inf).view(np.int64))
    while high - low > 1:
        middle = (low + high) // 2
        level = _float(middle)
        found = sign(level)
        if found == 0:
            return _float(middle - 1), _float(middle + 1)
        low, high = (middle, high) if found < 0 else (low, middle)
    return _float(low), _float(high)


def _float(bits: int) -> float:
    return float(np.int64(bits).view(np.float64))


def _rows(matrix: fmpq_mat, column: fmpq_mat) -> list[tuple[list[fmpq], list[fmpq]]]:
    return list(zip(matrix.tolist(), column.tolist(), strict=True))


def _matrix(rows: int, columns: int, values: Vector) -> fmpq_mat:
    return fmpq_mat(rows, columns, [_flint(x) for x in values])


def _scalar(d: int, value: Fraction) -> fmpq_mat:
    return fmpq_mat(d, d, [_flint(value) if i % (d + 1) == 0 else fmpq(0) for i in range(d * d)])


def _entries(column: fmpq_mat) -> Vector:
    return [Fraction(int(x.p), int(x.q)) for x in column.entries()]


def _flint(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)
