r"""Whether some device within the mismatch cancels the drive of one oscillator, exactly.

The drives of all devices with couplings :math:`W_{ij}(1 + e_j)`, :math:`|e_j| \le \epsilon`, fill
a zonotope. It contains 0 if and only if some device has no drive at all; otherwise a direction y
separates it: :math:`\langle y, h \rangle > \epsilon \sum_j W_{ij} |\langle y, r_j \rangle|`. A
linear program guesses which, and the guess is then made exact and checked in rationals.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import linprog

from lohe.proofs_numeric.enclosure import sqrt_up
from lohe.proofs_numeric.exact import ExactAnchors, inner, rationals

__all__ = ["Collapse", "Separation", "cancel_or_separate", "separate_along_drive"]

Floats = NDArray[np.float64]
Vector = list[Fraction]


@dataclass(frozen=True)
class Collapse:
    """A device with zero drive: the deviation e_j of each coupling, exactly."""

    device: tuple[Fraction, ...]


@dataclass(frozen=True)
class Separation:
    """A direction in which every device keeps a drive, and the drive norm that it proves."""

    direction: tuple[float, ...]
    norm_lower: Fraction


def separate_along_drive(exact: ExactAnchors, i: int, epsilon: Fraction) -> Separation | None:
    """Try the drive of oscillator `i` itself as the direction in which devices keep a drive.

    Anchors at right angles to the drive cannot shorten it, so this already reaches further than
    the coherence, and it needs no linear program.
    """
    return _separate(_columns(exact, i), exact.drive(i), epsilon, exact.network.drive[i])


def cancel_or_separate(
    exact: ExactAnchors, i: int, epsilon: Fraction
) -> Collapse | Separation | None:
    """Settle exactly whether a mismatch up to `epsilon` can cancel the drive of oscillator `i`.

    Parameters
    ----------
    exact
        The network with couplings and anchors.
    i
        The oscillator.
    epsilon
        Largest relative deviation of a coupling.

    Returns
    -------
    Collapse, Separation or None
        None if the linear program is too close to the boundary to guess.
    """
    columns = _columns(exact, i)
    drive = exact.drive(i)
    if epsilon >= 1 or not any(drive):
        lost = Fraction(-1) if any(drive) else Fraction(0)
        return Collapse(tuple(lost for _ in columns))
    largest = max(abs(x) for column in columns for x in column)
    matrix = np.array([[float(x / largest) for x in column] for column in columns]).T
    guess = _critical_mismatch(matrix)
    if guess is None:
        return None
    deviations, direction = guess
    device = _cancel(columns, drive, matrix, deviations)
    if device is not None and all(abs(e) <= epsilon for e in device):
        return Collapse(tuple(device))
    return _separate(columns, drive, epsilon, direction)


def _columns(exact: ExactAnchors, i: int) -> list[Vector]:
    """Return the exact W_ij r_j of one oscillator, (T, d)."""
    assert exact.network.couplings is not None
    couplings = rationals(exact.network.couplings[i])
    return [[w * x for x in anchor] for w, anchor in zip(couplings, exact.anchors, strict=True)]


def _critical_mismatch(matrix: Floats) -> tuple[Floats, Floats] | None:
    """Minimise max |e_j| over the devices with zero drive; return e and the dual direction."""
    d, keys = matrix.shape
    objective = np.zeros(keys + 1)
    objective[-1] = 1.0
    eye, ones = np.eye(keys), np.ones((keys, 1))
    result = linprog(
        objective,
        A_ub=np.block([[eye, -ones], [-eye, -ones]]),
        b_ub=np.zeros(2 * keys),
        A_eq=np.concatenate([matrix, np.zeros((d, 1))], axis=1),
        b_eq=-matrix.sum(axis=1),
        bounds=(None, None),
        method="highs",
    )
    if result.x is None:
        return None
    return result.x[:-1], -np.asarray(result.eqlin.marginals)


def _cancel(
    columns: list[Vector], drive: Vector, matrix: Floats, deviations: Floats
) -> Vector | None:
    """Move a few deviations so that the drive is exactly zero, or return None."""
    _, triangle, pivots = qr(matrix, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(triangle))
    rank = int(np.count_nonzero(sizes > 1e-10 * sizes[0]))
    basis = [int(j) for j in pivots[:rank]]
    _, _, order = qr(matrix[:, basis].T, mode="economic", pivoting=True)
    rows = [int(k) for k in order[:rank]]
    device = rationals(deviations)
    for j in basis:
        device[j] = Fraction(0)
    rest = [
        -h - sum((column[k] * e for column, e in zip(columns, device, strict=True)), Fraction(0))
        for k, h in enumerate(drive)
    ]
    system = fmpq_mat([[_flint(columns[j][k]) for j in basis] for k in rows])
    try:
        solution = system.solve(fmpq_mat([[_flint(rest[k])] for k in rows]))
    except ZeroDivisionError:
        return None
    for place, j in enumerate(basis):
        value = solution[place, 0]
        device[j] = Fraction(int(value.p), int(value.q))
    total = (
        h + sum((column[k] * e for column, e in zip(columns, device, strict=True)), Fraction(0))
        for k, h in enumerate(drive)
    )
    return None if any(total) else device


def _separate(
    columns: list[Vector], drive: Vector, epsilon: Fraction, direction: Floats
) -> Separation | None:
    if not np.any(direction):
        return None
    y = rationals(direction)
    margin = inner(y, drive) - epsilon * sum((abs(inner(y, c)) for c in columns), Fraction(0))
    if margin <= 0:
        return None
    return Separation(tuple(float(x) for x in direction), margin / sqrt_up(inner(y, y)))


def _flint(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)
