r"""Whether some device within the mismatch cancels the drive of one oscillator, exactly.

The drives of all devices with couplings :math:`W_{ij}(1 + e_j)`, :math:`|e_j| \le \epsilon`, fill
a zonotope. It contains 0 if and only if some device has no drive at all; otherwise a direction y
separates it: :math:`\langle y, h \rangle > \epsilon \sum_j W_{ij} |\langle y, r_j \rangle|`. A
linear program guesses which, and the guess is then made exact and checked in rationals.

Anchors that may be displaced by :math:`\delta` add a ball of radius
:math:`\delta \sum_j W_{ij}(1 + e_j)` around each point of it: a unit direction must separate by
more than :math:`\delta(1 + \epsilon)\sum_j W_{ij}`, and a device collapses once its drive is
within the ball's radius of 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import linprog

from lohe.proofs_numeric.enclosure import sqrt_down, sqrt_up
from lohe.proofs_numeric.exact import ExactAnchors, inner, rationals

__all__ = ["Collapse", "Reach", "Separation", "cancel_or_separate", "separate_along_drive"]

Floats = NDArray[np.float64]
Vector = list[Fraction]


@dataclass(frozen=True)
class Reach:
    """How far devices may be off.

    Parameters
    ----------
    exact
        The network as stored, in rationals.
    epsilon
        Largest relative deviation of a coupling.
    delta
        Largest displacement of an anchor.
    """

    exact: ExactAnchors
    epsilon: Fraction
    delta: float

    def displacement(self, i: int) -> Fraction:
        """Return how far displaced anchors move the drive of oscillator `i` at most."""
        if not self.delta:
            return Fraction(0)
        assert self.exact.network.couplings is not None
        total = sum(rationals(self.exact.network.couplings[i]), Fraction(0))
        return Fraction(self.delta) * (1 + self.epsilon) * total

    def norm_lower(self, i: int) -> Fraction:
        """Bound the drive norm of oscillator `i` by the triangle inequality."""
        drive = self.exact.drive(i)
        spread = self.epsilon * self.exact.mass_up(i) if self.epsilon else Fraction(0)
        return sqrt_down(inner(drive, drive)) - spread - self.displacement(i)


@dataclass(frozen=True)
class Collapse:
    """A device with zero drive: the deviation e_j of each coupling, exactly."""

    device: tuple[Fraction, ...]


@dataclass(frozen=True)
class Separation:
    """A direction in which every device keeps a drive, and the drive norm that it proves."""

    direction: tuple[float, ...]
    norm_lower: Fraction


def separate_along_drive(reach: Reach, i: int) -> Separation | None:
    """Try the drive of oscillator `i` itself as the direction in which devices keep a drive.

    Anchors at right angles to the drive cannot shorten it, so this already reaches further than
    the coherence, and it needs no linear program.
    """
    return _separate(reach, i, reach.exact.network.drive[i])


def cancel_or_separate(reach: Reach, i: int) -> Collapse | Separation | None:
    """Settle exactly whether a device can cancel the drive of oscillator `i`.

    Parameters
    ----------
    reach
        The network, with couplings and anchors, and how far devices may be off.
    i
        The oscillator.

    Returns
    -------
    Collapse, Separation or None
        None if the linear program is too close to the boundary to guess, or if only displaced
        anchors together with mismatched couplings might cancel the drive.
    """
    exact, epsilon = reach.exact, reach.epsilon
    columns = _columns(exact, i)
    drive = exact.drive(i)
    if epsilon >= 1 or not any(drive):
        lost = Fraction(-1) if any(drive) else Fraction(0)
        return Collapse(tuple(lost for _ in columns))
    shortest = _shortest_along_drive(reach, i)
    if shortest is not None:
        return shortest
    largest = max(abs(x) for column in columns for x in column)
    matrix = np.array([[float(x / largest) for x in column] for column in columns]).T
    guess = _critical_mismatch(matrix)
    if guess is None:
        return None
    deviations, direction = guess
    device = _cancel(columns, drive, matrix, deviations)
    if device is not None and all(abs(e) <= epsilon for e in device):
        return Collapse(tuple(device))
    return _separate(reach, i, direction)


def _shortest_along_drive(reach: Reach, i: int) -> Collapse | None:
    """Shorten the drive along itself, and see whether displaced anchors cancel the rest."""
    if not reach.delta:
        return None
    columns, drive = _columns(reach.exact, i), reach.exact.drive(i)
    assert reach.exact.network.couplings is not None
    couplings = rationals(reach.exact.network.couplings[i])
    against = [-reach.epsilon if inner(drive, c) > 0 else reach.epsilon for c in columns]
    for device in ([Fraction(0)] * len(columns), against):
        total = [
            h + sum((c[k] * e for c, e in zip(columns, device, strict=True)), Fraction(0))
            for k, h in enumerate(drive)
        ]
        mass = sum((w * (1 + e) for w, e in zip(couplings, device, strict=True)), Fraction(0))
        if inner(total, total) <= (Fraction(reach.delta) * mass) ** 2:
            return Collapse(tuple(device))
    return None


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


def _separate(reach: Reach, i: int, direction: Floats) -> Separation | None:
    if not np.any(direction):
        return None
    y = rationals(direction)
    columns, drive = _columns(reach.exact, i), reach.exact.drive(i)
    spread = sum((abs(inner(y, c)) for c in columns), Fraction(0))
    margin = inner(y, drive) - reach.epsilon * spread
    norm = margin / sqrt_up(inner(y, y)) - reach.displacement(i)
    if norm <= 0:
        return None
    return Separation(tuple(float(x) for x in direction), norm)


def _flint(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)
